"""Moving channels into space and back, and mixing groups of channels."""

from __future__ import annotations

from autograd_core import Tensor
from autograd_core.errors import ShapeError

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Return the image that is ``r = upscale_factor`` times as large, each ``r * r`` block from as many channels.

    Shape: ``(*, C * r * r, H, W)`` -> ``(*, C, H * r, W * r)``.
    Source: Shi et al., Real-Time Single Image Super-Resolution, 2016, equation 4.
    """
    r, (*batch, channels, height, width) = upscale_factor, _image("pixel_shuffle", input, upscale_factor)
    if channels % (r * r):
        raise ShapeError(
            f"pixel_shuffle: input has {channels} channels (shape {tuple(input.shape)}); wanted a number divisible by "
            f"upscale_factor ** 2 = {r * r}"
        )
    n = len(batch)
    blocks = input.reshape(*batch, channels // (r * r), r, r, height, width)
    blocks = blocks.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)  # -> (*, C, H, r, W, r)
    return blocks.reshape(*batch, channels // (r * r), height * r, width * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Return the channels that ``pixel_shuffle`` makes an image of: its inverse, ``r = downscale_factor``.

    Shape: ``(*, C, H * r, W * r)`` -> ``(*, C * r * r, H, W)``.
    """
    r, (*batch, channels, height, width) = downscale_factor, _image("pixel_unshuffle", input, downscale_factor)
    if height % r or width % r:
        raise ShapeError(
            f"pixel_unshuffle: input is {height}x{width} (shape {tuple(input.shape)}); wanted a height and width "
            f"divisible by downscale_factor={r}"
        )
    n = len(batch)
    blocks = input.reshape(*batch, channels, height // r, r, width // r, r)
    blocks = blocks.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)  # -> (*, C, r, r, H, W)
    return blocks.reshape(*batch, channels * r * r, height // r, width // r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Return the channels dealt out: the first of each group, then the second of each, and so on.

    Shape: ``(N, C, *S)`` with C divisible by ``groups`` -> same.
    Source: Zhang et al., ShuffleNet, 2018, section 3.1.
    """
    shape = tuple(input.shape)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle: got groups={groups} for an input of shape {shape}; wanted at least 3 dims, and a "
            f"positive divisor of the channels"
        )
    dealt = input.reshape(shape[0], groups, shape[1] // groups, *shape[2:]).transpose(1, 2)
    return dealt.reshape(shape)


def _image(name: str, input: Tensor, factor: int) -> tuple[int, ...]:
    """Return the input's shape; raise ShapeError where it is no image or the factor is not positive."""
    shape = tuple(input.shape)
    if len(shape) < 3 or factor < 1:
        raise ShapeError(
            f"{name}: got a factor of {factor} for an input of shape {shape}; wanted a positive factor and at least 3 "
            f"dims (*, C, H, W)"
        )
    return shape
