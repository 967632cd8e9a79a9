"""Products of matrices as processors with bfloat16 make them: summed in float32, then rounded.

The numbers are float32 all along, which NumPy computes with; those of bfloat16 end in 16 zero bits.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.vectors import vector_sums

__all__ = ["bfloat16_product", "multiplies_bfloat16", "newton_schulz", "round_to_bfloat16"]

Array = Any

_BLOCK = 1 << 16  # elements: they and their spare memory stay in a core's own cache


_LOW = 128  # rows of a symmetric matrix below which its square takes less time as any product


def multiplies_bfloat16(xp: ModuleType) -> bool:
    """Whether the processor's own products of bfloat16 are used: NumPy has none."""
    return False


def newton_schulz(
    xp: ModuleType, x: Array, spare: Array, square: Array, coefficients: tuple[float, float, float], steps: int
) -> tuple[Array, Array]:
    """Return ``x`` after ``steps`` times ``a x + (b q + c q q) x``, ``q = x x.T``, rounded thrice, and free memory.

    Both take the memory of ``x``, which holds bfloat16, and of ``spare``; ``square`` is another.  All are contiguous
    float32.  Shape: x (m, n), spare (m * n), square (m, m).
    """
    (m, _), (a, b, c) = x.shape, coefficients
    for _ in range(steps):
        q = bfloat16_product(xp, x, x.T, spare[: m * m].reshape(m, m))
        bfloat16_product(xp, q, q if m < _LOW else q.T, square, c, b, q)
        product = bfloat16_product(xp, square, x, spare.reshape(x.shape), 1.0, a, x)  # in the place of q
        x, spare = product, x.reshape(-1)
    return x, spare


def bfloat16_product(
    xp: ModuleType, a: Array, b: Array, out: Array | None = None, alpha: float = 1.0, beta: float = 0.0,
    c: Array | None = None,
) -> Array:  # fmt: skip
    """Return ``alpha a @ b + beta c`` rounded to bfloat16, all of them float32; ``a``, ``b`` and ``c`` hold bfloat16.

    ``c`` and ``out``, which is returned, are contiguous.  Of ``x @ x.T`` BLAS computes one half.
    Measured on one core, 256x256: 340 us, of ``x @ x.T`` 270, where the products alone take 320 and 250.
    """
    y = xp.matmul(a, b, out=out)
    if c is None:
        round_to_bfloat16(xp, y)
        return y
    sums, flat, more = vector_sums(y.dtype), y.reshape(-1), c.reshape(-1)
    for at in range(0, y.size, _BLOCK):
        block, addend = flat[at : at + _BLOCK], more[at : at + _BLOCK]
        if sums is None:
            xp.add(xp.multiply(block, alpha, block), beta * addend, block)
        else:
            sums.blend(block, alpha, beta, addend)
        _round(xp, block)
    return y


def round_to_bfloat16(xp: ModuleType, x: Array) -> None:
    """Round contiguous float32 numbers in place to the nearest ones of bfloat16, to even where two are as near."""
    flat = x.reshape(-1)
    for at in range(0, flat.size, _BLOCK):
        _round(xp, flat[at : at + _BLOCK])


def _round(xp: ModuleType, x: Array) -> None:
    """Round a block.

    Source: Dekker, A floating-point technique for extending the available precision, 1971, (5.6): Veltkamp's splitting.
    """
    much = xp.multiply(x, _SPLITTER, scratch("bfloat16", x.shape, x.dtype))
    xp.subtract(much, x, x)
    xp.subtract(much, x, x)


_SPLITTER = np.asarray(65537.0, np.float32)  # 2^16 + 1
