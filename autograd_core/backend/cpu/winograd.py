"""Convolution with 3×3 kernels by Winograd's F(2×2, 3×3): 16 products where the definition has 36.

``y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ x B)]A`` for each tile of 2×2 outputs, which reads 4×4 inputs.  With ``B``'s entries 0 and ±1
it is as exact as the definition in the same dtype; only where an infinite input is read may it give NaN for infinity.
From 32 channels on, where the products outweigh the
transforms, it takes 0.65 to 0.8 of the time of ``shifting``.  For the gradient of the weights, where BLAS multiplies
short rows by short rows, the same road gains nothing on two threads.

The tiles lie apart by the parity of their rows and columns.  A step to the next tile is then a shift of one flat
line, so every transform is a few additions of long contiguous lines.  Each row of tiles has one element more than
there are tiles, ``pitch`` in all; what is computed at the end of a row is thrown away.

Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, equations 8 to 12.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_core.backend.cpu.blocks import Block, share_out
from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts

__all__ = ["correlate", "suits"]

Array = Any
Size = tuple[int, ...]

_FEW_CHANNELS = 32
_HEAVY = 32  # kernels for each output of a channel
_G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
_KERNEL_TRANSFORM = np.kron(_G, _G)  # (16, 9)


def suits(w: Array, y: Array, stride: Size, dilation: Size, groups: int) -> bool:
    """Whether this is the faster way for ``y``, with the kernels ``w``.

    Where the kernels outweigh the outputs, turning them takes longer than their products: 512 channels on 16 images
    of 4×4 took 1.8 times as long as ``merging``.
    """
    plain = w.shape[2:] == (3, 3) and stride == dilation == (1, 1) and y.dtype.kind == "f"
    outputs, inputs = w.shape[0] // groups, w.shape[1]
    return plain and min(inputs, outputs) >= _FEW_CHANNELS and inputs * w.shape[0] <= _HEAVY * y.size // w.shape[0]


def correlate(x: Array, w: Array, y: Array, *, start: Size, groups: int) -> None:
    """Fill ``y``: ``y[n, o, h] = Σ x[n, c, start + h + i] w[o, c, i]``, with ``x`` zero outside."""
    outputs, inputs, columns = w.shape[0] // groups, w.shape[1], -(-y.shape[3] // 2)
    kernels = _KERNEL_TRANSFORM.astype(w.dtype) @ w.reshape(-1, 9).T
    kernels = kernels.reshape(4, 4, 1, groups, outputs, inputs)

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            target = y[block.images, :, 2 * block.rows.start : 2 * block.rows.stop]
            tiles = _input_tiles(x[block.images], start, block, columns, groups)
            shape = (4, 4, len(target), groups, outputs, tiles.shape[-1])
            products = scratch("products", shape, y.dtype)
            np.matmul(kernels, tiles, out=products)  # (4, 4, 1, g, O/g, C/g) @ (4, 4, N, g, C/g, span)
            _join(_output_transform(products.reshape(4, 4, -1)), target, columns)

    rows = -(-y.shape[2] // 2)  # of tiles
    image_bytes = 16 * x.shape[1] * rows * (columns + 1) * x.itemsize
    run_parts(work, share_out(x.shape[0], rows, image_bytes, y.size * inputs * 9))


def _input_tiles(x: Array, start: Size, block: Block, columns: int, groups: int) -> Array:
    """Return ``Bᵀ x B`` of each tile in the block, as (4, 4, images, groups, C/groups, span)."""
    rows, pitch = block.row_count, columns + 1
    phases = _split(x, (start[0] + 2 * block.rows.start, start[1]), rows + 1, pitch)
    half = scratch("half", (4, 2, phases.shape[-1] - pitch), x.dtype)
    tiles = scratch("tiles", (4, 4, phases.shape[-1]), x.dtype)
    _input_transform(phases[0], phases[1], pitch, half)
    _input_transform(half[:, 0], half[:, 1], 1, tiles[..., : half.shape[-1] - 1].swapaxes(0, 1))
    tiles = tiles.reshape(4, 4, x.shape[0], groups, x.shape[1] // groups, (rows + 1) * pitch)
    return tiles[..., : (rows - 1) * pitch + columns]


def _split(x: Array, start: Size, rows: int, pitch: int) -> Array:
    """Return ``x`` from ``start`` on, zero outside, by the parity of rows and columns: (2, 2, images·C·line)."""
    phases = scratch("phases", (2, 2, *x.shape[:2], rows, pitch), x.dtype)
    phases.fill(0)
    for r in range(2):
        for c in range(2):
            to_rows, from_rows = _every_other(start[0] + r, rows, x.shape[2])
            to_columns, from_columns = _every_other(start[1] + c, pitch, x.shape[3])
            phases[r, c, :, :, to_rows, to_columns] = x[:, :, from_rows, from_columns]
    return phases.reshape(2, 2, -1)


def _every_other(start: int, count: int, size: int) -> tuple[slice, slice]:
    """Return which of ``start, start + 2, …`` lie inside ``size`` elements, and where."""
    low = max(0, -(start // 2))
    high = max(low, min(count, -((start - size) // 2)))
    return slice(low, high), slice(start + 2 * low, start + 2 * high, 2)


def _join(phases: Array, y: Array, columns: int) -> None:
    """Write the outputs, (2, 2, images·O·span) by parity, to ``y``."""
    rows, step = -(-y.shape[2] // 2), phases.itemsize
    phases = phases.reshape(2, 2, *y.shape[:2], -1)
    lines = as_strided(phases, (*phases.shape[:4], rows, columns), (*phases.strides[:4], (columns + 1) * step, step))
    for r in range(2):
        for c in range(2):
            target = y[:, :, r::2, c::2]
            target[...] = lines[r, c, :, :, : target.shape[2], : target.shape[3]]


def _input_transform(even: Array, odd: Array, shift: int, out: Array) -> None:
    """Write ``Bᵀ d`` for the elements ``even, odd, even', odd'`` of each tile, where ``'`` is ``shift`` further on."""
    first, second, third, fourth = even[..., :-shift], odd[..., :-shift], even[..., shift:], odd[..., shift:]
    np.subtract(first, third, out=out[0])
    np.add(second, third, out=out[1])
    np.subtract(third, second, out=out[2])
    np.subtract(second, fourth, out=out[3])


def _output_transform(products: Array) -> Array:
    """Return ``Aᵀ m A`` of each tile: (4, 4, n) -> (2, 2, n)."""
    half = scratch("half", (4, 2, products.shape[-1]), products.dtype)
    phases = scratch("phases", (2, 2, products.shape[-1]), products.dtype)
    _add_up(products.swapaxes(0, 1), half.swapaxes(0, 1))
    _add_up(half, phases)
    return phases


def _add_up(m: Array, out: Array) -> None:
    """Write ``Aᵀ m``: the two outputs of each tile from its four products."""
    np.add(m[0], m[1], out=out[0])
    np.add(out[0], m[2], out=out[0])
    np.subtract(m[1], m[2], out=out[1])
    np.subtract(out[1], m[3], out=out[1])
