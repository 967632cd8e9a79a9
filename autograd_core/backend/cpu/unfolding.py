"""Blocks of images, unfolded so that the taps along the first axis are shifts by whole rows.

The windows are unfolded along all axes but the first, into a buffer that stays in the cache.  A step along the
first kernel axis is then a slice of that buffer: the copies are ``K[0]`` times fewer than im2col's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_core.backend.cpu.blocks import Block
from autograd_core.backend.cpu.scratch import scratch

__all__ = ["Windows", "unfold_block"]

Array = Any
Size = tuple[int, ...]


class Windows:
    """Where the windows of a convolution lie: output ``h`` at tap ``i`` reads ``start + stride·h + dilation·i``.

    ``by_shift`` says that the taps of the first axis are shifts; otherwise that axis is unfolded like the others.
    """

    def __init__(
        self, kernel: Size, output: Size, start: Size, stride: Size, dilation: Size, *, groups: int, by_shift: bool
    ) -> None:
        self.kernel, self.output, self.groups = kernel, output, groups
        self.start, self.stride, self.dilation = start, stride, dilation
        self.first = 1 if by_shift else 0  # the first axis that is unfolded
        self.phases = stride[0] if by_shift else 1  # rows a stride apart must lie together for a shift
        self.shifts = [divmod(i * dilation[0], self.phases) for i in range(kernel[0] if by_shift else 1)]
        self.width = math.prod(output[1:])

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


def unfold_block(x: Array, windows: Windows, block: Block) -> list[Array]:
    """Return the columns of a block, (images, groups, k, rows·width), one array for each shift.

    They stay valid until this thread unfolds the next block.
    """
    win, rows = windows, block.row_count
    x = _padded(x, win, block)
    images, channels = x.shape[:2]
    n, c, *steps = x.strides
    kernel, unfolded = win.kernel[win.first :], win.rows_unfolded(rows)
    along = [d * step for d, step in zip(win.dilation, steps)]
    across = [s * step for s, step in zip(win.stride, steps)]
    columns = as_strided(  # (N, C, *S) -> (N, C, *K[1:], phases, rows, *S'[1:])
        x,
        (images, channels, *kernel, win.phases, unfolded, *win.output[1:]),
        (n, c, *along[win.first :], steps[0], *across),
        writeable=False,
    )
    if math.prod(kernel) > 1 or not columns.flags.c_contiguous:
        buffer = scratch("columns", columns.shape, columns.dtype)
        np.copyto(buffer, columns)
        columns = buffer
    k = channels // win.groups * math.prod(kernel)
    columns = columns.reshape(images, win.groups, k, win.phases, unfolded * win.width)
    return [columns[:, :, :, phase, row * win.width : (row + rows) * win.width] for row, phase in win.shifts]


def _padded(x: Array, win: Windows, block: Block) -> Array:
    """Return the part of the input that the block reads, with zeros where it reaches outside."""
    start = (win.start[0] + win.stride[0] * block.rows.start, *win.start[1:])
    extent = win.extent(block.row_count)
    source, target = [], []
    for a, e, n in zip(start, extent, x.shape[2:]):
        low = min(max(a, 0), n)
        high = max(low, min(a + e, n))
        source.append(slice(low, high))
        target.append(slice(low - a, high - a))
    x = x[(block.images, slice(None), *source)]
    if x.shape[2:] == extent:
        return x
    padded = scratch("padded", (*x.shape[:2], *extent), x.dtype)
    padded.fill(0)
    padded[(..., *target)] = x
    return padded
