"""Diagonals, and windows that overlap: CuPy makes views of the first only, so that the second are copies."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.shared.places import places

__all__ = ["diagonal", "strided"]

Array = Any


def diagonal(xp: ModuleType, x: Array, offset: int) -> Array:
    """Return the view of a diagonal of the last two dimensions.  Shape: (..., n, m) -> (..., length)."""
    return x.diagonal(offset, -2, -1)


def strided(xp: ModuleType, x: Array, size: tuple[int, ...], steps: tuple[int, ...], start: int) -> Array:
    """Return ``y[..., i, j, ...] = x[..., start + i * steps[0] + j * steps[1] + ...]``, in memory of its own.

    CuPy's ``as_strided`` does not say whose memory it looks at, so that a write would go unnoticed.

    Shape: (..., n) -> (..., *size).
    """
    return x[(..., places(xp, size, steps, start))]
