"""Forward rules of the whole table against reverse mode; ``test_third_order`` mixes the two."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad, vjp
from tests.function_table import FUNCTIONS
from tests.op_table import PRIMITIVES, ROWS
from tests.rows import Row, Sample, complex_numbers, outputs
from tests.trials import cases, inner, leaves, put_back, tensors, upstream

ROWS_WITH_GRADIENTS = [row for row in ROWS if row.order > 0]
SAMPLES = [(row, sample, i) for row in ROWS_WITH_GRADIENTS for i, sample in enumerate(row.samples[:2])]
each_sample = pytest.mark.parametrize(
    ("row", "sample"), [pytest.param(row, sample, id=f"{row.name}-{i}") for row, sample, i in SAMPLES]
)

# those whose forward rule is the transpose of the reverse one, which is exact and costs a few times as much
TRANSPOSED = {"qr", "scatter_extreme", "svd"}


def test_every_primitive_with_a_reverse_rule_has_a_forward_rule() -> None:
    found = set()
    for name, prim in PRIMITIVES.items():
        differentiable = set(prim.args if prim.joint else prim.rules)
        if not (prim.linear or prim.elementwise or prim.joint_jvp or differentiable <= set(prim.jvps)):
            found.add(name)
    assert found <= TRANSPOSED


def test_forward_rules_ask_for_what_there_is() -> None:
    for prim in PRIMITIVES.values():
        known = {"y", *prim.args, *prim.meta, *prim.residuals, *prim.outputs} | {f"{a}_shape" for a in prim.args}
        rules = [*prim.jvps.values(), *([prim.joint_jvp] if prim.joint_jvp else [])]
        assert set(prim.jvps) <= set(prim.args), prim.name
        for rule in rules:
            assert set(list(inspect.signature(rule).parameters)[1:]) <= known, prim.name


def function_of(row: Row, sample: Sample, args: list[Any]) -> Callable[..., tuple[Any, ...]]:
    """Return a sample as a function from its differentiable arguments to its differentiable outputs."""

    def function(*xs: Any) -> tuple[Any, ...]:
        ys = outputs(row.smooth(*put_back(args, xs), **sample.options))
        return tuple(y for y in ys if y.is_floating_point() or y.is_complex())

    return function


def drawn(row: Row, sample: Sample) -> tuple[Any, tuple[Any, ...]]:
    """Return the function of a sample, and where it is looked at."""
    args = tensors(ag, sample.draw(row))
    return function_of(row, sample, args), tuple(x.detach() for x in leaves(args))


def directions(like: Any, seed: int) -> tuple[Any, ...]:
    """Return random numbers of the tensors' shapes."""
    return tuple(v.detach() for v in upstream(ag, list(like), seed))


def check_against_reverse(function: Callable[..., tuple[Any, ...]], xs: tuple[Any, ...]) -> None:
    """Check <u, J t> = <J' u, t>."""
    vs = directions(xs, 5)
    ys, ts = jvp(function, xs, vs)
    us = directions(ys, 6)
    values, pull = vjp(function, *xs)
    for y, t, value in zip(ys, ts, values):
        np.testing.assert_array_equal(y.numpy(), value.numpy())
        assert t.dtype is y.dtype and t.shape == y.shape
    forward = sum(inner(u, t) for u, t in zip(us, ts))
    reverse = sum(inner(g, v) for g, v in zip(pull(us), vs))
    np.testing.assert_allclose(forward, reverse, rtol=1e-9, atol=1e-9)


@each_sample
def test_forward_mode_is_the_adjoint_of_reverse_mode(row: Row, sample: Sample) -> None:
    function, xs = drawn(row, sample)
    if xs:
        check_against_reverse(function, xs)


@cases(FUNCTIONS, lambda row: row.order > 0)
def test_forward_mode_of_public_functions(row: Row, sample: Sample) -> None:
    function, xs = drawn(row, sample)
    if xs:
        check_against_reverse(function, xs)


@each_sample
def test_one_argument_changes_alone(row: Row, sample: Sample) -> None:
    function, xs = drawn(row, sample)
    for i in range(len(xs) if len(xs) > 1 else 0):
        check_against_reverse(lambda x, i=i: function(*xs[:i], x, *xs[i + 1 :]), (xs[i],))


COMPLEX = [
    "abs", "square", "exp", "log", "sqrt", "rsqrt", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "sigmoid",
    "add", "mul", "div", "pow", "sum", "mean", "cumsum", "logsumexp", "softmax", "log_softmax", "matmul", "linear",
    "solve", "det", "slogdet", "cholesky", "eigh", "qr", "svd", "getitem", "cat", "where", "keep", "neg", "pad",
]  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_forward_mode_of_complex_numbers(name: str) -> None:
    (row,) = [r for r in ROWS if r.name == name]
    rng = np.random.default_rng(0)
    for sample in row.samples[:2]:
        real = sample.draw(row)
        if name == "cholesky":
            a = complex_numbers(rng, real[0].shape)
            args = [a @ a.conj().swapaxes(-1, -2) + 3 * np.eye(a.shape[-1])]
        else:
            args = [changed(rng, a) for a in real]
        moving = tensors(ag, args)
        xs = tuple(x.detach() for x in complex_leaves(moving))
        check_against_reverse(function_of(row, sample, moving), xs)


def changed(rng: Any, a: Any) -> Any:
    """Return real arrays as complex ones."""
    if isinstance(a, list):
        return [changed(rng, x) for x in a]
    return complex_numbers(rng, a.shape) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a


def complex_leaves(args: list[Any]) -> list[Any]:
    """Mark complex tensors as those to be differentiated, and return them."""
    flat = [a for x in args for a in (x if isinstance(x, list) else [x])]
    return [a.requires_grad_() for a in flat if isinstance(a, ag.Tensor) and a.is_complex()]


def test_a_hessian_of_each_example() -> None:
    def function(x: Any) -> Any:
        return (ag.softmax(x, 0) * x.tanh()).sum() + ag.logsumexp(x * x, 0)

    x = ag.randn(3, 4, dtype=ag.float64)
    eye = ag.eye(4, dtype=ag.float64)
    pushed_forward = vmap(lambda x: vmap(lambda v: jvp(grad(function), (x,), (v,))[1])(eye))(x)
    pulled_back = ag.stack([ag.stack([vjp(grad(function), r)[1](v)[0] for v in eye]) for r in x])
    np.testing.assert_allclose(pushed_forward.numpy(), pulled_back.numpy(), rtol=1e-10, atol=1e-12)
