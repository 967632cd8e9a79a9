"""Pooling: the maximum, the mean or the norm of each window."""

from __future__ import annotations

import math
from typing import Any

from autograd_core import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import window

from .sizes import Size, Sizes, batched, expand

__all__ = [
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
]  # fmt: skip


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

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H + 2 * padding - dilation * (k - 1) - 1) // stride + 1``;
    with ``ceil_mode`` rounded up, if the last window starts in the image or before it.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window of a volume.  Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the maxima and their places: ``max_pool1d`` with ``return_indices=True``."""
    found: tuple[Tensor, Tensor] = _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)
    return found


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the maxima and their places: ``max_pool2d`` with ``return_indices=True``."""
    found: tuple[Tensor, Tensor] = _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, True)
    return found


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the maxima and their places: ``max_pool3d`` with ``return_indices=True``."""
    found: tuple[Tensor, Tensor] = _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, True)
    return found


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


def avg_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window of a volume.  Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(
    input: Tensor, norm_type: int | float, kernel_size: int, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm of each window along one dimension, ``p = norm_type``: see ``lp_pool2d``."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: int | float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm ``(sum x**p) ** (1/p)`` of each window of an image, ``p = norm_type``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)``, sizes as ``avg_pool2d``'s.
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: int | float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm of each window of a volume, ``p = norm_type``: see ``lp_pool2d``."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _max_pool(
    n: int, input: Tensor, kernel_size: Size, stride: Any, padding: Size, dilation: Size, ceil: bool, indices: bool
) -> Any:
    name = f"max_pool{n}d"
    kernel, strides, sides = window_sizes(name, n, kernel_size, stride, padding)
    apart = expand(dilation, n, name, "dilation")
    x, whole = batched(name, n, input)
    output, which = window.max_pool(
        x, kernel_size=kernel, stride=strides, padding=sides, dilation=apart, ceil_mode=ceil
    )
    if not indices:
        return output if whole else output.squeeze(0)
    places = window.max_pool_places(
        which, input_size=x.shape[2:], kernel_size=kernel, stride=strides, padding=sides, dilation=apart
    )
    return (output, places) if whole else (output.squeeze(0), places.squeeze(0))


def _avg_pool(
    n: int, input: Tensor, kernel_size: Size, stride: Any, padding: Size, ceil: bool, count: bool, divisor: Any
) -> Tensor:
    name = f"avg_pool{n}d"
    if divisor == 0:
        raise ShapeError(f"{name}: divisor_override is 0; the divisor must be not zero")
    kernel, strides, sides = window_sizes(name, n, kernel_size, stride, padding)
    x, whole = batched(name, n, input)
    output = window.avg_pool(
        x, kernel_size=kernel, stride=strides, padding=sides, ceil_mode=ceil, count_include_pad=count,
        divisor_override=divisor,
    )  # fmt: skip
    return output if whole else output.squeeze(0)


def _lp_pool(n: int, input: Tensor, norm_type: int | float, kernel_size: Size, stride: Any, ceil: bool) -> Tensor:
    kernel = expand(kernel_size, n, f"lp_pool{n}d", "kernel_size")
    mean = _avg_pool(n, input.pow(norm_type), kernel, stride, 0, ceil, True, None)
    # for an odd p a negative sum stays, and its root is NaN, as in PyTorch
    return (mean.sign() * mean.abs().relu()).mul(math.prod(kernel)).pow(1.0 / norm_type)


def window_sizes(name: str, n: int, kernel_size: Size, stride: Any, padding: Size) -> tuple[Sizes, Sizes, Sizes]:
    """Return kernel, stride and padding with one int per dimension; without a stride windows lie side by side."""
    kernel = expand(kernel_size, n, name, "kernel_size")
    strides = kernel if stride is None or stride == () or stride == [] else expand(stride, n, name, "stride")
    return kernel, strides, expand(padding, n, name, "padding")
