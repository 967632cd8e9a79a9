"""Convolution by oneDNN: of float32 arrays, channels last, whatever the dims of space, groups and dilation.

Other types, and what oneDNN refuses, go to NumPy.
"""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_core.backend.cpu import convolution as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind, dims
from autograd_core.backend.onednn.layouts import Layout, channels_last, dense, empty, layout_of
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, opened, prepared, released
from autograd_core.backend.windows import Size, conv_size, extent_size

__all__ = ["conv", "conv_input_grad", "conv_weight_grad"]

Array = Any


class Geometry(NamedTuple):
    """What slides over what: the shapes of input, kernels and output, and the steps."""

    x: Size
    w: Size
    y: Size
    stride: Size
    padding: Size
    dilation: Size
    groups: int

    @property
    def grouped(self) -> Size:
        """The shape of the kernels with their groups as a dimension of their own, where there are several."""
        out, *rest = self.w
        return self.w if self.groups == 1 else (self.groups, out // self.groups, *rest)

    @property
    def after(self) -> Size:
        """How far the windows reach beyond the end of the input; less than 0 where they do not come to it."""
        reach = extent_size(self.y[2:], self.w[2:], stride=self.stride, dilation=self.dilation)
        return tuple([e - p - n for e, p, n in zip(reach, self.padding, self.x[2:])])

    def described(self, lib: Library, biased: bool = False) -> tuple[list[c_void_p | None], list[Any]]:
        """Return the descriptions of input, kernels, bias and output, and the steps, as oneDNN takes them."""
        bias = described(lib, dense(self.w[:1])) if biased else None
        x, y = described(lib, channels_last(self.x)), described(lib, channels_last(self.y))
        gaps = tuple([d - 1 for d in self.dilation])
        return [x, opened(lib, self.grouped), bias, y], list(map(dims, (self.stride, gaps, self.padding, self.after)))


# ---- the three maps ----


def conv(
    xp: ModuleType, x: Array, w: Array, b: Array = None, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv`` of ``backend.cpu.convolution``."""
    size = conv_size(x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    geometry = Geometry(x.shape, w.shape, (x.shape[0], w.shape[0], *size), stride, padding, dilation, groups)
    if _serves(geometry, x, w):
        x, layout = layout_of(x)
        if (operation := prepared(_forward, geometry, layout, b is not None)) is not None:
            y = empty(channels_last(geometry.y))
            operation(x, np.ascontiguousarray(w), y, *(() if b is None else (np.ascontiguousarray(b),)))
            return y
    return plain.conv(xp, x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_input_grad(
    xp: ModuleType, g: Array, w: Array, *, input_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv_input_grad`` of ``backend.cpu.convolution``."""
    shape = (g.shape[0], w.shape[1] * groups, *input_size)
    geometry = Geometry(shape, w.shape, g.shape, stride, padding, dilation, groups)
    if _serves(geometry, g, w):
        g, layout = layout_of(g)
        if (operation := prepared(_input_grad, geometry, layout)) is not None:
            x = empty(channels_last(shape))
            operation(g, np.ascontiguousarray(w), x)
            return x
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return plain.conv_input_grad(xp, g, w, input_size=input_size, **options)


def conv_weight_grad(
    xp: ModuleType, g: Array, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv_weight_grad`` of ``backend.cpu.convolution``."""
    shape = (g.shape[1], x.shape[1] // groups, *kernel_size)
    geometry = Geometry(x.shape, shape, g.shape, stride, padding, dilation, groups)
    if _serves(geometry, g, x):
        (x, x_layout), (g, g_layout) = layout_of(x), layout_of(g)
        if (operation := prepared(_weight_grad, geometry, x_layout, g_layout)) is not None:
            w = np.empty(shape, np.float32)
            operation(x, g, w)
            return w
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return plain.conv_weight_grad(xp, g, x, kernel_size=kernel_size, **options)


def _serves(geometry: Geometry, *arrays: Array) -> bool:
    """Whether oneDNN takes these arrays: float32, and not empty."""
    return all(a.dtype == np.float32 for a in arrays) and 0 not in geometry.x + geometry.w + geometry.y


# ---- how oneDNN is told ----


def _forward(lib: Library, geometry: Geometry, x: Layout, biased: bool) -> Operation:
    layouts = {Argument.SRC: x, Argument.WEIGHTS: dense(geometry.grouped), Argument.DST: channels_last(geometry.y)}
    if biased:
        layouts[Argument.BIAS] = dense(geometry.w[:1])
    return Operation(lib, _forward_descriptor(lib, geometry, biased), layouts)


def _forward_descriptor(lib: Library, geometry: Geometry, biased: bool = False) -> c_void_p:
    arrays, steps = geometry.described(lib, biased)
    with released(lib, arrays):
        kind = (Kind.FORWARD_TRAINING, Algorithm.CONVOLUTION)
        return lib.create("convolution_forward_primitive_desc_create", lib.engine, *kind, *arrays, *steps, None)


def _input_grad(lib: Library, geometry: Geometry, g: Layout) -> Operation:
    (x, w, _, y), steps = geometry.described(lib)
    hint = _forward_descriptor(lib, geometry)
    with released(lib, (x, w, y), (hint,)):
        name = "convolution_backward_data_primitive_desc_create"
        descriptor = lib.create(name, lib.engine, Algorithm.CONVOLUTION, x, w, y, *steps, hint, None)
    weights, x_grad = dense(geometry.grouped), channels_last(geometry.x)
    layouts = {Argument.DIFF_DST: g, Argument.WEIGHTS: weights, Argument.DIFF_SRC: x_grad}
    return Operation(lib, descriptor, layouts)


def _weight_grad(lib: Library, geometry: Geometry, x: Layout, g: Layout) -> Operation:
    (x_described, w, _, y), steps = geometry.described(lib)
    hint = _forward_descriptor(lib, geometry)
    with released(lib, (x_described, w, y), (hint,)):
        name = "convolution_backward_weights_primitive_desc_create"
        arrays = (x_described, w, None, y)
        descriptor = lib.create(name, lib.engine, Algorithm.CONVOLUTION, *arrays, *steps, hint, None)
    layouts = {Argument.SRC: x, Argument.DIFF_DST: g, Argument.DIFF_WEIGHTS: dense(geometry.grouped)}
    return Operation(lib, descriptor, layouts)
