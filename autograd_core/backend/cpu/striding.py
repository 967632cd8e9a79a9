"""Views on NumPy that no slice gives: diagonals, and windows that overlap."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["diagonal", "strided"]

Array = Any


def diagonal(xp: ModuleType, x: Array, offset: int) -> Array:
    """Return the view of a diagonal of the last two dimensions.  Shape: (..., n, m) -> (..., length)."""
    out = x.diagonal(offset, -2, -1)
    out.flags.writeable = x.flags.writeable  # NumPy hands it out read-only
    return out


def strided(xp: ModuleType, x: Array, size: tuple[int, ...], steps: tuple[int, ...], start: int) -> Array:
    """Return the view ``y[..., i, j, ...] = x[..., start + i * steps[0] + j * steps[1] + ...]``.

    It cannot be written where two of its elements may be one of ``x``.  Shape: (..., n) -> (..., *size).
    """
    strides = (*x.strides[:-1], *(step * x.strides[-1] for step in steps))
    shape = (*x.shape[:-1], *size)
    return np.lib.stride_tricks.as_strided(x[..., start:], shape, strides, writeable=_apart(size, steps))


def _apart(size: tuple[int, ...], steps: tuple[int, ...]) -> bool:
    """Whether each step is longer than all that the shorter ones reach."""
    reach = 0
    for step, n in sorted(zip(steps, size, strict=True)):
        if n > 1 and step <= reach:
            return False
        reach += (n - 1) * step
    return True
