"""The Gaussian error linear unit by oneDNN, in one pass over memory each way."""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind
from autograd_core.backend.onednn.layouts import Layout, layout_of, regular
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released

__all__ = ["gelu", "gelu_grad"]

Array = Any
Size = tuple[int, ...]

FEW = 1 << 12  # elements: for fewer, NumPy's passes take less time than the call
ALGORITHMS = {"none": Algorithm.GELU_ERF, "tanh": Algorithm.GELU_TANH}


def gelu(xp: ModuleType, x: Array, approximate: str) -> tuple[Array, Array]:
    """Do ``gelu`` of ``backend.cpu.gating``, without the slope, which takes no less time than ``gelu_grad``."""
    if x.size >= FEW and x.dtype == np.float32:
        x = regular(x)
        if (operation := prepared(_forward, ALGORITHMS[approximate], x.shape, x.strides)) is not None:
            return operation(x), None
    return plain.gelu(xp, x, approximate)


def gelu_grad(xp: ModuleType, g: Array, x: Array, approximate: str) -> Array:
    """Return ``g`` times the derivative at ``x``."""
    x, g = regular(x), regular(g)
    if (operation := prepared(_backward, ALGORITHMS[approximate], x.shape, x.strides, g.strides)) is not None:
        return operation(x, g)
    return g * plain.gelu(xp, x, approximate)[1]


# ---- how oneDNN is told ----


def _forward(lib: Library, algorithm: int, shape: Size, strides: Size) -> Operation:
    layout = layout_of(shape, strides)
    descriptor = _forward_descriptor(lib, algorithm, layout)
    return Operation(lib, descriptor, {Argument.SRC: layout}, {Argument.DST: layout})


def _forward_descriptor(lib: Library, algorithm: int, layout: Layout) -> c_void_p:
    array = described(lib, layout)
    with released(lib, (array,)):
        name, kinds = "eltwise_forward_primitive_desc_create", (Kind.FORWARD_TRAINING, algorithm)
        return lib.create(name, lib.engine, *kinds, array, array, 0.0, 0.0, None)


def _backward(lib: Library, algorithm: int, shape: Size, strides: Size, g_strides: Size) -> Operation:
    layout = layout_of(shape, strides)
    hint, array = _forward_descriptor(lib, algorithm, layout), described(lib, layout)
    with released(lib, (array,), (hint,)):
        name = "eltwise_backward_primitive_desc_create"
        descriptor = lib.create(name, lib.engine, algorithm, array, array, array, 0.0, 0.0, hint, None)
    inputs = {Argument.SRC: layout, Argument.DIFF_DST: layout_of(shape, g_strides)}
    return Operation(lib, descriptor, inputs, {Argument.DIFF_SRC: layout})
