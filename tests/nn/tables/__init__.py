"""The table of layers by subject: each module's ``LAYERS`` holds rows, which are tried against PyTorch's layers."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.nn.twin import draw


class Layer(NamedTuple):
    """A layer, and the inputs on which it is tried."""

    make: Callable[[Any], Any]  # of the package nn, ours or PyTorch's
    inputs: tuple[Any, ...]  # shapes, of which normal numbers are drawn, or arrays, taken as they are
    options: dict[str, Any]  # keyword arguments of the call; arrays among them become tensors
    tolerance: float  # of values and first gradients
    second: bool  # whether PyTorch has a second derivative
    waits: bool  # whether the host has to wait for the device
    random: bool  # whether a call in training draws numbers, which differ from PyTorch's

    def arrays(self, seed: int) -> list[np.ndarray]:
        """Return the inputs of one trial."""
        return [draw(x, seed + i) if isinstance(x, tuple) else x for i, x in enumerate(self.inputs)]


def layer(
    make: Callable[[Any], Any], *inputs: Any, options: dict[str, Any] | None = None, tolerance: float = 1e-10,
    second: bool = True, waits: bool = False, random: bool = False,
) -> Layer:  # fmt: skip
    """Return a row of the table."""
    return Layer(make, inputs, options or {}, tolerance, second, waits, random)


def gathered() -> dict[str, Layer]:
    """Return the rows of all subjects by name."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    found: dict[str, Layer] = {}
    for module in modules:
        twice = found.keys() & module.LAYERS.keys()
        if twice:
            raise ValueError(f"{module.__name__}: {sorted(twice)} stand in another table, too")
        found |= module.LAYERS
    return found
