"""Where the elements of a strided view lie in what it looks at."""

from __future__ import annotations

from types import ModuleType
from typing import Any

__all__ = ["places"]


def places(xp: ModuleType, size: tuple[int, ...], steps: tuple[int, ...], start: int) -> Any:
    """Return the indices ``start + i * steps[0] + j * steps[1] + ...``.  Shape: ``size``."""
    found = xp.asarray(start)
    for n, step in zip(size, steps, strict=True):
        found = found[..., None] + xp.arange(n) * step
    return found
