"""Colours: brightness, contrast, saturation, hue, gamma, sharpness, shades of grey, negatives.

Kernels on arrays (N, C, H, W) take a factor for each example, (N,).  The formulas are torchvision's, whose images of
bytes drop the fraction of a result; the colours of floats lie in 0..1.
Source: torchvision.transforms, _functional_tensor.py.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.converting import converted
from autograd_core.data.transforms.images import Array, Images, computing, largest, per_example
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness",
    "invert", "rgb_to_grayscale", "solarize",
]  # fmt: skip

LUMA = (0.2989, 0.587, 0.114)  # how bright red, green and blue look


# ---- kernels ----


def check_channels(operation: str, images: Array) -> Array:
    """Return the images.  Raises: ShapeError where they have neither one channel nor three."""
    if images.shape[1] not in (1, 3):
        raise ShapeError(f"{operation}: image has {images.shape[1]} channels; wanted 1 (grey) or 3 (red, green, blue)")
    return images


def blended(images: Array, others: Any, factors: Array) -> Array:
    """Return ``factor * image + (1 - factor) * other``, within the range of colours."""
    source = computing(images)
    by = factors.astype(source.dtype)[:, None, None, None]
    found = source * by
    found += (1 - by) * others
    return found.clip(0, largest(images), out=found).astype(images.dtype, copy=False)


def grey(images: Array) -> Array:
    """Return how bright the pixels look.  Shape: (N, C, H, W) -> (N, 1, H, W)."""
    if images.shape[1] == 1:
        return images
    source = computing(images)
    found = sum(source[:, k : k + 1] * source.dtype.type(weight) for k, weight in enumerate(LUMA))
    return found.astype(images.dtype, copy=False)


def brightened(images: Array, factors: Array) -> Array:
    """Return images with their brightness times a factor each."""
    return blended(images, 0, factors)


def contrasted(images: Array, factors: Array) -> Array:
    """Return images with their distance from their mean shade of grey times a factor each."""
    return blended(images, computing(grey(images)).mean((1, 2, 3), keepdims=True), factors)


def saturated(images: Array, factors: Array) -> Array:
    """Return images with their distance from their shades of grey times a factor each."""
    return images if images.shape[1] == 1 else blended(images, computing(grey(images)), factors)


def hued(images: Array, shifts: Array) -> Array:
    """Return images with their hues turned by a part of the circle each."""
    if images.shape[1] == 1:
        return images
    hue, saturation, value = hsv_of(converted(images, "float32") if images.dtype.kind in "iu" else computing(images))
    hue += shifts.astype(hue.dtype)[:, None, None]
    hue -= host.floor(hue)
    return converted(rgb_of(hue, saturation, value), images.dtype)


def hsv_of(images: Array) -> tuple[Array, Array, Array]:
    """Return hue, saturation and value, each (N, H, W), of colours in 0..1."""
    red, green, blue = images[:, 0], images[:, 1], images[:, 2]
    most, least = images.max(1), images.min(1)
    spread = most - least
    saturation = spread / host.where(spread == 0, 1, most)
    sixth = 1 / host.where(spread == 0, 6, 6 * spread)
    is_red, is_green = most == red, most == green
    hue = host.where(is_red, green - blue, host.where(is_green, blue - red, red - green)) * sixth
    hue += host.where(is_red, 1, host.where(is_green, 1 / 3, 2 / 3)).astype(hue.dtype)
    hue -= host.floor(hue)
    return hue, saturation, most


def rgb_of(hue: Array, saturation: Array, value: Array) -> Array:
    """Return colours (N, 3, H, W) of their hue, saturation and value.

    A channel has all of the value within a sixth of the circle around its own hue, loses the saturated part on the next
    sixth, and has none of it beyond.
    """
    colours = host.empty((len(hue), 3, *hue.shape[1:]), hue.dtype)
    lost = value * saturation
    for k, start in enumerate((5, 3, 1)):
        at = hue * 6 + hue.dtype.type(start)
        at -= 6 * (at >= 6)
        host.minimum(at, 4 - at, out=at)
        at.clip(0, 1, out=at)
        host.subtract(value, lost * at, out=colours[:, k])
    return colours


def curved(images: Array, gamma: Array, gain: float) -> Array:
    """Return ``gain * image ** gamma`` of colours in 0..1."""
    source = converted(images, "float32") if images.dtype.kind in "iu" else computing(images)
    found = gain * source ** gamma.astype(source.dtype)[:, None, None, None]
    return converted(found.clip(0, 1), images.dtype)


def sharpened(images: Array, factors: Array) -> Array:
    """Return images blended with their smoothed insides: 0 smooths, 1 leaves them, more sharpens."""
    if min(images.shape[2:]) <= 2:
        return images
    source = computing(images)
    h, w = source.shape[2:]
    inside = source[:, :, 1:-1, 1:-1] * 4
    for i in range(3):
        for j in range(3):
            inside = inside + source[:, :, i : h - 2 + i, j : w - 2 + j]
    smooth = source.copy()
    smooth[:, :, 1:-1, 1:-1] = host.rint(inside / 13) if images.dtype.kind in "iu" else inside / 13
    return blended(images, smooth, factors)


def negative(images: Array) -> Array:
    """Return white less the images."""
    return host.asarray(largest(images) - computing(images)).astype(images.dtype)


# ---- torchvision's functions ----


def _adjust(name: str, kernel: Any, img: Any, argument: str, factor: Any, least: float = 0.0) -> Tensor:
    images = Images(name, img)
    factors = per_example(name, argument, factor, len(images.array))
    if (factors < least).any():
        raise ShapeError(f"{name}: {argument} is {factor!r}; wanted at least {least:g}")
    return images.back(kernel(check_channels(name, images.array), factors))


def adjust_brightness(img: Any, brightness_factor: Any) -> Tensor:
    """Return images with their brightness times a factor: 0 is black, 1 leaves them.  One, or one for each image.

    Raises: as ``ColorJitter``.
    """
    return _adjust("adjust_brightness", brightened, img, "brightness_factor", brightness_factor)


def adjust_contrast(img: Any, contrast_factor: Any) -> Tensor:
    """Return images with their distance from their mean grey times a factor: 0 is even grey, 1 leaves them."""
    return _adjust("adjust_contrast", contrasted, img, "contrast_factor", contrast_factor)


def adjust_saturation(img: Any, saturation_factor: Any) -> Tensor:
    """Return images with their distance from grey times a factor: 0 is without colour, 1 leaves them."""
    return _adjust("adjust_saturation", saturated, img, "saturation_factor", saturation_factor)


def adjust_hue(img: Any, hue_factor: Any) -> Tensor:
    """Return images with all hues turned by ``hue_factor`` of the colour circle, from -0.5 to 0.5; 0 leaves them."""
    images = Images("adjust_hue", img)
    shifts = per_example("adjust_hue", "hue_factor", hue_factor, len(images.array))
    if (abs(shifts) > 0.5).any():
        raise ShapeError(f"adjust_hue: hue_factor is {hue_factor!r}; wanted a number from -0.5 to 0.5")
    return images.back(hued(check_channels("adjust_hue", images.array), shifts))


def adjust_gamma(img: Any, gamma: Any, gain: float = 1) -> Tensor:
    """Return ``gain * image ** gamma`` of colours in 0..1: above 1 darkens the shadows, below lightens them."""
    return _adjust("adjust_gamma", lambda array, by: curved(array, by, gain), img, "gamma", gamma)


def adjust_sharpness(img: Any, sharpness_factor: Any) -> Tensor:
    """Return images sharpened by a factor: 0 is smoothed, 1 leaves them, 2 is sharpened."""
    return _adjust("adjust_sharpness", sharpened, img, "sharpness_factor", sharpness_factor)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Tensor:
    """Return shades of grey, ``0.2989 R + 0.587 G + 0.114 B``, in one channel or in three that are alike."""
    if num_output_channels not in (1, 3):
        raise ShapeError(f"rgb_to_grayscale: num_output_channels is {num_output_channels!r}; wanted 1 or 3")
    images = Images("rgb_to_grayscale", img)
    found = grey(check_channels("rgb_to_grayscale", images.array))
    return images.back(host.repeat(found, num_output_channels, 1))


def invert(img: Any) -> Tensor:
    """Return white less the images: 1 less floats, 255 less bytes."""
    images = Images("invert", img)
    return images.back(negative(images.array))


def solarize(img: Any, threshold: float) -> Tensor:
    """Return images with the pixels of at least ``threshold`` inverted."""
    images = Images("solarize", img)
    return images.back(host.where(images.array >= threshold, negative(images.array), images.array))
