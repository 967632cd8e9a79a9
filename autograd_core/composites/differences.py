"""Differences, slopes and areas of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.composites.halves import in_float32
from autograd_core.composites.reduction import part
from autograd_core.composites.running import cumsum
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import arithmetic, logic, reduce
from autograd_core.ops.dims import Dims, one
from autograd_core.ops.shape import cat

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]
METHODS = ["diff"]


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Return ``x[i+1] - x[i]`` along ``dim``, ``n`` times; of booleans, whether the two differ.

    Shape: one shorter each time; ``prepend`` and ``append`` are joined to ``input`` first.
    Raises: ShapeError for a 0-d input or a negative ``n``.
    """
    if not input._array.ndim:
        raise ShapeError("diff: input is 0-d; wanted at least one dimension")
    d = one(dim, input._array.ndim, "diff")
    if n < 0:
        raise ShapeError(f"diff: order must be non-negative but got {n}")
    parts = [x for x in (prepend, input, append) if x is not None]
    if any(x._array.ndim != input._array.ndim for x in parts):
        shapes = " and ".join(str(tuple(x.shape)) for x in parts)
        raise ShapeError(f"diff: prepend, input and append have shapes {shapes}; wanted as many dimensions in each")
    if not n:
        return input.clone()
    x = cat(parts, dim=d) if len(parts) > 1 else input
    minus = logic.ne if x._array.dtype.kind == "b" else arithmetic.sub
    for _ in range(min(n, x._array.shape[d])):
        x = minus(part(x, d, 1, None), part(x, d, None, -1))
    return x


# ---- slopes ----


@in_float32
def gradient(input: Tensor, *, spacing: Any = 1, dim: Dims = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """Return the slopes of ``input`` along each of ``dim`` (all by default), by central differences of second order.

    ``spacing``: the distance between samples, one for each dim, or their coordinates (a vector for each dim).
    ``edge_order`` 1 or 2: the order of the one-sided differences at both ends.
    Raises: ShapeError where a dim has no more than ``edge_order`` elements, or spacings do not fit the dims.
    """
    dims = [one(d, input._array.ndim, "gradient") for d in ([dim] if isinstance(dim, int) else dim or ())]
    dims = dims or list(range(input._array.ndim))
    if len(set(dims)) < len(dims):
        raise ShapeError(f"gradient: a dim appears multiple times in {dim}")
    if edge_order not in (1, 2):
        raise ShapeError(f"gradient: edge_order is {edge_order}; wanted 1 or 2")
    steps = list(spacing) if isinstance(spacing, Sequence) else [1 if spacing is None else spacing] * len(dims)
    if len(steps) != len(dims):
        raise ShapeError(f"gradient: expected spacing for each of {len(dims)} dims, but got {len(steps)}")
    x = input if input.dtype.category > 1 else arithmetic.mul(input, 1.0)
    return tuple(_slopes(x, d, step, edge_order) for d, step in zip(dims, steps, strict=True))


def _slopes(x: Tensor, d: int, step: Any, edge_order: int) -> Tensor:
    n = x._array.shape[d]
    if n <= edge_order:
        raise ShapeError(f"gradient: dim {d} has {n} elements; wanted at least edge_order + 1 = {edge_order + 1}")
    if isinstance(step, Tensor) and step._array.ndim:
        if step._array.shape != (n,):
            raise ShapeError(f"gradient: coordinates of dim {d} have shape {tuple(step.shape)}; wanted ({n},)")
        gaps = diff(step).reshape((-1,) + (1,) * (x._array.ndim - d - 1))
    else:
        gaps = x.new_ones((n - 1,) + (1,) * (x._array.ndim - d - 1)) * step
    slopes = diff(x, 1, d) / gaps
    first, last = part(slopes, d, None, 1), part(slopes, d, -1, None)
    if n == 2:
        return cat([first, last], dim=d)
    before, after = part(gaps, 0, None, -1), part(gaps, 0, 1, None)
    inner = (part(slopes, d, None, -1) * after + part(slopes, d, 1, None) * before) / (before + after)
    if edge_order == 2:
        first, last = 2 * first - part(inner, d, None, 1), 2 * last - part(inner, d, -1, None)
    return cat([first, inner, last], dim=d)


# ---- areas ----


@in_float32
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Return the area under ``y`` along ``dim`` by the trapezoidal rule; 0 of no or one sample.

    ``dx``: the distance between samples; ``x``: their coordinates, a vector or broadcastable to ``y``.
    Raises: DTypeError for booleans; ShapeError where a vector ``x`` has another length.
    """
    d = _sampled("trapezoid", y, dim)
    if not y._array.shape[d]:
        return reduce.sum(y, dim=(d,))
    return (_trapezoids("trapezoid", y, x, dx, d)).sum(d) / 2


trapz = trapezoid


@in_float32
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Return the area under ``y`` up to each sample but the first; see ``trapezoid``.  Shape: one shorter."""
    d = _sampled("cumulative_trapezoid", y, dim)
    return cumsum(_trapezoids("cumulative_trapezoid", y, x, dx, d), d) / 2


def _sampled(operation: str, y: Tensor, dim: int) -> int:
    if not y._array.ndim:
        raise IndexRangeError(f"{operation}: dimension specified as {dim} but the tensor has no dimensions")
    return one(dim, y._array.ndim, operation)


def _trapezoids(operation: str, y: Tensor, x: Tensor | None, dx: Any, d: int) -> Tensor:
    """Return twice the area of each trapezoid."""
    if y._array.dtype.kind == "b":
        raise DTypeError(f"{operation}: got dtype {y.dtype}; wanted numbers")
    ends = arithmetic.add(part(y, d, 1, None), part(y, d, None, -1))
    if x is None:
        return arithmetic.mul(ends, dx)
    after = y._array.ndim - d - 1
    if x._array.ndim == 1:
        if x._array.shape[0] != y._array.shape[d]:
            raise ShapeError(
                f"{operation}: there must be one `x` value for each sample point; got {x.shape[0]} for {y.shape[d]}"
            )
        x = x.reshape((-1,) + (1,) * after)
    at = x._array.ndim - 1 - after
    gaps = diff(x, 1, at) if at >= 0 and x._array.shape[at] > 1 else x.new_zeros(())
    return arithmetic.mul(ends, gaps)
