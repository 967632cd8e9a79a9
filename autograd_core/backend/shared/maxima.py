"""Where the maxima of a pool lie: reading and adding at the places that ``max_pool`` found."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.windows import Size

__all__ = ["first_taps", "max_pool_gather", "max_pool_scatter"]

Array = Any


def max_pool_scatter(
    xp: ModuleType,
    g: Array,
    which: Array,
    *,
    input_size: Size,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Array:
    """Return ``g`` added up where the maxima were found.

    Shape: ``g`` and ``which (N, C, *S')`` -> ``(N, C, *input_size)``.
    """
    total = xp.zeros((*g.shape[:2], *input_size), xp.float32 if g.dtype == xp.float16 else g.dtype)
    places = _places(xp, which, input_size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    xp.add.at(total.reshape(-1), places.reshape(-1), g.reshape(-1).astype(total.dtype, copy=False))
    return total.astype(g.dtype, copy=False)


def max_pool_gather(
    xp: ModuleType, x: Array, which: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size
) -> Array:
    """Return the elements of ``x`` where the maxima were found: the adjoint of ``max_pool_scatter``.

    Shape: ``x (N, C, *S)``, ``which (N, C, *S')`` -> ``(N, C, *S')``.
    """
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    return x.reshape(-1).take(_places(xp, which, x.shape[2:], kernel_size, **options))


def first_taps(xp: ModuleType, kernel_size: Size, size: Size, *, stride: Size, padding: Size, dilation: Size) -> Array:
    """Return the first tap of each window that lies in the input and not in its padding.  Shape: ``size``."""
    first = xp.zeros((), xp.intp)
    for k, count, s, p, d in zip(kernel_size, size, stride, padding, dilation):
        first = first[..., None] * k + xp.maximum(-((xp.arange(count) * s - p) // d), 0)
    return first


def _places(
    xp: ModuleType,
    which: Array,
    input_size: Size,
    kernel_size: Size,
    *,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Array:
    """Return the index of each maximum in the flattened input.  Shape: ``(N, C, *S')`` -> same."""
    taps, windows = xp.zeros((), xp.intp), xp.zeros((), xp.intp)
    for n, k, count, s, p, d in zip(input_size, kernel_size, which.shape[2:], stride, padding, dilation):
        taps = taps[..., None] * n + xp.arange(k) * d
        windows = windows[..., None] * n + (xp.arange(count) * s - p)
    planes = xp.arange(which.shape[0] * which.shape[1]) * math.prod(input_size)
    places = taps.reshape(-1).take(which)
    places += windows
    places += planes.reshape(*which.shape[:2], *(1,) * len(input_size))
    return places
