"""Maximum and average pooling by oneDNN: of float32 arrays, channels last."""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind, dims
from autograd_core.backend.onednn.layouts import channels_last, layout_of, regular
from autograd_core.backend.onednn.library import Library, OneDnnError
from autograd_core.backend.onednn.operations import Operation, described, prepared, released
from autograd_core.backend.windows import Size, extent_size, pool_size

__all__ = ["avg_pool", "avg_pool_grad", "max_pool", "max_pool_grad"]

Array = Any

LONGEST = 255  # elements of a window whose numbers are bytes


def max_pool(
    xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Array, Array]:
    """Do ``max_pool`` of ``backend.cpu.pooling``; infinities and NaN, which oneDNN does not see, are left to that."""
    if x.dtype == np.float32 and max(dilation) == 1:
        x = regular(x)
        operation = prepared(_max_pool, x.shape, x.strides, kernel_size, stride, padding, ceil_mode)
        if operation is not None and _all_finite(x):
            y, which = operation(x)
            return y, which
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return plain.max_pool(xp, x, kernel_size=kernel_size, **options)


def _all_finite(x: Array) -> bool:
    """Whether the sum of squares is finite: half the time of a look at each element."""
    flat = x.ravel("K")
    return bool(np.isfinite(flat @ flat))


def max_pool_grad(
    xp: ModuleType, g: Array, which: Array, *, x_shape: Size, kernel_size: Size, stride: Size, padding: Size,
    dilation: Size,
) -> Array:  # fmt: skip
    """Do ``max_pool_grad`` of ``backend.shared.maxima``."""
    if g.dtype == np.float32 and which.dtype == np.uint8 and max(dilation) == 1:
        g, which = regular(g), regular(which)
        key = (x_shape, g.shape, g.strides, which.strides, kernel_size, stride, padding)
        if (operation := prepared(_max_pool_grad, *key)) is not None:
            return operation(g, which)
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return plain.max_pool_grad(xp, g, which, x_shape=x_shape, **options)


def avg_pool(
    xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Array:  # fmt: skip
    """Do ``avg_pool`` of ``backend.cpu.averaging``."""
    if x.dtype == np.float32 and not ceil_mode and divisor_override is None:
        x = regular(x)
        key = (_mean(count_include_pad), x.shape, x.strides, kernel_size, stride, padding)
        if (operation := prepared(_avg_pool, *key)) is not None:
            return operation(x)
    return plain.avg_pool(
        xp, x, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


def avg_pool_grad(
    xp: ModuleType, u: Array, *, input_size: Size, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Array:  # fmt: skip
    """Do ``avg_pool_grad`` of ``backend.cpu.averaging``."""
    if u.dtype == np.float32 and not ceil_mode and divisor_override is None:
        u = regular(u)
        key = (_mean(count_include_pad), input_size, u.shape, u.strides, kernel_size, stride, padding)
        if (operation := prepared(_avg_pool_grad, *key)) is not None:
            return operation(u)
    return plain.avg_pool_grad(
        xp, u, input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


def _mean(count_include_pad: bool) -> int:
    return Algorithm.MEAN_WITH_PADDING if count_include_pad else Algorithm.MEAN


# ---- how oneDNN is told ----


class Windows(NamedTuple):
    """What slides over what, and what becomes of a window."""

    algorithm: int
    x: Size
    y: Size
    kernel: Size
    stride: Size
    padding: Size

    @property
    def steps(self) -> list[Any]:
        """Stride, kernel, dilation, and how far windows reach beyond the input, as oneDNN takes them."""
        near = (1,) * len(self.kernel)
        reach = extent_size(self.y[2:], self.kernel, stride=self.stride, dilation=near)
        after = tuple([e - p - n for e, p, n in zip(reach, self.padding, self.x[2:])])
        return list(map(dims, (self.stride, self.kernel, (0,) * len(near), self.padding, after)))

    def forward(self, lib: Library) -> c_void_p:
        """Return the descriptor of the forward primitive."""
        if 0 in self.x + self.y:
            raise OneDnnError("oneDNN: an array has no elements")
        x, y = described(lib, channels_last(self.x)), described(lib, channels_last(self.y))
        with released(lib, (x, y)):
            kinds = (Kind.FORWARD_TRAINING, self.algorithm)
            return lib.create("pooling_forward_primitive_desc_create", lib.engine, *kinds, x, y, *self.steps, None)

    def backward(self, lib: Library) -> c_void_p:
        """Return the descriptor of the backward primitive."""
        hint = self.forward(lib)
        x, y = described(lib, channels_last(self.x)), described(lib, channels_last(self.y))
        with released(lib, (x, y), (hint,)):
            name = "pooling_backward_primitive_desc_create"
            return lib.create(name, lib.engine, self.algorithm, x, y, *self.steps, hint, None)


def _max_pool(
    lib: Library, x: Size, strides: Size, kernel: Size, stride: Size, padding: Size, ceil_mode: bool
) -> Operation:
    if np.prod(kernel) > LONGEST:
        raise OneDnnError("oneDNN: the numbers of the elements of a window are no bytes")
    near = (1,) * len(kernel)
    size = pool_size(x[2:], kernel, stride=stride, padding=padding, dilation=near, ceil_mode=ceil_mode)
    windows = Windows(Algorithm.MAX_POOL, x, (*x[:2], *size), kernel, stride, padding)
    outputs = {Argument.DST: channels_last(windows.y), Argument.WORKSPACE: channels_last(windows.y, Kind.UINT8)}
    return Operation(lib, windows.forward(lib), {Argument.SRC: layout_of(x, strides)}, outputs)


def _max_pool_grad(
    lib: Library, x: Size, g: Size, strides: Size, which_strides: Size, kernel: Size, stride: Size, padding: Size
) -> Operation:
    windows = Windows(Algorithm.MAX_POOL, x, g, kernel, stride, padding)
    which = layout_of(g, which_strides, Kind.UINT8)
    inputs = {Argument.DIFF_DST: layout_of(g, strides), Argument.WORKSPACE: which}
    return Operation(lib, windows.backward(lib), inputs, {Argument.DIFF_SRC: channels_last(x)})


def _avg_pool(
    lib: Library, algorithm: int, x: Size, strides: Size, kernel: Size, stride: Size, padding: Size
) -> Operation:
    size = pool_size(x[2:], kernel, stride=stride, padding=padding, dilation=(1,) * len(kernel))
    windows = Windows(algorithm, x, (*x[:2], *size), kernel, stride, padding)
    inputs = {Argument.SRC: layout_of(x, strides)}
    return Operation(lib, windows.forward(lib), inputs, {Argument.DST: channels_last(windows.y)})


def _avg_pool_grad(
    lib: Library, algorithm: int, size: Size, g: Size, strides: Size, kernel: Size, stride: Size, padding: Size
) -> Operation:
    windows = Windows(algorithm, (*g[:2], *size), g, kernel, stride, padding)
    inputs = {Argument.DIFF_DST: layout_of(g, strides)}
    return Operation(lib, windows.backward(lib), inputs, {Argument.DIFF_SRC: channels_last(windows.x)})
