"""How a kernel's work is cut into blocks that fit the cache, and the blocks shared among threads."""

from __future__ import annotations

import functools
from typing import NamedTuple

from autograd_core.backend.cpu.threads import thread_count

__all__ = ["Block", "share_out", "threads_for"]

_BLOCK_BYTES = 1 << 21  # smaller blocks fit a nearer cache, but their threads wait for Python's lock
_FEW_PRODUCTS = 1 << 21  # about 0.2 ms of work: a thread with less costs more than it brings


class Block(NamedTuple):
    """A share of the work: some images, and some rows of their outputs."""

    images: slice
    rows: slice

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return int(self.rows.stop - self.rows.start)


def threads_for(products: int) -> int:
    """Return how many threads such a number of multiplications is worth."""
    return max(1, min(thread_count(), products // _FEW_PRODUCTS))


def share_out(images: int, rows: int, image_bytes: int, products: int) -> list[list[Block]]:
    """Return the blocks that each thread takes.

    ``image_bytes`` is what one image needs in buffers, ``products`` the number of multiplications in all.
    """
    return _cut(images, rows, image_bytes, threads_for(products), _BLOCK_BYTES)


@functools.lru_cache(maxsize=1024)
def _cut(images: int, rows: int, image_bytes: int, threads: int, block_bytes: int) -> list[list[Block]]:
    share = max(1, -(-images // threads))
    images_at_once = -(-share // max(1, -(-share * image_bytes // block_bytes)))
    row_blocks = max(image_bytes // (2 * block_bytes), 1 if images >= threads else threads)
    rows_at_once = -(-rows // row_blocks)
    blocks = [
        Block(slice(n, min(n + images_at_once, images)), slice(r, min(r + rows_at_once, rows)))
        for n in range(0, images, images_at_once)
        for r in range(0, rows, rows_at_once)
    ]
    return [blocks[t::threads] for t in range(min(threads, len(blocks)))]
