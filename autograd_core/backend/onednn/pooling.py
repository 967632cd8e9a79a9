"""Maximum and average pooling by oneDNN, channels last."""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Algorithm, Argument, Kind, dims
from autograd_core.backend.onednn.layouts import Layout, channels_last, empty, layout_of
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released
from autograd_core.backend.windows import Size, extent_size, pool_size

__all__ = ["avg_pool", "avg_pool_grad", "max_pool", "max_pool_grad"]

Array = Any

LONGEST = 255  # taps of a window whose numbers are bytes


class Windows(NamedTuple):
    """What slides over what, and what becomes of a window."""

    algorithm: Algorithm
    x: Size
    y: Size
    kernel: Size
    stride: Size
    padding: Size

    def descriptor(self, lib: Library) -> c_void_p:
        """Return the descriptor of the forward primitive."""
        x, y = described(lib, channels_last(self.x)), described(lib, channels_last(self.y))
        with released(lib, (x, y)):
            kinds = (Kind.FORWARD_TRAINING, self.algorithm)
            return lib.create("pooling_forward_primitive_desc_create", lib.engine, *kinds, x, y, *self.steps, None)

    @property
    def steps(self) -> list[Any]:
        """Stride, kernel, dilation, and how far windows reach beyond the input, as oneDNN takes them."""
        near = (1,) * len(self.kernel)
        reach = extent_size(self.y[2:], self.kernel, stride=self.stride, dilation=near)
        after = tuple([e - p - n for e, p, n in zip(reach, self.padding, self.x[2:])])
        return list(map(dims, (self.stride, self.kernel, (0,) * len(near), self.padding, after)))


def max_pool(
    xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Array, Array]:
    """Do ``max_pool`` of ``backend.cpu.pooling``; infinities and NaN, which oneDNN does not see, are left to that."""
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    if _serves(x) and len(kernel_size) == 2 and max(dilation) == 1 and kernel_size[0] * kernel_size[1] <= LONGEST:
        size = pool_size(x.shape[2:], kernel_size, **options)
        windows = Windows(Algorithm.MAX_POOL, x.shape, (*x.shape[:2], *size), kernel_size, stride, padding)
        x, layout = layout_of(x)
        if (operation := prepared(_max_pool, windows, layout)) is not None and _all_finite(x):
            y, which = empty(channels_last(windows.y)), empty(channels_last(windows.y, Kind.UINT8))
            operation(x, y, which)
            return y, which
    return plain.max_pool(xp, x, kernel_size=kernel_size, **options)


def max_pool_grad(
    xp: ModuleType, g: Array, which: Array, *, x_shape: Size, kernel_size: Size, stride: Size, padding: Size,
    dilation: Size,
) -> Array:  # fmt: skip
    """Do ``max_pool_grad`` of ``backend.shared.maxima``."""
    if _serves(g) and which.dtype == np.uint8 and len(kernel_size) == 2 and max(dilation) == 1:
        windows = Windows(Algorithm.MAX_POOL, x_shape, g.shape, kernel_size, stride, padding)
        (g, g_layout), (which, which_layout) = layout_of(g), layout_of(which)
        if (operation := prepared(_max_pool_grad, windows, g_layout, which_layout)) is not None:
            x = empty(channels_last(x_shape))
            operation(g, which, x)
            return x
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return plain.max_pool_grad(xp, g, which, x_shape=x_shape, **options)


def _all_finite(x: Array) -> bool:
    """Whether the sum of squares is finite: half the time of a look at each element."""
    flat = x.ravel("K")
    return bool(np.isfinite(flat @ flat))


def avg_pool(
    xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Array:  # fmt: skip
    """Do ``avg_pool`` of ``backend.cpu.averaging``."""
    if _serves(x) and not ceil_mode and divisor_override is None:
        near = (1,) * len(kernel_size)
        size = pool_size(x.shape[2:], kernel_size, stride=stride, padding=padding, dilation=near)
        windows = Windows(_mean(count_include_pad), x.shape, (*x.shape[:2], *size), kernel_size, stride, padding)
        x, layout = layout_of(x)
        if (operation := prepared(_avg_pool, windows, layout)) is not None:
            y = empty(channels_last(windows.y))
            operation(x, y)
            return y
    return plain.avg_pool(
        xp, x, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


def avg_pool_grad(
    xp: ModuleType, u: Array, *, input_size: Size, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Array:  # fmt: skip
    """Do ``avg_pool_grad`` of ``backend.cpu.averaging``."""
    if _serves(u) and not ceil_mode and divisor_override is None:
        shape = (*u.shape[:2], *input_size)
        windows = Windows(_mean(count_include_pad), shape, u.shape, kernel_size, stride, padding)
        u, layout = layout_of(u)
        if (operation := prepared(_avg_pool_grad, windows, layout)) is not None:
            x = empty(channels_last(shape))
            operation(u, x)
            return x
    return plain.avg_pool_grad(
        xp, u, input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


def _serves(x: Array) -> bool:
    return x.dtype == np.float32 and x.size > 0


def _mean(count_include_pad: bool) -> Algorithm:
    return Algorithm.MEAN_WITH_PADDING if count_include_pad else Algorithm.MEAN


# ---- how oneDNN is told ----


def _max_pool(lib: Library, windows: Windows, x: Layout) -> Operation:
    y, which = channels_last(windows.y), channels_last(windows.y, Kind.UINT8)
    layouts = {Argument.SRC: x, Argument.DST: y, Argument.WORKSPACE: which}
    return Operation(lib, windows.descriptor(lib), layouts)


def _max_pool_grad(lib: Library, windows: Windows, g: Layout, which: Layout) -> Operation:
    layouts = {Argument.DIFF_DST: g, Argument.WORKSPACE: which, Argument.DIFF_SRC: channels_last(windows.x)}
    return Operation(lib, _grad_descriptor(lib, windows), layouts, read={Argument.WORKSPACE})


def _avg_pool(lib: Library, windows: Windows, x: Layout) -> Operation:
    return Operation(lib, windows.descriptor(lib), {Argument.SRC: x, Argument.DST: channels_last(windows.y)})


def _avg_pool_grad(lib: Library, windows: Windows, g: Layout) -> Operation:
    layouts = {Argument.DIFF_DST: g, Argument.DIFF_SRC: channels_last(windows.x)}
    return Operation(lib, _grad_descriptor(lib, windows), layouts)


def _grad_descriptor(lib: Library, windows: Windows) -> c_void_p:
    hint = windows.descriptor(lib)
    x, y = described(lib, channels_last(windows.x)), described(lib, channels_last(windows.y))
    with released(lib, (x, y), (hint,)):
        name = "pooling_backward_primitive_desc_create"
        return lib.create(name, lib.engine, windows.algorithm, x, y, *windows.steps, hint, None)
