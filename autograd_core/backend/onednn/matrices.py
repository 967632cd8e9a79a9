"""Products of two float32 matrices of middling size by oneDNN, in its own threads.

Measured beside OpenBLAS in two threads, each call after other work (microseconds): (64, 120)·(120, 84) 17 against 22,
(64, 400)ᵀ·(64, 120) 39 against 64, (100, 60)·(60, 784) 54 against 70, (768, 128)·(128, 384) 363 against 452,
(256, 2048)ᵀ·(256, 2048) 10.2 against 12.4 ms.  Smaller ones are BLAS's, as are those of large results, and large ones
whose right factor is transposed: (256, 2048)·(2048, 2048)ᵀ 18 against 12 ms.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.cpu.addresses import address
from autograd_core.backend.onednn.library import library

__all__ = ["affine", "product"]

Array = Any

TURNS = 2  # times as much as there is to turn back must be saved by turning the left factor rather than the right
WIDE = 1 << 20  # elements of a result from which on BLAS serves, 6 % slower: oneDNN packs into 2 MB more at the peak
FEW, MANY = 600_000, 1 << 26  # products of numbers from which on, and up to which where it is turned, oneDNN is quicker


def product(xp: ModuleType, a: Array, b: Array) -> Array:
    """Do ``product`` of ``backend.cpu.products``."""
    y = _product(a, b, None)
    return a.dot(b) if y is None else y


def affine(xp: ModuleType, x: Array, w: Array, b: Array) -> Array:
    """Do ``affine`` of ``backend.cpu.products``."""
    if x.size * len(w) < FEW:
        return plain.affine(xp, x, w, b)
    y = _product(x, w.T, b)
    if y is None:
        y = x.dot(w.T)
        if b is not None:
            y += b
    return y


def _product(a: Array, b: Array, start: Array | None) -> Array | None:
    """Return ``a @ b + start``; None where BLAS is quicker, or oneDNN cannot.  ``start``, or None: (m)."""
    n, k = a.shape
    m = b.shape[1]
    if (work := n * m * k) < FEW or not a.dtype == b.dtype == np.float32:
        return None
    left, right, lib = _laid(a), _laid(b), library()
    if lib is None or left is None or right is None or n * m >= WIDE or (right[0] == b"T" and work > MANY):
        return None
    lib.use_threads()
    (turned, a_at, a_step), (b_turned, b_at, b_step) = left, right
    # oneDNN turns a factor whose columns lie as rows: rather the smaller of two
    aside = b_turned == b"T" and turned == b"N" and (m - n) * k > TURNS * n * m
    y = np.empty((m, n) if aside else (n, m), np.float32)
    keep = 0.0
    if start is not None:  # to begin with it takes half the time of adding it
        y[...] = start[:, None] if aside else start
        keep = 1.0
    if aside:
        lib.multiply(b"N", b"T", m, n, k, 1.0, b_at, b_step, a_at, a_step, keep, address(y), n)
        return np.ascontiguousarray(y.T)
    lib.multiply(turned, b_turned, n, m, k, 1.0, a_at, a_step, b_at, b_step, keep, address(y), m)
    return y


def _laid(x: Array) -> tuple[bytes, Any, int] | None:
    """Return whether columns of ``x`` lie in memory as rows, where, and how far apart these are; None for others."""
    rows, columns = x.strides
    if columns == 4 and rows >= 4 * x.shape[1] and not rows % 4:
        return b"N", address(x), rows // 4
    if rows == 4 and columns >= 4 * x.shape[0] and not columns % 4:
        return b"T", address(x.T), columns // 4
    return None
