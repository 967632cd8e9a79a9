"""Sizes of sliding windows: what a convolution or a pool makes of a shape, and what it refuses.

A window of ``kernel_size`` elements, ``dilation`` apart, slides in steps of ``stride`` over an input with
``padding`` zeros at both ends.  The functions named ``*_size`` compute; those named ``*_shape`` also check,
and raise a ``ShapeError`` that names the operation and the argument.  All tuples have one entry per spatial dim.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import EllipsisType

from autograd_core.errors import ShapeError

__all__ = [
    "Size",
    "adaptive_pool_shape",
    "conv_shape",
    "conv_size",
    "conv_transpose_shape",
    "conv_transpose_size",
    "extent_size",
    "fold_shape",
    "pool_shape",
    "pool_size",
    "tap_slices",
    "unfold_shape",
]

Size = tuple[int, ...]

remembered = lru_cache(maxsize=1024)  # a network asks for the same few sizes in every step; the answer took 3 to 20 us


@remembered
def conv_size(size: Size, kernel_size: Size, *, stride: Size, padding: Size, dilation: Size) -> Size:
    """Return how many windows fit in each dim: ``(S + 2p - d(K - 1) - 1) // s + 1``."""
    return tuple(
        (length + 2 * p - d * (k - 1) - 1) // s + 1
        for length, k, s, p, d in zip(size, kernel_size, stride, padding, dilation)
    )


def conv_transpose_size(
    size: Size, kernel_size: Size, *, stride: Size, padding: Size, dilation: Size, output_padding: Size
) -> Size:
    """Return the size that a transposed convolution makes: ``(S - 1)s - 2p + d(K - 1) + extra + 1``."""
    return tuple(
        (length - 1) * s - 2 * p + d * (k - 1) + extra + 1
        for length, k, s, p, d, extra in zip(size, kernel_size, stride, padding, dilation, output_padding)
    )


@remembered
def pool_size(
    size: Size, kernel_size: Size, *, stride: Size, padding: Size, dilation: Size, ceil_mode: bool = False
) -> Size:
    """Return how many pooling windows there are in each dim.

    With ``ceil_mode`` a last window may reach beyond the padded input, but it must start inside the input
    or its left padding (PyTorch's rule).
    """
    floor = conv_size(size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    if not ceil_mode:
        return floor
    return tuple(
        n + 1 if (length + 2 * p - d * (k - 1) - 1) % s and n * s < length + p else n
        for n, length, k, s, p, d in zip(floor, size, kernel_size, stride, padding, dilation)
    )


@remembered
def extent_size(size: Size, kernel_size: Size, *, stride: Size, dilation: Size) -> Size:
    """Return how much input ``size`` windows span, padding included: ``(S' - 1)s + d(K - 1) + 1``."""
    return tuple((n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(size, kernel_size, stride, dilation))


def tap_slices(
    kernel_size: Size, size: Size, *, stride: Size, dilation: Size
) -> Iterator[tuple[EllipsisType | slice, ...]]:
    """Yield, for each element of the window in row-major order, where it lies in the padded input."""
    axes = [
        [slice(i * d, i * d + (n - 1) * s + 1, s) for i in range(k)]
        for k, n, s, d in zip(kernel_size, size, stride, dilation)
    ]
    for place in itertools.product(*axes):
        yield (..., *place)


@remembered
def conv_shape(operation: str, x: Size, w: Size, *, stride: Size, padding: Size, dilation: Size, groups: int) -> Size:
    """Return the shape of a convolution's output.

    Shape: ``x (N, C, *S)``, ``w (O, C/groups, *K)`` -> ``(N, O, *S')``.

    Raises: ShapeError where the arguments do not fit together.
    """
    _check_geometry(operation, x, w, stride=stride, padding=padding, dilation=dilation)
    _check_groups(operation, "weight", w[0], groups)
    if x[1] != w[1] * groups:
        raise ShapeError(
            f"{operation}: input has {x[1]} channels (shape {x}); wanted {w[1] * groups}, as the weight of shape {w} "
            f"takes {w[1]} per group and groups={groups}"
        )
    size = conv_size(x[2:], w[2:], stride=stride, padding=padding, dilation=dilation)
    _check_fits(operation, x[2:], w[2:], size, padding, dilation)
    return (x[0], w[0], *size)


@remembered
def conv_transpose_shape(
    operation: str,
    x: Size,
    w: Size,
    *,
    stride: Size,
    padding: Size,
    dilation: Size,
    output_padding: Size,
    groups: int,
) -> Size:
    """Return the shape of a transposed convolution's output.

    Shape: ``x (N, C, *S)``, ``w (C, O/groups, *K)`` -> ``(N, O, *S')``.

    Raises: ShapeError where the arguments do not fit together.
    """
    _check_geometry(operation, x, w, stride=stride, padding=padding, dilation=dilation)
    _check_groups(operation, "weight", w[0], groups)
    if x[1] != w[0]:
        raise ShapeError(f"{operation}: input has {x[1]} channels (shape {x}); the weight of shape {w} wants {w[0]}")
    _check_each(operation, "output_padding", output_padding, len(x) - 2, 0)
    if any(extra >= max(s, d) for extra, s, d in zip(output_padding, stride, dilation)):
        raise ShapeError(
            f"{operation}: got output_padding={output_padding}; wanted less than stride={stride} or dilation={dilation}"
        )
    options = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": output_padding}
    size = conv_transpose_size(x[2:], w[2:], **options)
    if min(size) < 1:
        raise ShapeError(f"{operation}: input of shape {x} and padding={padding} leave an output of size {size}")
    return (x[0], w[1] * groups, *size)


@remembered
def pool_shape(
    operation: str,
    x: Size,
    kernel_size: Size,
    *,
    stride: Size,
    padding: Size,
    dilation: Size,
    ceil_mode: bool = False,
) -> Size:
    """Return the shape of a pool's output.

    Shape: ``x (N, C, *S)`` -> ``(N, C, *S')``.

    Raises: ShapeError where a window has no room, or its padding is more than half of it.
    """
    _check_window(operation, x, kernel_size, stride=stride, padding=padding, dilation=dilation)
    if any(p > (d * (k - 1) + 1) // 2 for p, k, d in zip(padding, kernel_size, dilation)):
        raise ShapeError(
            f"{operation}: got padding={padding}; wanted at most half of kernel_size={kernel_size}"
            + (f" with dilation={dilation}" if max(dilation) > 1 else "")
        )
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    size = pool_size(x[2:], kernel_size, ceil_mode=ceil_mode, **options)
    _check_fits(operation, x[2:], kernel_size, size, padding, dilation)
    if max(dilation) > 1:
        _check_meets_input(operation, x[2:], size, stride, padding, dilation)
    return (*x[:2], *size)


@remembered
def adaptive_pool_shape(operation: str, x: Size, output_size: Size) -> Size:
    """Return the shape of an adaptive pool's output.

    Shape: ``x (N, C, *S)`` -> ``(N, C, *output_size)``.

    Raises: ShapeError where the input has no elements to pool, or an output size is negative.
    """
    _check_rank(operation, "input", x, len(output_size))
    _check_each(operation, "output_size", output_size, len(output_size), 0)
    if min(x[2:]) < 1:
        raise ShapeError(f"{operation}: input has shape {x}; wanted at least one element in each spatial dim")
    return (*x[:2], *output_size)


@remembered
def unfold_shape(operation: str, x: Size, kernel_size: Size, *, stride: Size, padding: Size, dilation: Size) -> Size:
    """Return the shape of ``unfold``'s output.

    Shape: ``x (N, C, *S)`` -> ``(N, C·∏K, L)``, one column for each of the ``L`` windows.

    Raises: ShapeError where no window fits.
    """
    _check_window(operation, x, kernel_size, stride=stride, padding=padding, dilation=dilation)
    size = conv_size(x[2:], kernel_size, stride=stride, padding=padding, dilation=dilation)
    _check_fits(operation, x[2:], kernel_size, size, padding, dilation)
    return (x[0], x[1] * math.prod(kernel_size), math.prod(size))


@remembered
def fold_shape(
    operation: str,
    columns: Size,
    output_size: Size,
    kernel_size: Size,
    *,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Size:
    """Return the shape of ``fold``'s output.

    Shape: ``columns (N, C·∏K, L)`` -> ``(N, C, *output_size)``.

    Raises: ShapeError where the columns are not those of ``output_size``.
    """
    if len(columns) != 3:
        raise ShapeError(f"{operation}: input has shape {columns}; wanted 3 dims (N, C·∏kernel_size, L)")
    channels, rest = divmod(columns[1], math.prod(kernel_size))
    if rest:
        raise ShapeError(
            f"{operation}: input has {columns[1]} rows (shape {columns}); wanted a multiple of "
            f"{math.prod(kernel_size)}, the elements of kernel_size={kernel_size}"
        )
    out = (columns[0], channels, *output_size)
    wanted = unfold_shape(operation, out, kernel_size, stride=stride, padding=padding, dilation=dilation)
    if columns[2] != wanted[2]:
        raise ShapeError(
            f"{operation}: input has {columns[2]} columns (shape {columns}); wanted {wanted[2]}, the windows of "
            f"output_size={output_size}"
        )
    return out


def _check_geometry(operation: str, x: Size, w: Size, *, stride: Size, padding: Size, dilation: Size) -> None:
    _check_rank(operation, "weight", w, len(stride))
    _check_window(operation, x, w[2:], stride=stride, padding=padding, dilation=dilation)


def _check_window(operation: str, x: Size, kernel_size: Size, *, stride: Size, padding: Size, dilation: Size) -> None:
    dims = len(kernel_size)
    _check_rank(operation, "input", x, dims)
    _check_each(operation, "kernel_size", kernel_size, dims, 1)
    _check_each(operation, "stride", stride, dims, 1)
    _check_each(operation, "padding", padding, dims, 0)
    _check_each(operation, "dilation", dilation, dims, 1)


def _check_rank(operation: str, argument: str, shape: Size, dims: int) -> None:
    if len(shape) != dims + 2:
        raise ShapeError(f"{operation}: {argument} has {len(shape)} dims (shape {shape}); wanted {dims + 2}")


def _check_each(operation: str, argument: str, values: Sequence[int], dims: int, least: int) -> None:
    if len(values) != dims or min(values) < least:
        raise ShapeError(f"{operation}: got {argument}={tuple(values)}; wanted {dims} integers of at least {least}")


def _check_groups(operation: str, argument: str, channels: int, groups: int) -> None:
    if groups < 1 or channels % groups:
        raise ShapeError(
            f"{operation}: got groups={groups}; wanted a positive divisor of the {channels} channels of {argument}"
        )


def _check_fits(operation: str, size: Size, kernel_size: Size, windows: Size, padding: Size, dilation: Size) -> None:
    if min(windows) < 1:
        padded = tuple(n + 2 * p for n, p in zip(size, padding))
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel_size, dilation))
        raise ShapeError(
            f"{operation}: input of spatial size {size} is {padded} with its padding; wanted at least {reach}, "
            f"the reach of kernel_size={kernel_size}" + (f" with dilation={dilation}" if max(dilation) > 1 else "")
        )


def _check_meets_input(operation: str, size: Size, windows: Size, stride: Size, padding: Size, dilation: Size) -> None:
    """Refuse windows with all their elements in the padding, whose maximum would lie nowhere."""
    for length, count, s, p, d in zip(size, windows, stride, padding, dilation):
        starts = range(-p, count * s - p, s)
        if any(start + d * max(0, -(start // d)) >= length for start in starts):
            raise ShapeError(
                f"{operation}: padding={padding} and dilation={dilation} give a window with no element of the input, "
                f"of spatial size {size}; wanted less padding or dilation"
            )
