"""Windows as columns and back, and the padding that every window kernel needs."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.windows import Size, conv_size, extent_size, tap_slices

__all__ = ["crop", "fold", "fold_windows", "pad", "strided_windows", "unfold"]

Array = Any


def unfold(xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size) -> Array:
    """Return the windows of ``x`` as columns, in the order of ``torch.nn.functional.unfold``.

    Shape: ``(N, C, *S)`` -> ``(N, C·∏K, L)``.
    """
    size = conv_size(x.shape[2:], kernel_size, stride=stride, padding=padding, dilation=dilation)
    padded = pad(xp, x, padding, extent_size(size, kernel_size, stride=stride, dilation=dilation))
    windows = strided_windows(xp, padded, kernel_size, size, stride=stride, dilation=dilation)
    return windows.reshape(x.shape[0], x.shape[1] * math.prod(kernel_size), math.prod(size))


def fold(
    xp: ModuleType,
    columns: Array,
    *,
    output_size: Size,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Array:
    """Return columns added up where their windows lie: the adjoint of ``unfold``.

    Shape: ``(N, C·∏K, L)`` -> ``(N, C, *output_size)``.
    """
    size = conv_size(output_size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    taps = math.prod(kernel_size)
    windows = columns.reshape(columns.shape[0], columns.shape[1] // taps, taps, *size)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    return fold_windows(xp, windows, kernel_size, output_size=output_size, **options)


def fold_windows(
    xp: ModuleType,
    windows: Array,
    kernel_size: Size,
    *,
    output_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Array:
    """Return windows added up where they lie.  Shape: ``(N, C, ∏K, *S')`` -> ``(N, C, *output_size)``."""
    size = windows.shape[3:]
    extent = extent_size(size, kernel_size, stride=stride, dilation=dilation)
    total = xp.zeros((*windows.shape[:2], *extent), xp.float32 if windows.dtype == xp.float16 else windows.dtype)
    for tap, place in enumerate(tap_slices(kernel_size, size, stride=stride, dilation=dilation)):
        total[place] += windows[:, :, tap]
    return crop(xp, total, padding, output_size).astype(windows.dtype, copy=False)


def strided_windows(
    xp: ModuleType, padded: Array, kernel_size: Size, size: Size, *, stride: Size, dilation: Size
) -> Array:
    """Return a view of each window of ``padded``, which must not be written.

    Shape: ``(N, C, *extent)`` -> ``(N, C, *kernel_size, *size)``.
    """
    n, c, *steps = padded.strides
    shape = (*padded.shape[:2], *kernel_size, *size)
    taps, moves = (tuple(a * step for a, step in zip(by, steps)) for by in (dilation, stride))
    return xp.lib.stride_tricks.as_strided(padded, shape, (n, c, *taps, *moves))


def pad(xp: ModuleType, x: Array, padding: Size, extent: Size, value: Any = 0) -> Array:
    """Return ``x`` from ``padding`` elements before it on, ``extent`` elements long; ``x`` itself where that is all.

    Shape: ``(N, C, *S)`` -> ``(N, C, *extent)``.
    """
    if x.shape[2:] == extent and not any(padding):
        return x
    kept = [min(n, e - p) for n, e, p in zip(x.shape[2:], extent, padding)]
    padded = xp.full((*x.shape[:2], *extent), value, x.dtype)
    padded[(..., *(slice(p, p + n) for p, n in zip(padding, kept)))] = x[(..., *map(slice, kept))]
    return padded


def crop(xp: ModuleType, padded: Array, padding: Size, size: Size) -> Array:
    """Return the adjoint of ``pad``: (N, C, *extent) -> (N, C, *size)."""
    if padded.shape[2:] == size and not any(padding):
        return padded
    kept = [min(n, e - p) for n, e, p in zip(size, padded.shape[2:], padding)]
    x = xp.zeros((*padded.shape[:2], *size), padded.dtype)
    x[(..., *map(slice, kept))] = padded[(..., *(slice(p, p + n) for p, n in zip(padding, kept)))]
    return x
