"""Pooling: the maximum or the mean of each window."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import window

from .sizes import Size, Sizes, expand


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window along one dimension.  Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L'``."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window of an image; ``stride`` is the kernel's size unless it is given.

    ``return_indices``: return the places of the maxima in the flattened image too.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H + 2 * padding - dilation * (k - 1) - 1) // stride + 1``.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window along one dimension.  Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L'``."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window of an image; ``stride`` is the kernel's size unless it is given.

    ``count_include_pad``: padding counts as zeros.  ``divisor_override`` replaces the number of elements.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H + 2 * padding - k) // stride + 1``.
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Tensor, output_size: Size) -> Tensor:
    """Return the means of ``output_size`` windows that cover the dimension.  Shape: ``(N, C, L)`` or ``(C, L)``."""
    return _adaptive(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of ``output_size`` windows that cover the image; None keeps a dimension's size.

    Window ``i`` of ``n`` over a dimension of size H is ``floor(i * H / n)`` to ``ceil((i + 1) * H / n)``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    """
    return _adaptive(2, input, output_size)


def _max_pool(
    n: int, input: Tensor, kernel_size: Size, stride: Any, padding: Size, dilation: Size, ceil: bool, indices: bool
) -> Any:
    name = f"max_pool{n}d"
    kernel, strides, sides = _sizes(name, n, kernel_size, stride, padding)
    apart = expand(dilation, n, name, "dilation")
    x, batched = _batched(name, n, input)
    output, which = window.max_pool(
        x, kernel_size=kernel, stride=strides, padding=sides, dilation=apart, ceil_mode=ceil
    )
    if not indices:
        return output if batched else output.squeeze(0)
    places = _places(which, tuple(x.shape[2:]), kernel, strides, sides, apart)
    return (output, places) if batched else (output.squeeze(0), places.squeeze(0))


def _places(which: Tensor, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Tensor:
    """Return where in the flattened image each maximum stands, from its offset in the window."""
    rest, place, step = which.long(), ag.zeros_like(which, dtype=ag.int64), 1
    for d in reversed(range(len(size))):
        count = which.shape[2 + d]
        start = ag.arange(count, device=which.device) * stride[d] - padding[d]
        start = start.reshape((count,) + (1,) * (len(size) - 1 - d))
        place = place + (start + rest % kernel[d] * dilation[d]) * step
        rest, step = rest // kernel[d], step * size[d]
    return place


def _avg_pool(
    n: int, input: Tensor, kernel_size: Size, stride: Any, padding: Size, ceil: bool, count: bool, divisor: Any
) -> Tensor:
    name = f"avg_pool{n}d"
    if divisor == 0:
        raise ValueError(f"{name}: divisor_override is 0; wanted another number, or None")
    kernel, strides, sides = _sizes(name, n, kernel_size, stride, padding)
    x, batched = _batched(name, n, input)
    output = window.avg_pool(
        x, kernel_size=kernel, stride=strides, padding=sides, ceil_mode=ceil, count_include_pad=count,
        divisor_override=divisor,
    )  # fmt: skip
    return output if batched else output.squeeze(0)


def _adaptive(n: int, input: Tensor, output_size: Any) -> Tensor:
    name = f"adaptive_avg_pool{n}d"
    x, batched = _batched(name, n, input)
    wanted = (output_size,) * n if output_size is None else expand(output_size, n, name, "output_size")
    sizes = tuple(x.shape[2 + i] if size is None else size for i, size in enumerate(wanted))
    output = window.adaptive_avg_pool(x, output_size=sizes)
    return output if batched else output.squeeze(0)


def _sizes(name: str, n: int, kernel_size: Size, stride: Any, padding: Size) -> tuple[Sizes, Sizes, Sizes]:
    """Return kernel, stride and padding with one int per dimension."""
    kernel = expand(kernel_size, n, name, "kernel_size")
    strides = kernel if stride is None or stride == () else expand(stride, n, name, "stride")
    return kernel, strides, expand(padding, n, name, "padding")


def _batched(name: str, n: int, input: Tensor) -> tuple[Tensor, bool]:
    """Return the input with a batch dimension, and whether it had one."""
    if input.ndim == n + 2:
        return input, True
    if input.ndim == n + 1:
        return input.unsqueeze(0), False
    raise ShapeError(f"{name}: input has shape {tuple(input.shape)}; wanted {n + 2} dims, or {n + 1} without a batch")
