"""Running one call of a table in this project or in PyTorch: values, gradients, and gradients of gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.checking.gradcheck import gradcheck, gradgradcheck
from tests.rows import Row, Sample, flat, outputs

SMALL = 30  # up to so many elements Jacobians are checked whole, beyond it along random directions


def cases(rows: list[Row], keep: Callable[[Row], Any] = bool) -> Any:
    """Parametrise a test over every sample of the rows that ``keep`` lets through."""
    found = [(row, sample, i) for row in rows if keep(row) for i, sample in enumerate(row.samples)]
    return pytest.mark.parametrize(("row", "sample"), [pytest.param(r, s, id=f"{r.name}-{i}") for r, s, i in found])


class Outcome(NamedTuple):
    """What a call gave: outputs, their gradient (by input), and the gradient of that (by input, then by upstream)."""

    values: list[Any]
    first: list[Any]
    second: list[Any]


def tensor(lib: Any, array: Any, grad: bool = True) -> Any:
    """Return an array's memory as a leaf of ``lib``; floats require grad."""
    made = lib.from_numpy(array) if array.flags.writeable or lib is ag else lib.tensor(array)
    return made.requires_grad_() if grad and array.dtype.kind in "fc" else made


def tensors(lib: Any, args: list[Any], grad: bool = True) -> list[Any]:
    """Return drawn arguments with every array as a tensor."""

    def one(arg: Any) -> Any:
        if isinstance(arg, list):
            return [one(a) for a in arg]
        return tensor(lib, arg, grad) if isinstance(arg, np.ndarray) else arg

    return [one(arg) for arg in args]


def leaves(args: list[Any]) -> list[Any]:
    """Return the tensors among arguments that require grad."""
    return [a for a in flat(args) if getattr(a, "requires_grad", False)]


def put_back(args: list[Any], xs: Any) -> list[Any]:
    """Return arguments with ``xs`` in the places of the tensors that require grad."""
    fresh: Iterator[Any] = iter(xs)

    def one(arg: Any) -> Any:
        if isinstance(arg, list):
            return [one(a) for a in arg]
        return next(fresh) if getattr(arg, "requires_grad", False) else arg

    return [one(arg) for arg in args]


def upstream(lib: Any, like: list[Any], seed: int) -> list[Any]:
    """Return gradients for tensors: fixed random numbers of their shape and dtype, as leaves."""
    rng = np.random.default_rng(seed)
    drawn = (np.asarray(rng.standard_normal(tuple(y.shape)) + complex_part(rng, y)) for y in like)
    made = [lib.tensor(w, dtype=y.dtype, device=y.device) for y, w in zip(like, drawn)]
    return [w.requires_grad_() for w in made]


def differentiate(lib: Any, call: Any, args: list[Any], options: dict[str, Any], order: int = 2) -> Outcome:
    """Run a call on tensors of ``lib`` and differentiate it ``order`` times."""
    xs = leaves(args)
    values = [y for y in outputs(call(*args, **options)) if y is not None]
    ys = [y for y in values if getattr(y, "requires_grad", False)]
    if not order or not ys:
        return Outcome(values, [], [])
    ws = upstream(lib, ys, 1)
    first = gradient(lib, ys, xs, ws, create_graph=order > 1)
    return Outcome(values, first, gradient(lib, first, [*xs, *ws], upstream(lib, first, 2)) if order > 1 else [])


def complex_part(rng: Any, y: Any) -> Any:
    """Return random imaginary numbers for a complex tensor, 0 for a real one."""
    return 1j * rng.standard_normal(tuple(y.shape)) if y.is_complex() else 0


def inner(a: Any, b: Any) -> float:
    """Return <a, b>, complex numbers being points of the plane: what gradients and directions are multiplied by."""
    return float((array(a).conj() * array(b)).real.sum())


def gradient(lib: Any, ys: list[Any], xs: list[Any], ws: list[Any], create_graph: bool = False) -> list[Any]:
    """Return the gradient of those of ``ys`` that have one; zeros where ``xs`` have no part in it."""
    pairs = [(y, w) for y, w in zip(ys, ws) if y.requires_grad]
    if not pairs:
        return [lib.zeros_like(x) for x in xs]
    options = {"create_graph": create_graph, "allow_unused": True, "materialize_grads": True}
    return list(lib.autograd.grad([y for y, _ in pairs], xs, [w for _, w in pairs], **options))


def run(row: Row, sample: Sample, dtype: str = "float64", order: int | None = None) -> Outcome:
    """Run a sample of a row in this project."""
    args = tensors(ag, sample.draw(row, dtype))
    return differentiate(ag, row.call, args, sample.options, row.order if order is None else order)


def run_torch(torch: Any, row: Row, sample: Sample, dtype: str = "float64") -> Outcome:
    """Run a sample of a row in PyTorch; skip where PyTorch has no such function."""
    call = row.torch_call(torch)
    if call is None:
        pytest.skip(f"PyTorch has no {row.name}")
    args = tensors(torch, sample.draw(row, dtype))
    return differentiate(torch, call, args, sample.options, row.order)


def array(value: Any) -> Any:
    """Return a tensor of either library, an array or a number as an array."""
    return value.detach().numpy(force=True) if hasattr(value, "detach") else np.asarray(value)


def agree(ours: list[Any], theirs: list[Any], tolerance: float, what: str) -> None:
    """Check that tensors agree in number, shape and value."""
    assert len(ours) == len(theirs), what
    for i, (a, b) in enumerate(zip(map(array, ours), map(array, theirs))):
        assert a.shape == b.shape, f"{what} {i}: shape {a.shape}, wanted {b.shape}"
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=f"{what} {i}")


def agree_outcomes(ours: Outcome, theirs: Outcome, tolerance: float) -> None:
    """Check that values and both orders of gradients agree."""
    agree(ours.values[: len(theirs.values)], theirs.values, tolerance, "value")
    agree(ours.first, theirs.first, tolerance, "gradient")
    agree(ours.second, theirs.second, tolerance * 10, "second gradient")


# ---- finite differences ----


def check_by_differences(call: Any, args: list[Any], options: dict[str, Any], order: int) -> None:
    """Check a call's gradients of orders 1 to ``order``, on tensors in float64, by central differences."""
    xs = leaves(args)

    def function(*moved: Any) -> Any:
        return tuple(y for y in outputs(call(*put_back(args, moved), **options)) if y.requires_grad)

    if sum(x.numel() for x in xs) + sum(y.numel() for y in function(*xs)) <= SMALL:
        assert gradcheck(function, xs, atol=1e-6, rtol=1e-5)
        assert order < 2 or gradgradcheck(function, xs, atol=1e-6, rtol=1e-5)
        return
    check_along_direction(function, xs)
    if order > 1:
        check_along_direction(*gradient_of(function, xs))


def gradient_of(function: Any, xs: list[Any]) -> tuple[Any, list[Any]]:
    """Return the gradient of a function as a function itself, of its inputs and its upstream gradient."""
    ws = upstream(ag, list(function(*xs)), 3)

    def first(*moved: Any) -> Any:
        ys = function(*moved[: len(xs)])
        return tuple(gradient(ag, ys, moved[: len(xs)], moved[len(xs) :], create_graph=True))

    return first, [*xs, *ws]


def check_along_direction(function: Any, xs: list[Any], eps: float = 1e-6) -> None:
    """Check <w, f(x + eps v) - f(x - eps v)> / 2 eps against <grad, v> for random w and v."""
    ys = [y for y in function(*xs) if y.requires_grad]
    if not ys:
        return
    ws, vs = upstream(ag, ys, 4), upstream(ag, xs, 5)
    grads = gradient(ag, ys, xs, ws)
    analytic = sum(inner(g, v) for g, v in zip(grads, vs))

    def along(step: float) -> float:
        moved = [ag.tensor(array(x) + step * array(v), requires_grad=True) for x, v in zip(xs, vs)]
        return sum(inner(y, w) for y, w in zip(function(*moved), ws))

    numeric = (along(eps) - along(-eps)) / (2 * eps)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-5, atol=1e-6)
