"""The adjoint of convolution in its input, for few input channels: one product, then a sum of shifted lines.

``Wᵀ g`` holds, for each tap, what it sends to the input.  With the rows of ``g`` filled up to the length of the
input's, every tap is a shift of one flat line, so the sums run along long contiguous lines.  Inputs that a stride
keeps apart are gathered apart, phase by phase, and put in their places at the end.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd_core.backend.cpu.blocks import Block, share_out
from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts

__all__ = ["spread"]

Array = Any
Size = tuple[int, ...]


def spread(g: Array, w: Array, x: Array, *, stride: Size, padding: Size, dilation: Size, groups: int) -> None:
    """Fill ``x``: ``x[n, c, u] = Σ g[n, o, h] w[o, c, i]`` over all ``s·h + d·i - p = u``."""
    x.fill(0)
    kernel, channels = w.shape[2:], x.shape[1]
    steps = [[divmod(i * d, s) for i in range(k)] for k, s, d in zip(kernel, stride, dilation)]
    extent = tuple(n + axis[-1][0] for n, axis in zip(g.shape[2:], steps))
    pitches = [math.prod(extent[axis + 1 :]) for axis in range(len(extent))]
    span = 1 + sum((n - 1) * pitch for n, pitch in zip(g.shape[2:], pitches))
    matrix = np.ascontiguousarray(w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2))

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            sent = _send(matrix, g[block.images], extent, span)
            sent = sent.reshape(sent.shape[0], channels, -1, span)
            total = scratch("total", (*stride, *sent.shape[:2], math.prod(extent)), g.dtype)
            total.fill(0)
            for tap, step in enumerate(itertools.product(*steps)):
                first = sum(rows * pitch for (rows, _), pitch in zip(step, pitches))
                line = total[tuple(phase for _, phase in step)][..., first : first + span]
                np.add(line, sent[:, :, tap], out=line)
            _interleave(total.reshape(*total.shape[:-1], *extent), x[block.images], stride, padding)

    image_bytes = channels * math.prod(kernel) * span * g.itemsize
    run_parts(work, share_out(x.shape[0], 1, image_bytes, g.size * math.prod(w.shape[1:])))


def _send(matrix: Array, g: Array, extent: Size, span: int) -> Array:
    """Return ``Wᵀ g``, (images, groups, C/groups·∏K, span), with the rows of ``g`` filled up by zeros to ``extent``."""
    groups, rows, outputs = matrix.shape
    lines = scratch("lines", (*g.shape[:3], *extent[1:]), g.dtype)
    lines.fill(0)
    lines[(..., *map(slice, g.shape[2:]))] = g
    sent = scratch("sent", (g.shape[0], groups, rows, span), g.dtype)
    np.matmul(matrix, lines.reshape(g.shape[0], groups, outputs, -1)[..., :span], out=sent)
    return sent


def _interleave(total: Array, x: Array, stride: Size, padding: Size) -> None:
    """Write each phase to its places in ``x``, zero where no window reaches."""
    for phase in itertools.product(*map(range, stride)):
        target, source = [], []
        for r, s, p, length, n in zip(phase, stride, padding, x.shape[2:], total.shape[-x.ndim + 2 :]):
            low = max(0, -((r - p) // s))
            high = max(low, min(n, -((r - p - length) // s)))
            source.append(slice(low, high))
            target.append(slice(r - p + low * s, r - p + high * s, s))
        x[(..., *target)] = total[(*phase, ..., *source)]
