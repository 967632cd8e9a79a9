"""How recurrent layers run on the CPU: each thread takes its part of the sequences through all steps.

A step is a product of weights by few columns, and a few ufuncs.  Two threads of BLAS halve the products only; two
threads with half of the sequences halve all of it, and never wait for each other.
"""

from __future__ import annotations

from autograd_core.backend.cpu.threads import thread_count

__all__ = ["row_blocks", "sequence_parts"]

_FEW_PRODUCTS = 1 << 19  # in a step: a thread with less work costs more than it brings
_FEW_COLUMNS = 8  # products with fewer are slower for each
_SMALL = 1_000_000  # products up to which OpenBLAS multiplies without packing its operands first
_FEW_ROWS = 32


def sequence_parts(batch: int, weights: int) -> int:
    """Return how many threads share ``batch`` sequences, in whose steps each is multiplied by ``weights`` elements."""
    return max(1, min(thread_count(), batch // _FEW_COLUMNS, batch * weights // _FEW_PRODUCTS))


def row_blocks(rows: int, each: int) -> int:
    """Return in how many blocks of rows a matrix multiplies fastest, where a row takes ``each`` products.

    Measured, one thread: (512, 257) @ (257, 16) in 4 blocks 38 us, in one 51; (128, 512) @ (512, 16) in 2 blocks 20 us,
    in one 26.
    """
    count = 1
    while rows // count * each > _SMALL and rows % (2 * count) == 0:
        count *= 2
    return count if rows // count * each <= _SMALL and rows // count >= _FEW_ROWS else 1
