"""The partial inverse of maximum pooling: maxima put back in their places, zeros elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core import Tensor
from autograd_core.backend.device import CPU, device_of
from autograd_core.engine.indices import all_values
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError

from .pooling import window_sizes
from .sizes import Size, Sizes, batched

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return the maxima of ``max_pool1d`` at their places, zeros elsewhere: see ``max_unpool2d``."""
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return the maxima that ``max_pool2d(..., return_indices=True)`` gave at their places, zeros elsewhere.

    Several sizes pool to the same one: ``output_size`` (with or without N and C) chooses among them.
    Where two windows had one maximum, one of the two values is kept, and both get its gradient.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H - 1) * stride + kernel_size - 2 * padding``.
    Raises: ShapeError where the sizes do not fit; IndexRangeError for a place outside the output.
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return the maxima of ``max_pool3d`` at their places, zeros elsewhere: see ``max_unpool2d``."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    n: int, input: Tensor, indices: Tensor, kernel_size: Size, stride: Any, padding: Size, output_size: Any
) -> Tensor:
    name = f"max_unpool{n}d"
    kernel, strides, sides = window_sizes(name, n, kernel_size, stride, padding)
    x, whole = batched(name, n, input)
    if min(strides) < 1:
        raise ShapeError(f"{name}: got stride={strides}; strides should be greater than zero")
    size = _size(name, tuple(x.shape[2:]), kernel, strides, sides, output_size)
    _check_places(name, input, indices, math.prod(size))
    planes = x.new_zeros((*x.shape[:2], math.prod(size)))
    output = planes.scatter(2, indices.reshape(*x.shape[:2], -1), x.flatten(2)).reshape(*x.shape[:2], *size)
    return output if whole else output.squeeze(0)


def _size(name: str, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, wanted: Any) -> Sizes:
    """Return the output's size: that which is wanted, if it pools to ``size``."""
    usual = tuple((m - 1) * s + k - 2 * p for m, k, s, p in zip(size, kernel, stride, padding))
    if wanted is None:
        return usual
    chosen = tuple(wanted)[-len(size) :]
    if len(wanted) not in (len(size), len(size) + 1, len(size) + 2) or any(
        abs(c - u) >= s for c, u, s in zip(chosen, usual, stride)
    ):
        raise ShapeError(
            f"{name}: output_size is {tuple(wanted)}; wanted, in the last {len(size)} dims, less than stride={stride} "
            f"away from {usual}"
        )
    return chosen


def _check_places(name: str, input: Tensor, indices: Tensor, length: int) -> None:
    if indices._array.dtype.name != "int64":
        raise DTypeError(f"{name}: elements in indices should be type int64 but got: {indices.dtype}")
    if tuple(indices.shape) != tuple(input.shape):
        raise ShapeError(
            f"{name}: indices has shape {tuple(indices.shape)}; wanted that of the input, {tuple(input.shape)}"
        )
    places = all_values(indices)
    if device_of(places) == CPU and places.size and not 0 <= places.min() <= places.max() < length:
        raise IndexRangeError(f"{name}: found an invalid max index, {places.max()}; wanted places in [0, {length})")
