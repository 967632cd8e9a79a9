"""Batch and layer norm by oneDNN: of float32 arrays large enough to be worth the call."""

from __future__ import annotations

import math
from ctypes import c_void_p
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Argument, Kind
from autograd_core.backend.onednn.layouts import Layout, channels_last, dense, layout_of, regular
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released

__all__ = ["batch_norm_grads", "layer_norm_grads", "normalize"]

Array = Any
Size = tuple[int, ...]

FEW = 1 << 14  # elements: for fewer, NumPy's passes take less time than the call
USE_SCALE, USE_SHIFT = 2, 4


def normalize(
    xp: ModuleType, x: Array, weight: Array, bias: Array, *, dim: Size, shape: Size, eps: float
) -> tuple[Array, Array, Array, Array]:
    """Do ``normalize`` of ``backend.shared.normalizing``."""
    found: Any = None
    if x.size >= FEW and x.dtype == np.float32:
        flags = USE_SCALE * (weight is not None) | USE_SHIFT * (bias is not None)
        if dim == (0, *range(2, x.ndim)):
            rows = regular(x)
            operation = prepared(_forward, "batch", x.shape, rows.strides, eps, flags)
        elif shape == (1,) * (x.ndim - len(dim)) + x.shape[dim[0] :]:  # layer norm
            rows = np.ascontiguousarray(x).reshape(-1, math.prod(x.shape[dim[0] :]))
            operation = prepared(_forward, "layer", rows.shape, rows.strides, eps, flags)
        else:
            operation = None
        found = operation and operation(rows, *[np.ascontiguousarray(p) for p in (weight, bias) if p is not None])
    if found is None:
        return plain.normalize(xp, x, weight, bias, dim=dim, shape=shape, eps=eps)
    y, center, var = found
    reduced = [1 if d in dim else n for d, n in enumerate(x.shape)]
    center, var = center.reshape(reduced), var.reshape(reduced)
    return y.reshape(x.shape), center, var, 1 / np.sqrt(var + np.float32(eps))


def batch_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: tuple[bool, ...]
) -> tuple[Array, Array, Array]:
    """Do ``batch_norm_grads`` of ``backend.shared.normalizing``."""
    found = _grads("batch", regular(g), regular(x), weight, center, rstd, wants)
    return plain.batch_norm_grads(xp, g, x, weight, center, rstd, wants) if found is None else found


def layer_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: tuple[bool, ...]
) -> tuple[Array, Array, Array]:
    """Do ``layer_norm_grads`` of ``backend.shared.normalizing``."""
    found = _grads("layer", np.ascontiguousarray(g), np.ascontiguousarray(x), weight, center, rstd, wants)
    return plain.layer_norm_grads(xp, g, x, weight, center, rstd, wants) if found is None else found


def _grads(
    kind: str, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: tuple[bool, ...]
) -> tuple[Array, Array, Array] | None:
    """Return the gradients, by the variance that has this ``rstd`` without a further eps; None where NumPy serves."""
    if x.size < FEW or x.dtype != np.float32:
        return None
    operation = prepared(_backward, kind, x.shape, x.strides, g.strides, weight is not None)
    if operation is None:
        return None
    statistics = (np.ascontiguousarray(center), rstd**-2)
    if weight is None:
        return operation(x, g, *statistics), None, None
    weight = np.ascontiguousarray(weight)
    x_grad, weight_grad, bias_grad = operation(x, g, *statistics, weight, weight)
    return x_grad, weight_grad if wants[1] else None, bias_grad if wants[2] else None


# ---- how oneDNN is told ----


def _inner(kind: str, shape: Size) -> Layout:
    """Return the layout in which it is computed."""
    return channels_last(shape) if kind == "batch" else dense(shape)


def _counted(kind: str, shape: Size) -> tuple[Layout, Layout]:
    """Return the layout of the statistics and that of the weights."""
    return dense(shape[1:2] if kind == "batch" else shape[:1]), dense(shape[1:2])


def _forward(lib: Library, kind: str, shape: Size, strides: Size, eps: float, flags: int) -> Operation:
    statistics, weights = _counted(kind, shape)
    inputs = {Argument.SRC: layout_of(shape, strides)}
    if flags & USE_SCALE:
        inputs[Argument.SCALE] = weights
    if flags & USE_SHIFT:
        inputs[Argument.SHIFT] = weights
    outputs = {Argument.DST: _inner(kind, shape), Argument.MEAN: statistics, Argument.VARIANCE: statistics}
    return Operation(lib, _forward_descriptor(lib, kind, shape, eps, flags), inputs, outputs)


def _forward_descriptor(lib: Library, kind: str, shape: Size, eps: float, flags: int) -> c_void_p:
    array, statistics = described(lib, _inner(kind, shape)), described(lib, _counted(kind, shape)[0])
    own = () if kind == "batch" else (statistics,)
    with released(lib, (array, statistics)):
        name = f"{kind}_normalization_forward_primitive_desc_create"
        return lib.create(name, lib.engine, Kind.FORWARD_TRAINING, array, array, *own, eps, flags, None)


def _backward(lib: Library, kind: str, shape: Size, x_strides: Size, g_strides: Size, weighted: bool) -> Operation:
    flags = USE_SCALE | USE_SHIFT if weighted else 0
    hint = _forward_descriptor(lib, kind, shape, 0.0, flags)
    counted, weights = _counted(kind, shape)
    array, statistics = described(lib, _inner(kind, shape)), described(lib, counted)
    own = () if kind == "batch" else (statistics,)
    with released(lib, (array, statistics), (hint,)):
        name = f"{kind}_normalization_backward_primitive_desc_create"
        arrays = (array, array, array, *own)
        descriptor = lib.create(name, lib.engine, Kind.BACKWARD, *arrays, 0.0, flags, hint, None)
    inputs = {Argument.SRC: layout_of(shape, x_strides), Argument.DIFF_DST: layout_of(shape, g_strides)}
    inputs |= {Argument.MEAN: counted, Argument.VARIANCE: counted}
    outputs = {Argument.DIFF_SRC: _inner(kind, shape)}
    if weighted:
        inputs[Argument.SCALE] = weights
        outputs |= {Argument.DIFF_SCALE: weights, Argument.DIFF_SHIFT: weights}
        if kind == "layer":  # which wants a shift, though nothing depends on it, as much as batch norm refuses one
            inputs[Argument.SHIFT] = weights
    return Operation(lib, descriptor, inputs, outputs)
