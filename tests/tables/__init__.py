"""The tables by subject: each module's ``PRIMITIVES`` and ``FUNCTIONS`` are rows of the op and function tables.

A public function is named as PyTorch names it below ``torch``: ``function("linalg.qr", ...)``, ``function("median",
...)``, ``function("nn.functional.relu", ...)``, ``function("Tensor.unfold", ...)``; PyTorch's function of that name is
the reference where it is installed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn.functional
from tests import plain
from tests.rows import Bad, Row


def function(name: str, *samples: Any, errors: tuple[Bad, ...] = (), **columns: Any) -> Row:
    """Return the row of a public function, by its PyTorch name."""
    columns.setdefault("numpy", vars(plain).get(name) or getattr(np, name, None))
    made = Row(f"ag.{name}", *samples, errors=errors, **columns)
    made.call = resolve(name)
    return made


def resolve(name: str) -> Callable[..., Any]:
    """Return this project's function of a PyTorch name."""
    if name.startswith("nn.functional."):
        return getattr(nn.functional, name.rsplit(".", 1)[1])
    found: Any = ag
    for part in name.split("."):
        found = getattr(found, part)
    return found


def gathered(kind: str) -> list[Row]:
    """Return the rows of all tables: ``PRIMITIVES`` or ``FUNCTIONS``."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return [row for module in modules for row in getattr(module, kind, [])]
