"""Convolution on CuPy without cuDNN: im2col and one matrix product, some images at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from autograd_core.backend.shared.columns import fold_windows, pad, strided_windows
from autograd_core.backend.windows import Size, conv_size, extent_size

__all__ = ["conv", "conv_input_grad", "conv_weight_grad"]

Array = Any

_COLUMN_BYTES = 1 << 28  # large enough to keep a GPU busy, small beside its memory


def conv(
    xp: ModuleType, x: Array, w: Array, b: Array = None, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Return the cross-correlation of ``x`` with ``w``, plus ``b`` where that is not None.

    ``y[n, o, h] = b[o] + Σ x[n, c, s·h + d·i - p] w[o, c, i]``, over the channels ``c`` of ``o``'s group and the
    taps ``i``.

    Shape: ``x (N, C, *S)``, ``w (O, C/groups, *K)``, ``b (O)`` -> ``(N, O, *S')``.
    """
    x, w, dtype = _operands(xp, x, w)
    size = conv_size(x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    y = xp.empty((x.shape[0], w.shape[0], *size), x.dtype)
    matrix = w.reshape(groups, w.shape[0] // groups, -1)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for images in _batches(x, w.shape[2:], size):
        columns = _columns(xp, x[images], w.shape[2:], size, **options)
        part = _matmul(xp, matrix, columns)  # (groups, O/groups, N·L)
        y[images] = part.reshape(w.shape[0], -1, *size).swapaxes(0, 1)
    if b is not None:
        y += b.reshape(-1, *(1,) * (y.ndim - 2))
    return y.astype(dtype, copy=False)


def conv_input_grad(
    xp: ModuleType,
    g: Array,
    w: Array,
    *,
    input_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
    groups: int,
) -> Array:
    """Return the adjoint of ``conv`` in ``x``; also the transposed convolution of ``g``.

    Shape: ``g (N, O, *S')``, ``w (O, C/groups, *K)`` -> ``(N, C, *input_size)``.
    """
    g, w, dtype = _operands(xp, g, w)
    kernel, size, channels = w.shape[2:], g.shape[2:], w.shape[1] * groups
    x = xp.empty((g.shape[0], channels, *input_size), g.dtype)
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    for images in _batches(x, kernel, size):
        columns = _matmul(xp, matrix, _rows(g[images], groups))  # (groups, k, N·L)
        windows = columns.reshape(channels, math.prod(kernel), -1, *size)
        windows = windows.transpose(2, 0, 1, *range(3, windows.ndim))  # -> (N, C, taps, *S')
        x[images] = fold_windows(xp, windows, kernel, output_size=input_size, **options)
    return x.astype(dtype, copy=False)


def conv_weight_grad(
    xp: ModuleType,
    g: Array,
    x: Array,
    *,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
    groups: int,
) -> Array:
    """Return the adjoint of ``conv`` in ``w``.

    Shape: ``g (N, O, *S')``, ``x (N, C, *S)`` -> ``(O, C/groups, *kernel_size)``.
    """
    g, x, dtype = _operands(xp, g, x)
    outputs, inputs = g.shape[1] // groups, x.shape[1] // groups
    total = xp.zeros((groups, outputs, inputs * math.prod(kernel_size)), x.dtype)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for images in _batches(x, kernel_size, g.shape[2:]):
        columns = _columns(xp, x[images], kernel_size, g.shape[2:], **options)
        total += _matmul(xp, _rows(g[images], groups), columns.swapaxes(1, 2))
    return total.reshape(groups * outputs, inputs, *kernel_size).astype(dtype, copy=False)


def _batches(x: Array, kernel: Size, size: Size) -> Iterator[slice]:
    """Yield as many images at a time as leave room for their columns."""
    image_bytes = x.shape[1] * math.prod(kernel) * math.prod(size) * x.itemsize
    at_once = max(1, _COLUMN_BYTES // max(1, image_bytes))
    for first in range(0, x.shape[0], at_once):
        yield slice(first, first + at_once)


def _columns(
    xp: ModuleType, x: Array, kernel: Size, size: Size, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Return the windows of ``x`` as (groups, C/groups·∏K, N·L)."""
    padded = pad(xp, x, padding, extent_size(size, kernel, stride=stride, dilation=dilation))
    windows = strided_windows(xp, padded, kernel, size, stride=stride, dilation=dilation)
    after, dims = tuple(range(2 + len(kernel), windows.ndim)), tuple(range(1, 2 + len(kernel)))
    rows = x.shape[1] // groups * math.prod(kernel)
    return windows.transpose(*dims, 0, *after).reshape(groups, rows, x.shape[0] * math.prod(size))


def _rows(g: Array, groups: int) -> Array:
    """Return (N, O, *S') as (groups, O/groups, N·L)."""
    return g.swapaxes(0, 1).reshape(groups, g.shape[1] // groups, g.shape[0] * math.prod(g.shape[2:]))


def _matmul(xp: ModuleType, a: Array, b: Array) -> Array:
    """Return ``a @ b``; for one group as matrices, since CuPy copies transposed operands of a batch."""
    return xp.matmul(a[0], b[0])[None] if a.shape[0] == 1 else xp.matmul(a, b)


def _operands(xp: ModuleType, a: Array, b: Array) -> tuple[Array, Array, Any]:
    """Return the operands in the dtype to compute in, and the dtype of the result: float16 sums in float32."""
    dtype = xp.result_type(a.dtype, b.dtype)
    wide = xp.float32 if dtype == xp.float16 else dtype
    return a.astype(wide, copy=False), b.astype(wide, copy=False), dtype
