"""Average pooling: sums along one axis after the other, then one division."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from autograd_core.backend.shared.columns import crop, pad
from autograd_core.backend.windows import Size, extent_size, pool_size

__all__ = ["avg_pool", "avg_pool_grad"]

Array = Any


def avg_pool(
    xp: ModuleType,
    x: Array,
    *,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """Return the sum of each window, divided by its size.

    Shape: ``(N, C, *S)`` -> ``(N, C, *S')``.
    """
    once = (1,) * len(stride)
    size = pool_size(x.shape[2:], kernel_size, stride=stride, padding=padding, dilation=once, ceil_mode=ceil_mode)
    total = pad(xp, x, padding, extent_size(size, kernel_size, stride=stride, dilation=once))
    for axis in reversed(range(len(size))):  # a stride along the last axis makes all later sums shorter
        total = _sum_windows(xp, total, axis + 2, kernel_size[axis], stride[axis], size[axis])
    options: dict[str, Any] = {"stride": stride, "padding": padding, "count_include_pad": count_include_pad}
    options |= {"divisor_override": divisor_override, "dtype": total.dtype}
    return (total / _divisor(xp, x.shape[2:], kernel_size, size, **options)).astype(x.dtype, copy=False)


def avg_pool_grad(
    xp: ModuleType,
    g: Array,
    *,
    input_size: Size,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """Return the adjoint of ``avg_pool``: each gradient shared out over its window.

    Shape: ``(N, C, *S')`` -> ``(N, C, *input_size)``.
    """
    size = g.shape[2:]
    options: dict[str, Any] = {"stride": stride, "padding": padding, "count_include_pad": count_include_pad}
    options |= {"divisor_override": divisor_override, "dtype": g.dtype}
    total = g / _divisor(xp, input_size, kernel_size, size, **options)
    extent = extent_size(size, kernel_size, stride=stride, dilation=(1,) * len(size))
    for axis in range(len(size)):
        total = _spread_windows(xp, total, axis + 2, kernel_size[axis], stride[axis], extent[axis])
    return crop(xp, total, padding, input_size).astype(g.dtype, copy=False)


def _at(axis: int, part: slice) -> tuple[slice, ...]:
    return (slice(None),) * axis + (part,)


def _sum_windows(xp: ModuleType, x: Array, axis: int, kernel: int, stride: int, count: int) -> Array:
    """Return the sums of ``count`` windows along ``axis``."""
    if kernel == stride and kernel >= 8:
        shape = (*x.shape[:axis], count, kernel, *x.shape[axis + 1 :])
        return _sum_axis(xp, x[_at(axis, slice(count * kernel))].reshape(shape), axis + 1)
    places = [_at(axis, slice(tap, tap + (count - 1) * stride + 1, stride)) for tap in range(kernel)]
    total = xp.array(x[places[0]], order="C")
    for place in places[1:]:
        total += xp.ascontiguousarray(x[place])  # a strided copy and a sum take less than a strided sum: 0.6
    return total


def _sum_axis(xp: ModuleType, x: Array, axis: int) -> Array:
    if axis == x.ndim - 1 and x.dtype.kind == "f":
        return xp.matmul(x, xp.ones(x.shape[-1:], x.dtype))  # sums short rows 4 times as fast as sum
    return x.sum(axis, dtype=x.dtype)


def _spread_windows(xp: ModuleType, g: Array, axis: int, kernel: int, stride: int, extent: int) -> Array:
    """Return the adjoint of ``_sum_windows``: for each phase of the stride the sum of its taps, put in its places."""
    total = xp.zeros((*g.shape[:axis], extent, *g.shape[axis + 1 :]), g.dtype)
    for phase in range(min(kernel, stride)):
        part, places = g, total[_at(axis, slice(phase, None, stride))]
        if phase + stride < kernel:
            part = xp.zeros(places.shape, g.dtype)
            for first in range(len(range(phase, kernel, stride))):
                part[_at(axis, slice(first, first + g.shape[axis]))] += g
        places[_at(axis, slice(part.shape[axis]))] = part
    return total


def _divisor(
    xp: ModuleType,
    input_size: Size,
    kernel_size: Size,
    size: Size,
    *,
    stride: Size,
    padding: Size,
    count_include_pad: bool,
    divisor_override: int | None,
    dtype: Any,
) -> Any:
    """Return what the sum of each window is divided by: a number, or an array of shape ``size``."""
    if divisor_override is not None:
        return divisor_override
    counts = []
    for length, k, n, s, p in zip(input_size, kernel_size, size, stride, padding):
        first, last = (-p, length + p) if count_include_pad else (0, length)
        if -p >= first and (n - 1) * s - p + k <= last:
            counts.append(k)
        else:  # with ceil_mode a window may reach beyond the padding, where nothing counts
            start = xp.arange(n) * s - p
            counts.append(xp.minimum(start + k, last) - xp.maximum(start, first))
    return _product(counts, dtype)


def _product(counts: Sequence[Any], dtype: Any) -> Any:
    """Return the outer product of numbers and arrays, one for each dim."""
    product: Any = 1
    for dim, count in enumerate(counts):
        if not isinstance(count, int):
            count = count.reshape(-1, *(1,) * (len(counts) - dim - 1)).astype(dtype)
        product = product * count
    return product
