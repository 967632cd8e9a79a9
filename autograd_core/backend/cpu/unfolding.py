"""Blocks of images, unfolded so that the taps along the first axis are shifts by whole rows.

The windows are unfolded along all axes but the first, into a buffer that stays in the cache.  A step along the
first kernel axis is then a slice of that buffer: the copies are ``K[0]`` times fewer than im2col's.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_core.backend.cpu.blocks import Block
from autograd_core.backend.cpu.scratch import scratch

__all__ = ["Windows", "unfold_block", "window_view", "windows_of"]

Array = Any
Size = tuple[int, ...]
Place = tuple[slice, ...]


class Windows:
    """Where the windows of a convolution lie: output ``h`` at tap ``i`` reads ``start + stride·h + dilation·i``.

    ``by_shift`` says that the taps of the first axis are shifts; otherwise that axis is unfolded like the others.
    """

    def __init__(
        self, kernel: Size, output: Size, start: Size, stride: Size, dilation: Size, groups: int, by_shift: bool
    ) -> None:
        self.kernel, self.output, self.groups = kernel, output, groups
        self.start, self.stride, self.dilation = start, stride, dilation
        self.first = 1 if by_shift else 0  # the first axis that is unfolded
        self.phases = stride[0] if by_shift else 1  # rows a stride apart must lie together for a shift
        self.shifts = [divmod(i * dilation[0], self.phases) for i in range(kernel[0] if by_shift else 1)]
        self.width = math.prod(output[1:])
        self._read: dict[tuple[int, ...], tuple[Size, Place, Place]] = {}

    def image_bytes(self, channels: int, itemsize: int) -> int:
        """Return the size of one image's columns."""
        rows = self.phases * self.rows_unfolded(self.output[0])
        return channels * math.prod(self.kernel[self.first :]) * rows * self.width * itemsize

    def rows_unfolded(self, rows: int) -> int:
        """Return how many rows of each phase are unfolded for ``rows`` rows of the output."""
        return rows + self.shifts[-1][0] + (self.phases > 1)

    def extent(self, rows: int) -> Size:
        """Return the size of the input that ``rows`` rows of the output read."""
        sizes = (rows, *self.output[1:])
        reach = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(sizes, self.stride, self.kernel, self.dilation)]
        if self.first:
            reach[0] = self.phases * self.rows_unfolded(rows)
        return tuple(reach)

    def read(self, size: Size, rows: slice) -> tuple[Size, Place, Place]:
        """Return ``extent``, which part of an input of this size ``rows`` read, and where that lies in ``extent``."""
        key = (*size, rows.start, rows.stop)
        if key not in self._read:
            extent = self.extent(rows.stop - rows.start)
            start = (self.start[0] + self.stride[0] * rows.start, *self.start[1:])
            low = [min(max(a, 0), n) for a, n in zip(start, size)]
            high = [max(a, min(first + e, n)) for a, first, e, n in zip(low, start, extent, size)]
            target = tuple(slice(a - first, b - first) for a, b, first in zip(low, high, start))
            self._read[key] = extent, tuple(map(slice, low, high)), target
        return self._read[key]


windows_of = functools.lru_cache(maxsize=1024)(Windows)  # a quarter of a small convolution's time goes into planning


def unfold_block(x: Array, windows: Windows, block: Block) -> Array | list[Array]:
    """Return the columns of a block, (shifts, images, groups, k, rows·width).

    They overlap and must not be written.  With rows in several phases they are a list, an array for each shift.
    They stay valid until this thread unfolds the next block.
    """
    win, rows = windows, block.row_count
    x = _padded(x, win, block)
    images, channels = x.shape[:2]
    n, c, *steps = x.strides
    kernel, unfolded = win.kernel[win.first :], win.rows_unfolded(rows)
    along = [d * step for d, step in zip(win.dilation, steps)]
    across = [s * step for s, step in zip(win.stride, steps)]
    columns = window_view(  # (N, C, *S) -> (N, C, *K[1:], phases, rows, *S'[1:])
        x,
        (images, channels, *kernel, win.phases, unfolded, *win.output[1:]),
        (n, c, *along[win.first :], steps[0], *across),
    )
    if math.prod(kernel) > 1 or not columns.flags.c_contiguous:
        buffer = scratch("columns", columns.shape, columns.dtype)
        np.copyto(buffer, columns)
        columns = buffer
    k = channels // win.groups * math.prod(kernel)
    columns = columns.reshape(images, win.groups, k, win.phases, unfolded * win.width)
    if win.phases > 1:
        return [columns[:, :, :, phase, row * win.width : (row + rows) * win.width] for row, phase in win.shifts]
    n, group, row, _, step = columns.strides
    shape = (len(win.shifts), images, win.groups, k, rows * win.width)
    return window_view(columns, shape, (win.dilation[0] * win.width * step, n, group, row, step))


def window_view(x: Array, shape: Size, strides: Size) -> Array:
    """Return ``x`` with other strides, not to be written; ``as_strided`` takes 2 us longer."""
    if x.flags.c_contiguous:
        return np.ndarray(shape, x.dtype, x, strides=strides)
    return as_strided(x, shape, strides, writeable=False)


def _padded(x: Array, win: Windows, block: Block) -> Array:
    """Return the part of the input that the block reads, with zeros where it reaches outside."""
    extent, source, target = win.read(x.shape[2:], block.rows)
    x = x[(block.images, slice(None), *source)]
    if x.shape[2:] == extent:
        return x
    padded = scratch("padded", (*x.shape[:2], *extent), x.dtype)
    padded.fill(0)
    padded[(..., *target)] = x
    return padded
