"""PyTorch's ``utils``: checkpointing, and other names of rooms that stand elsewhere."""

from __future__ import annotations

import importlib
from types import ModuleType

ROOMS = {"checkpoint": "autograd_core.utils.checkpoint", "data": "autograd_core.data"}
__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> ModuleType:
    if name in ROOMS:
        return importlib.import_module(ROOMS[name])
    raise AttributeError(f"module 'autograd_core.utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(ROOMS)
