"""Sums and extremes at indices on CuPy.

Sums are atomic additions: of several in one place the order, and so the rounding, may vary.  Where the same numbers
are wanted on every run they are sorted by place first (``use_deterministic_algorithms``).
"""

from __future__ import annotations

from math import prod
from types import ModuleType
from typing import Any

from autograd_core.backend.choices import Deterministic

__all__ = ["index_add_at", "scatter_add", "scatter_extreme"]

Array = Any
Shape = tuple[int, ...]


def scatter_add(xp: ModuleType, shape: Shape, dtype: Any, dim: int, index: Array, src: Array) -> Array:
    """Return zeros of ``shape`` with ``src`` added at ``index`` along ``dim``; duplicates add up.

    For ``dim = 1``: ``out[i, index[i, j, k], k] += src[i, j, k]``.  Only the corner of ``src`` that ``index`` covers is
    used.

    Shape: ``index`` at most that of ``src``, and of ``out`` in every dim but ``dim``.
    """
    return index_add_at(xp, shape, dtype, _key(xp, dim, index), src[tuple(map(slice, index.shape))])


def _key(xp: ModuleType, dim: int, index: Array) -> tuple[Array, ...]:
    """Return the key of the elements at ``index`` along ``dim``."""
    key = [xp.arange(length).reshape(-1, *(1,) * (index.ndim - axis - 1)) for axis, length in enumerate(index.shape)]
    if key:
        key[dim] = index
    return tuple(key)


def scatter_extreme(xp: ModuleType, x: Array, dim: int, index: Array, src: Array, largest: bool) -> Array:
    """Return ``x`` in which each element is the largest (smallest) of itself and what ``src`` has for it.

    For ``dim = 1``: ``out[i, index[i, j, k], k] = max(that, src[i, j, k])``; NaN where there is one.

    CUDA's atomic maximum skips NaN and CuPy's rounds float64.  Here the lines are sorted by index, so that what goes to
    one place is side by side; after log2(n) comparisons with neighbours ever further away each holds the largest of
    its place, and all that write there write the same.

    Shape: ``index`` at most that of ``src``, and of ``x`` in every dim but ``dim``.
    """
    pick = xp.maximum if largest else xp.minimum
    order = index.argsort(axis=dim)
    place = xp.moveaxis(xp.take_along_axis(index, order, dim), dim, -1)  # (..., n)
    best = xp.moveaxis(xp.take_along_axis(src[tuple(map(slice, index.shape))], order, dim), dim, -1)
    shift, n = 1, place.shape[-1]
    while shift < n:
        same = place[..., shift:] == place[..., :-shift]
        low, high = best[..., :-shift], best[..., shift:]
        both = pick(low, high)
        ahead = xp.concatenate([xp.where(same, both, low), best[..., -shift:]], axis=-1)
        behind = xp.concatenate([best[..., :shift], xp.where(same, both, high)], axis=-1)
        best, shift = pick(ahead, behind), 2 * shift
    key = _key(xp, dim, xp.moveaxis(place, -1, dim))
    out = x.copy()
    out[key] = pick(x[key], xp.moveaxis(best, -1, dim))
    return out


def index_add_at(xp: ModuleType, shape: Shape, dtype: Any, key: Any, values: Array) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``key``; duplicates add up.

    The adjoint of ``x[key]``, for every key that CuPy takes.

    Shape: ``values`` that of ``x[key]``, or broadcastable to it.
    """
    wide = xp.dtype(dtype)
    if wide.kind == "c":  # complex numbers have no atomic addition; their parts have
        part = xp.dtype(wide.char.lower())
        parts = [index_add_at(xp, shape, part, key, v) for v in (values.real, values.imag)]
        return xp.stack(parts, -1).view(wide)[..., 0]
    if wide == xp.float16:
        wide = xp.dtype(xp.float32)
    elif wide.kind in "iub":
        wide = xp.dtype(xp.uint64)  # the only 64-bit integer with an atomic addition; sums wrap round alike
    if Deterministic.wanted and wide.kind == "f":  # sums of integers are exact in any order
        return _added_in_order(xp, shape, key, values.astype(wide)).astype(dtype)
    out = xp.zeros(shape, wide)
    xp.add.at(out, key, values.astype(wide))
    return out.astype(dtype)


def _added_in_order(xp: ModuleType, shape: Shape, key: Any, values: Array) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``key``, in the same order on every run.

    The values are sorted by place, so that those of one place are side by side.  After log2(n) additions of the
    neighbour ever further behind, the last one of each place holds the sum of all, and alone writes.
    """
    size = prod(shape)
    place = xp.arange(size).reshape(shape)[key]
    values = xp.broadcast_to(values, place.shape).reshape(-1)  # (n,)
    order = place.reshape(-1).argsort(kind="stable")
    place, total = place.reshape(-1)[order], values[order]
    shift, n = 1, place.size
    while shift < n:
        behind = xp.where(place[shift:] == place[:-shift], total[:-shift], 0)
        total, shift = xp.concatenate([total[:shift], total[shift:] + behind]), 2 * shift
    out = xp.zeros(size + 1, values.dtype)  # the one beyond the end takes what is not the last of its place
    if n:
        out[xp.concatenate([xp.where(place[1:] == place[:-1], size, place[:-1]), place[-1:]])] = total
    return out[:-1].reshape(shape)
