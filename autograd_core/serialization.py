"""PyTorch's ``serialization`` namespace: saving and loading, and the names that programs call around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_core.storing.loading import load
from autograd_core.storing.saving import save

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Do nothing: what a file may hold is fixed here, and no class of a program's own is ever made from one."""


def clear_safe_globals() -> None:
    """Do nothing; see ``add_safe_globals``."""


def get_safe_globals() -> list[Any]:
    """Return an empty list; see ``add_safe_globals``."""
    return []


@contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Do nothing inside either; see ``add_safe_globals``."""
    yield
