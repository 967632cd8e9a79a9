"""Softmax and its logarithm along the last dimension by oneDNN, in its threads."""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind
from autograd_core.backend.onednn.layouts import dense
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad"]

Array = Any
Size = tuple[int, ...]

FEW = 1 << 12  # elements: for fewer, NumPy's passes take less time than the call


def softmax(xp: ModuleType, x: Array, dim: int) -> Array:
    """Do ``softmax`` of ``backend.shared.softmax``."""
    y = _done(_forward, Algorithm.SOFTMAX, dim, x)
    return plain.softmax(xp, x, dim) if y is None else y


def softmax_grad(xp: ModuleType, g: Array, y: Array, dim: int) -> Array:
    """Do ``softmax_grad`` of ``backend.shared.softmax``."""
    grad = _done(_backward, Algorithm.SOFTMAX, dim, y, g)
    return plain.softmax_grad(xp, g, y, dim) if grad is None else grad


def log_softmax(xp: ModuleType, x: Array, dim: int) -> Array:
    """Do ``log_softmax`` of ``backend.shared.softmax``."""
    y = _done(_forward, Algorithm.LOG_SOFTMAX, dim, x)
    return plain.log_softmax(xp, x, dim) if y is None else y


def log_softmax_grad(xp: ModuleType, g: Array, y: Array, dim: int) -> Array:
    """Do ``log_softmax_grad`` of ``backend.shared.softmax``."""
    grad = _done(_backward, Algorithm.LOG_SOFTMAX, dim, y, g)
    return plain.log_softmax_grad(xp, g, y, dim) if grad is None else grad


def _done(make: Any, algorithm: int, dim: int, *arrays: Array) -> Array | None:
    """Return what an operation makes of ``arrays``; None where NumPy is to do it."""
    head = arrays[0]
    if head.size < FEW or dim % head.ndim != head.ndim - 1 or any(a.dtype != np.float32 for a in arrays):
        return None
    operation = prepared(make, head.shape, algorithm)
    return None if operation is None else operation(*map(np.ascontiguousarray, arrays))


# ---- how oneDNN is told ----


def _forward(lib: Library, shape: Size, algorithm: int = Algorithm.SOFTMAX) -> Operation:
    """Make the operation that returns the softmax of an array in row-major order."""
    layout = dense(shape)
    return Operation(lib, _descriptor(lib, shape, algorithm), {Argument.SRC: layout}, {Argument.DST: layout})


def _backward(lib: Library, shape: Size, algorithm: int = Algorithm.SOFTMAX) -> Operation:
    """Make the operation that returns the argument's gradient from the softmax and its gradient."""
    layout, hint = dense(shape), _descriptor(lib, shape, algorithm)
    array = described(lib, layout)
    with released(lib, (array,), (hint,)):
        name, arrays = "softmax_backward_primitive_desc_create", (array, array, array)
        descriptor = lib.create(name, lib.engine, algorithm, *arrays, len(shape) - 1, hint, None)
    return Operation(lib, descriptor, {Argument.DST: layout, Argument.DIFF_DST: layout}, {Argument.DIFF_SRC: layout})


def _descriptor(lib: Library, shape: Size, algorithm: int) -> c_void_p:
    array = described(lib, dense(shape))
    with released(lib, (array,)):
        name, kinds = "softmax_forward_primitive_desc_create", (Kind.FORWARD_TRAINING, algorithm)
        return lib.create(name, lib.engine, *kinds, array, array, len(shape) - 1, None)
