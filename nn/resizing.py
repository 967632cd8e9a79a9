"""Layers that give images in another size."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor

from . import functional as F
from .base.module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Return signals, images or volumes in another size, by copying or interpolation: see ``F.interpolate``.

    Shape: ``(N, C, L)``, ``(N, C, H, W)`` or ``(N, C, D, H, W)`` -> ``(N, C, *size)``, or each size times
    ``scale_factor``, rounded down.
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        """Give outputs of ``size``, or ``scale_factor`` times as large; each is one number, or one per dimension.

        ``mode``: nearest, nearest-exact, linear, bilinear, bicubic, trilinear or area, by the number of dimensions.
        ``align_corners``: keep the centres of the outermost elements in place, not their outer edges.
        ``recompute_scale_factor``: interpolate by the quotient of the sizes, not by the given factor.
        """
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the input in the other size."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """Return the size or the factor, and the mode."""
        chosen = "size" if self.scale_factor is None else "scale_factor"
        return f"{chosen}={getattr(self, chosen)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Return images in another size, by copying the nearest element.  Shape: ``(N, C, H, W)`` -> ``(N, C, H', W')``."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        """Give outputs of ``size``, or ``scale_factor`` times as large."""
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Return images in another size, interpolated between the corners, which stay in place.

    Shape: ``(N, C, H, W)`` -> ``(N, C, H', W')``.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        """Give outputs of ``size``, or ``scale_factor`` times as large."""
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
