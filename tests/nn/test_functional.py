"""``nn.functional`` where it is hard: kinks, saturation, second order, arguments that layers do not pass."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from tests.nn.twin import array, both, close, draw

# Kinks, ends of the linear parts, and values far outside, where exp overflows if it is let.
POINTS = np.array([-800.0, -40.0, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.0, 40.0, 800.0])
ACTIVATIONS = {
    "relu": {}, "relu6": {}, "leaky_relu": {"negative_slope": 0.1}, "elu": {"alpha": 0.5}, "selu": {},
    "celu": {"alpha": 2.0}, "gelu": {}, "silu": {}, "mish": {}, "softplus": {"beta": 0.45}, "logsigmoid": {},
    "softsign": {}, "tanhshrink": {}, "hardtanh": {}, "threshold": {"threshold": 0.0, "value": -7.0},
    "sigmoid": {}, "tanh": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_agree_at_kinks_and_far_out_to_second_order(torch, name):
    x, x_ = both(torch, POINTS)
    weights, weights_ = both(torch, draw(POINTS.shape), requires_grad=False)
    results = []
    for f, grad, at, w in (
        (getattr(F, name), ag.autograd.grad, x, weights),
        (getattr(torch.nn.functional, name), torch.autograd.grad, x_, weights_),
    ):
        y = f(at, **ACTIVATIONS[name])
        (first,) = grad((y * w).sum(), at, create_graph=True)
        (second,) = grad((first * at).sum(), at)
        results.append((y, first, second))
    for ours, theirs in zip(*results, strict=True):
        known = np.isfinite(array(theirs))  # PyTorch's second derivative of mish overflows
        assert np.isfinite(array(ours)).all()
        np.testing.assert_allclose(array(ours)[known], array(theirs)[known], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", F.__all__)
def test_signatures_are_pytorchs(torch, name):
    ours = inspect.signature(getattr(F, name)).parameters
    try:
        theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
    except ValueError:  # PyTorch's built-in functions show none
        return
    if list(theirs) == ["args", "kwargs"]:
        return
    shared = [p for p in theirs if p != "out"]
    assert list(ours) == shared
    for p in shared:
        assert ours[p].default == theirs[p].default, p


def test_dim_must_be_given_as_in_pytorch():
    x = ag.tensor(draw((3, 4)))
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax has been deprecated"):
        y = F.softmax(x)
    close(y, F.softmax(x, dim=1))


def test_softmax_casts_first():
    assert F.softmax(ag.ones(3), dim=0, dtype=ag.float64).dtype == ag.float64
    assert F.log_softmax(ag.ones(3), dim=0, dtype=ag.float64).dtype == ag.float64


@pytest.mark.parametrize(("p", "dim"), [(2.0, 1), (1.0, 0), (3.0, -1)])
def test_normalize(torch, p, dim):
    x, x_ = both(torch, draw((3, 4)))
    y, y_ = F.normalize(x, p, dim), torch.nn.functional.normalize(x_, p, dim)
    close(y, y_)
    close(*(grad(v.sum(), u)[0] for grad, v, u in ((ag.autograd.grad, y, x), (torch.autograd.grad, y_, x_))))


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("shift", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_with_scale_or_shift_alone(torch, scale, shift, training):
    values = [draw((5, 3, 2)), draw((3,), 1), np.abs(draw((3,), 2)) + 0.5, draw((3,), 3), draw((3,), 4)]
    results = []
    for i, (lib, functions) in enumerate(((ag, F), (torch, torch.nn.functional))):
        x, mean, var, weight, bias = (both(torch, value)[i] for value in values)
        mean, var = mean.detach(), var.detach()
        wanted = [x] + [weight] * scale + [bias] * shift
        y = functions.batch_norm(x, mean, var, weight if scale else None, bias if shift else None, training, 0.3, 1e-2)
        results.append([y, mean, var, *lib.autograd.grad((y * y * y).sum(), wanted)])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(torch, mode):
    x, x_ = both(torch, draw((1, 2, 4, 5)))
    sides = (2, 1, 0, 3)
    y, y_ = F.pad(x, sides, mode), torch.nn.functional.pad(x_, sides, mode)
    close(y, y_)
    (y * y).sum().backward()
    (y_ * y_).sum().backward()
    close(x.grad, x_.grad)


def test_functions_refuse_what_does_not_fit():
    x = ag.ones(2, 3)
    cases = [
        (lambda: F.gelu(x, approximate="erf"), "approximate is 'erf'; wanted 'none' or 'tanh'"),
        (lambda: F.dropout(x, -0.1), "between 0 and 1, but got -0.1"),
        (lambda: F.batch_norm(x, None, None), "running_mean or running_var is None; wanted both"),
        (lambda: F.batch_norm(x, None, None, training=True, eps=0.0), "eps must be positive during training"),
        (lambda: F.conv2d(ag.ones(1, 1, 4, 4), ag.ones(1, 1, 2, 2), padding="full"), "padding is 'full'"),
        (lambda: F.conv2d(ag.ones(1, 1, 4, 4), ag.ones(1, 1, 2, 2), None, 2, "same"), "wanted stride 1"),
        (lambda: F.avg_pool2d(ag.ones(1, 1, 4, 4), 2, divisor_override=0), "divisor_override is 0"),
        (lambda: F.max_pool2d(ag.ones(1, 1, 4, 4), (1, 2, 3)), "kernel_size is (1, 2, 3)"),
        (lambda: F.layer_norm(x, ()), "wanted it to end in ()"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert message in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}, {"stride": (3, 2), "dilation": 2}])
def test_max_pool_finds_the_places_of_the_maxima(torch, options):
    x, x_ = both(torch, draw((2, 3, 8, 7)))
    ours = F.max_pool2d(x, (3, 2), **options, return_indices=True)
    theirs = torch.nn.functional.max_pool2d(x_, (3, 2), **options, return_indices=True)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b)
    ours = F.max_pool1d(x[0], 3, return_indices=True)
    theirs = torch.nn.functional.max_pool1d(x_[0], 3, return_indices=True)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b)
