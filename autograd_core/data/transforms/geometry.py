"""Random mirror images, shifts, turns, zooms, shears: images keep their size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import (
    WARPING,
    InterpolationMode,
    around,
    interval,
    is_number,
    mode_of,
    positive,
    probability,
)
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.draws import below, between, chosen, uniforms
from autograd_core.data.transforms.functional.warping import (
    center_offset,
    displaced,
    inverse_affine,
    turned,
    warp,
)
from autograd_core.data.transforms.functional.windows import cut_out, framed, mirrored
from autograd_core.data.transforms.images import Array

__all__ = [
    "ElasticTransform", "RandomAffine", "RandomHorizontalFlip", "RandomRotation", "RandomShift", "RandomVerticalFlip",
    "RandomZoom", "where_chosen",
]  # fmt: skip


def where_chosen(images: Array, which: Array, change: Callable[[Array], Array]) -> Array:
    """Return the images with those chosen changed; where there are none, the images themselves."""
    if not which.any():
        return images
    if which.all():
        return change(images)
    together = images.copy()
    together[which] = change(images[which])
    return together


class _RandomFlip(Transform):
    """Images mirrored along an axis, each with probability ``p``."""

    _axis: int

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(self.name, p)

    def apply(self, images: Array) -> Array:
        """Return the images, some of them mirrored."""
        return where_chosen(images, chosen(len(images), self.p), lambda some: mirrored(some, self._axis))


class RandomHorizontalFlip(_RandomFlip):
    """Left and right exchanged, with probability ``p``.  Raises: ValueError for a ``p`` outside [0, 1]."""

    _axis = 3


class RandomVerticalFlip(_RandomFlip):
    """Top and bottom exchanged, with probability ``p``.  Raises: ValueError for a ``p`` outside [0, 1]."""

    _axis = 2


class RandomShift(Transform):
    """Images moved by whole pixels, up to ``shift`` each way: an int for both ways, or (rows, columns).

    What comes in at the edge is ``fill``, or the image continued as ``padding_mode`` says (see ``Pad``).

    Raises: ValueError for shifts that are no whole numbers of at least 0, or for another mode.
    """

    def __init__(self, shift: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        both = tuple(shift) if isinstance(shift, Sequence) else (shift, shift)
        if len(both) != 2 or not all(isinstance(n, int) and n >= 0 for n in both):
            raise ValueError(f"{self.name}: shift is {shift!r}; wanted a whole number of pixels, or (rows, columns)")
        self.shift, self.fill, self.padding_mode = both, fill, padding_mode

    def apply(self, images: Array) -> Array:
        """Return the images, each moved."""
        down, right = self.shift
        around_them = framed(self.name, images, (right, down, right, down), self.fill, self.padding_mode)
        tops, lefts = below(uniforms(len(images), 2), host.array([2 * down + 1, 2 * right + 1])).T
        height, width = images.shape[2:]
        return cut_out(around_them, tops, lefts, (height, width))


class RandomRotation(Transform):
    """Images turned counter-clockwise by an angle in degrees: from ``-degrees`` to ``degrees``, or of (low, high).

    ``interpolation`` is nearest or bilinear.  ``expand`` makes the result so large that it holds the whole image: in
    batches images would then have several sizes, so only single ones can be turned.  ``center`` is (x, y) from the
    upper left corner.  Beyond the image lies ``fill``, a number or one for each channel.

    Raises: ValueError for angles or an interpolation that are none; ShapeError for a batch with ``expand``.
    """

    def __init__(
        self, degrees: Any, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False, center: Any = None,
        fill: Any = 0,
    ) -> None:  # fmt: skip
        self.degrees = around(self.name, "degrees", degrees)
        self.interpolation = mode_of(self.name, interpolation, WARPING)
        self.expand, self.center, self.fill = expand, center, fill
        self.batches = not expand
        center_offset(self.name, center, 0, 0)

    def apply(self, images: Array) -> Array:
        """Return the images, each turned."""
        angles = between(uniforms(len(images), 1)[:, 0], self.degrees)
        return turned(self.name, images, angles, self.interpolation, self.expand, self.center, self.fill)


class RandomZoom(Transform):
    """Images enlarged (above 1) or shrunk (below 1) about their middle by a factor of ``scale`` (low, high).

    ``keep_ratio=False`` draws a factor for each axis.  Beyond the image lies ``fill``.

    Raises: ValueError for factors or an interpolation that are none.
    """

    def __init__(
        self, scale: tuple[float, float], keep_ratio: bool = True,
        interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0,
    ) -> None:  # fmt: skip
        self.scale = interval(self.name, "scale", scale)
        positive(self.name, "scale[0]", self.scale[0])
        self.keep_ratio, self.fill = keep_ratio, fill
        self.interpolation = mode_of(self.name, interpolation, WARPING)

    def apply(self, images: Array) -> Array:
        """Return the images, each enlarged or shrunk."""
        factors = between(uniforms(len(images), 1 if self.keep_ratio else 2), self.scale)
        matrices = host.zeros((len(images), 2, 3))
        matrices[:, 0, 0], matrices[:, 1, 1] = 1 / factors[:, 0], 1 / factors[:, -1]
        return warp(self.name, images, matrices, self.interpolation, self.fill)


class RandomAffine(Transform):
    """Images turned clockwise, moved, scaled and sheared.

    Args:
        degrees: The angle's bounds: a number for (-degrees, degrees), or (low, high).
        translate: The most that images move, (x, y) as parts of width and height; None for not at all.
        scale: (low, high) of the factor; None for 1.
        shear: Angles of the shear: a number for (-shear, shear) along x, (low, high) along x, or four for x and y.
        interpolation: nearest or bilinear.
        fill: What lies beyond the image: a number, or one for each channel.
        center: What stays in place, (x, y) from the upper left corner; None for the middle.

    Raises: ValueError for bounds or an interpolation that are none.
    """

    def __init__(
        self, degrees: Any, translate: Any = None, scale: Any = None, shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST, fill: Any = 0, center: Any = None,
    ) -> None:  # fmt: skip
        self.degrees = around(self.name, "degrees", degrees)
        self.translate = None if translate is None else _parts(self.name, translate)
        self.scale = None if scale is None else interval(self.name, "scale", scale)
        if self.scale is not None:
            positive(self.name, "scale[0]", self.scale[0])
        self.shear = None if shear is None else _shears(self.name, shear)
        self.interpolation = mode_of(self.name, interpolation, WARPING)
        self.fill, self.center = fill, center
        center_offset(self.name, center, 0, 0)

    def apply(self, images: Array) -> Array:
        """Return the images, each changed by numbers of its own."""
        n, _, height, width = images.shape
        drawn = uniforms(n, 6).T
        zeros = host.zeros(n)
        x, y = self.translate or (0.0, 0.0)
        moved = host.rint((2 * drawn[1] - 1) * (x * width)), host.rint((2 * drawn[2] - 1) * (y * height))
        scale = host.ones(n) if self.scale is None else between(drawn[3], self.scale)
        along_x, along_y = self.shear or (None, None)
        sheared = (
            zeros if along_x is None else between(drawn[4], along_x),
            zeros if along_y is None else between(drawn[5], along_y),
        )
        offset = center_offset(self.name, self.center, height, width)
        matrices = inverse_affine(between(drawn[0], self.degrees), moved, scale, sheared, offset)
        return warp(self.name, images, matrices, self.interpolation, self.fill)


class ElasticTransform(Transform):
    """Images whose pixels are moved by a smooth random field: as handwriting varies.

    The field is noise from -1 to 1, smoothed by a Gaussian of ``sigma`` pixels and multiplied by ``alpha / 2``: a
    larger ``alpha`` moves further, a larger ``sigma`` more evenly.  Both are a number, or two for (x, y).  Beyond the
    image lies ``fill``.

    Raises: ValueError for numbers or an interpolation that are none.

    Source: Simard, Steinkraus, Platt, Best Practices for Convolutional Neural Networks, 2003, section 2; the scale is
    torchvision's.
    """

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0
    ) -> None:
        self.alpha, self.sigma = _both(self.name, "alpha", alpha), _both(self.name, "sigma", sigma)
        self.interpolation, self.fill = mode_of(self.name, interpolation, WARPING), fill

    def apply(self, images: Array) -> Array:
        """Return the images, each bent by a field of its own."""
        n, _, height, width = images.shape
        noise = (2 * uniforms(n, 2 * height * width) - 1).reshape(n, 2, height, width)
        fields = smoothing(height, self.sigma[1]) @ noise @ smoothing(width, self.sigma[0]).T
        right = fields[:, 0] * (self.alpha[0] * width / (2 * height))  # by the other length, as in torchvision
        down = fields[:, 1] * (self.alpha[1] * height / (2 * width))
        return displaced(self.name, images, right, down, self.interpolation, self.fill)


def smoothing(length: int, sigma: float) -> Array:
    """Return the matrix that smooths numbers in a row, mirrored at its ends, by a Gaussian: (length, length)."""
    if sigma == 0 or length == 1:
        return host.eye(length)
    reach = int(8 * sigma + 1) // 2
    steps = host.arange(-reach, reach + 1)
    weights = host.exp(-0.5 * (steps / sigma) ** 2)
    last = length - 1
    at = last - abs((host.arange(length)[:, None] + steps) % (2 * last) - last)
    matrix = host.zeros((length, length))
    host.add.at(matrix, (host.arange(length)[:, None], at), weights / weights.sum())
    return matrix


def _both(operation: str, name: str, value: Any) -> tuple[float, float]:
    """Return two numbers of at least 0, of one or of two."""
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{operation}: {name} is {value!r}; wanted a number, or two for (x, y)")
    return positive(operation, name, pair[0], zero=True), positive(operation, name, pair[1], zero=True)


def _parts(operation: str, translate: Any) -> tuple[float, float]:
    """Return two parts of a length."""
    both = tuple(translate) if isinstance(translate, Sequence) else ()
    if len(both) != 2 or not all(is_number(part) and 0 <= part <= 1 for part in both):
        raise ValueError(f"{operation}: translate is {translate!r}; wanted parts of (width, height), from 0 to 1")
    return both


def _shears(operation: str, shear: Any) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """Return the bounds of the shear along x and, where there are any, along y."""
    if isinstance(shear, Sequence) and len(shear) == 4:
        return interval(operation, "shear[:2]", shear[:2]), interval(operation, "shear[2:]", shear[2:])
    return around(operation, "shear", shear), None
