"""Convolution between many channels: whole windows of several images in one product, channels last.

With channels last, a row of the window is one run of ``K[-1]·C`` elements, and what small images leave of a product
adds up to a large one.  Measured on one core, in ms, for 8 images, beside ``shifting`` and ``winograd``: 3×3 kernels
between 512 channels on 4×4 took 9.9, 13 and 18, between 256 on 8×8 7.7, 8.4 and 8.1; with a stride of 2 from 256
channels on 8×8 to 512 4.6 beside 6.8, and from 128 on 16×16 to 256 3.7 beside 4.3.  With few channels the runs are
short, and turning the arrays costs more than it saves: 1.8 beside 1.1 for 16 channels on 32×32.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd_core.backend.cpu.blocks import Block, share_out, threads_for
from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.cpu.unfolding import Windows, window_view, windows_of

__all__ = ["correlate", "suits", "suits_weights", "weight_sums"]

Array = Any
Size = tuple[int, ...]

_FEW_CHANNELS, _MANY_CHANNELS = 32, 128
_SHORT_LINE = 64  # outputs of an image
_SHARE = 8  # channels that a thread should have at least
_MANY_WEIGHTS = 1 << 18  # from here on two threads turn them faster than one
_CLASHING_BYTES = 1024  # elements a multiple of this apart crowd into a few lines of the nearest cache


def suits(w: Array, y: Array, stride: Size) -> bool:
    """Whether this is a faster way for ``y``, with the kernels ``w``, than ``shifting``."""
    inputs, taps = w.shape[1], math.prod(w.shape[2:])
    short = max(stride) > 1 or math.prod(y.shape[2:]) <= _SHORT_LINE
    return taps > 1 and inputs >= (_FEW_CHANNELS if short else _MANY_CHANNELS)


def suits_weights(g: Array, x: Array, kernel: Size, stride: Size) -> bool:
    """Whether this is a faster way for the weights of such a kernel than ``shifting``."""
    least = max(_FEW_CHANNELS // max(stride), _SHARE * thread_count())
    worth = math.prod(kernel) > 1 or math.prod(g.shape[2:]) <= _SHORT_LINE
    return worth and x.shape[1] >= least and g.size > 0


def correlate(x: Array, w: Array, y: Array, *, start: Size, stride: Size, dilation: Size) -> None:
    """Fill ``y``: ``y[n, o, h] = Σ x[n, c, start + stride·h + dilation·i] w[o, c, i]``, with ``x`` zero outside."""
    windows = windows_of(w.shape[2:], y.shape[2:], start, stride, dilation, 1, False)
    matrix, outputs = _matrix(w), w.shape[0]

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            columns = _columns(x, windows, block)
            target = _turned(y[block.images, :, block.rows])  # -> (images, rows, *S'[1:], O)
            total = scratch("total", (len(columns), outputs), y.dtype)
            np.matmul(columns, matrix, out=total)
            target[...] = total.reshape(target.shape)

    # BLAS shares one image's product between threads by its columns; halves of the rows would each read all kernels.
    products = y.size * math.prod(w.shape[1:]) if len(x) >= thread_count() else 0
    run_parts(work, share_out(len(x), y.shape[2], windows.image_bytes(x.shape[1], x.itemsize), products))


def weight_sums(g: Array, x: Array, kernel: Size, *, start: Size, stride: Size, dilation: Size) -> Array:
    """Return ``Σ g[n, o, h] x[n, c, start + stride·h + dilation·i]`` as (O, C, *kernel).

    Each thread takes some of the channels ``c``, so that there are no sums of several threads to add up.
    """
    windows = windows_of(kernel, g.shape[2:], start, stride, dilation, 1, False)
    outputs, inputs = g.shape[1], x.shape[1]
    total = np.empty((outputs, inputs, math.prod(kernel)), x.dtype)

    def work(channels: slice) -> None:
        part = x[:, channels]
        target = total[:, channels].swapaxes(1, 2)  # -> (O, ∏K, C), the order of the columns
        sums, more = (scratch(name, (outputs, target[0].size), x.dtype) for name in ("total", "more"))
        blocks = share_out(len(x), g.shape[2], windows.image_bytes(part.shape[1], x.itemsize), 0)[0]
        for number, block in enumerate(blocks):
            product = more if number else sums
            np.matmul(_lines(g, block), _columns(part, windows, block), out=product)  # (O, N·L) @ (N·L, ∏K·C)
            if number:
                np.add(sums, more, out=sums)
        target[...] = sums.reshape(target.shape)

    share = -(-inputs // threads_for(g.size * inputs * math.prod(kernel)))
    run_parts(work, [slice(c, min(c + share, inputs)) for c in range(0, inputs, share)])
    return total.reshape(outputs, inputs, *kernel)


def _lines(g: Array, block: Block) -> Array:
    """Return the block's part of ``g`` as (O, images·L)."""
    lines = g[block.images, :, block.rows].swapaxes(0, 1)
    buffer = scratch("lines", lines.shape, g.dtype)
    np.copyto(buffer, lines)
    return buffer.reshape(len(buffer), -1)


def _matrix(w: Array) -> Array:
    """Return the kernels as (∏K·C, O), copied along whichever of C and O is nearer in memory."""
    taps = tuple(range(2, w.ndim))
    if abs(w.strides[1]) < abs(w.strides[0]):
        return _copied(w.transpose(0, *taps, 1)).reshape(len(w), -1).T
    return _copied(w.transpose(*taps, 1, 0)).reshape(-1, len(w))


def _copied(a: Array) -> Array:
    """Return a contiguous copy, made in parts where it is large."""
    copy = np.empty(a.shape, a.dtype)
    threads = thread_count() if a.size >= _MANY_WEIGHTS else 1
    axis = max(range(a.ndim), key=a.shape.__getitem__)
    cuts = [a.shape[axis] * t // threads for t in range(threads + 1)]
    places = [(slice(None),) * axis + (slice(*ends),) for ends in itertools.pairwise(cuts)]
    run_parts(lambda place: np.copyto(copy[place], a[place]), places)
    return copy


def _columns(x: Array, win: Windows, block: Block) -> Array:
    """Return the block's windows, one a row: (images·rows·∏S'[1:], ∏K·C)."""
    padded = _channels_last(x, win, block)
    n, *steps, c = padded.strides
    along = [d * step for d, step in zip(win.dilation, steps)]
    across = [s * step for s, step in zip(win.stride, steps)]
    shape = (len(padded), block.row_count, *win.output[1:], *win.kernel, padded.shape[-1])
    windows = window_view(padded, shape, (n, *across, *along, c))
    columns = scratch("columns", shape, padded.dtype)
    np.copyto(columns, windows)
    return columns.reshape(-1, math.prod(win.kernel) * padded.shape[-1])


def _channels_last(x: Array, win: Windows, block: Block) -> Array:
    """Return the part of the input that the block reads, zero where it reaches outside: (images, *extent, C)."""
    extent, source, target = win.read(x.shape[2:], block.rows)
    x = x[(block.images, slice(None), *source)]
    padded = scratch("padded", (len(x), *extent, x.shape[1]), x.dtype)
    if x.shape[2:] != extent:
        padded.fill(0)
    np.copyto(padded[(slice(None), *target)], _turned(_apart(x)))
    return padded


def _turned(x: Array) -> Array:
    """Return ``x`` with its channels last; ``moveaxis`` takes 10 times as long to say so."""
    return x.transpose(0, *range(2, x.ndim), 1)


def _apart(x: Array) -> Array:
    """Return ``x``, copied where its channels lie so that they crowd each other out of the cache.

    Turning 64 planes of 4 KiB takes 2.8 ns an element as they are, and 0.45 with this copy.
    """
    if x.strides[1] % _CLASHING_BYTES or not x.strides[1]:
        return x
    plane = math.prod(x.shape[2:])
    copy = scratch("apart", (*x.shape[:2], plane + 16), x.dtype)[..., :plane].reshape(x.shape)
    np.copyto(copy, x)
    return copy
