"""Reading an image at the points of a grid: spatial transformers, warping."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend.device import module_of
from autograd_core.engine.tensor import wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.index import getitem
from autograd_core.ops.shape import pad

__all__ = ["affine_grid", "grid_sample"]

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")
A = -0.75  # Keys' a, as in PyTorch


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Return the input at the points of ``grid``, whose coordinates, x first, run from -1 to 1 over the image.

    With ``align_corners`` -1 and 1 are the centres of the outermost elements, otherwise their outer edges.
    Modes: ``bilinear`` (for volumes trilinear), ``nearest``, ``bicubic`` (images only).
    Beyond the image: ``zeros``, ``border`` (the nearest element of the image) or its ``reflection``.

    Shape: ``(N, C, H, W)`` and ``(N, H', W', 2)`` -> ``(N, C, H', W')``; or ``(N, C, D, H, W)`` and
    ``(N, D', H', W', 3)``.
    Source: Jaderberg et al., Spatial Transformer Networks, 2015, equations 5 to 7.
    """
    _check(input, grid, mode, padding_mode)
    size, align = tuple(input.shape[2:]), bool(align_corners)
    axes = []
    for at, n in zip(reversed(grid.unbind(-1)), size):
        at = ((at + 1) / 2) * (n - 1) if align else ((at + 1) * n - 1) / 2
        axes.append(_taps(at, n, mode, padding_mode, align))
    # (N, C, *S) -> (N, *S + 2, C): points beyond the image fall on a border of zeros
    image = pad(input.movedim(1, -1), widths=((0, 0), *((1, 1),) * len(size), (0, 0)))
    key, weights = _corners(axes, size)
    values = getitem(image.reshape(-1, image.shape[-1]), key=(key,))  # (taps, N, *S', C)
    values = values.squeeze(0) if weights is None else (values * weights.unsqueeze(-1)).sum(0)
    return values.movedim(-1, 1).contiguous()


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Return the points to which each matrix of ``theta`` takes the points of an image, for ``grid_sample``.

    Shape: theta ``(N, 2, 3)``, size ``(N, C, H, W)`` -> ``(N, H, W, 2)``; or ``(N, 3, 4)`` and
    ``(N, C, D, H, W)`` -> ``(N, D, H, W, 3)``.
    """
    n = len(size) - 2
    if not theta.is_floating_point():
        raise DTypeError(f"affine_grid: theta is {theta.dtype}; wanted floating point")
    if n not in (2, 3) or tuple(theta.shape) != (size[0], n, n + 1):
        raise ShapeError(
            f"affine_grid: theta has shape {tuple(theta.shape)} and size is {tuple(size)}; wanted (N, 2, 3) for "
            f"(N, C, H, W), or (N, 3, 4) for (N, C, D, H, W)"
        )
    if min(size) < 1:
        raise ShapeError(f"affine_grid: size is {tuple(size)}; wanted non-zero, positive sizes")
    axes = [ag.linspace(-1, 1, m, dtype=theta.dtype, device=theta.device) for m in size[2:]]
    if not align_corners:
        axes = [axis * ((m - 1) / m) for axis, m in zip(axes, size[2:])]
    if 1 in size[2:]:
        axes = [axis if m > 1 else ag.zeros_like(axis) for axis, m in zip(axes, size[2:])]
    points = [*reversed(ag.meshgrid(*axes, indexing="ij")), ag.ones(*size[2:], dtype=theta.dtype, device=theta.device)]
    grid = ag.stack(points, -1).reshape(1, -1, n + 1) @ theta.transpose(1, 2)
    return grid.reshape(size[0], *size[2:], n)


def _check(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    if mode not in MODES or padding_mode not in PADDINGS:
        raise ValueError(
            f"grid_sample: got mode {mode!r} and padding_mode {padding_mode!r}; wanted one of {MODES} and of {PADDINGS}"
        )
    n, shape, points = input.ndim - 2, tuple(input.shape), tuple(grid.shape)
    if n not in (2, 3) or len(points) != n + 2 or points[0] != shape[0] or points[-1] != n or 0 in shape[1:]:
        raise ShapeError(
            f"grid_sample: input has shape {shape} and grid {points}; wanted (N, C, H, W) and (N, H', W', 2), or "
            f"(N, C, D, H, W) and (N, D', H', W', 3), with no empty dims but the batch"
        )
    if mode == "bicubic" and n != 2:
        raise ShapeError(f"grid_sample: input has shape {shape}; bicubic interpolation only supports 4D input")
    if input.dtype != grid.dtype:
        raise DTypeError(
            f"grid_sample: input is {input.dtype} and grid {grid.dtype}; expected input and grid to have same dtype"
        )


def _taps(at: Tensor, size: int, mode: str, padding: str, align: bool) -> list[tuple[Any, Tensor | None]]:
    """Return the elements that are read along one dim, -1 and ``size`` for what is beyond, and their weights."""
    xp = module_of(at._array)
    if mode == "bicubic":
        low = xp.floor(at._array)
        places = [_bounded(xp, low + k, size, padding, align)[0] for k in (-1, 0, 1, 2)]
        return [(_index(xp, p, size), w) for p, w in zip(places, _cubic(at - wrap(low)))]
    value, slope = _bounded(xp, at._array, size, padding, align)
    if mode == "nearest":
        return [(_index(xp, xp.rint(value), size), None)]
    if slope is not None:  # the value is exact, the difference is zero and carries the gradient
        at = ag.where(wrap(slope != 0), wrap(value) + (at - at.detach()) * wrap(slope), wrap(value))
    low = xp.floor(value)
    part = at - wrap(low)
    return [(_index(xp, low, size), 1 - part), (_index(xp, low + 1, size), part)]


def _index(xp: Any, place: Any, size: int) -> Any:
    """Return places as integers, those beyond the image (and NaN) as -1 or ``size``."""
    return xp.minimum(xp.fmax(place, -1), size).astype(xp.int64)


def _bounded(xp: Any, at: Any, size: int, padding: str, align: bool) -> tuple[Any, Any]:
    """Return coordinates brought into the image, and their slopes: -1 where reflected, 0 where cut off."""
    if padding == "zeros":
        return at, None
    kind, slope = at.dtype, xp.ones_like(at)
    if padding == "reflection":
        low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
        if span == 0:
            return at * 0, at * 0
        far = abs(at - low)
        turns = xp.floor(far / span)
        odd = turns % 2
        slope = xp.where(at < low, -slope, slope) * (1 - 2 * odd)
        at = (1 - 2 * odd) * (far - turns * span) + odd * span + low
    inside = (at > 0) & (at < size - 1)
    return xp.clip(at, 0, size - 1).astype(kind), (slope * inside).astype(kind)


def _cubic(part: Tensor) -> list[Tensor]:
    """Return the weights of the four elements around a point, ``part`` beyond the second.  Source: Keys, 1981."""

    def near(d: Tensor) -> Tensor:
        return ((A + 2) * d - (A + 3)) * d * d + 1

    def far(d: Tensor) -> Tensor:
        return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A

    return [far(part + 1), near(part), near(1 - part), far(2 - part)]


def _corners(axes: list[Any], size: tuple[int, ...]) -> tuple[Any, Tensor | None]:
    """Return, for each combination of the axes' taps, the row of the padded image, and its weight.

    Shape: both (taps, N, *S').
    """
    xp = module_of(axes[0][0][0])
    shape = axes[0][0][0].shape
    image = xp.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
    key = xp.empty((math.prod(map(len, axes)), *shape), xp.int64)
    weights = []
    for row, corner in zip(key, itertools.product(*axes)):
        row[...] = image
        for (place, _), length in zip(corner, size):
            row *= length + 2
            row += place + 1
        weights.append([w for _, w in corner])
    if weights[0][0] is None:
        return key, None
    return key, ag.stack([functools.reduce(operator.mul, w) for w in weights])
