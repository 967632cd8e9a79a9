"""How the elements of an array lie in memory, as oneDNN is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_core.backend.onednn.interface import Kind

__all__ = ["Layout", "channels_last", "dense", "empty", "layout_of"]

Array = Any
Layout = tuple[Kind, tuple[int, ...], tuple[int, ...]]  # type of the elements, shape, strides in elements

KINDS: dict[Any, Kind] = {np.dtype(np.float32): Kind.FLOAT32, np.dtype(np.uint8): Kind.UINT8}
TYPES = {kind: dtype for dtype, kind in KINDS.items()}


def dense(shape: tuple[int, ...], kind: Kind = Kind.FLOAT32) -> Layout:
    """Return the layout of elements in row-major order."""
    return kind, shape, _strides(shape, range(len(shape)))


def channels_last(shape: tuple[int, ...], kind: Kind = Kind.FLOAT32) -> Layout:
    """Return the layout of ``(N, C, *S)`` with the channels of a pixel side by side, which oneDNN is quickest at."""
    return kind, shape, _strides(shape, _last(shape))


def _last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the order of dimensions with channels last."""
    return (0, *range(2, len(shape)), 1)


def _strides(shape: tuple[int, ...], order: Iterable[int]) -> tuple[int, ...]:
    """Return strides, in elements, of dimensions that lie in memory in ``order``."""
    strides, step = [0] * len(shape), 1
    for d in reversed(tuple(order)):
        strides[d] = step
        step *= shape[d]
    return tuple(strides)


def empty(layout: Layout) -> Array:
    """Return an array of unset elements in this layout, which owns its memory."""
    kind, shape, strides = layout
    dtype = TYPES[kind]
    return np.ndarray(shape, dtype, strides=[dtype.itemsize * s for s in strides])


def layout_of(array: Array) -> tuple[Array, Layout]:
    """Return ``array``, or a copy of it where oneDNN cannot take its strides, and its layout.

    One of the two named layouts where it is that, for then the strides of lengths of 1 are as they would be there.
    """
    shape, kind = array.shape, KINDS[array.dtype]
    if array.ndim > 2 and array.transpose(_last(shape)).flags.c_contiguous:
        return array, channels_last(shape, kind)
    if array.flags.c_contiguous:
        return array, dense(shape, kind)
    steps = [divmod(s, array.itemsize) for s in array.strides]
    if all(step > 0 and not rest for step, rest in steps):
        return array, (kind, shape, tuple([step for step, _ in steps]))
    return np.ascontiguousarray(array), dense(shape, kind)
