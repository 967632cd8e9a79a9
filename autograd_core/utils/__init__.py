"""PyTorch's ``utils``: other names of rooms that stand elsewhere."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["data"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"autograd_core.{name}")
    raise AttributeError(f"module 'autograd_core.utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
