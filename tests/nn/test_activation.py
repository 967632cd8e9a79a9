"""What activations do beside PyTorch's table: Keras' rectifier, maxout, warnings."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests import fake_cupy
from tests.nn.twin import array, both, close, draw


def keras(x, max_value, slope, threshold):
    """Return Keras' formula, and its derivative away from the kinks."""
    ceiling = np.inf if max_value is None else max_value
    below = slope * (x - threshold) if slope else 0.0  # not 0 * inf
    cases = [x >= ceiling, x >= threshold]
    return np.select(cases, [ceiling, x], below), np.select(cases, [0.0, 1.0], slope)


@pytest.mark.parametrize("max_value", [None, 2.0])
@pytest.mark.parametrize("slope", [0.0, 0.25])
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_keras_relu_is_keras_formula(max_value, slope, threshold):
    grid = np.array([-np.inf, -3.0, -0.1, 0.0, 0.3, 0.5, 0.7, 2.0, 2.5, np.inf])
    layer = nn.KerasReLU(max_value, slope, threshold)
    np.testing.assert_array_equal(array(layer(ag.tensor(grid))), keras(grid, max_value, slope, threshold)[0])
    smooth = np.array([-3.0, -0.1, 0.3, 0.7, 2.5])
    x = ag.tensor(smooth, requires_grad=True)
    layer(x).sum().backward()
    np.testing.assert_array_equal(array(x.grad), keras(smooth, max_value, slope, threshold)[1])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [((), lambda nn: nn.ReLU()), ((6.0,), lambda nn: nn.ReLU6()), ((None, 0.2), lambda nn: nn.LeakyReLU(0.2))],
)
def test_keras_relu_is_pytorchs_where_both_are_the_same(torch, ours, theirs):
    grid = np.array([-1.0, 0.0, 1.0, 6.0, 7.0])  # the kinks too
    x, x_ = both(torch, grid)
    y, y_ = nn.KerasReLU(*ours)(x), theirs(torch.nn)(x_)
    close(y, y_)
    y.sum().backward(), y_.sum().backward()
    close(x.grad, x_.grad)


def test_keras_relu_keeps_nan():
    for threshold in (0.0, 1.0):
        assert np.isnan(array(nn.KerasReLU(2.0, 0.1, threshold)(ag.tensor([float("nan")])))).all()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 4, 3)])
def test_maxout_is_the_largest_of_linear_maps(torch, shape, bias):
    layer = nn.Maxout(3, 2, 5, bias=bias).double()
    assert {n: tuple(p.shape) for n, p in layer.named_parameters()} == {"weight": (10, 3)} | (
        {"bias": (10,)} if bias else {}
    )
    x, x_ = both(torch, draw(shape))
    weight = torch.tensor(array(layer.weight), requires_grad=True)
    shift = torch.tensor(array(layer.bias), requires_grad=True) if bias else None
    y = layer(x)
    y_ = torch.stack([  # piece j of output i is map 5 i + j
        torch.stack([torch.nn.functional.linear(x_, weight, shift)[..., 5 * i + j] for j in range(5)]).amax(0)
        for i in range(2)
    ], -1)  # fmt: skip
    close(y, y_)
    (y * y).sum().backward(), (y_ * y_).sum().backward()
    close(x.grad, x_.grad)
    close(layer.weight.grad, weight.grad)
    if bias:
        close(layer.bias.grad, shift.grad)


def test_maxout_starts_as_linear_does_and_shows_its_sizes():
    ag.manual_seed(3)
    layer = nn.Maxout(4, 2, 3)
    ag.manual_seed(3)
    linear = nn.Linear(4, 6)
    assert ag.equal(layer.weight, linear.weight) and ag.equal(layer.bias, linear.bias)
    assert repr(layer) == "Maxout(in_features=4, out_features=2, pieces=3, bias=True)"
    assert nn.Maxout(4, 2, 3, dtype=ag.float64).weight.dtype is ag.float64


@pytest.mark.parametrize("make", [lambda: nn.Maxout(3, 2, 4), lambda: nn.KerasReLU(1.5, 0.1, 0.2)])
def test_on_a_gpu_they_do_not_wait(cuda, make):
    here = make().double()
    there = make().double()
    there.load_state_dict(here.state_dict())
    there.cuda()
    x = ag.tensor(draw((4, 3)), requires_grad=True)
    u = x.detach().cuda().requires_grad_()
    y = here(x)
    with fake_cupy.forbid_sync():
        v = there(u)
        v.sum().backward()
    y.sum().backward()
    assert v.device.type == "cuda"
    np.testing.assert_allclose(array(v.cpu()), array(y), rtol=1e-12)
    np.testing.assert_allclose(array(u.grad.cpu()), array(x.grad), rtol=1e-12)


def test_hardtanh_takes_its_old_names_with_a_warning(torch):
    for module in (nn, torch.nn):
        with pytest.warns(FutureWarning, match="`min_value` is deprecated and renamed to `min_val`") as caught:
            layer = module.Hardtanh(min_value=-3.0)
        assert caught[0].filename == __file__
        with pytest.warns(FutureWarning, match="`max_value` is deprecated and renamed to `max_val`"):
            assert repr(module.Hardtanh(max_value=2.0)) == "Hardtanh(min_val=-1.0, max_val=2.0)"
        assert (layer.min_val, layer.max_val) == (-3.0, 1.0)


@pytest.mark.parametrize("name", ["Softmax", "Softmin", "LogSoftmax"])
def test_a_softmax_without_dim_warns_the_callers_line(torch, name):
    x, x_ = both(torch, draw((2, 3, 4)))
    with pytest.warns(UserWarning, match="Implicit dimension choice") as caught:
        y = getattr(nn, name)()(x)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        close(y, getattr(torch.nn, name)()(x_))


def test_rrelu_draws_slopes_between_its_bounds():
    x = ag.full((2000,), -1.0, requires_grad=True)
    layer = nn.RReLU(0.2, 0.4)
    y = -array(layer(x))
    assert np.allclose([y.min(), y.max()], [0.2, 0.4], atol=1e-3) and y.min() >= 0.2 and y.max() <= 0.4
    layer(x).sum().backward()
    slopes = array(x.grad)
    assert slopes.min() >= 0.2 and slopes.max() <= 0.4
    np.testing.assert_allclose(array(layer.eval()(x)), -0.3, rtol=1e-6)
