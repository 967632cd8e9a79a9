"""Blocks of images, unfolded so that the taps along the last axis are shifts.

Kept with its padding, an image is one long line, and a step along the last kernel axis shifts the line by one
element.  So the windows are unfolded along the other axes only, in long runs, and each tap of the last axis is a
slice of the same buffer.  A row then has ``pitch`` elements, of which the last ``pitch - S'[-1]`` belong to no
window; what is computed there is thrown away.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import thread_count

__all__ = ["Block", "Windows", "share_out", "unfold_block"]

Array = Any
Size = tuple[int, ...]

_BLOCK_BYTES = 1 << 21  # a block must be large enough that two threads seldom wait for Python's lock
_FEW_PRODUCTS = 1 << 22  # about 0.4 ms of work: for less, a second thread costs more than it brings


class Windows:
    """Where the windows of a convolution lie: output ``h`` at tap ``i`` reads ``start + stride·h + dilation·i``."""

    def __init__(
        self, kernel: Size, output: Size, *, start: Size, stride: Size, dilation: Size, groups: int
    ) -> None:
        self.kernel, self.output, self.groups = kernel, output, groups
        self.start, self.stride, self.dilation = start, stride, dilation
        shifts = [divmod(i * dilation[-1], stride[-1]) for i in range(kernel[-1])]
        self.phases = sorted({phase for _, phase in shifts})  # columns a stride apart lie side by side
        self.shifts = [(self.phases.index(phase), first) for first, phase in shifts]
        self.pitch = output[-1] + shifts[-1][0]

    def span(self, rows: int) -> int:
        """Return the length of the line that ``rows`` rows of the output take."""
        return (rows * math.prod(self.output[1:-1]) - 1) * self.pitch + self.output[-1]

    def reach(self, rows: int) -> list[int]:
        """Return, for each axis but the last, how far ``rows`` rows of the output read."""
        sizes = (rows, *self.output[1:-1])
        return [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(sizes, self.stride, self.kernel, self.dilation)]


class Block(NamedTuple):
    """A share of the work: some images, and some rows of their outputs."""

    images: slice
    rows: slice


def share_out(x: Array, windows: Windows, products: int) -> list[list[Block]]:
    """Return the blocks that each thread takes, for ``products`` multiplications in all."""
    threads = thread_count() if products >= _FEW_PRODUCTS else 1
    images, rows = x.shape[0], windows.output[0]
    unfolded = x.shape[1] * math.prod(windows.kernel[:-1]) * len(windows.phases)
    image_bytes = unfolded * math.prod(windows.output[:-1]) * windows.pitch * x.itemsize
    share = max(1, -(-images // threads))
    images_at_once = -(-share // -(-share * image_bytes // _BLOCK_BYTES))
    row_blocks = max(image_bytes // (2 * _BLOCK_BYTES), 1 if images >= threads else threads)
    rows_at_once = -(-rows // row_blocks)
    blocks = [
        Block(slice(n, min(n + images_at_once, images)), slice(r, min(r + rows_at_once, rows)))
        for n in range(0, images, images_at_once)
        for r in range(0, rows, rows_at_once)
    ]
    return [blocks[t::threads] for t in range(min(threads, len(blocks)))]


def unfold_block(x: Array, windows: Windows, block: Block, *, by_shift: bool) -> list[Array]:
    """Return the columns of a block, each (images, groups, k, span): one array per shift, or one for all taps.

    They stay valid until this thread unfolds the next block.
    """
    win, rows = windows, block.rows.stop - block.rows.start
    line = _line(x, win, block, by_shift)
    images, channels = line.shape[:2]
    n, c, phase, *steps = line.strides
    leading = range(len(steps) - 1)
    kernel, sizes = [win.kernel[a] for a in leading], (rows, *win.output[1:-1], win.pitch)
    every = as_strided(  # (N, C, phases, *S) -> (N, C, *K[:-1], phases, shifts, rows, *S'[1:-1], pitch)
        line,
        (images, channels, *kernel, len(win.phases), win.shifts[-1][1] + 1, *sizes),
        (n, c, *(win.dilation[a] * steps[a] for a in leading), phase, steps[-1])
        + (*(win.stride[a] * steps[a] for a in leading), steps[-1]),
        writeable=False,
    )
    before, after, span = (slice(None),) * (2 + len(kernel)), (slice(None),) * len(sizes), win.span(rows)
    shape = (images, win.groups, channels // win.groups * math.prod(kernel))
    if by_shift:
        columns = every[(*before, slice(None), 0)]
        if math.prod(kernel) > 1 or not columns.flags.c_contiguous:
            columns = _copy(columns)
        columns = columns.reshape(*shape, len(win.phases), -1)
        return [columns[:, :, :, phase, first : first + span] for phase, first in win.shifts]
    columns = scratch("columns", (images, channels, *kernel, len(win.shifts), *sizes), x.dtype)
    for tap, (phase, first) in enumerate(win.shifts):
        columns[(*before, tap)] = every[(*before, phase, first)]
    return [columns.reshape(*shape[:2], shape[2] * len(win.shifts), -1)[..., :span]]


def _copy(view: Array) -> Array:
    columns = scratch("columns", view.shape, view.dtype)
    np.copyto(columns, view)
    return columns


def _line(x: Array, win: Windows, block: Block, by_shift: bool) -> Array:
    """Return what the block reads as (images, C, phases, *extent[:-1], pitch), with zeros outside the input."""
    rows = block.rows.stop - block.rows.start
    start = (win.start[0] + win.stride[0] * block.rows.start, *win.start[1:-1])
    source, target, extent = [], [], win.reach(rows)
    for a, e, n in zip(start, extent, x.shape[2:]):
        low = min(max(a, 0), n)
        high = max(low, min(a + e, n))
        source.append(slice(low, high))
        target.append(slice(low - a, high - a))
    x = x[(block.images, slice(None), *source)]
    if by_shift and win.stride[-1] == 1 and win.start[-1] == 0 and x.shape[2:] == (*extent, win.pitch):
        return x[:, :, None]
    shape = (*x.shape[:2], len(win.phases), *extent, win.pitch)
    # The line of the last channel may be read one row too far.
    line = scratch("line", (math.prod(shape) + win.pitch,), x.dtype)
    line.fill(0)
    padded = line[: math.prod(shape)].reshape(shape)
    step, size = win.stride[-1], x.shape[-1]
    for index, phase in enumerate(win.phases):
        first = win.start[-1] + phase
        low = max(0, -(first // step))
        high = max(low, min(win.pitch, -((first - size) // step)))
        padded[(slice(None), slice(None), index, *target, slice(low, high))] = x[
            ..., first + low * step : max(first + high * step - step + 1, 0) : step
        ]
    return padded
