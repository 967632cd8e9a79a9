"""Where the maxima of a pool lie in the image."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.backend.windows import Size

__all__ = ["first_taps", "max_pool_grad", "max_pool_places"]

Array = Any


def max_pool_places(
    xp: ModuleType,
    which: Array,
    *,
    input_size: Size,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Array:
    """Return the index in the flattened image of each maximum that ``max_pool`` found.

    Shape: ``(N, C, *S')`` -> same, integers.
    """
    taps, windows = xp.zeros((), xp.int64), xp.zeros((), xp.int64)
    for n, k, count, s, p, d in zip(input_size, kernel_size, which.shape[2:], stride, padding, dilation):
        taps = taps[..., None] * n + xp.arange(k) * d
        windows = windows[..., None] * n + (xp.arange(count) * s - p)
    places = taps.reshape(-1).take(which)
    places += windows
    return places


def max_pool_grad(
    xp: ModuleType, g: Array, which: Array, *, x_shape: Size, kernel_size: Size, stride: Size, padding: Size,
    dilation: Size,
) -> Array:  # fmt: skip
    """Return ``g`` added where each window's maximum was.  Shape: ``(N, C, *S')`` twice -> ``x_shape``."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    places = max_pool_places(xp, which, input_size=x_shape[2:], **options)
    images = math.prod(g.shape[:2])
    shape = (images, math.prod(x_shape[2:]))
    total = kernels_of(xp).scatter_add(xp, shape, g.dtype, 1, places.reshape(images, -1), g.reshape(images, -1))
    return total.reshape(x_shape)


def first_taps(xp: ModuleType, kernel_size: Size, size: Size, *, stride: Size, padding: Size, dilation: Size) -> Array:
    """Return the first tap of each window that lies in the input and not in its padding.  Shape: ``size``."""
    first = xp.zeros((), xp.int64)
    for k, count, s, p, d in zip(kernel_size, size, stride, padding, dilation):
        first = first[..., None] * k + xp.maximum(-((xp.arange(count) * s - p) // d), 0)
    return first
