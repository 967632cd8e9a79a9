"""Windows in NumPy's terms: convolution, pooling, columns.

A linear map that is the adjoint of another is taken from it as a matrix, column by column.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core.backend import host


def adjoint(function: Callable[..., Any], x: Any, shape: tuple[int, ...]) -> Any:
    """Return A' x of a linear ``function``, A, from arrays of ``shape``."""
    out = host.zeros(shape, x.dtype)
    for at in host.ndindex(*shape):
        unit = host.zeros(shape)
        unit[at] = 1
        out[at] = (function(unit) * x).sum()
    return out


def windows(x: Any, size: Any, stride: Any, padding: Any, dilation: Any, fill: float = 0.0) -> Any:
    """Return what each window sees.  Shape: (N, C, *size) -> (N, C, *places, *kernel)."""
    x = host.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=fill)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    seen = host.lib.stride_tricks.sliding_window_view(x, spans, tuple(range(2, x.ndim)))
    return seen[(slice(None), slice(None), *(slice(None, None, s) for s in (*stride, *dilation)))]


def conv(x: Any, w: Any, b: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Return the sums of windows weighted by ``w``, by groups of channels."""
    n = w.ndim - 2
    seen = windows(x, w.shape[2:], stride, padding, dilation)
    axes = ([1, *range(2 + n, 2 + 2 * n)], [1, *range(2, 2 + n)])
    parts = zip(host.split(seen, groups, 1), host.split(w, groups, 0), strict=True)
    y = host.concatenate([host.moveaxis(host.tensordot(a, v, axes), -1, 1) for a, v in parts], 1)
    return y if b is None else y + b.reshape(-1, *(1,) * n)


def conv_input_grad(u: Any, w: Any, *, input_size: Any, groups: int, **at: Any) -> Any:
    """Return the adjoint of ``conv`` in its input."""
    shape = (len(u), w.shape[1] * groups, *input_size)
    return adjoint(lambda x: conv(x, w, None, groups=groups, **at), u, shape)


def conv_weight_grad(u: Any, x: Any, *, kernel_size: Any, groups: int, **at: Any) -> Any:
    """Return the adjoint of ``conv`` in its weight."""
    shape = (u.shape[1], x.shape[1] // groups, *kernel_size)
    return adjoint(lambda w: conv(x, w, None, groups=groups, **at), u, shape)


def unfold(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the windows as columns.  Shape: (N, C, *size) -> (N, C * kernel, places)."""
    seen, n = windows(x, kernel_size, stride, padding, dilation), len(kernel_size)
    seen = host.moveaxis(seen, range(2, 2 + n), range(2 + n, 2 + 2 * n))  # (N, C, *kernel, *places)
    return seen.reshape(len(x), x.shape[1] * math.prod(kernel_size), -1)


def fold(columns: Any, *, output_size: Any, kernel_size: Any, **at: Any) -> Any:
    """Return the adjoint of ``unfold``."""
    shape = (len(columns), columns.shape[1] // math.prod(kernel_size), *output_size)
    return adjoint(lambda x: unfold(x, kernel_size=kernel_size, **at), columns, shape)


def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, **_: Any) -> Any:
    """Return the means of windows, padding counted."""
    n = len(kernel_size)
    return windows(x, kernel_size, stride, padding, (1,) * n).mean(tuple(range(2 + n, 2 + 2 * n)))


def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    """Return the largest elements of windows, and which of the window each is."""
    seen = windows(x, kernel_size, stride, padding, dilation, -math.inf)
    flat = seen.reshape(*seen.shape[: -len(kernel_size)], -1)
    return flat.max(-1), flat.argmax(-1)


def max_pool_places(which: Any, *, input_size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return where in the image each element that a window chose stands."""
    inside, outside = host.unravel_index(which, kernel_size), host.indices(which.shape)[2:]
    parts = zip(inside, outside, stride, padding, dilation, strict=True)
    return host.ravel_multi_index([o * s - p + i * d for i, o, s, p, d in parts], input_size)
