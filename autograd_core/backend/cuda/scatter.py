"""Sums at indices on CuPy, by atomic additions: of several in one place the order, and so the rounding, may vary."""

from __future__ import annotations

from types import ModuleType
from typing import Any

__all__ = ["index_add_at", "scatter_add"]

Array = Any
Shape = tuple[int, ...]


def scatter_add(xp: ModuleType, shape: Shape, dtype: Any, dim: int, index: Array, src: Array) -> Array:
    """Return zeros of ``shape`` with ``src`` added at ``index`` along ``dim``; duplicates add up.

    For ``dim = 1``: ``out[i, index[i, j, k], k] += src[i, j, k]``.  Only the corner of ``src`` that ``index`` covers is
    used.

    Shape: ``index`` at most that of ``src``, and of ``out`` in every dim but ``dim``.
    """
    key = [xp.arange(length).reshape(-1, *(1,) * (index.ndim - axis - 1)) for axis, length in enumerate(index.shape)]
    if key:
        key[dim] = index
    corner = src[tuple(map(slice, index.shape))]
    return index_add_at(xp, shape, dtype, tuple(key), corner)


def index_add_at(xp: ModuleType, shape: Shape, dtype: Any, key: Any, values: Array) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``key``; duplicates add up.

    The adjoint of ``x[key]``, for every key that CuPy takes.

    Shape: ``values`` that of ``x[key]``, or broadcastable to it.
    """
    wide = xp.dtype(dtype)
    if wide == xp.float16:
        wide = xp.dtype(xp.float32)
    elif wide.kind in "iub":
        wide = xp.dtype(xp.uint64)  # the only 64-bit integer with an atomic addition; sums wrap round alike
    out = xp.zeros(shape, wide)
    xp.add.at(out, key, values.astype(wide))
    return out.astype(dtype)
