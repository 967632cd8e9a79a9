"""Random numbers of transforms: from the default generator, a row for each example.

A row has the same numbers however many rows are drawn at once: a batch is changed as its images would be one by one.
"""

from __future__ import annotations

import math

from autograd_core.backend import host
from autograd_core.data.transforms.images import Array
from autograd_core.randomness.generators import stream_of

__all__ = ["below", "between", "between_logs", "betas", "chosen", "normals", "uniforms"]


def uniforms(count: int, each: int) -> Array:
    """Return numbers in [0, 1).  Shape: (count, each), float64."""
    return stream_of(None).uniform((count, each), "float64")


def normals(shape: tuple[int, ...]) -> Array:
    """Return numbers of the standard normal distribution, float32."""
    return stream_of(None).normal(shape, "float32")


def betas(count: int, alpha: float) -> Array:
    """Return draws of Beta(alpha, alpha).  Shape: (count,), float64."""
    return stream_of(None).draw.beta(alpha, alpha, count)


def chosen(count: int, p: float) -> Array:
    """Return for each example whether it is one of those changed with probability ``p``.  Shape: (count,), bool."""
    return uniforms(count, 1)[:, 0] < p


def between(drawn: Array, ends: tuple[float, float]) -> Array:
    """Return numbers of [0, 1) as numbers from ``low`` to ``high``."""
    return ends[0] + (ends[1] - ends[0]) * drawn


def between_logs(drawn: Array, ends: tuple[float, float]) -> Array:
    """Return numbers of [0, 1) as numbers from ``low`` to ``high`` whose logarithms are spread evenly."""
    return host.exp(between(drawn, (math.log(ends[0]), math.log(ends[1]))))


def below(drawn: Array, counts: Array) -> Array:
    """Return numbers of [0, 1) as whole numbers from 0 to ``counts - 1``."""
    return host.minimum((drawn * counts).astype("int64"), counts - 1)
