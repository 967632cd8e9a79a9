"""Counting: how many elements fall into each bin.  Counts have no gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core import return_types
from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.composites.halves import in_float32
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["bincount", "histc", "histogram", "histogramdd"]
METHODS = ["bincount", "histc", "histogram"]


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Return how often each number occurs, or the sum of the ``weights`` there: float32 of float32, else float64.

    Shape: (n) -> (max(input) + 1), at least ``minlength``.
    Raises: DTypeError for floating numbers; ShapeError for negative ones, more dimensions, or other weights.
    """
    array = input._array
    if array.dtype.kind not in "iu":
        raise DTypeError(f"bincount: got dtype {input.dtype}; wanted integers")
    if array.ndim != 1 or (type(array) is host.ndarray and array.size and array.min() < 0):
        raise ShapeError(f"bincount: only supports 1-d non-negative integral inputs; got shape {tuple(input.shape)}")
    if minlength < 0:
        raise ShapeError(f"bincount: minlength should be >= 0; got {minlength}")
    if weights is not None and weights._array.shape != array.shape:
        raise ShapeError(f"bincount: weights have shape {tuple(weights.shape)}; wanted input's, {tuple(input.shape)}")
    array = array.astype("int64", copy=False)
    if weights is None:
        return wrap(module_of(array).bincount(array, minlength=minlength).astype("int64", copy=False))
    kind = "float32" if weights.dtype.name == "float32" else "float64"
    return wrap(module_of(array).bincount(array, weights._array, minlength).astype(kind, copy=False))


@in_float32
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Return how many elements fall into each of ``bins`` equal bins of [``min``, ``max``], in ``input``'s dtype.

    The range of the data is taken where ``min`` equals ``max``; what is outside, and NaN, counts nowhere.
    Raises: DTypeError for integers; ShapeError for a range that is empty or not finite, or ``bins < 1``.
    """
    _check("histc", input)
    if bins < 1:
        raise ShapeError(f"histc: bins must be > 0; got {bins}")
    edges = _equal_edges("histc", input._array.reshape(-1), bins, None if min == max else (min, max))
    if min == max and input._array.size == 0:
        return wrap(module_of(input._array).zeros(bins, input._array.dtype))
    return wrap(_count([input._array.reshape(-1)], [edges], None))


def histogram(
    input: Tensor, bins: int | Tensor, *, range: tuple[float, float] | None = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """Return (hist, bin_edges) of all elements; ``bins`` is how many equal ones, or the edges.

    Each element counts 1, or its ``weight``; with ``density`` the area is 1.  The last bin has both of its edges.
    Raises: DTypeError for integers, or ``bins`` of another dtype; ShapeError for a bad range or other weights.
    """
    _check("histogram", input)
    flat = input._array.reshape(-1)
    (edges,) = _edges("histogram", [flat], [bins], range, input)
    hist = _histogram("histogram", [flat], [edges], weight, density, input._array.shape)
    return return_types.histogram(wrap(hist), wrap(edges))


def histogramdd(
    input: Tensor, bins: Any, *, range: Sequence[float] | None = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """Return (hist, bin_edges) of points whose coordinates are in the last dimension; see ``histogram``.

    ``bins``: how many equal ones, for all dimensions or each, or the edges of each; ``range``: low and high of each.
    Shape: (*, D) -> D dimensions, and D vectors.
    """
    _check("histogramdd", input)
    if input._array.ndim < 2:
        raise ShapeError(f"histogramdd: input has shape {tuple(input.shape)}; wanted at least two dimensions")
    size = input._array.shape[-1]
    given = [bins] * size if isinstance(bins, int) else list(bins)
    if len(given) != size:
        raise ShapeError(f"histogramdd: bins are for {len(given)} dimensions; wanted {size}")
    points = input._array.reshape(-1, size)
    columns = [points[:, i] for i in _span(size)]
    edges = _edges("histogramdd", columns, given, range, input)
    hist = _histogram("histogramdd", columns, edges, weight, density, input._array.shape[:-1])
    return return_types.histogramdd(wrap(hist), tuple(map(wrap, edges)))


_span = range  # `range` is a parameter of these functions


def _check(operation: str, input: Tensor) -> None:
    if input.dtype.name not in ("float32", "float64"):
        raise DTypeError(f"{operation}: got dtype {input.dtype}; wanted float32 or float64")


def _edges(operation: str, columns: list[Any], bins: list[Any], limits: Any, like: Tensor) -> list[Any]:
    """Return the edges of the bins of each column."""
    if limits is not None and len(limits) != 2 * len(columns):
        raise ShapeError(f"{operation}: range has {len(limits)} numbers; wanted {2 * len(columns)}")
    found = []
    for i, (column, given) in enumerate(zip(columns, bins, strict=True)):
        if not isinstance(given, Tensor):
            if given < 1:
                raise ShapeError(f"{operation}: bins must be > 0; got {given}")
            found.append(_equal_edges(operation, column, given, None if limits is None else limits[2 * i : 2 * i + 2]))
            continue
        if given._array.ndim != 1 or given.dtype is not like.dtype or not given._array.size:
            raise DTypeError(f"{operation}: bins are {given.dtype}{list(given.shape)}; wanted a vector of {like.dtype}")
        found.append(given._array)
    return found


def _equal_edges(operation: str, column: Any, bins: int, limits: Any) -> Any:
    """Return the edges of equal bins between ``limits``, by default of the data: 0 and 1 where there is none."""
    low, high = limits if limits is not None else (0.0, 1.0)
    if limits is None and column.size:
        low, high = float(column.min()), float(column.max())
    if not (host.isfinite(low) and host.isfinite(high)) or low > high:
        raise ShapeError(f"{operation}: range of [{low}, {high}] is not finite, or its max is less than its min")
    if low == high:
        low, high = (low - 1, high + 1) if operation == "histc" else (low - 0.5, high + 0.5)
    return module_of(column).linspace(low, high, bins + 1, dtype=column.dtype)


def _histogram(
    operation: str, columns: list[Any], edges: list[Any], weight: Tensor | None, density: bool, shape: tuple[int, ...]
) -> Any:
    if weight is not None and (weight._array.shape != shape or weight._array.dtype != columns[0].dtype):
        raise ShapeError(
            f"{operation}: weight is {weight.dtype}{list(weight.shape)}; wanted one for each of {list(shape)}, in the "
            f"dtype of input"
        )
    hist = _count(columns, edges, None if weight is None else weight._array.reshape(-1))
    if density:
        hist = hist / hist.sum()
        for i, edge in enumerate(edges):
            hist = hist / (edge[1:] - edge[:-1]).reshape((-1,) + (1,) * (len(edges) - i - 1))
    return hist


def _count(columns: list[Any], edges: list[Any], weights: Any) -> Any:
    """Return what the points weigh in each bin, in their dtype; the last edge belongs to the last bin."""
    xp, sizes = module_of(columns[0]), [len(edge) - 1 for edge in edges]
    flat, inside = 0, True
    for column, edge, size in zip(columns, edges, sizes, strict=True):
        at = xp.searchsorted(edge, column, side="right") - 1
        at = xp.where(column == edge[-1], size - 1, at)
        inside = inside & (at >= 0) & (at < size)
        flat = flat * size + at
    total = math.prod(sizes)
    flat = xp.where(inside, flat, total)  # what is in no bin is counted behind the last, and left out
    counted = xp.bincount(flat, weights, minlength=total + 1)[:total]
    return counted.astype(columns[0].dtype).reshape(sizes)
