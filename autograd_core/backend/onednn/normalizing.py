"""Batch and layer norm by oneDNN: of float32 arrays large enough to be worth the call."""

from __future__ import annotations

import math
from ctypes import c_void_p
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Argument, Kind
from autograd_core.backend.onednn.layouts import Layout, channels_last, dense, empty, layout_of
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released

__all__ = ["batch_norm_grads", "layer_norm_grads", "normalize"]

Array = Any

FEW = 1 << 15  # elements: for fewer, NumPy's passes take less time than the call
USE_SCALE, USE_SHIFT = 2, 4
STATISTICS = (Argument.MEAN, Argument.VARIANCE)


def normalize(
    xp: ModuleType, x: Array, weight: Array, bias: Array, *, dim: tuple[int, ...], shape: tuple[int, ...], eps: float
) -> tuple[Array, Array, Array, Array]:
    """Do ``normalize`` of ``backend.shared.normalizing``."""
    found = None
    if x.size >= FEW and x.dtype == np.float32:
        if dim == (0, *range(2, x.ndim)):
            found = _normalize_channels(x, weight, bias, eps)
        elif dim == tuple(range(x.ndim - len(dim), x.ndim)) and shape[: -len(dim)] == (1,) * (x.ndim - len(dim)):
            found = _normalize_rows(x, weight, bias, len(dim), eps)
    if found is None:
        return plain.normalize(xp, x, weight, bias, dim=dim, shape=shape, eps=eps)
    y, center, var = found
    reduced = tuple([1 if d in dim else n for d, n in enumerate(x.shape)])
    center, var = center.reshape(reduced), var.reshape(reduced)
    return y, center, var, 1 / np.sqrt(var + np.float32(eps))


def _normalize_channels(x: Array, weight: Array, bias: Array, eps: float) -> tuple[Array, Array, Array] | None:
    x, given = layout_of(x)
    lasting = channels_last(x.shape)
    operation = prepared(_forward, "batch", given, lasting, eps, _flags(weight, bias))
    if operation is None:
        return None
    return _run_forward(operation, x, empty(lasting), x.shape[1], weight, bias)


def _normalize_rows(x: Array, weight: Array, bias: Array, dims: int, eps: float) -> tuple[Array, Array, Array] | None:
    rows = np.ascontiguousarray(x).reshape(-1, math.prod(x.shape[-dims:]))
    layout = dense(rows.shape)
    operation = prepared(_forward, "layer", layout, layout, eps, _flags(weight, bias))
    if operation is None:
        return None
    y, center, var = _run_forward(operation, rows, np.empty(rows.shape, np.float32), len(rows), weight, bias)
    return y.reshape(x.shape), center, var


def _run_forward(
    operation: Operation, x: Array, y: Array, count: int, weight: Array, bias: Array
) -> tuple[Array, Array, Array]:
    center, var = np.empty(count, np.float32), np.empty(count, np.float32)
    operation(x, y, center, var, *[np.ascontiguousarray(p) for p in (weight, bias) if p is not None])
    return y, center, var


def batch_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: tuple[bool, ...]
) -> tuple[Array, Array, Array]:
    """Do ``batch_norm_grads`` of ``backend.shared.normalizing``."""
    if x.size >= FEW and x.dtype == np.float32 and x.ndim > 1:
        (g, g_layout), (x, x_layout) = layout_of(g), layout_of(x)
        lasting = channels_last(x.shape)
        if (operation := prepared(_backward, "batch", x_layout, g_layout, lasting, weight is not None)) is not None:
            return _run_backward(operation, x, g, empty(lasting), weight, center, rstd, wants)
    return plain.batch_norm_grads(xp, g, x, weight, center, rstd, wants)


def layer_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: tuple[bool, ...]
) -> tuple[Array, Array, Array]:
    """Do ``layer_norm_grads`` of ``backend.shared.normalizing``."""
    if x.size >= FEW and x.dtype == np.float32:
        layout = dense(x.shape)
        if (operation := prepared(_backward, "layer", layout, layout, layout, weight is not None)) is not None:
            x, g = np.ascontiguousarray(x), np.ascontiguousarray(g)
            return _run_backward(operation, x, g, np.empty(x.shape, np.float32), weight, center, rstd, wants)
    return plain.layer_norm_grads(xp, g, x, weight, center, rstd, wants)


def _run_backward(
    operation: Operation, x: Array, g: Array, x_grad: Array, weight: Array, center: Array, rstd: Array,
    wants: tuple[bool, ...],
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Run with the variance that has this ``rstd`` without a further eps."""
    arrays = [x, g, x_grad, np.ascontiguousarray(center), rstd**-2]
    grads: list[Array] = [None, None]
    if weight is not None:
        grads = [np.empty(weight.size, np.float32) for _ in range(2)]
        weight = np.ascontiguousarray(weight)
        arrays += [weight, *grads, weight]
    operation(*arrays)
    return x_grad, grads[0] if wants[1] else None, grads[1] if wants[2] else None


# ---- how oneDNN is told ----


def _flags(weight: Array, bias: Array) -> int:
    return USE_SCALE * (weight is not None) | USE_SHIFT * (bias is not None)


def _count(kind: str, layout: Layout) -> tuple[int, int]:
    """Return how many means there are, and how many weights."""
    _, shape, _ = layout
    return (shape[1], shape[1]) if kind == "batch" else (shape[0], shape[1])


def _forward(lib: Library, kind: str, given: Layout, inner: Layout, eps: float, flags: int) -> Operation:
    means, weights = _count(kind, inner)
    layouts = {Argument.SRC: given, Argument.DST: inner, **dict.fromkeys(STATISTICS, dense((means,)))}
    if flags & USE_SCALE:
        layouts[Argument.SCALE] = dense((weights,))
    if flags & USE_SHIFT:
        layouts[Argument.SHIFT] = dense((weights,))
    return Operation(lib, _forward_descriptor(lib, kind, inner, eps, flags), layouts)


def _forward_descriptor(lib: Library, kind: str, inner: Layout, eps: float, flags: int) -> c_void_p:
    array, statistics = described(lib, inner), described(lib, dense(_count(kind, inner)[:1]))
    own = () if kind == "batch" else (statistics,)
    with released(lib, (array, statistics)):
        name = f"{kind}_normalization_forward_primitive_desc_create"
        return lib.create(name, lib.engine, Kind.FORWARD_TRAINING, array, array, *own, eps, flags, None)


def _backward(lib: Library, kind: str, x: Layout, g: Layout, inner: Layout, weighted: bool) -> Operation:
    means, weights = _count(kind, inner)
    flags = USE_SCALE | USE_SHIFT if weighted else 0
    hint = _forward_descriptor(lib, kind, inner, 0.0, flags)
    array, statistics = described(lib, inner), described(lib, dense((means,)))
    own = () if kind == "batch" else (statistics,)
    with released(lib, (array, statistics), (hint,)):
        name = f"{kind}_normalization_backward_primitive_desc_create"
        arrays = (array, array, array, *own)
        descriptor = lib.create(name, lib.engine, Kind.BACKWARD, *arrays, 0.0, flags, hint, None)
    layouts = {Argument.SRC: x, Argument.DIFF_DST: g, Argument.DIFF_SRC: inner}
    layouts |= dict.fromkeys(STATISTICS, dense((means,)))
    if weighted:
        places = (Argument.SCALE, Argument.DIFF_SCALE, Argument.DIFF_SHIFT)
        layouts |= dict.fromkeys(places, dense((weights,)))
        if kind == "layer":  # which wants a shift, though nothing depends on it, as much as batch norm refuses one
            layouts[Argument.SHIFT] = dense((weights,))
    return Operation(lib, descriptor, layouts)
