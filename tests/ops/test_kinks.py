"""Where a function has a kink, a tie or a pole, values and gradients are the ones PyTorch chose."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

INF, NAN = float("inf"), float("nan")
EDGES = [-INF, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 2.5, INF, NAN]

# name: (call, input, gradient of the sum); inputs are the points where a choice is to be made
CHOICES: dict[str, tuple[Callable[[Any, Any], Any], Any, Any]] = {
    "relu at 0": (lambda t, x: t.relu(x), [0.0, -0.0, 1.0], [0, 0, 1]),
    "relu at NaN": (lambda t, x: t.relu(x), [NAN], [1]),
    "abs at NaN": (lambda t, x: t.abs(x), [NAN], [0]),
    "fmax of equals": (lambda t, x: t.fmax(x, t.ones(2)), [1.0, NAN], [1, 0]),
    "fmin of equals": (lambda t, x: t.fmin(t.ones(2), x), [1.0, 0.0], [0, 1]),
    "copysign of 0": (lambda t, x: t.copysign(x, t.tensor([-1.0, -1.0])), [0.0, 2.0], [0, -1]),
    "sinc at 0": (lambda t, x: t.sinc(x), [0.0], [0]),
    "xlogy of 0": (lambda t, x: t.xlogy(x, t.tensor([0.0, 2.0])), [0.0, 0.0], [0, np.log(2)]),
    "nan_to_num": (lambda t, x: t.nan_to_num(x), [NAN, INF, -INF, 2.0], [0, 0, 0, 1]),
    "logit beyond eps": (lambda t, x: t.logit(x, 0.2), [0.1, 0.5, 0.9], [0, 4, 0]),
    "logaddexp far out": (lambda t, x: t.logaddexp(x, -x), [1000.0, 0.0], [1, 0]),
    "i0e at 0": (lambda t, x: t.special.i0e(x), [0.0], [0]),
    "i1 at 0": (lambda t, x: t.special.i1(x), [0.0], [0.5]),
    "entr at 0": (lambda t, x: t.special.entr(x), [0.0], [INF]),
    "frexp at 0": (lambda t, x: t.frexp(x)[0], [0.0, 8.0], [1, 0.0625]),
    "abs at 0": (lambda t, x: t.abs(x), [0.0, -0.0], [0, 0]),
    "sign": (lambda t, x: t.sign(x), [0.0, 2.0], [0, 0]),
    "floor of whole": (lambda t, x: t.floor(x), [1.0], [0]),
    "clamp at its limits": (lambda t, x: t.clamp(x, 0.0, 1.0), [0.0, 1.0, -0.5, 1.5, 0.5], [1, 1, 0, 0, 1]),
    "clamp by tensors": (lambda t, x: t.clamp(x, t.zeros(3), t.ones(3)), [0.0, 1.0, 0.5], [1, 1, 1]),
    "clamp_min at its limit": (lambda t, x: x.clamp_min(1.0), [1.0, 0.0, 2.0], [1, 0, 1]),
    "maximum of equals": (lambda t, x: t.maximum(x, t.ones(2)), [1.0, 2.0], [0.5, 1]),
    "minimum of equals": (lambda t, x: t.minimum(x, t.ones(2)), [1.0, 0.0], [0.5, 1]),
    "maximum with itself": (lambda t, x: t.maximum(x, x), [1.0, 2.0], [1, 1]),
    "amax of ties": (lambda t, x: t.amax(x, 0), [3.0, 1.0, 3.0], [0.5, 0, 0.5]),
    "amin of ties": (lambda t, x: t.amin(x, 0), [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0]),
    "max of ties over all": (lambda t, x: t.max(x), [3.0, 1.0, 3.0], [0.5, 0, 0.5]),
    "max of ties over a dim": (lambda t, x: t.max(x, 0)[0], [3.0, 1.0, 3.0], [1, 0, 0]),
    "min of ties over a dim": (lambda t, x: t.min(x, 0)[0], [1.0, 0.0, 0.0], [0, 1, 0]),
    "norm at 0": (lambda t, x: t.norm(x), [0.0, 0.0], [0, 0]),
    "1-norm at 0": (lambda t, x: t.norm(x, 1), [0.0, 2.0], [0, 1]),
    "inf-norm of ties": (lambda t, x: t.norm(x, INF), [2.0, -2.0], [0.5, -0.5]),
    "prod with a zero": (lambda t, x: t.prod(x), [2.0, 0.0, 3.0], [0, 6, 0]),
    "prod with two zeros": (lambda t, x: t.prod(x), [0.0, 0.0, 3.0], [0, 0, 0]),
    "cumprod with a zero": (lambda t, x: t.cumprod(x, 0), [2.0, 0.0, 3.0], [1, 8, 0]),
    "x to the 0": (lambda t, x: x**0, [0.0, 2.0], [0, 0]),
    "0 to a tensor": (lambda t, x: t.tensor([0.0, 0.0, 2.0]) ** x, [0.0, 2.0, 0.0], [0, 0, np.log(2)]),
    "0 to the 1": (lambda t, x: x**1, [0.0], [1]),
    "0 to the 2": (lambda t, x: x**2, [0.0], [0]),
    "0 to the half": (lambda t, x: x**0.5, [0.0], [INF]),
    "sqrt at 0": (lambda t, x: t.sqrt(x), [0.0], [INF]),
    "log at 0": (lambda t, x: t.log(x), [0.0], [INF]),
    "reciprocal at 0": (lambda t, x: 1 / x, [0.0], [-INF]),
    "sigmoid far out": (lambda t, x: t.sigmoid(x), [-200.0, 200.0], [0, 0]),
    "tanh far out": (lambda t, x: t.tanh(x), [-200.0, 200.0], [0, 0]),
    "softmax far out": (lambda t, x: t.softmax(x, 0)[0], [1000.0, -1000.0], [0, 0]),
    "log_softmax far out": (lambda t, x: t.log_softmax(x, 0)[1], [1000.0, -1000.0], [-1, 1]),
    "logsumexp far out": (lambda t, x: t.logsumexp(x, 0), [1000.0, 1000.0], [0.5, 0.5]),
    "logsumexp of -inf": (lambda t, x: t.logsumexp(x, 0), [-INF, 0.0], [0, 1]),
    "where hides a NaN's value": (lambda t, x: t.where(x > 0, x, t.zeros(2)), [NAN, 1.0], [0, 1]),
    "var of one": (lambda t, x: t.var(x, correction=0), [3.0], [0]),
    "sort of ties": (lambda t, x: (t.sort(x)[0] * t.tensor([1.0, 2.0])).sum(), [1.0, 1.0], [1, 2]),
    "remainder of a multiple": (lambda t, x: t.remainder(x, 2.0), [4.0, -3.0], [1, 1]),
    "fmod of a multiple": (lambda t, x: t.fmod(x, 2.0), [4.0, -3.0], [1, 1]),
    "atan2 on the axes": (lambda t, x: t.atan2(x, t.tensor([1.0, -1.0])), [0.0, 0.0], [1, -1]),
}  # fmt: skip


def gradient(lib: Any, call: Any, values: Any) -> Any:
    x = lib.tensor(values, requires_grad=True)
    call(lib, x).sum().backward()
    return np.asarray(x.grad)


@pytest.mark.parametrize(("call", "values", "wanted"), CHOICES.values(), ids=CHOICES.keys())
def test_the_choice_is_made(call: Any, values: Any, wanted: Any) -> None:
    np.testing.assert_allclose(gradient(ag, call, values), wanted, rtol=1e-4)


@pytest.mark.parametrize(("call", "values", "wanted"), CHOICES.values(), ids=CHOICES.keys())
def test_the_choice_is_pytorchs(torch: Any, call: Any, values: Any, wanted: Any) -> None:
    np.testing.assert_allclose(gradient(torch, call, values), wanted, rtol=1e-4)


UNARY = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "atan", "sinh",
    "cosh", "tanh", "sigmoid", "erf", "relu", "abs", "sign", "floor", "ceil", "trunc", "round", "square", "neg",
    "isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal", "signbit", "logical_not", "asin", "acos", "asinh",
    "acosh", "atanh", "exp2", "sinc", "frac", "deg2rad", "rad2deg", "nan_to_num", "logit", "lgamma", "digamma", "erfc",
    "erfinv", "i0", "positive", "special.entr", "special.erfcx", "special.ndtr", "special.ndtri", "special.log_ndtr",
    "special.i0e", "special.i1", "special.i1e",
]  # fmt: skip
NO_GRADIENT = [  # in PyTorch, whose values have fewer digits than SciPy's
    "special.bessel_j0", "special.bessel_j1", "special.bessel_y0", "special.bessel_y1", "special.modified_bessel_k0",
    "special.modified_bessel_k1", "special.airy_ai", "special.scaled_modified_bessel_k0",
    "special.scaled_modified_bessel_k1", "special.spherical_bessel_j0",
]  # fmt: skip


def values_and_gradients(lib: Any, call: Any, *inputs: Any) -> list[Any]:
    xs = [lib.tensor(values, dtype=lib.float64, requires_grad=True) for values in inputs]
    y = call(*xs)
    if y.requires_grad:
        y.sum().backward()
    return [y.detach().numpy(), *(np.zeros(len(x)) if x.grad is None else x.grad.numpy() for x in xs)]


def named(lib: Any, name: str) -> Any:
    return operator.attrgetter(name)(lib)


@pytest.mark.parametrize("name", UNARY)
def test_edges_of_a_function_are_pytorchs(torch: Any, name: str) -> None:
    """Values everywhere, gradients where the value is finite."""
    ours = values_and_gradients(ag, named(ag, name), EDGES)
    theirs = values_and_gradients(torch, named(torch, name), EDGES)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-10)
    finite = np.isfinite(theirs[0])
    np.testing.assert_allclose(ours[1][finite], theirs[1][finite], rtol=1e-8)


@pytest.mark.parametrize("name", NO_GRADIENT)
def test_edges_of_what_pytorch_cannot_differentiate(torch: Any, name: str) -> None:
    points = EDGES if name != "special.airy_ai" else [x for x in EDGES if x != INF]  # 0 there, where PyTorch has NaN
    ours, theirs = (named(lib, name)(lib.tensor(points, dtype=lib.float64)) for lib in (ag, torch))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", ["heaviside", "floor_divide", "igamma", "igammac", "special.zeta"])
def test_edges_of_pairs_that_pytorch_cannot_differentiate(torch: Any, name: str) -> None:
    """Values at pairs of finite numbers: beyond them PyTorch's igamma of NaN is a number, its zeta of inf NaN."""
    sides = list(zip(*((a, b) for a, b in PAIRS if np.isfinite([a, b]).all() or name in ("heaviside", "floor_divide"))))
    ours, theirs = (named(lib, name)(*(lib.tensor(x, dtype=lib.float64) for x in sides)) for lib in (ag, torch))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-10)


def test_integers_to_negative_powers_are_pytorchs(torch: Any) -> None:
    a, b = [2, 3, 0, 1, -1, -1, 2], [-1, -2, -1, -3, -3, -2, 3]
    np.testing.assert_array_equal((ag.tensor(a) ** ag.tensor(b)).numpy(), torch.tensor(a) ** torch.tensor(b))
    for lib in (ag, torch):
        with pytest.raises(RuntimeError, match="Integers to negative integer powers are not allowed"):
            lib.tensor(a) ** -1


PAIRS = [(a, b) for a in EDGES for b in EDGES]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "remainder", "fmod",
    "atan2", "hypot", "copysign", "xlogy", "logaddexp", "logaddexp2", "fmax", "fmin", "float_power",
    "nextafter", "ldexp", "special.xlog1py", "isclose"])
def test_edges_of_a_pair_are_pytorchs(torch: Any, name: str) -> None:
    """Values at every pair of edges; gradients where both are finite (PyTorch's own at infinities vary by version)."""
    a, b = (list(side) for side in zip(*PAIRS))
    ours = values_and_gradients(ag, named(ag, name), a, b)
    theirs = values_and_gradients(torch, named(torch, name), a, b)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-10, atol=1e-15)
    finite = np.isfinite(a) & np.isfinite(b)
    for mine, wanted in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(mine[finite], wanted[finite], rtol=1e-10)


@pytest.mark.parametrize("limits", [("min", "max"), ("min",), ("max",)], ids=" ".join)
def test_edges_of_clamp_by_tensors_are_pytorchs(torch: Any, limits: tuple[str, ...]) -> None:
    """Values everywhere, gradients where the value is a number: limits may cross, and be NaN."""
    inputs = list(zip(*itertools.product([-1.0, 0.0, 1.0, INF, NAN], repeat=1 + len(limits))))

    def clamp(x: Any, *by: Any) -> Any:
        return x.clamp(**dict(zip(limits, by)))

    ours, theirs = (values_and_gradients(lib, clamp, *inputs) for lib in (ag, torch))
    np.testing.assert_array_equal(ours[0], theirs[0])
    for mine, wanted in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_array_equal(mine[~np.isnan(ours[0])], wanted[~np.isnan(ours[0])])


@pytest.mark.parametrize("name", ["amax", "amin", "max", "min", "argmax", "argmin", "sum", "mean", "prod", "var",
    "sort"])
@pytest.mark.parametrize("values", [[1.0, NAN, 3.0], [INF, -INF, 0.0], [NAN, NAN, 1.0], [3.0, 3.0, INF]])
def test_reductions_of_nan_and_inf_are_pytorchs(torch: Any, name: str, values: Any) -> None:
    for lib_result in zip(*(outputs_of(lib, name, values) for lib in (ag, torch)), strict=True):
        np.testing.assert_array_equal(*lib_result)


def outputs_of(lib: Any, name: str, values: Any) -> list[Any]:
    result = getattr(lib, name)(lib.tensor([values, values[::-1]], dtype=lib.float64), 1)
    return [np.asarray(r) for r in (result if isinstance(result, tuple) else (result,))]


def test_nothing_warns() -> None:
    """1/0, log(-1) and 0/0 are silent here, as in PyTorch; the suite turns warnings into errors."""
    x = ag.tensor([0.0, -1.0, INF], requires_grad=True)
    for y in (x.log(), x.sqrt(), 1 / x, x / 0, x**-0.5, x.exp() * 1e30 * 1e30, x % 0, x // 0, x.rsqrt(), x - x,
        x.mean(), x.var()):
        if y.requires_grad:
            y.sum().backward(retain_graph=True)
    x.data.log_()
    ag.tensor([0.0]).div_(0.0)
    ag.tensor([1, 2]).float() / ag.tensor([0, 0])
    np.testing.assert_array_equal((ag.tensor(0.0) / 0).numpy(), NAN)
