"""Random colours: jitter, negatives, shades of grey.  The formulas are those of ``functional``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import around, interval, is_number, positive, probability
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.draws import between, chosen, uniforms
from autograd_core.data.transforms.functional.colour import (
    brightened,
    check_channels,
    contrasted,
    grey,
    hued,
    negative,
    saturated,
    sharpened,
)
from autograd_core.data.transforms.geometry import where_chosen
from autograd_core.data.transforms.images import Array
from autograd_core.errors import ShapeError

__all__ = ["ColorJitter", "Grayscale", "RandomAdjustSharpness", "RandomGrayscale", "RandomInvert"]

Bounds = tuple[float, float]


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed by random factors, in a random order, image by image.

    Args:
        brightness: ``b`` draws the factor from [max(0, 1 - b), 1 + b], (low, high) from there; 0 leaves it.
        contrast: The same for the distance from the mean grey.
        saturation: The same for the distance from grey.
        hue: ``h``, up to 0.5, draws a part of the colour circle from [-h, h], (low, high) from there.

    Images have three channels, or one, whose saturation and hue stay; floats lie in 0..1.

    Raises: ValueError for bounds that are none; ShapeError for other numbers of channels.
    """

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0) -> None:
        self.brightness = _factors(self.name, "brightness", brightness)
        self.contrast = _factors(self.name, "contrast", contrast)
        self.saturation = _factors(self.name, "saturation", saturation)
        self.hue = _hues(self.name, hue)

    def apply(self, images: Array) -> Array:
        """Return the images, each with colours of its own."""
        check_channels(self.name, images)
        drawn = uniforms(len(images), 8)
        order = drawn[:, 4:].argsort(1)
        changes = self._changes()
        changed = images.copy()
        for turn in range(4):
            for k, (kernel, bounds) in enumerate(changes):
                which = host.flatnonzero(order[:, turn] == k)
                if bounds is not None and len(which):
                    changed[which] = kernel(changed[which], between(drawn[which, k], bounds))
        return changed

    def _changes(self) -> list[tuple[Callable[[Array, Array], Array], Bounds | None]]:
        return [
            (brightened, self.brightness), (contrasted, self.contrast), (saturated, self.saturation), (hued, self.hue)
        ]  # fmt: skip


def _factors(operation: str, name: str, value: Any) -> Bounds | None:
    """Return the bounds of a factor; None where it is always 1."""
    if is_number(value):
        positive(operation, name, value, zero=True)
        value = (max(0.0, 1 - value), 1.0 + value)
    bounds = interval(operation, name, value, 0)
    return None if bounds == (1.0, 1.0) else bounds


def _hues(operation: str, value: Any) -> Bounds | None:
    """Return the bounds of the hue's turn; None where it is always 0."""
    bounds = around(operation, "hue", value)
    if bounds[0] < -0.5 or bounds[1] > 0.5:
        raise ValueError(f"{operation}: hue is {value!r}; wanted numbers within -0.5 to 0.5: half of the colour circle")
    return None if bounds == (0.0, 0.0) else bounds


class Grayscale(Transform):
    """Shades of grey, ``0.2989 R + 0.587 G + 0.114 B``, in one channel or in three that are alike.

    Raises: ShapeError for other numbers of channels, of the image or of the result.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        if num_output_channels not in (1, 3):
            raise ShapeError(f"{self.name}: num_output_channels is {num_output_channels!r}; wanted 1 or 3")
        self.num_output_channels = num_output_channels

    def apply(self, images: Array) -> Array:
        """Return the images without colour."""
        return host.repeat(grey(check_channels(self.name, images)), self.num_output_channels, 1)


class _Sometimes(Transform):
    """A change that each image undergoes with probability ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(self.name, p)

    def apply(self, images: Array) -> Array:
        """Return the images, some of them changed."""
        return where_chosen(images, chosen(len(images), self.p), self._change)

    def _change(self, images: Array) -> Array:
        raise NotImplementedError


class RandomGrayscale(_Sometimes):
    """Shades of grey in as many channels as came, with probability ``p``.  Raises: as ``Grayscale``."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def _change(self, images: Array) -> Array:
        return host.repeat(grey(check_channels(self.name, images)), images.shape[1], 1)


class RandomInvert(_Sometimes):
    """White less the image, with probability ``p``.  Raises: ValueError for a ``p`` outside [0, 1]."""

    def _change(self, images: Array) -> Array:
        return negative(images)


class RandomAdjustSharpness(_Sometimes):
    """The sharpness times a factor, with probability ``p``: 0 smooths, 2 sharpens.

    Raises: ValueError for a factor below 0, or a ``p`` outside [0, 1].
    """

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = positive(self.name, "sharpness_factor", sharpness_factor, zero=True)

    def _change(self, images: Array) -> Array:
        return sharpened(check_channels(self.name, images), host.full(len(images), self.sharpness_factor))
