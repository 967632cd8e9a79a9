"""Convolution on the CPU: which way serves which shape.

``shifting`` takes any convolution; ``winograd`` 3×3 kernels between many channels; ``merging`` other kernels between
many channels, where a stride or a small image leaves the others short rows; ``stacking`` few outputs of a small image
in wide padding; and ``spreading`` the gradient of an input with few channels, where it takes 0.25 to 0.6 of the time
of ``shifting``.
"""

from __future__ import annotations

import itertools
import math
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu import merging, shifting, spreading, stacking, winograd
from autograd_core.backend.windows import Size, conv_size

__all__ = ["conv", "conv_input_grad", "conv_weight_grad"]

Array = Any


def conv(
    xp: ModuleType, x: Array, w: Array, b: Array = None, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Array:
    """Return the cross-correlation of ``x`` with ``w``, plus ``b`` where that is not None.

    ``y[n, o, h] = b[o] + Σ x[n, c, s·h + d·i - p] w[o, c, i]``, over the channels ``c`` of ``o``'s group and the
    taps ``i``.

    Shape: ``x (N, C, *S)``, ``w (O, C/groups, *K)``, ``b (O)`` -> ``(N, O, *S')``.
    """
    if x.ndim == 3:
        return conv(xp, x[..., None], w[..., None], b, **_two_dims(stride, padding, dilation, groups))[..., 0]
    x, w, dtype = _operands(x, w)
    size = conv_size(x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    y = np.empty((x.shape[0], w.shape[0], *size), x.dtype)
    _correlate(x, w, y, start=tuple(-p for p in padding), stride=stride, dilation=dilation, groups=groups)
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
    if g.ndim == 3:
        options = _two_dims(stride, padding, dilation, groups)
        return conv_input_grad(xp, g[..., None], w[..., None], input_size=(*input_size, 1), **options)[..., 0]
    g, w, dtype = _operands(g, w)
    x = np.empty((g.shape[0], w.shape[1] * groups, *input_size), g.dtype)
    if max(4 * w.shape[1], 16) * groups <= w.shape[0]:
        spreading.spread(g, w, x, stride=stride, padding=padding, dilation=dilation, groups=groups)
    else:
        _gather(g, w, x, stride=stride, padding=padding, dilation=dilation, groups=groups)
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
    if x.ndim == 3:
        options = _two_dims(stride, padding, dilation, groups)
        return conv_weight_grad(xp, g[..., None], x[..., None], kernel_size=(*kernel_size, 1), **options)[..., 0]
    g, x, dtype = _operands(g, x)
    steps: dict[str, Any] = {"start": tuple(-p for p in padding), "stride": stride, "dilation": dilation}
    if groups == 1 and merging.suits_weights(g, x, kernel_size, stride):
        return merging.weight_sums(g, x, kernel_size, **steps).astype(dtype, copy=False)
    return shifting.weight_sums(g, x, kernel_size, groups=groups, **steps).astype(dtype, copy=False)


def _correlate(x: Array, w: Array, y: Array, *, start: Size, stride: Size, dilation: Size, groups: int) -> None:
    """Fill ``y``: ``y[n, o, h] = Σ x[n, c, start + stride·h + dilation·i] w[o, c, i]``, with ``x`` zero outside."""
    if winograd.suits(w, y, stride, dilation, groups):
        winograd.correlate(x, w, y, start=start, groups=groups)
    elif groups == 1 and merging.suits(w, y, stride):
        merging.correlate(x, w, y, start=start, stride=stride, dilation=dilation)
    elif stacking.suits(x, w, y, stride, dilation, groups):
        stacking.correlate(x, w, y, start=start, stride=stride, dilation=dilation, groups=groups)
    else:
        shifting.correlate(x, w, y, start=start, stride=stride, dilation=dilation, groups=groups)


def _gather(g: Array, w: Array, x: Array, *, stride: Size, padding: Size, dilation: Size, groups: int) -> None:
    """Fill ``x`` with what each of its elements receives: a correlation of ``g`` with the flipped kernel.

    A stride puts zeros between the elements of ``g``.  They are never multiplied: elements of ``x`` that lie
    ``stride`` apart see the same taps, so each phase is a correlation with its own part of the kernel.
    """
    w = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)  # -> (groups, C/groups, O/groups, *K)
    w = w.reshape(-1, *w.shape[2:])
    axes = [_phases(*axis) for axis in zip(x.shape[2:], w.shape[2:], stride, padding, dilation)]
    if any(len(phases) < s for phases, s in zip(axes, stride)):
        x.fill(0)  # some elements are reached by no tap
    for phase in itertools.product(*axes):
        taps, target, start, step = zip(*phase)
        kernel = np.flip(w[(..., *taps)], tuple(range(2, w.ndim)))
        _correlate(g, kernel, x[(..., *target)], start=start, stride=(1,) * len(step), dilation=step, groups=groups)


def _phases(size: int, kernel: int, stride: int, padding: int, dilation: int) -> list[tuple[slice, slice, int, int]]:
    """Return, for one axis, each phase of the input that some tap reaches: (taps, outputs, start, dilation)."""
    common = math.gcd(stride, dilation)
    every, step = stride // common, dilation // common
    phases = []
    for first in range(min(every, kernel)):
        phase, taps = dilation * first % stride, slice(first, kernel, every)
        last = dilation * first // stride + step * (len(range(kernel)[taps]) - 1)
        at = (phase - padding) % stride
        if at < size:
            phases.append((taps, slice(at, None, stride), (at + padding - phase) // stride - last, step))
    return phases


def _two_dims(stride: Size, padding: Size, dilation: Size, groups: int) -> dict[str, Any]:
    """Return the options of a convolution along one dim for one along two, the second of length 1."""
    return {"stride": (*stride, 1), "padding": (*padding, 0), "dilation": (*dilation, 1), "groups": groups}


def _operands(a: Array, b: Array) -> tuple[Array, Array, Any]:
    """Return the operands in the dtype to compute in, and the dtype of the result: float16 sums in float32."""
    dtype = np.result_type(a, b)
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    return a.astype(wide, copy=False), b.astype(wide, copy=False), dtype
