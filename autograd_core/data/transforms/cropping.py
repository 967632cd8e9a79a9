"""Transforms to another size: cut, framed, resized."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import (
    RESIZING,
    InterpolationMode,
    interval,
    mode_of,
    pair_of_sizes,
    positive,
)
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.draws import below, between, between_logs, uniforms
from autograd_core.data.transforms.functional.windows import (
    PADDING,
    center_of,
    cut_out,
    five_crop,
    frame_of,
    framed,
    resized,
    resized_windows,
    size_for,
    ten_crop,
)
from autograd_core.data.transforms.images import Array
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError

__all__ = ["CenterCrop", "FiveCrop", "Pad", "RandomCrop", "RandomResizedCrop", "Resize", "TenCrop"]

TRIES = 10  # how often a box is drawn, for one that fits
DRAWS = 2 * TRIES + 2  # of an area and a shape each, and of a place


class Resize(Transform):
    """Images in another size: one length is their shorter edge's, two are (height, width).

    ``max_size`` is the most that the longer edge may get, where ``size`` is one length.  ``antialias`` averages over
    all pixels where images get smaller; bilinear and bicubic only.

    Raises: DTypeError or ValueError for sizes that are none, and for an ``interpolation`` other than nearest,
    nearest-exact, bilinear and bicubic.
    """

    def __init__(
        self, size: Any, interpolation: Any = InterpolationMode.BILINEAR, max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        size_for(self.name, size, (1, 1), max_size)
        self.size, self.max_size, self.antialias = size, max_size, bool(antialias)
        self.interpolation = mode_of(self.name, interpolation, RESIZING)

    def apply(self, images: Array) -> Array:
        """Return the images resized."""
        size = size_for(self.name, self.size, images.shape, self.max_size)
        return resized(images, size, self.interpolation, self.antialias)


class CenterCrop(Transform):
    """The middle of images, an int or (height, width); zeros around images that are smaller.

    Raises: DTypeError or ValueError for what is no size.
    """

    def __init__(self, size: Any) -> None:
        self.size = pair_of_sizes(self.name, size)

    def apply(self, images: Array) -> Array:
        """Return the middle of the images."""
        return center_of(self.name, images, self.size)


class Pad(Transform):
    """Images in a frame of ``padding`` pixels: one length, (left and right, top and bottom), or one for each side.

    ``padding_mode``: ``constant`` (of ``fill``, a number or one for each channel), ``edge`` (the outermost pixels),
    ``reflect`` (mirrored without them), ``symmetric`` (with them).  A negative length cuts.  Four lengths are (left,
    top, right, bottom).

    Raises: DTypeError for lengths that are no ints; ValueError for another mode; ShapeError for a frame that leaves no
    pixel, or reflects more than there are.
    """

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        self.padding, self.fill, self.padding_mode = frame_of(self.name, padding), fill, padding_mode
        _check_mode(self.name, padding_mode)

    def apply(self, images: Array) -> Array:
        """Return the images in their frame."""
        return framed(self.name, images, self.padding, self.fill, self.padding_mode)


class RandomCrop(Transform):
    """A window of each image, at a place of its own, after ``padding`` as in ``Pad``.

    ``pad_if_needed`` puts as much around smaller images as they lack, on both sides.

    Raises: as ``Pad``; ShapeError for images that are smaller than ``size``.
    """

    def __init__(
        self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0, padding_mode: str = "constant"
    ) -> None:
        self.size = pair_of_sizes(self.name, size)
        self.padding = None if padding is None else frame_of(self.name, padding)
        self.pad_if_needed, self.fill, self.padding_mode = pad_if_needed, fill, padding_mode
        _check_mode(self.name, padding_mode)

    def apply(self, images: Array) -> Array:
        """Return a window of each image."""
        if self.padding is not None:
            images = framed(self.name, images, self.padding, self.fill, self.padding_mode)
        lacking = [max(0, wanted - has) for wanted, has in zip(self.size, images.shape[2:])]
        if self.pad_if_needed and any(lacking):
            frame = (lacking[1], lacking[0], lacking[1], lacking[0])
            images = framed(self.name, images, frame, self.fill, self.padding_mode)
        elif any(lacking):
            raise ShapeError(
                f"{self.name}: image is {images.shape[2]} x {images.shape[3]} with its padding; wanted at least the "
                f"size {self.size[0]} x {self.size[1]}, or pad_if_needed=True"
            )
        room = host.array(images.shape[2:]) - self.size + 1
        tops, lefts = below(uniforms(len(images), 2), room).T
        return cut_out(images, tops, lefts, self.size)


class RandomResizedCrop(Transform):
    """A window of each image, of a random area and shape, resized to ``size``: an int or (height, width).

    ``scale`` bounds its part of the image's area, ``ratio`` its width over its height, whose logarithm is drawn evenly.
    Where none of ten draws fits into an image, it is the largest window in its middle that keeps to ``ratio``.
    ``interpolation`` and ``antialias`` are those of ``Resize``; bilinear windows with antialias are made all at once.

    Raises: DTypeError or ValueError for a size, bounds or an interpolation that are none.

    Source: Szegedy et al., Going Deeper with Convolutions, section 6.
    """

    def __init__(
        self, size: Any, scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3),
        interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        self.size, self.antialias = pair_of_sizes(self.name, size), bool(antialias)
        self.interpolation = mode_of(self.name, interpolation, RESIZING)
        self.scale, self.ratio = interval(self.name, "scale", scale, 0), interval(self.name, "ratio", ratio, 0)
        positive(self.name, "scale[1]", scale[1])
        positive(self.name, "ratio[0]", ratio[0])

    def apply(self, images: Array) -> Array:
        """Return a window of each image, resized."""
        height, width = images.shape[2:]
        boxes, fits = drawn_boxes(uniforms(len(images), DRAWS), (height, width), self.scale, self.ratio)
        shape = min(max(width / height, self.ratio[0]), self.ratio[1])
        middle = (height, round(height * shape)) if width > height * shape else (round(width / shape), width)
        centred = ((height - middle[0]) // 2, (width - middle[1]) // 2, *middle)
        boxes = host.where(fits[:, None], boxes, centred)
        return resized_windows(images, boxes, self.size, self.interpolation, self.antialias)


def drawn_boxes(
    drawn: Array, size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float], erasing: bool = False
) -> tuple[Array, Array]:
    """Return a box (top, left, height, width) of each image, the first of ten drawn that fits, and whether any did.

    ``ratio`` is of width to height; for ``erasing`` of height to width, and a box is less wide and high than its image.
    ``drawn`` are numbers of [0, 1), (N, DRAWS).
    """
    height, width = size
    area = between(drawn[:, :TRIES], scale) * height * width
    root = host.sqrt(between_logs(drawn[:, TRIES : 2 * TRIES], ratio))
    sides = (host.rint(side).astype("int64") for side in (host.sqrt(area) * root, host.sqrt(area) / root))
    tall, wide = sides if erasing else reversed(tuple(sides))
    fit = (tall > 0) & (wide > 0) & (tall <= height - erasing) & (wide <= width - erasing)
    rows, first = host.arange(len(drawn)), fit.argmax(1)
    lengths = host.stack([tall[rows, first], wide[rows, first]], 1)
    places = below(drawn[:, 2 * TRIES : DRAWS], host.array(size) - lengths + 1)
    return host.concatenate([places, lengths], 1), fit.any(1)


class FiveCrop(Transform):
    """The four corners and the middle of images: a tuple of five.  Raises: ShapeError for images that are smaller."""

    batches, views = False, 5  # a tuple is no batch

    def __init__(self, size: Any) -> None:
        self.size = pair_of_sizes(self.name, size)

    def __call__(self, image: Any) -> tuple[Tensor, ...]:
        """Return the crops, each a tensor."""
        return five_crop(image, self.size)


class TenCrop(Transform):
    """The crops of ``FiveCrop``, and those of the mirror image.  Raises: ShapeError for images that are smaller."""

    batches, views = False, 10

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        self.size, self.vertical_flip = pair_of_sizes(self.name, size), vertical_flip

    def __call__(self, image: Any) -> tuple[Tensor, ...]:
        """Return the crops, each a tensor."""
        return ten_crop(image, self.size, self.vertical_flip)


def _check_mode(operation: str, mode: Any) -> None:
    if mode not in PADDING:
        raise ValueError(f"{operation}: padding_mode is {mode!r}; wanted one of {', '.join(PADDING)}")
