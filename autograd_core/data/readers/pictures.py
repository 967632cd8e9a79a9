"""Image files as tensors, and tensors as image files, by Pillow."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.creation.data import as_tensor
from autograd_core.data.readers.arrays import scaled
from autograd_core.data.readers.decoding import FITS, decode, pillow
from autograd_core.dtypes import as_dtype, float32, uint8
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.storing.atomic import replacing

__all__ = ["make_grid", "read_image", "write_image", "write_images"]

Array = Any  # a NumPy array
Size = int | Sequence[int] | None  # a side, or height and width
MODES = ("L", "LA", "RGB", "RGBA", "F")
CHANNELS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
QUALITY = {"quality": 95}  # of JPEG and WebP: what is lost can hardly be seen
OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {}, ".bmp": {}, ".gif": {}, ".tif": {}, ".tiff": {}, ".jpg": QUALITY, ".jpeg": QUALITY, ".webp": QUALITY,
}  # fmt: skip
OPAQUE = (".jpg", ".jpeg", ".bmp")  # hold no transparency


def read_image(
    path: str | os.PathLike[str], size: Size = None, mode: str = "RGB", *, fit: str = "stretch", dtype: Any = "float32"
) -> Tensor:
    """Return an image file as a tensor (C, H, W): float32 in 0..1, or with ``dtype="uint8"`` bytes.

    It is turned upright as its EXIF data say, taken out of its palette, and resized to ``size``, one side or (height,
    width), where that is given: ``fit="stretch"`` gives it another aspect ratio, ``"crop"`` cuts what is too much on
    two sides, ``"pad"`` adds black ones.  ``mode`` is ``"RGB"``, ``"L"`` for grey, either with an A for transparency,
    which without it is laid on white, or ``"F"``: grey in full precision, which only 16-bit images have.  Of an
    animation the first image is taken.

    Shape: (C, H, W), C = 1, 2, 3 or 4.

    Raises: OSError where the file cannot be opened; FormatError where it is damaged, no image, or has more pixels than
    ``PIL.Image.MAX_IMAGE_PIXELS``; ValueError for a bad ``size``, ``mode`` or ``fit``; ImportError without Pillow.
    """
    check_options("read_image", size, mode, fit)
    kind = as_dtype(dtype)
    if kind not in (float32, uint8):
        raise DTypeError(f"read_image: dtype is {kind}; wanted float32 or uint8")
    pixels = pixels_of(path, size, mode, fit)
    if kind == uint8:
        return wrap(host.rint(pixels * 255).astype("uint8") if mode == "F" else pixels)
    return wrap(pixels) if mode == "F" else scaled(pixels)


def check_options(operation: str, size: Size, mode: str, fit: str) -> None:
    """Look at what ``read_image`` is told.  Raises: ValueError naming what is wrong."""
    sides = (size, size) if isinstance(size, int) else size
    whole = sides is None or (len(sides) == 2 and all(isinstance(n, int) and n > 0 for n in sides))
    if not whole or isinstance(size, bool):
        raise ValueError(f"{operation}: size is {size!r}; wanted a side or (height, width) in pixels, or None")
    for name, value, choices in (("mode", mode, MODES), ("fit", fit, FITS)):
        if value not in choices:
            raise ValueError(f"{operation}: {name} is {value!r}; wanted one of {', '.join(map(repr, choices))}")


def pixels_of(path: str | os.PathLike[str], size: Size, mode: str, fit: str) -> Array:
    """Return the pixels of an image file: bytes, or float32 in mode F.  Shape: (C, H, W)."""
    sides = None if size is None else (size, size) if isinstance(size, int) else (size[0], size[1])
    pixels = host.array(decode(path, sides, mode, fit))
    return pixels[None] if pixels.ndim == 2 else host.ascontiguousarray(pixels.transpose(2, 0, 1))  # (H, W, C) -> CHW


def write_image(image: Any, path: str | os.PathLike[str], *, normalize: bool = False) -> None:
    """Write a tensor (C, H, W) or (H, W) as an image file, in the format of the path's ending; whole, or not at all.

    One channel is grey, three are colours, and one more is transparency.  Floats are 0..1: what is outside is cut
    off, as a screen does, unless ``normalize`` makes the least 0 and the largest 1.  Bytes are taken as they are.

    Raises: ShapeError, DTypeError or ValueError for what is no image, NaNs included; ValueError for an unknown ending;
    FileNotFoundError where there is no such folder; ImportError without Pillow.
    """
    path = Path(path)
    pixels = _bytes_of(_image_array("write_image", image), normalize)
    ending = path.suffix.lower()
    if ending not in OPTIONS:
        raise ValueError(f"write_image: {path} ends in {ending!r}; wanted one of {', '.join(OPTIONS)}")
    mode = CHANNELS[len(pixels)]
    if ending in OPAQUE and mode in ("LA", "RGBA"):
        raise ValueError(f"write_image: {path}: {ending} holds no transparency; image has {len(pixels)} channels")
    shown = pillow().fromarray(pixels[0] if mode == "L" else host.ascontiguousarray(pixels.transpose(1, 2, 0)))
    content = io.BytesIO()
    shown.save(content, pillow().registered_extensions()[ending], **OPTIONS[ending])
    with replacing(str(path)) as file:
        file.write(content.getbuffer())


def write_images(
    images: Iterable[Any], folder: str | os.PathLike[str], names: Sequence[str] | None = None, *,
    ending: str = ".png", normalize: bool = False,
) -> list[Path]:  # fmt: skip
    """Write each image of a batch (N, C, H, W), or of a list, into a folder, which is made; return the paths.

    The files are ``names``, or ``0000.png``, ``0001.png``, ...; other arguments are those of ``write_image``.

    Raises: as ``write_image``; ValueError where there are not as many names as images.
    """
    many = list(images)
    named = [f"{i:04}{ending}" for i in range(len(many))] if names is None else list(names)
    if len(named) != len(many):
        raise ValueError(f"write_images: got {len(named)} names for {len(many)} images")
    paths = [Path(folder) / name for name in named]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for image, path in zip(many, paths):
        write_image(image, path, normalize=normalize)
    return paths


def make_grid(images: Any, nrow: int = 8, padding: int = 2, pad_value: float = 0.0) -> Tensor:
    """Return images of one size as one image, ``nrow`` side by side, with ``padding`` pixels of ``pad_value`` around.

    Shape: (N, C, H, W), or a list of (C, H, W) -> (C, H', W') with H' = rows * (H + padding) + padding, W' alike.

    Raises: ShapeError for images of several sizes, or none; ValueError for an ``nrow`` below 1.
    """
    arrays = [_image_array("make_grid", image) for image in images]
    if len({array.shape for array in arrays}) != 1:
        raise ShapeError(f"make_grid: got images of shapes {sorted({array.shape for array in arrays})}; wanted one")
    if nrow < 1:
        raise ValueError(f"make_grid: nrow is {nrow}; wanted at least 1")
    channels, height, width = arrays[0].shape
    columns = min(nrow, len(arrays))
    rows = -(-len(arrays) // columns)
    down, across = height + padding, width + padding
    sheet = host.full((channels, rows * down + padding, columns * across + padding), pad_value, arrays[0].dtype)
    for i, array in enumerate(arrays):
        top, left = padding + i // columns * down, padding + i % columns * across
        sheet[:, top : top + height, left : left + width] = array
    return wrap(sheet)


def _image_array(operation: str, image: Any) -> Array:
    """Return an image's array (C, H, W) on the CPU.  Raises: ShapeError or DTypeError for what is no image."""
    tensor = image if isinstance(image, Tensor) else as_tensor(image)
    array = tensor.detach().cpu().numpy()
    if array.dtype.kind != "f" and array.dtype != host.uint8:
        raise DTypeError(f"{operation}: image is {array.dtype}; wanted floats in 0..1 or uint8")
    array = array[None] if array.ndim == 2 else array  # (H, W) -> (1, H, W)
    if array.ndim != 3 or len(array) not in CHANNELS or not array.size:
        raise ShapeError(f"{operation}: image has shape {array.shape}; wanted (C, H, W) with C = 1 to 4, or (H, W)")
    return array


def _bytes_of(array: Array, normalize: bool) -> Array:
    if array.dtype == host.uint8:
        return array
    array = array.astype("float64")
    bad = int((~host.isfinite(array)).sum())
    if bad:
        raise ValueError(f"write_image: image has {bad} values that are NaN or infinite")
    if normalize:
        array = (array - array.min()) / max(array.max() - array.min(), host.finfo("float64").tiny)
    return host.rint(array.clip(0, 1) * 255).astype(host.uint8)
