"""Normalisation beside PyTorch's table: statistics, old states, subclasses, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, close, draw


def test_instance_normalisation_says_which_channels_it_expects(torch):
    for package, library in ((torch.nn, torch), (nn, ag)):
        with pytest.raises(ValueError, match=r"size at dim=1 to match num_features \(3\), but got: 2\."):
            package.InstanceNorm1d(3, affine=True)(library.ones(1, 2, 4))
        with pytest.raises(ValueError, match=r"expected 3D or 4D input \(got 2D input\)"):
            package.InstanceNorm2d(3)(library.ones(3, 4))
        with pytest.warns(UserWarning, match="size at dim=0 does not match num_features"):
            package.InstanceNorm1d(3)(library.ones(2, 4))
        with pytest.raises(ValueError, match="Expected more than 1 spatial element when training"):
            package.InstanceNorm1d(3)(library.ones(2, 3, 1))


def test_instance_normalisation_refuses_statistics_of_old_states(torch):
    for package, library in ((torch.nn, torch), (nn, ag)):
        old = {"running_mean": library.zeros(2), "running_var": library.ones(2)}
        with pytest.raises(RuntimeError, match="Unexpected running stats buffer"):
            package.InstanceNorm1d(2).load_state_dict(old)
        tracked = package.InstanceNorm1d(2, track_running_stats=True)
        assert not tracked.load_state_dict(old).missing_keys  # num_batches_tracked is newer


def test_a_subclass_can_take_other_inputs():
    class AnyNorm(nn.modules.batchnorm._BatchNorm):
        def _check_input_dim(self, input):
            if input.ndim < 2:
                raise ValueError("a channel, please")

    layer = AnyNorm(2)
    assert layer(ag.randn(3, 2, 1, 1, 1, 2)).shape == (3, 2, 1, 1, 1, 2)
    with pytest.raises(ValueError, match="a channel, please"):
        layer(ag.ones(2))


def test_groups_divide_the_channels(torch):
    for package in (torch.nn, nn):
        with pytest.raises(ValueError, match=r"num_channels \(4\) must be divisible by num_groups \(3\)"):
            package.GroupNorm(3, 4)


@pytest.mark.parametrize("make", [lambda: nn.GroupNorm(2, 4), lambda: nn.InstanceNorm2d(4, affine=True)])
def test_the_order_of_images_in_memory_changes_nothing(make):
    layer, x, g = make().double(), ag.tensor(draw((3, 4, 5, 6))), ag.tensor(draw((3, 4, 5, 6), seed=1))

    def run(images, cotangent):
        output = layer(images.requires_grad_())
        return output, *ag.autograd.grad(output, [images, *layer.parameters()], cotangent)

    last = [a.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) for a in (x, g)]  # as a convolution leaves them
    assert not last[0].is_contiguous()
    for found, expected in zip(run(*last), run(x, g)):
        close(found, expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_epsilon_of_rms_norm_is_that_of_the_computation(torch, dtype):
    x = np.array([[1e-3, 2e-3, -1e-3]])
    found = [
        package.RMSNorm(3, dtype=getattr(library, dtype))(library.tensor(x).to(getattr(library, dtype))).double()
        for package, library in ((nn, ag), (torch.nn, torch))
    ]
    close(*found, 1e-2 if "16" in dtype else 1e-6)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_cross_map_response_is_local_response(torch, size):
    settings = size, 0.3, 0.5, 2.0
    x = draw((2, 6, 2, 2))
    ours, same = nn.CrossMapLRN2d(*settings), nn.LocalResponseNorm(*settings)
    found = []
    for layer in (ours, same):
        a = ag.tensor(x, requires_grad=True)
        y = layer(a)
        y.square().sum().backward()
        found.append((y, a.grad))
    for one, other in zip(*found):
        close(one, other)
    # PyTorch's agrees until the window leaves the first channel, which it never takes out again.
    few = x[:, : (size + 1) // 2]
    close(ours(ag.tensor(few)), torch.nn.CrossMapLRN2d(*settings)(torch.tensor(few)))
    for package, library in ((torch.nn, torch), (nn, ag)):
        with pytest.raises(ValueError, match="CrossMapLRN2d: Expected input to be 4D, got 3D instead"):
            package.CrossMapLRN2d(*settings)(library.ones(2, 3, 4))


@pytest.mark.parametrize("train", [True, False])
def test_an_empty_batch_leaves_statistics_and_gives_gradients_of_zero(train):
    layer = nn.BatchNorm2d(3).train(train)
    y = layer(ag.ones(0, 3, 2, 2))
    y.sum().backward()
    assert y.shape == (0, 3, 2, 2)
    assert array(layer.weight.grad).tolist() == array(layer.bias.grad).tolist() == [0, 0, 0]
    assert array(layer.running_mean).tolist() == [0, 0, 0]
