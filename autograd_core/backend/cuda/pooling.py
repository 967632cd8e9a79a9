"""Maximum pooling on CuPy, one elementwise comparison for each tap."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.shared.columns import pad
from autograd_core.backend.shared.maxima import first_taps
from autograd_core.backend.windows import Size, extent_size, pool_size, tap_slices

__all__ = ["max_pool"]

Array = Any


def max_pool(
    xp: ModuleType, x: Array, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Array, Array]:
    """Return the maximum of each window, and the offset in the window where it was found.

    The offset is that of the first maximum, or of the last NaN, as in PyTorch.

    Shape: ``(N, C, *S)`` -> ``(N, C, *S')`` twice; the offsets are uint8 where they fit, else int32.
    """
    steps: dict[str, Any] = {"stride": stride, "dilation": dilation}
    size = pool_size(x.shape[2:], kernel_size, padding=padding, ceil_mode=ceil_mode, **steps)
    lowest = -math.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
    padded = pad(xp, x, padding, extent_size(size, kernel_size, **steps), lowest)
    places = list(tap_slices(kernel_size, size, **steps))
    y = xp.array(padded[places[0]], order="C")
    which = xp.zeros(y.shape, xp.uint8 if len(places) <= 255 else xp.int32)
    which += first_taps(xp, kernel_size, size, padding=padding, **steps).astype(which.dtype)
    for tap, place in enumerate(places):
        value = padded[place]
        better = (value > y) | (value != value)  # only NaN differs from itself
        which = xp.maximum(which, better.astype(which.dtype) * tap)  # the numbers rise: the latest is the largest
        y = xp.where(better, value, y)
    return y, which
