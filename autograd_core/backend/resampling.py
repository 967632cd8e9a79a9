"""Linear maps along one dimension in which each output reads a few inputs: their tables of taps.

A *rule* says which: ``(kind, inputs, outputs, step, centre)``.  Output ``j`` lies at ``(j + centre) * step - centre``
of the input.  Kinds: ``nearest``, ``linear``, ``cubic``; ``linear-antialias`` and ``cubic-antialias``, whose filter
widens with the step; and ``area``, the mean of ``floor(j * inputs / outputs)`` up to ``ceil((j + 1) * ...)``.
``reflect``, ``replicate`` and ``circular`` copy, with a step of 1, and say how the input goes on at its ends.
A kind that ends in ``-bytes`` has its weights rounded to 16 bits, as is usual for images of bytes.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

__all__ = ["Rule", "shared_windows", "taps_of"]

Array = Any
Rule = tuple[str, int, int, float, float]
Taps = tuple[Array, Array]  # of each output: the inputs it reads, and their weights; both (outputs, taps)

SHARPNESS = {"cubic": -0.75, "cubic-antialias": -0.5}  # Keys' a, as PyTorch and Pillow have chosen it


@functools.lru_cache(maxsize=256)
def taps_of(rule: Rule, adjoint: bool) -> Taps:
    """Return the taps of a rule, or of its transpose.  The weights of ``nearest`` are all one or zero."""
    name, inputs, outputs, step, centre = rule
    kind = name.removesuffix("-bytes")
    index, weight = MAKERS[kind](kind, inputs, outputs, step, centre)
    weight = weight if kind == name else _rounded(index, weight.copy())
    return _transposed(index, weight, inputs) if adjoint else (index, weight)


def _nearest(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """The input at or below each output; in float32, as PyTorch rounds."""
    at = np.floor((np.arange(outputs, dtype="float32") + np.float32(centre)) * np.float32(step))
    return np.minimum(at.astype(int), inputs - 1)[:, None], np.ones((outputs, 1))


def _linear(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """The two inputs beside each output; the first and last input continue outwards."""
    at = np.clip((np.arange(outputs) + centre) * step - centre, 0, inputs - 1)
    low = np.floor(at).astype(int)
    return np.stack([low, np.minimum(low + 1, inputs - 1)], 1), np.stack([1 - (at - low), at - low], 1)


def _cubic(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """The four inputs around each output; the first and last input continue outwards."""
    at = ((np.arange(outputs) + centre) * step - centre)[:, None]
    index = np.floor(at).astype(int) + np.arange(-1, 3)
    return np.clip(index, 0, inputs - 1), _keys(index - at, SHARPNESS[kind])


def _antialiased(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """All inputs within reach of the filter, which is as wide as the outputs lie apart."""
    scale = max(step, 1.0)
    reach = scale * (1 if kind.startswith("linear") else 2)
    middle = (np.arange(outputs) + 0.5) * step
    first = np.maximum((middle - reach + 0.5).astype(int), 0)
    last = np.minimum((middle + reach + 0.5).astype(int), inputs)
    index = first[:, None] + np.arange((last - first).max(initial=1))
    at = (index - middle[:, None] + 0.5) / scale
    weight = np.maximum(1 - abs(at), 0) if kind.startswith("linear") else _keys(at, SHARPNESS[kind])
    weight = np.where(index < last[:, None], weight, 0)
    return np.minimum(index, last[:, None] - 1), weight / weight.sum(1, keepdims=True)


def _area(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """All inputs of each window, alike."""
    index, inside = shared_windows(inputs, outputs)
    return index, inside / inside.sum(1, keepdims=True)


def _extended(kind: str, inputs: int, outputs: int, step: float, centre: float) -> Taps:
    """The input at each output, or the one that stands there in its continuation."""
    at, last = np.arange(outputs) + int(centre), inputs - 1
    source = {"reflect": last - abs(last - abs(at)), "replicate": np.clip(at, 0, last), "circular": at % inputs}[kind]
    return source[:, None], np.ones((outputs, 1))


def shared_windows(inputs: int, outputs: int) -> tuple[Array, Array]:
    """Return the elements of the windows that share out a dimension, and which are in it: both (outputs, longest).

    Where a window is shorter than the longest, its last element fills the rest.
    """
    start = np.arange(outputs) * inputs // outputs
    stop = -(-np.arange(1, outputs + 1) * inputs // outputs)
    index = start[:, None] + np.arange((stop - start).max(initial=1))
    return np.minimum(index, stop[:, None] - 1), index < stop[:, None]


MAKERS = {
    "nearest": _nearest, "linear": _linear, "cubic": _cubic, "linear-antialias": _antialiased,
    "cubic-antialias": _antialiased, "area": _area, "reflect": _extended, "replicate": _extended,
    "circular": _extended,
}  # fmt: skip


def _rounded(index: Array, weight: Array) -> Array:
    """Return the weights as fractions whose numerators fit 16 bits, those of one input as their sum.

    Source: Pillow, Resample.c, normalize_coeffs_8bpc.
    """
    for tap in range(1, index.shape[1]):
        again = index[:, tap] == index[:, tap - 1]
        weight[again, tap] += weight[again, tap - 1]
        weight[again, tap - 1] = 0
    bits = next(b for b in range(22) if int(0.5 + weight.max() * 2 ** (b + 1)) >= 1 << 15)
    return np.trunc(weight * 2.0**bits + np.copysign(0.5, weight)) / 2.0**bits


def _keys(distance: Array, a: float) -> Array:
    """Return Keys' cubic convolution kernel.  Source: Keys, Cubic Convolution Interpolation, 1981, equation 15."""
    d = abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def _transposed(index: Array, weight: Array, inputs: int) -> Taps:
    """Return, of each input, the outputs that read it; the shorter lists end in their first one, with weight 0."""
    used = np.flatnonzero(weight)
    used = used[np.argsort(index.ravel()[used], kind="stable")]
    outputs, readers, values = used // index.shape[1], index.ravel()[used], weight.ravel()[used]
    counts = np.bincount(readers, minlength=inputs)
    first = np.cumsum(counts) - counts
    place = np.arange(len(readers)) - first[readers]
    shape = (inputs, max(1, int(counts.max(initial=0))))
    table = np.zeros(shape, int), np.zeros(shape)
    if len(outputs):
        table[0][...] = np.append(outputs, 0)[first][:, None]
    table[0][readers, place], table[1][readers, place] = outputs, values
    return table
