"""Images in another size: by copying, by interpolation, by averages."""

from __future__ import annotations

import math
from typing import Any

from autograd_core import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.resampling import resample

from . import adaptive_pooling

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

# how each mode resamples, and for how many spatial dims it is
MODES = {
    "nearest": ("nearest", (1, 2, 3)), "nearest-exact": ("nearest", (1, 2, 3)), "area": ("area", (1, 2, 3)),
    "linear": ("linear", (1,)), "bilinear": ("linear", (2,)), "trilinear": ("linear", (3,)), "bicubic": ("cubic", (2,)),
}  # fmt: skip


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Return the input in another size, one of ``size`` and ``scale_factor`` (a number, or one per spatial dim).

    Modes: ``nearest`` (as PyTorch has always rounded), ``nearest-exact`` (as Pillow does), ``linear``, ``bilinear``,
    ``trilinear`` (by the number of dims), ``bicubic``, ``area`` (means: ``adaptive_avg_pool``).
    With ``align_corners`` the centres of the outermost elements stay in place, otherwise their outer edges do.
    ``recompute_scale_factor``: use the quotient of the sizes, not the given factor.  ``antialias``: let a smaller
    image average over all elements (bilinear and bicubic).

    Shape: ``(N, C, L)``, ``(N, C, H, W)`` or ``(N, C, D, H, W)`` -> ``(N, C, *size)``.
    Raises: ShapeError for sizes that do not fit; DTypeError for what ``mode`` cannot do; NotImplementedError for a
    mode that is not for this number of dims.
    """
    kind = _kind(input, mode, align_corners, antialias)
    sizes, factors = _sizes(tuple(input.shape[2:]), size, scale_factor, recompute_scale_factor or mode == "area")
    if mode == "area":
        return getattr(adaptive_pooling, f"adaptive_avg_pool{len(sizes)}d")(input, sizes)
    centre = 0.0 if mode == "nearest" or align_corners else 0.5
    rules: dict[int, Any] = {}
    for d, (n, m, factor) in enumerate(zip(input.shape[2:], sizes, factors), 2):
        step = (n - 1) / max(m - 1, 1) if align_corners else 1 / factor if factor else n / m
        if n != m or step != 1:
            rules[d] = (kind, n, m, step, centre)
    if kind != "nearest" and not input.is_floating_point():
        return _resample_bytes(input, rules)
    for d, rule in rules.items():
        input = resample(input, dim=d, rule=rule)
    return input


def _resample_bytes(input: Tensor, rules: dict[int, Any]) -> Tensor:
    """Return an image of bytes, each dim rounded to bytes, the last one first: bit by bit what PyTorch gives."""
    output = input.double()
    for d, (kind, *rest) in reversed(rules.items()):
        output = (resample(output, dim=d, rule=(f"{kind}-bytes", *rest)) + 0.5).floor().clamp(0, 255)
    return output.to(input.dtype)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """Return the input in another size: the old name of ``interpolate``."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Return the input in another size: ``interpolate`` with ``mode="nearest"``."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Return the image in another size: ``interpolate`` with ``mode="bilinear"`` and ``align_corners=True``."""
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _kind(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> str:
    """Return how to resample; refuse what the mode cannot do."""
    if mode not in MODES:
        raise NotImplementedError(f"interpolate: mode is {mode!r}; wanted one of {', '.join(MODES)}")
    kind, dims = MODES[mode]
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueError(
            f"interpolate: align_corners option can only be set with the interpolating modes: linear | bilinear | "
            f"bicubic | trilinear; got mode {mode!r}"
        )
    if input.ndim - 2 not in dims:
        raise NotImplementedError(
            f"interpolate: got an input of {input.ndim} dims (shape {tuple(input.shape)}) for mode {mode!r}, which is "
            f"for {' or '.join(str(d + 2) for d in dims)}"
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: anti-alias option is restricted to bilinear and bicubic modes; got {mode!r}")
    if input.numel() == 0 and 0 in input.shape[1:]:
        raise ShapeError(f"interpolate: input has shape {tuple(input.shape)}; wanted no empty dims but the batch")
    if kind != "nearest" and not input.is_floating_point() and str(input.dtype) != "ag.uint8":
        raise DTypeError(f"interpolate: input is {input.dtype}; wanted floating point or uint8 for mode {mode!r}")
    return f"{kind}-antialias" if antialias else kind


def _sizes(
    shape: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """Return the output's size, and the factors that were given, where they count."""
    n = len(shape)
    if (size is None) == (scale_factor is None):
        raise ShapeError(
            f"interpolate: got size={size} and scale_factor={scale_factor}; wanted one of them: only one of size or "
            f"scale_factor should be defined"
        )
    if size is not None:
        sizes = _per_dim("size", size, n)
        factors: tuple[float | None, ...] = (None,) * n
    else:
        given = _per_dim("scale_factor", scale_factor, n)
        sizes = tuple(math.floor(m * f) for m, f in zip(shape, given))
        factors = (None,) * n if recompute else tuple(float(f) for f in given)
    if min(sizes) < 1:
        raise ShapeError(f"interpolate: Input and output sizes should be greater than 0; got {shape} to {sizes}")
    return sizes, factors


def _per_dim(argument: str, value: Any, n: int) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * n
    if len(values) != n:
        raise ShapeError(f"interpolate: {argument} is {values}; wanted one number, or one for each of {n} dims")
    if not all(isinstance(v, int if argument == "size" else int | float) for v in values):
        raise DTypeError(f"interpolate: {argument} is {values}; wanted {'ints' if argument == 'size' else 'numbers'}")
    return values
