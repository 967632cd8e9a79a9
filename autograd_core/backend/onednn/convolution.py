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
from autograd_core.backend.onednn.layouts import channels_last, dense, layout_of, regular
from autograd_core.backend.onednn.library import Library, OneDnnError
from autograd_core.backend.onednn.operations import Operation, described, opened, prepared, released
from autograd_core.backend.windows import Size, conv_size, extent_size

__all__ = ["conv", "conv_input_grad", "conv_weight_grad"]

Array = Any


# ---- the three maps ----


def conv(
    xp: ModuleType, x: Array, w: Array, b: Array = None, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv`` of ``backend.cpu.convolution``."""
    steps = (stride, padding, dilation, groups)
    if x.dtype == w.dtype == np.float32:
        x, w = regular(x), np.ascontiguousarray(w)
        if (operation := prepared(_forward, x.shape, x.strides, w.shape, *steps, b is not None)) is not None:
            return operation(x, w) if b is None else operation(x, w, np.ascontiguousarray(b))
    return plain.conv(xp, x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_input_grad(
    xp: ModuleType, g: Array, w: Array, *, input_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv_input_grad`` of ``backend.cpu.convolution``."""
    steps = (stride, padding, dilation, groups)
    if g.dtype == w.dtype == np.float32:
        g, w = regular(g), np.ascontiguousarray(w)
        if (operation := prepared(_input_grad, g.shape, g.strides, w.shape, input_size, *steps)) is not None:
            return operation(g, w)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return plain.conv_input_grad(xp, g, w, input_size=input_size, **options)


def conv_weight_grad(
    xp: ModuleType, g: Array, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Do ``conv_weight_grad`` of ``backend.cpu.convolution``."""
    steps = (stride, padding, dilation, groups)
    if g.dtype == x.dtype == np.float32:
        g, x = regular(g), regular(x)
        key = (g.shape, g.strides, x.shape, x.strides, kernel_size, *steps)
        if (operation := prepared(_weight_grad, *key)) is not None:
            return operation(x, g).reshape(g.shape[1], -1, *kernel_size)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return plain.conv_weight_grad(xp, g, x, kernel_size=kernel_size, **options)


# ---- how oneDNN is told ----


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
        if 0 in self.x + self.w + self.y:
            raise OneDnnError("oneDNN: an array has no elements")
        bias = described(lib, dense(self.w[:1])) if biased else None
        x, y = described(lib, channels_last(self.x)), described(lib, channels_last(self.y))
        gaps = tuple([d - 1 for d in self.dilation])
        return [x, opened(lib, self.grouped), bias, y], list(map(dims, (self.stride, gaps, self.padding, self.after)))


def _forward(
    lib: Library, x: Size, strides: Size, w: Size, stride: Size, padding: Size, dilation: Size, groups: int,
    biased: bool,
) -> Operation:  # fmt: skip
    size = conv_size(x[2:], w[2:], stride=stride, padding=padding, dilation=dilation)
    geometry = Geometry(x, w, (x[0], w[0], *size), stride, padding, dilation, groups)
    inputs = {Argument.SRC: layout_of(x, strides), Argument.WEIGHTS: dense(geometry.grouped)}
    if biased:
        inputs[Argument.BIAS] = dense(w[:1])
    descriptor = _forward_descriptor(lib, geometry, biased)
    return Operation(lib, descriptor, inputs, {Argument.DST: channels_last(geometry.y)})


def _forward_descriptor(lib: Library, geometry: Geometry, biased: bool = False) -> c_void_p:
    arrays, steps = geometry.described(lib, biased)
    with released(lib, arrays):
        kind = (Kind.FORWARD_TRAINING, Algorithm.CONVOLUTION)
        return lib.create("convolution_forward_primitive_desc_create", lib.engine, *kind, *arrays, *steps, None)


def _input_grad(
    lib: Library, g: Size, strides: Size, w: Size, size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Operation:
    geometry = Geometry((g[0], w[1] * groups, *size), w, g, stride, padding, dilation, groups)
    (x, weights, _, y), steps = geometry.described(lib)
    hint = _forward_descriptor(lib, geometry)
    with released(lib, (x, weights, y), (hint,)):
        name = "convolution_backward_data_primitive_desc_create"
        descriptor = lib.create(name, lib.engine, Algorithm.CONVOLUTION, x, weights, y, *steps, hint, None)
    inputs = {Argument.DIFF_DST: layout_of(g, strides), Argument.WEIGHTS: dense(geometry.grouped)}
    return Operation(lib, descriptor, inputs, {Argument.DIFF_SRC: channels_last(geometry.x)})


def _weight_grad(
    lib: Library, g: Size, g_strides: Size, x: Size, x_strides: Size, kernel: Size, stride: Size, padding: Size,
    dilation: Size, groups: int,
) -> Operation:  # fmt: skip
    geometry = Geometry(x, (g[1], x[1] // groups, *kernel), g, stride, padding, dilation, groups)
    (x_described, w, _, y), steps = geometry.described(lib)
    hint = _forward_descriptor(lib, geometry)
    with released(lib, (x_described, w, y), (hint,)):
        name = "convolution_backward_weights_primitive_desc_create"
        arrays = (x_described, w, None, y)
        descriptor = lib.create(name, lib.engine, Algorithm.CONVOLUTION, *arrays, *steps, hint, None)
    inputs = {Argument.SRC: layout_of(x, x_strides), Argument.DIFF_DST: layout_of(g, g_strides)}
    return Operation(lib, descriptor, inputs, {Argument.DIFF_WEIGHTS: dense(geometry.grouped)})
