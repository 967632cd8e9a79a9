"""Choosing by a mask."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def keep(xp: ModuleType, x: Any, mask: Any) -> Any:
    """Return ``x`` where the boolean ``mask`` holds, else 0."""
    return xp.where(mask, x, x.dtype.type(0))


def select(xp: ModuleType, mask: Any, a: Any, b: Any) -> Any:
    """Return ``a`` where ``mask`` holds, else ``b``; either may be a number."""
    return xp.where(mask, a, b)
