"""What the order of elements says: the indices that sort, and the places of values among sorted ones.  No gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.engine.primitive import primitive
from autograd_core.ops.batching import along, also_of_none, whole


@primitive
def argsort(xp: Any, x: Any, /, *, dim: int, descending: bool = False) -> Any:
    """Return the indices that sort along ``dim``, NaN as the largest; equal elements keep their order."""
    if not x.ndim:
        return xp.zeros((), "int64")
    x = sortable(x)
    if not descending:
        return x.argsort(axis=dim, kind="stable")
    order = xp.flip(xp.flip(x, dim).argsort(axis=dim, kind="stable"), dim)
    return x.shape[dim] - 1 - order


def sortable(array: Any) -> Any:
    """Return an array whose sort puts NaN last: bfloat16 as float32, which holds all of it."""
    return array if array.dtype.kind in "biufc" else array.astype("float32")


@primitive(ordered=True, dtypes="promote")
def running_argextreme(xp: Any, x: Any, /, *, dim: int, largest: bool = True) -> Any:
    """Return where the largest (or smallest) element up to each place along ``dim`` is last found; NaN is above all."""
    running = kernels_of(xp).running_extreme
    reached = (x == running(xp, x, dim, largest)) | (x != x)  # a NaN stays, and each one is the newest
    places = xp.arange(x.shape[dim]).reshape((-1,) + (1,) * (x.ndim - dim - 1))
    return running(xp, xp.where(reached, places, 0), dim, True)


@primitive
def search(xp: Any, line: Any, values: Any, /, *, right: bool = False) -> Any:
    """Return how many elements of a sorted ``line`` are below each value (or equal to it); NaN is above all.

    Shape: (n,), (*) -> (*); or (..., n), (..., m) -> (..., m).
    """
    n = line.shape[-1]
    low, high = xp.zeros(values.shape, "int64"), xp.full(values.shape, n, "int64")
    for _ in range(n.bit_length()):  # all intervals are halved at once
        open_, middle = low < high, (low + high) // 2
        place = middle.clip(0, max(n - 1, 0))
        edge = line[place] if line.ndim == 1 else xp.take_along_axis(line, place, -1)
        after = open_ & ~(edge > values if right else edge >= values)
        low, high = xp.where(after, middle + 1, low), xp.where(open_ & ~after, middle, high)
    return low


@also_of_none
def _search_batch(size: int, flags: Sequence[bool], line: Any, values: Any, *, right: bool) -> Any:
    if not flags[0] and line.ndim == 1:
        return search(line, values, right=right)
    rows = line.ndim - flags[0] > 1
    line, values = whole(size, line, flags[0]), whole(size, values, flags[1])
    return search(line, values if rows else values.reshape((size, -1)), right=right).reshape(values.shape)


argsort.batch(along(argsort, "dim"))
running_argextreme.batch(along(running_argextreme, "dim"))
search.batch(_search_batch)
