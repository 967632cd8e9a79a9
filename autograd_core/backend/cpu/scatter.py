"""Sums and extremes at indices on the CPU."""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["index_add_at", "scatter_add", "scatter_extreme"]

Array = Any
Shape = tuple[int, ...]

_KEPT = 1 << 16  # rows up to which their sparse matrix is kept
_FEW_ELEMENTS = 1 << 15  # for fewer, building a sparse matrix takes longer than adding one element at a time


def scatter_add(xp: ModuleType, shape: Shape, dtype: Any, dim: int, index: Array, src: Array) -> Array:
    """Return zeros of ``shape`` with ``src`` added at ``index`` along ``dim``; duplicates add up.

    For ``dim = 1``: ``out[i, index[i, j, k], k] += src[i, j, k]``.  Only the corner of ``src`` that ``index`` covers is
    used.

    Shape: ``index`` at most that of ``src``, and of ``out`` in every dim but ``dim``.
    """
    corner = src[tuple(map(slice, index.shape))]
    rest, step, apart = np.zeros((), np.intp), 1, 1
    for axis in reversed(range(index.ndim)):
        if axis == dim % index.ndim:
            apart = step
        else:
            rest = rest + (np.arange(index.shape[axis]) * step).reshape(-1, *(1,) * (index.ndim - axis - 1))
        step *= shape[axis]
    places = index.astype(np.intp, copy=False)
    places = (places if apart == 1 else places * apart) + rest
    return _add_flat(shape, dtype, places, corner)


def scatter_extreme(xp: ModuleType, x: Array, dim: int, index: Array, src: Array, largest: bool) -> Array:
    """Return ``x`` in which each element is the largest (smallest) of itself and what ``src`` has for it.

    For ``dim = 1``: ``out[i, index[i, j, k], k] = max(that, src[i, j, k])``; NaN where there is one.

    Shape: ``index`` at most that of ``src``, and of ``x`` in every dim but ``dim``.
    """
    key = list(np.ogrid[tuple(map(slice, index.shape))])
    if key:
        key[dim] = index
    out = x.copy()
    (np.maximum if largest else np.minimum).at(out, tuple(key), src[tuple(map(slice, index.shape))])
    return out


def index_add_at(xp: ModuleType, shape: Shape, dtype: Any, key: Any, values: Array) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``key``; duplicates add up.

    The adjoint of ``x[key]``, for every key that NumPy takes.

    Shape: ``values`` that of ``x[key]``, or broadcastable to it.
    """
    key = key if isinstance(key, tuple) else (key,)
    arrays = [np.asarray(part) for part in key if _may_repeat(part)]
    if not arrays:
        out = np.zeros(shape, dtype)
        out[key] = values
        return out
    leading = len(arrays)
    if len(key) == leading and all(part.min(initial=0) >= 0 for part in arrays):
        rows = np.ravel_multi_index(np.broadcast_arrays(*arrays), shape[:leading]) if leading > 1 else arrays[0]
        full = (*rows.shape, *shape[leading:])
        return _add_rows(shape, dtype, leading, rows, values if values.shape == full else np.broadcast_to(values, full))
    places = np.arange(math.prod(shape)).reshape(shape)[key]
    return _add_flat(shape, dtype, places, np.broadcast_to(values, places.shape))


def _may_repeat(part: Any) -> bool:
    """Whether part of a key is an array of integers; masks, slices and single integers meet no element twice."""
    return isinstance(part, (np.ndarray, list)) and np.asarray(part).dtype != np.bool_ and np.ndim(part) > 0


def _add_rows(shape: Shape, dtype: Any, leading: int, rows: Array, values: Array) -> Array:
    """Return zeros of ``shape``, the first ``leading`` dims as one, with ``values`` added to its ``rows``."""
    height, width = math.prod(shape[:leading]), math.prod(shape[leading:])
    order = sorted(range(rows.ndim), key=lambda d: -abs(values.strides[d]))  # as they lie: the transposed is not copied
    rows, values = rows.transpose(order), values.transpose(*order, *range(rows.ndim, values.ndim))
    rows = rows.reshape(-1).astype(np.intp, copy=False)
    values = values.reshape(len(rows), width)
    few = width == 1 or values.size < _FEW_ELEMENTS
    if few or np.dtype(dtype).char not in "fdFD" or rows.max() >= height:  # add.at refuses rows that do not exist
        return _add_flat(shape, dtype, rows[:, None] * width + np.arange(width), values)
    n, kind = len(rows), np.dtype(dtype)
    columns = _kept_columns(height, n, kind, threading.get_ident()) if n <= _KEPT else _columns(height, n, kind)
    columns.indices = rows.astype(columns.indices.dtype, copy=False)
    return (columns @ values.astype(dtype, copy=False)).reshape(shape)


def _columns(height: int, n: int, dtype: Any, thread: int = 0) -> Any:
    """Return a sparse matrix with a one in each of ``n`` columns, in rows that are to be set.

    Its product with ``n`` rows of 64 to 512 elements takes a third to a twelfth of the time of ``add.at``.
    """
    from scipy.sparse import csc_array

    return csc_array((np.ones(n, dtype), np.zeros(n, np.intp), np.arange(n + 1)), shape=(height, n))


_kept_columns = lru_cache(maxsize=8)(_columns)  # to make one takes 10 to 70 us; each thread has its own


def _add_flat(shape: Shape, dtype: Any, places: Array, values: Array) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``places`` of it, flattened."""
    wide = np.dtype(np.float32) if dtype == np.float16 else np.dtype(dtype)
    out = np.zeros(math.prod(shape), wide)
    np.add.at(out, places.reshape(-1), values.reshape(-1).astype(wide, copy=False))
    return out.reshape(shape).astype(dtype, copy=False)
