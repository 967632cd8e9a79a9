"""Layers that move channels into space and back, and mix groups of channels."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .base.settings import Shown

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Shown):
    """Return images ``r = upscale_factor`` times as large, each ``r * r`` block from as many channels.

    Shape: ``(*, C * r * r, H, W)`` -> ``(*, C, H * r, W * r)``.

    Source: Shi et al., Real-time single image and video super-resolution, eq. 4.
    """

    _shown = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        """Enlarge by ``upscale_factor``."""
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the larger images."""
        return F.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Shown):
    """Return the channels that ``PixelShuffle`` makes images of: its inverse, ``r = downscale_factor``.

    Shape: ``(*, C, H * r, W * r)`` -> ``(*, C * r * r, H, W)``.
    """

    _shown = ("downscale_factor",)

    def __init__(self, downscale_factor: int) -> None:
        """Shrink by ``downscale_factor``."""
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the smaller images."""
        return F.pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Shown):
    """Deal the channels out: the first of each group, then the second of each, and so on.

    Shape: ``(N, C, *)`` with C divisible by ``groups`` -> same.

    Source: Zhang et al., ShuffleNet, section 3.1.
    """

    _shown = ("groups",)

    def __init__(self, groups: int) -> None:
        """Mix ``groups`` groups of channels."""
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Return the channels in their new order."""
        return F.channel_shuffle(input, self.groups)
