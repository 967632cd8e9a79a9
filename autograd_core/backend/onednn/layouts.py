"""How the elements of an array lie in memory, as oneDNN is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_core.backend.onednn.interface import Kind

__all__ = ["TYPES", "Layout", "channels_last", "dense", "layout_of", "regular"]

Array = Any
Layout = tuple[int, tuple[int, ...], tuple[int, ...]]  # type of the elements, shape, strides in elements
TYPES: dict[int, Any] = {  # NumPy has no bfloat16: its bits
    Kind.FLOAT32: np.dtype(np.float32), Kind.UINT8: np.dtype(np.uint8), Kind.BFLOAT16: np.dtype(np.uint16),
}  # fmt: skip


def dense(shape: tuple[int, ...], kind: int = Kind.FLOAT32) -> Layout:
    """Return the layout of elements in row-major order."""
    return kind, shape, _strides(shape, range(len(shape)))


def channels_last(shape: tuple[int, ...], kind: int = Kind.FLOAT32) -> Layout:
    """Return the layout of ``(N, C, *S)`` with the channels of a pixel side by side, which oneDNN is quickest at."""
    return kind, shape, _strides(shape, (0, *range(2, len(shape)), 1))


def _strides(shape: tuple[int, ...], order: Iterable[int]) -> tuple[int, ...]:
    """Return strides, in elements, of dimensions that lie in memory in ``order``."""
    strides, step = [0] * len(shape), 1
    for d in reversed(tuple(order)):
        strides[d] = step
        step *= shape[d]
    return tuple(strides)


def layout_of(shape: tuple[int, ...], strides: tuple[int, ...], kind: int = Kind.FLOAT32) -> Layout:
    """Return the layout of an array of these strides in bytes.

    One of the two named layouts where it is that, for then the strides of lengths of 1 are as they would be there.
    """
    size = TYPES[kind].itemsize
    steps = tuple([s // size for s in strides])
    for named in (channels_last(shape, kind), dense(shape, kind)):
        if all(n == 1 or a == b for n, a, b in zip(shape, steps, named[2])):
            return named
    return kind, shape, steps


def regular(array: Array) -> Array:
    """Return ``array``, or a copy of it where an element stands in two places, or the order is reversed."""
    return array if min(array.strides, default=1) > 0 else np.ascontiguousarray(array)
