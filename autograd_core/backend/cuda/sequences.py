"""How recurrent layers run on a GPU: all sequences at once, each product as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["row_blocks", "run_parts", "sequence_parts"]

T = TypeVar("T")


def sequence_parts(batch: int, weights: int) -> int:
    """Return how many parts of the sequences are taken by themselves."""
    return 1


def row_blocks(rows: int, each: int) -> int:
    """Return in how many blocks of rows a matrix multiplies fastest."""
    return 1


def run_parts(work: Callable[[T], None], parts: Sequence[T]) -> None:
    """Call ``work(part)`` for each part."""
    for part in parts:
        work(part)
