"""Parts of images, frames around them, mirror images, other sizes.

Kernels on arrays (N, C, H, W), which take numbers for each example, and torchvision's functions on images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import RESIZING, InterpolationMode, mode_of, pair_of_sizes
from autograd_core.data.transforms.images import Array, Images, channel_values, computing, to_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["center_crop", "crop", "five_crop", "hflip", "pad", "resize", "resized_crop", "ten_crop", "vflip"]

PADDING = ("constant", "edge", "reflect", "symmetric")
Frame = tuple[int, int, int, int]  # left, top, right, bottom


# ---- kernels ----


def framed(operation: str, images: Array, frame: Frame, fill: Any = 0, mode: Any = "constant") -> Array:
    """Return images with a frame of so many pixels; with fewer for a negative length."""
    if mode not in PADDING:
        raise ValueError(f"{operation}: padding_mode is {mode!r}; wanted one of {', '.join(PADDING)}")
    left, top, right, bottom = frame
    h, w = images.shape[2:]
    if h + top + bottom < 1 or w + left + right < 1:
        raise ShapeError(f"{operation}: padding is {frame} for an image of {h} x {w}, of which no pixel would be left")
    if mode == "constant":
        return cut_with_fill(operation, images, -top, -left, (h + top + bottom, w + left + right), fill)
    images = images[:, :, max(-top, 0) : h - max(-bottom, 0), max(-left, 0) : w - max(-right, 0)]
    left, top, right, bottom = (max(side, 0) for side in frame)
    h, w = images.shape[2:]
    if mode == "reflect" and (max(left, right) >= w or max(top, bottom) >= h):
        raise ShapeError(f"{operation}: padding is {frame}; wanted less than the image's {h} x {w} to reflect it")
    return host.pad(images, ((0, 0), (0, 0), (top, bottom), (left, right)), mode)


def cut_out(images: Array, tops: Array, lefts: Array, size: tuple[int, int]) -> Array:
    """Return a window of each image, which lies inside it.  Shape: (N, C, H, W), (N,), (N,) -> (N, C, *size)."""
    windows = host.lib.stride_tricks.sliding_window_view(images, size, axis=(2, 3))
    return windows[host.arange(len(images)), :, tops, lefts]


def cut_with_fill(operation: str, images: Array, top: int, left: int, size: tuple[int, int], fill: Any = 0) -> Array:
    """Return one window of all images; what lies outside them is filled."""
    n, c, h, w = images.shape
    out = host.empty((n, c, *size), images.dtype)
    rows, columns = (
        slice(max(start, 0), max(min(start + length, has), start, 0))
        for start, length, has in ((top, size[0], h), (left, size[1], w))
    )
    if (rows.stop - rows.start, columns.stop - columns.start) != size:
        out[...] = channel_values(operation, "fill", fill, c).astype(images.dtype)
    if rows.stop <= h and columns.stop <= w:  # else there is nothing in common
        place = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        out[:, :, place[0], place[1]] = images[:, :, rows, columns]
    return out


def mirrored(images: Array, axis: int) -> Array:
    """Return images turned round along an axis, as memory of their own: no stride is negative."""
    return host.ascontiguousarray(host.flip(images, axis))


def resized(images: Array, size: tuple[int, int], mode: str = "bilinear", antialias: bool = True) -> Array:
    """Return images in another size."""
    from nn.functional import interpolate

    smooth = mode in ("bilinear", "bicubic")
    known = images.dtype in ("uint8", "float32", "float64")
    source = images if known else images.astype("float64")
    options = {"align_corners": False, "antialias": antialias} if smooth else {}
    found = interpolate(wrap(source), size, mode=mode, **options)._array
    return to_dtype(found, images.dtype)


def resized_windows(
    images: Array, boxes: Array, size: tuple[int, int], mode: str = "bilinear", antialias: bool = True
) -> Array:
    """Return a window of each image, resized: all at once, as products of matrices, in the default mode.

    Shape: (N, C, H, W) and (N, 4) of top, left, height, width -> (N, C, *size).
    """
    if not len(images):
        return host.empty((0, images.shape[1], *size), images.dtype)
    if mode != "bilinear" or not antialias:
        windows = [image[None, :, i : i + h, j : j + w] for image, (i, j, h, w) in zip(images, boxes.tolist())]
        return host.concatenate([resized(window, size, mode, antialias) for window in windows])
    top, left = boxes[:, :2].min(0)
    bottom, right = (boxes[:, :2] + boxes[:, 2:]).max(0)
    used = computing(images[:, :, top:bottom, left:right])
    down = _filters(boxes[:, 0] - top, boxes[:, 2], bottom - top, size[0]).astype(used.dtype)
    across = _filters(boxes[:, 1] - left, boxes[:, 3], right - left, size[1]).astype(used.dtype)
    found = down[:, None] @ used @ across[:, None].swapaxes(2, 3)  # (N, 1, h, H) (N, C, H, W) (N, 1, W, w)
    return to_dtype(found, images.dtype)


def _filters(starts: Array, lengths: Array, inputs: int, outputs: int) -> Array:
    """Return for each example the weights of each input in each output: triangles over its window, (N, out, in)."""
    scale = lengths / outputs
    middles = (host.arange(outputs) + 0.5) * scale[:, None]  # counted from the window's start
    at = host.arange(inputs)[None] - starts[:, None]
    inside = (at >= 0) & (at < lengths[:, None])
    reach = host.maximum(scale, 1)[:, None, None]
    weights = host.maximum(1 - abs(at[:, None, :] + 0.5 - middles[:, :, None]) / reach, 0) * inside[:, None, :]
    return weights / weights.sum(2, keepdims=True)


def size_for(operation: str, size: Any, shape: tuple[int, ...], max_size: int | None = None) -> tuple[int, int]:
    """Return the height and width that ``Resize(size, max_size=max_size)`` gives to images of a shape (..., H, W).

    Raises: DTypeError or ValueError for what are no lengths, and a ``max_size`` that is not for one length or is none.
    """
    given = pair_of_sizes(operation, size)
    alone = isinstance(size, int) or len(size) == 1
    if max_size is not None and (not alone or max_size <= given[0]):
        raise ValueError(f"{operation}: max_size is {max_size} and size {size!r}; wanted one size, smaller than it")
    if not alone:
        return given
    height, width = shape[-2:]
    short, long = sorted((height, width))
    edges = given[0], int(given[0] * long / short)
    if max_size is not None and edges[1] > max_size:
        edges = int(max_size * edges[0] / edges[1]), max_size
    return edges if height <= width else edges[::-1]


def center_of(operation: str, images: Array, size: tuple[int, int]) -> Array:
    """Return the middle of the images, with zeros around them where they are smaller."""
    h, w = images.shape[2:]
    if size[0] > h or size[1] > w:
        left, top = max((size[1] - w) // 2, 0), max((size[0] - h) // 2, 0)
        images = framed(operation, images, (left, top, max((size[1] - w + 1) // 2, 0), max((size[0] - h + 1) // 2, 0)))
        h, w = images.shape[2:]
    return cut_with_fill(operation, images, round((h - size[0]) / 2), round((w - size[1]) / 2), size)


def frame_of(operation: str, padding: Any) -> Frame:
    """Return (left, top, right, bottom) of one length, of two (left and right, top and bottom), or of four."""
    sides = tuple(padding) if isinstance(padding, Sequence) else (padding,)
    if len(sides) not in (1, 2, 4) or not all(isinstance(side, int) for side in sides):
        raise DTypeError(
            f"{operation}: padding is {padding!r}; wanted an int, two (left and right, top and bottom), or four: "
            "(left, top, right, bottom)"
        )
    return (sides * (4 // len(sides)))[:4]


# ---- torchvision's functions ----


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Tensor:
    """Return images in a frame: of ``fill``, of their ``edge``, or continued by ``reflect`` or ``symmetric``.

    ``padding`` is one length, two (left and right, top and bottom), or four (left, top, right, bottom).

    Raises: as ``Pad``.
    """
    images = Images("pad", img)
    return images.back(framed("pad", images.array, frame_of("pad", padding), fill, padding_mode))


def crop(img: Any, top: int, left: int, height: int, width: int) -> Tensor:
    """Return a window of the images; what lies outside them is 0."""
    images = Images("crop", img)
    size = pair_of_sizes("crop", (height, width), "(height, width)")
    return images.back(cut_with_fill("crop", images.array, top, left, size))


def center_crop(img: Any, output_size: Any) -> Tensor:
    """Return the middle of the images, with zeros around them where they are smaller."""
    images = Images("center_crop", img)
    return images.back(center_of("center_crop", images.array, pair_of_sizes("center_crop", output_size)))


def resize(
    img: Any, size: Any, interpolation: Any = InterpolationMode.BILINEAR, max_size: int | None = None,
    antialias: bool | None = True,
) -> Tensor:  # fmt: skip
    """Return images in another size: one length is their shorter edge's, two are (height, width).

    ``max_size`` is the most that the longer edge may get.  ``antialias`` averages over all pixels where images get
    smaller; bilinear and bicubic only.

    Raises: as ``Resize``.
    """
    images = Images("resize", img)
    wanted = size_for("resize", size, images.array.shape, max_size)
    return images.back(resized(images.array, wanted, mode_of("resize", interpolation, RESIZING), bool(antialias)))


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
) -> Tensor:  # fmt: skip
    """Return a window of the images in another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def hflip(img: Any) -> Tensor:
    """Return images with left and right exchanged."""
    images = Images("hflip", img)
    return images.back(mirrored(images.array, 3))


def vflip(img: Any) -> Tensor:
    """Return images with top and bottom exchanged."""
    images = Images("vflip", img)
    return images.back(mirrored(images.array, 2))


def five_crop(img: Any, size: Any) -> tuple[Tensor, ...]:
    """Return the four corners (top left, top right, bottom left, bottom right) and the middle.

    Raises: ShapeError for a size larger than the image.
    """
    images = Images("five_crop", img)
    (h, w), (height, width) = images.array.shape[2:], pair_of_sizes("five_crop", size)
    if height > h or width > w:
        raise ShapeError(f"five_crop: size is {(height, width)}; wanted no more than the image's {(h, w)}")
    corners = [(top, left) for top in (0, h - height) for left in (0, w - width)]
    places = [*corners, (round((h - height) / 2), round((w - width) / 2))]
    cuts = [images.array[:, :, top : top + height, left : left + width].copy() for top, left in places]
    return tuple(images.back(cut) for cut in cuts)


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Tensor, ...]:
    """Return ``five_crop`` of the images and of their mirror images.  Raises: as ``five_crop``."""
    return (*five_crop(img, size), *five_crop(vflip(img) if vertical_flip else hflip(img), size))
