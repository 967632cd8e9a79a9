"""Matrix products in the form that OpenBLAS is quickest at."""

from __future__ import annotations

import math
from functools import lru_cache
from types import ModuleType
from typing import Any

from autograd_core.backend import host

LONGEST = 65536  # rows up to which the vector of ones is kept


def sum_rows(xp: ModuleType, x: Any) -> Any:
    """Return the column sums of a matrix, as ``1 @ x``: 2 to 3 times as fast as ``x.sum(0)``, no less precise.

    Measured: (60, 100) 1.1 against 2.5 us, (256, 2048) 16 against 50, (10000, 1000) 880 against 1630.
    """
    n = len(x)
    if x.dtype.kind != "f" or x.dtype.itemsize < 4 or not x.flags.c_contiguous:
        return x.sum(axis=0)
    return (_ones(n, x.dtype) if n <= LONGEST else xp.ones(n, x.dtype)).dot(x)


SHORT = 1024  # elements of a row up to which its sum by a product is as precise as NumPy's


def sum_ends(xp: ModuleType, x: Any, dim: tuple[int, ...]) -> Any:
    """Return the sums over the first dimensions, or over the last ones: those of rows as ``x @ 1``.

    Measured: (768, 128) 7 against 28 us, (3072, 64) 12 against 82, (100000, 8) 165 against 1750.
    """
    first = dim[0] == 0
    kept = x.shape[len(dim) :] if first else x.shape[: dim[0]]
    n = math.prod(x.shape[i] for i in dim)
    plain = x.size and x.flags.c_contiguous and x.dtype.char in "fd"
    if not plain or (n > SHORT and not first):
        return x.sum(axis=dim)
    if first:
        return sum_rows(xp, x.reshape(n, -1)).reshape(kept)
    return x.reshape(-1, n).dot(_ones(n, x.dtype)).reshape(kept)


FEW = 4096  # elements up to which NumPy's sum is as quick as a product


def sum_over(xp: ModuleType, x: Any, dim: tuple[int, ...]) -> Any:
    """Return the sums over ``dim``, sorted: as ``sum_ends`` where these dims come first or last in memory."""
    if x.size <= FEW:
        return x.sum(axis=dim)
    kept = tuple([d for d in range(x.ndim) if d not in dim])
    for order, ends in ((dim + kept, range(len(dim))), (kept + dim, range(len(kept), x.ndim))):
        ordered = x.transpose(order)
        if dim and ordered.flags.c_contiguous:
            return sum_ends(xp, ordered, tuple(ends))
    return x.sum(axis=dim)


def product(xp: ModuleType, a: Any, b: Any) -> Any:
    """Return the product of two matrices."""
    return a.dot(b)


SMALL = 32768  # elements of a product up to which its transpose is worth computing


def affine(xp: ModuleType, x: Any, w: Any, b: Any) -> Any:
    """Return ``x @ w.T + b`` in row-major order; ``b`` may be None.

    A small product with more columns than rows is computed as ``(w @ x.T).T``, which the sum with ``b`` brings into
    order.  Measured, 2 threads, product and sum: (60, 784, 100) 84 against 100 us, (32, 128, 512) 40 against 46.
    """
    if b is not None and 1 < len(x) < len(w) and len(x) * len(w) <= SMALL:
        return xp.add(w.dot(x.T).T, b, order="C")
    y = x.dot(w.T)  # half a microsecond less than a matmul
    if b is not None:
        y += b
    return y


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Any:
    ones = host.ones(n, dtype)
    ones.flags.writeable = False
    return ones
