"""Dropout in its forms, and Gaussian noise: what they draw, and what stays in the mean."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests import fake_cupy
from tests.nn.twin import array, close, draw


def test_dropout_scaled_at_prediction_is_the_papers():
    x = ag.tensor(draw((40, 50)), requires_grad=True)
    usual, paper = nn.Dropout(0.4), nn.Dropout(0.4, scale_at_prediction=True)
    ag.manual_seed(1)
    there = usual(x)
    ag.manual_seed(1)
    here = paper(x)  # the same elements
    np.testing.assert_allclose(array(here), array(there) * 0.6, rtol=1e-12)
    kept = array(here) != 0
    assert abs(kept.mean() - 0.6) < 0.04
    np.testing.assert_array_equal(array(here)[kept], array(x)[kept])
    here.sum().backward()
    np.testing.assert_array_equal(array(x.grad), kept)
    np.testing.assert_allclose(array(paper.eval()(x)), array(x) * 0.6, rtol=1e-12)
    assert usual.eval()(x) is x


def test_dropout_scaled_at_prediction_gives_the_mean_of_training():
    paper = nn.Dropout(0.25, scale_at_prediction=True)
    x = ag.tensor([1.0, -2.0])
    mean = array(paper(ag.ones(20000, 1) * x)).mean(0)
    np.testing.assert_allclose(mean, array(paper.eval()(x)), atol=0.03)


def test_dropout_scaled_at_prediction_at_both_ends_in_place_and_shown():
    x = ag.ones(3)
    assert array(nn.Dropout(1.0, scale_at_prediction=True)(x)).tolist() == [0, 0, 0]
    assert array(nn.Dropout(0.0, scale_at_prediction=True)(x)).tolist() == [1, 1, 1]
    layer = nn.Dropout(0.5, True, scale_at_prediction=True)
    assert repr(layer) == "Dropout(p=0.5, inplace=True, scale_at_prediction=True)"
    assert layer.eval()(x) is x and array(x).tolist() == [0.5, 0.5, 0.5]
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer)


CHANNELS = {"Dropout1d": (20, 30, 4), "Dropout2d": (20, 30, 2, 2), "Dropout3d": (20, 30, 2, 1, 2)}


@pytest.mark.parametrize("name", CHANNELS)
def test_whole_channels_are_dropped(name):
    x = ag.ones(*CHANNELS[name], requires_grad=True)
    y = getattr(nn, name)(0.3)(x)
    planes = array(y).reshape(600, 4)
    assert (planes == planes[:, :1]).all()
    assert set(np.unique(planes)) == {np.float32(0), np.float32(1) / np.float32(0.7)}
    assert abs((planes[:, 0] == 0).mean() - 0.3) < 0.06
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), array(y))
    unbatched = array(getattr(nn, name)(0.5)(x[0])) if name != "Dropout2d" else planes[:30]
    assert (unbatched.reshape(30, 4) == unbatched.reshape(30, 4)[:, :1]).all()


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
def test_alpha_dropout_keeps_mean_and_variance(name):
    ag.manual_seed(0)
    x = ag.randn(2000, 50)
    layer = getattr(nn, name)(0.3, inplace=True)
    y = layer(x)
    assert y is not x  # as in PyTorch, whatever inplace says
    assert abs(array(y).mean()) < 0.02 and abs(array(y).var() - 1) < 0.02
    assert layer.eval()(x) is x


def test_feature_alpha_dropout_drops_whole_channels():
    x = ag.zeros(20, 30, 4)
    planes = array(nn.FeatureAlphaDropout(0.4)(x)).reshape(600, 4)
    assert (planes == planes[:, :1]).all() and len(np.unique(planes)) == 2


def test_gaussian_noise_is_added_in_training_alone():
    ag.manual_seed(0)
    x = ag.tensor(draw((200, 100)), requires_grad=True)
    layer = nn.GaussianNoise(0.3)
    y = layer(x)
    noise = array(y) - array(x)
    assert abs(noise.mean()) < 0.01 and abs(noise.std() - 0.3) < 0.01
    assert not np.array_equal(array(layer(x)), array(y))
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), 1.0)
    assert layer.eval()(x) is x and nn.GaussianNoise(0.0)(x) is x
    assert repr(layer) == "GaussianNoise(std=0.3, relative=False)"


def test_gaussian_noise_in_proportion_to_the_input():
    ag.manual_seed(0)
    sizes = np.array([0.0, 1.0, -10.0])
    x = ag.tensor(np.tile(sizes, (20000, 1)), requires_grad=True)
    y = nn.GaussianNoise(0.1, relative=True)(x)
    noise = array(y) - array(x)
    np.testing.assert_allclose(noise.std(0), [0.0, 0.1, 1.0], rtol=0.03)
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), 1.0)


@pytest.mark.parametrize(
    "make", [lambda: nn.GaussianNoise(0.2, relative=True), lambda: nn.Dropout(0.5, scale_at_prediction=True)]
)
def test_noise_is_the_same_on_a_gpu_and_does_not_wait(cuda, make):
    x = ag.tensor(draw((4, 5)), requires_grad=True)
    u = x.detach().cuda().requires_grad_()
    for layer in (make(), make().eval()):
        ag.manual_seed(0)
        y = layer(x)
        ag.manual_seed(0)
        with fake_cupy.forbid_sync():
            v = layer(u)
        assert v.device.type == "cuda"
        np.testing.assert_allclose(array(v.cpu()), array(y), rtol=1e-12)


@pytest.mark.parametrize("dtype", [ag.float16, ag.float64])
def test_noise_keeps_the_dtype(dtype):
    x = ag.ones(4, dtype=dtype)
    for layer in (nn.GaussianNoise(0.1), nn.GaussianNoise(0.1, True), nn.Dropout(0.5, scale_at_prediction=True)):
        assert layer(x).dtype is dtype and layer.eval()(x).dtype is dtype


def test_dropout2d_of_three_dims_warns_as_pytorch_does(torch):
    with pytest.warns(UserWarning, match="Received a 3D input to dropout2d"):
        y = nn.Dropout2d(1.0)(ag.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="Received a 3D input to dropout2d"):
        close(y.double(), torch.nn.Dropout2d(1.0)(torch.ones(2, 3, 4)).double())
