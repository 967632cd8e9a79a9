"""Noise, smoothing, and holes: what hides a part of the image from the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import interval, is_number, pair_of_sizes, positive, probability
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.cropping import DRAWS, drawn_boxes
from autograd_core.data.transforms.draws import below, between, normals, uniforms
from autograd_core.data.transforms.functional.filtering import blurred, erased, odd_sizes
from autograd_core.data.transforms.images import Array, channel_values, computing, largest, to_dtype

__all__ = ["Cutout", "GaussianBlur", "GaussianNoise", "RandomErasing", "SaltAndPepper"]


class GaussianNoise(Transform):
    """Each pixel plus a number of mean ``mean`` and standard deviation ``sigma``, where white is 1.

    ``clip`` keeps the result within black and white: switch it off for images that are already standardised.

    Raises: ValueError for a ``sigma`` below 0.
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        self.mean, self.sigma, self.clip = mean, positive(self.name, "sigma", sigma, zero=True), clip

    def apply(self, images: Array) -> Array:
        """Return the images with noise."""
        white = largest(images)
        found = normals(images.shape)
        found *= self.sigma * white
        found += self.mean * white
        noisy = computing(images) + found
        return to_dtype(noisy.clip(0, white) if self.clip else noisy, images.dtype)


class SaltAndPepper(Transform):
    """Pixels replaced by white or black, each with probability ``amount``; of those, ``salt`` become white.

    All channels of a pixel are replaced together.

    Raises: ValueError for probabilities outside [0, 1].
    """

    def __init__(self, amount: float = 0.05, salt: float = 0.5) -> None:
        self.amount, self.salt = probability(self.name, amount, "amount"), probability(self.name, salt, "salt")

    def apply(self, images: Array) -> Array:
        """Return the images with white and black pixels."""
        n, _, height, width = images.shape
        drawn = uniforms(n, height * width).reshape(n, 1, height, width)
        white = images.dtype.type(largest(images))
        found = host.where(drawn < self.amount * self.salt, white, images)
        return host.where((drawn >= self.amount * self.salt) & (drawn < self.amount), images.dtype.type(0), found)


class GaussianBlur(Transform):
    """Images smoothed by a Gaussian of ``kernel_size`` pixels, an odd int or (width, height).

    Its standard deviation in pixels is ``sigma``: a number, or (low, high) to draw it from for each image.

    Raises: DTypeError or ValueError for sizes that are no odd numbers; ValueError for a ``sigma`` that is not above 0;
    ShapeError for images that are smaller than half the filter.
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        self.kernel_size = odd_sizes(self.name, kernel_size)
        self.sigma = interval(self.name, "sigma", (sigma, sigma) if is_number(sigma) else sigma)
        positive(self.name, "sigma", self.sigma[0])

    def apply(self, images: Array) -> Array:
        """Return the images smoothed."""
        sigma = between(uniforms(len(images), 1)[:, 0], self.sigma)
        return blurred(self.name, images, self.kernel_size, (sigma, sigma))


class RandomErasing(Transform):
    """A box of each image replaced, with probability ``p``.

    Args:
        p: How likely an image loses a box.
        scale: (low, high) of the box's part of the image's area.
        ratio: (low, high) of its height over its width, whose logarithm is drawn evenly.
        value: What stands in the box: a number, one for each channel, or ``"random"`` for standard normal numbers.
        inplace: Accepted, and without effect: images are never changed.

    Raises: ValueError for bounds or a value that are none.

    Source: Zhong et al., Random Erasing Data Augmentation, 2017.
    """

    def __init__(
        self, p: float = 0.5, scale: tuple[float, float] = (0.02, 0.33), ratio: tuple[float, float] = (0.3, 3.3),
        value: Any = 0, inplace: bool = False,
    ) -> None:  # fmt: skip
        self.p = probability(self.name, p)
        self.scale, self.ratio = interval(self.name, "scale", scale, 0), interval(self.name, "ratio", ratio, 0)
        positive(self.name, "ratio[0]", ratio[0])
        probability(self.name, scale[1], "scale[1]")
        if isinstance(value, str) and value != "random":
            raise ValueError(f"{self.name}: value is {value!r}; wanted a number, one for each channel, or 'random'")
        self.value, self.inplace = value, inplace

    def apply(self, images: Array) -> Array:
        """Return the images, some of them with a box replaced."""
        n, channels, height, width = images.shape
        drawn = uniforms(n, DRAWS + 1)
        boxes, fit = drawn_boxes(drawn, (height, width), self.scale, self.ratio, erasing=True)
        boxes[~fit | (drawn[:, DRAWS] >= self.p)] = 0
        random = isinstance(self.value, str)
        values = normals(images.shape) if random else channel_values(self.name, "value", self.value, channels)[None]
        return erased(images, boxes, values)


class Cutout(Transform):
    """Boxes of ``size`` (an int, or (height, width)) replaced by ``value``: ``holes`` of them in each image.

    A box's middle is any pixel, so that boxes at an edge are partly outside.

    Raises: DTypeError or ValueError for a size or a number of holes that are none.

    Source: DeVries and Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017.
    """

    def __init__(self, size: Any, holes: int = 1, value: float | Sequence[float] = 0) -> None:
        self.size, self.value = pair_of_sizes(self.name, size), value
        self.holes = int(positive(self.name, "holes", holes))

    def apply(self, images: Array) -> Array:
        """Return the images with holes."""
        n, channels, height, width = images.shape
        values = channel_values(self.name, "value", self.value, channels)[None]
        middles = below(uniforms(n, 2 * self.holes).reshape(n, self.holes, 2), host.array([height, width]))
        for k in range(self.holes):
            corners = middles[:, k] - host.array(self.size) // 2
            images = erased(images, host.concatenate([corners, host.broadcast_to(self.size, (n, 2))], 1), values)
        return images
