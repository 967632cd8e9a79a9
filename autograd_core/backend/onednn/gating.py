"""The Gaussian error linear unit by oneDNN, in one pass over memory each way."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind
from autograd_core.backend.onednn.layouts import Layout, empty, layout_of
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released

__all__ = ["gelu", "gelu_grad"]

Array = Any

FEW = 1 << 12  # elements: for fewer, NumPy's passes take less time than the call
ALGORITHMS = {"none": Algorithm.GELU_ERF, "tanh": Algorithm.GELU_TANH}


def gelu(xp: ModuleType, x: Array, approximate: str) -> tuple[Array, Array]:
    """Do ``gelu`` of ``backend.cpu.gating``, without the slope, which takes no less time than ``gelu_grad``."""
    if x.size >= FEW and x.dtype == np.float32:
        x, layout = layout_of(x)
        if (operation := prepared(_forward, ALGORITHMS[approximate], layout)) is not None:
            y = empty(layout)
            operation(x, y)
            return y, None
    return plain.gelu(xp, x, approximate)


def gelu_grad(xp: ModuleType, g: Array, x: Array, approximate: str) -> Array:
    """Return ``g`` times the derivative at ``x``."""
    (x, layout), (g, g_layout) = layout_of(x), layout_of(g)
    if (operation := prepared(_backward, ALGORITHMS[approximate], layout, g_layout)) is not None:
        x_grad = empty(layout)
        operation(x, g, x_grad)
        return x_grad
    return g * plain.gelu(xp, x, approximate)[1]


# ---- how oneDNN is told ----


def _forward(lib: Library, algorithm: Algorithm, layout: Layout) -> Operation:
    array = described(lib, layout)
    with released(lib, (array,)):
        name = "eltwise_forward_primitive_desc_create"
        descriptor = lib.create(name, lib.engine, Kind.FORWARD_TRAINING, algorithm, array, array, 0.0, 0.0, None)
    return Operation(lib, descriptor, {Argument.SRC: layout, Argument.DST: layout})


def _backward(lib: Library, algorithm: Algorithm, layout: Layout, g: Layout) -> Operation:
    array = described(lib, layout)
    with released(lib, (array,)):
        create, kinds = lib.create, (Kind.FORWARD_TRAINING, algorithm)
        name = "eltwise_{}_primitive_desc_create"
        hint = create(name.format("forward"), lib.engine, *kinds, array, array, 0.0, 0.0, None)
        arrays = (array, array, array)
        with released(lib, (), (hint,)):
            descriptor = create(name.format("backward"), lib.engine, algorithm, *arrays, 0.0, 0.0, hint, None)
    return Operation(lib, descriptor, {Argument.SRC: layout, Argument.DIFF_DST: g, Argument.DIFF_SRC: layout})
