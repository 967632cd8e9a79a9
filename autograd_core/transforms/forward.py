"""Forward mode as functions of functions: ``jvp`` and ``linearize``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.engine.backward import gradients
from autograd_core.engine.lifted import Level, cut, innermost, running
from autograd_core.engine.modes import GRAD, enable_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.transforms.leaves import leaf, on_graph, own_node, without_nodes, zeros_like
from autograd_core.transforms.reverse import vjp
from autograd_core.transforms.tangents import Dual, Tangents, dual
from autograd_core.transforms.trees import flatten

__all__ = ["jvp", "linearize"]


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """Return ``func(*primals)`` and how it changes where the arguments change by ``tangents``: ``J @ tangents``.

    Args:
        func: returns a tensor, or a nest of tensors; with ``has_aux`` a pair of that and anything else.
        primals: a tuple of arguments, each a tensor or a nest of tensors.
        tangents: as many, of the same form, shapes and dtypes.
        strict: refuse outputs that do not depend on the arguments.
        has_aux: whether ``func`` returns a pair.

    Returns: (value, tangent), or (value, tangent, aux).
    Raises: GraphError, ShapeError, DTypeError where a tangent does not fit.
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        kinds = f"{type(primals).__name__} and {type(tangents).__name__}"
        raise GraphError(f"jvp: Expected primals and tangents to be tuples, got {kinds}")
    values, build = flatten(primals)
    changes, build_changes = flatten(tangents)
    if len(values) != len(changes) or build(range(len(values))) != build_changes(range(len(values))):
        raise GraphError("jvp: Expected primals and tangents to have the same python structure")
    level = Tangents()
    with running(level):
        for i, (x, t) in enumerate(zip(values, changes, strict=True)):
            _check(i, x, t)
        duals = [dual(level, x, t) for x, t in zip(values, changes, strict=True)]
        result = func(*build(duals))
        aux = None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise DTypeError("jvp: output of the function should be a tuple (output, aux) if has_aux is True")
            result, aux = result
        ys, build_result = flatten(result)
        pairs = [_apart(level, y, strict) for y in ys]
        rest, build_rest = flatten(aux)
        aux = build_rest([v.primal if isinstance(v, Dual) and v.level is level else v for v in rest])
    value, change = build_result([y for y, _ in pairs]), build_result([t for _, t in pairs])
    return (value, change, aux) if has_aux else (value, change)


def _check(i: int, x: Any, t: Any) -> None:
    if not isinstance(x, Tensor) or not isinstance(t, Tensor):
        raise DTypeError(f"jvp: argument {i}: got {type(x).__name__} and tangent {type(t).__name__}; wanted Tensors")
    if x._array.shape != t._array.shape:
        raise ShapeError(
            f"jvp: Expected tangent {i} to have the shape of its primal, {tuple(x._array.shape)}; got "
            f"{tuple(t._array.shape)}"
        )
    if x._array.dtype.kind not in "fc":
        raise DTypeError(f"jvp: primal {i} is {x.dtype}; wanted floating point or complex numbers")


def _apart(level: Tangents, y: Any, strict: bool) -> tuple[Tensor, Tensor]:
    if not isinstance(y, Tensor):
        raise DTypeError(f"jvp: Expected the function to return Tensors, got {type(y).__name__}")
    if isinstance(y, Dual) and y.level is level:
        if y.tangent is not None:
            return y.primal, y.tangent
        y = y.primal
    if strict:
        raise GraphError("jvp: strict=True, and an output does not depend on the arguments")
    return y, zeros_like(y)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Return ``func(*primals)`` and the linear function that takes tangents of the arguments to those of the value.

    The function is computed once: what depends on ``primals`` alone is kept, and each tangent costs two passes over it.

    Returns: (value, jvp_fn); ``jvp_fn(*tangents)`` returns what ``jvp`` does.
    """
    values, build = flatten(primals)
    ys, build_result = None, None

    def flat(*xs: Tensor) -> tuple[Tensor, ...]:
        nonlocal build_result
        found, build_result = flatten(func(*build(xs)))
        return tuple(found)

    ys, pull = vjp(flat, *values)
    level = innermost()
    with enable_grad():
        cotangents = [leaf(level, zeros_like(y)) for y in ys]
        back = pull(tuple(cotangents))

    def jvp_fn(*tangents: Any) -> Any:
        """Return the tangent of the value."""
        changes, build_changes = flatten(tangents)
        if len(changes) != len(values) or build_changes(range(len(values))) != build(range(len(values))):
            raise GraphError("linearize: Expected the tangents to have the structure of the primals")
        for i, (x, t) in enumerate(zip(values, changes, strict=True)):
            _check(i, x, t)
        roots = [(own_node(b, level), t) for b, t in zip(back, changes, strict=True) if own_node(b, level) is not None]
        with enable_grad():
            found = gradients(roots, cotangents, True, True) if roots else [None] * len(ys)
        assert build_result is not None
        return build_result(_ended(level, ys, changes, found))

    assert build_result is not None
    return build_result(ys), jvp_fn


def _ended(level: Level | None, ys: Any, changes: list[Tensor], found: Sequence[Tensor | None]) -> list[Tensor]:
    """Return tangents, zeros for None, on those graphs alone that the value or the tangents given are on."""
    full = [zeros_like(y) if g is None else g for y, g in zip(ys, found, strict=True)]
    if not GRAD.get():
        return [without_nodes(g) for g in full]
    kept = any(on_graph(v, level) for v in (*ys, *changes))
    return full if kept else [cut(g, level) for g in full]
