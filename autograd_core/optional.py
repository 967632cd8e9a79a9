"""Packages that one room needs and the project does not: imported when first used."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["need"]


def need(module: str, package: str, use: str) -> Any:
    """Return an optional package's module.  Raises: ImportError saying what needs it and how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        how = f"pip install {package.lower()}"
        raise ImportError(f"{use} needs {package}, which is not installed here; {how}") from error
