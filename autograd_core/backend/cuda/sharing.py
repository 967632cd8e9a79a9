"""What a kernel in many steps asks of the GPU: nothing.  CuPy keeps memory itself, and a step is one launch."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["lasting", "temporary"]


def temporary(xp: ModuleType, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of unset elements."""
    return xp.empty(shape, dtype)


def lasting(xp: ModuleType, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of unset elements."""
    return xp.empty(shape, dtype)
