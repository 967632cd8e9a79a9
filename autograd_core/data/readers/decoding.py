"""From an image file to a Pillow image that means what it shows: upright, without palette, transparency or wide pixels.

Pillow is loaded by the first image.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.errors import FormatError
from autograd_core.optional import need

__all__ = ["FITS", "decode", "pillow"]

Picture = Any  # a PIL.Image.Image
FITS = ("stretch", "crop", "pad")
FINER = 2  # times the wanted size is what a JPEG is decoded at, at least: what Pillow's thumbnails take
WHITE = (255, 255, 255, 255)


def pillow(part: str = "Image") -> Any:
    """Return a module of Pillow.  Raises: ImportError saying how to install it."""
    return need(f"PIL.{part}", "Pillow", "reading and writing images")


def decode(path: str | os.PathLike[str], size: tuple[int, int] | None, mode: str, fit: str) -> Picture:
    """Return the image in a file, turned as its EXIF orientation says, in Pillow's ``mode`` and of ``size`` (h, w).

    In mode F pixels are 0 to 1; in the others they are bytes.

    Raises: OSError where the file cannot be opened; FormatError where it is damaged, no image, or larger than
    Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    image_module = pillow()
    with open(path, "rb") as file:  # so that what is raised below is the content's fault
        try:
            with image_module.open(file) as image:
                _refuse_bomb(image, image_module.MAX_IMAGE_PIXELS)
                if size is not None:
                    image.draft(None, (FINER * max(size),) * 2)  # a large JPEG at 1/2, 1/4 or 1/8
                image.load()
                with suppress(Exception):  # EXIF data that make no sense are common, and do the pixels no harm
                    pillow("ImageOps").exif_transpose(image, in_place=True)
                return _resized(_converted(image, mode), size, fit)
        except Exception as error:  # a decoder meets damage in as many ways as there are decoders
            raise FormatError(f"read_image: {Path(path)}: {_reason(error)}") from error


def _refuse_bomb(image: Picture, most: int | None) -> None:
    width, height = image.size
    if most is not None and width * height > most:
        raise ValueError(
            f"it has {width} x {height} pixels, more than the {most} that are read; if this is meant, raise "
            "PIL.Image.MAX_IMAGE_PIXELS"
        )


def _converted(image: Picture, mode: str) -> Picture:
    """Return an image in another mode: what is transparent on white, unless the mode has transparency itself."""
    if image.mode.startswith(("I", "F")):
        exact = _fractions(image)
        if mode == "F":
            return pillow().fromarray(exact)
        image = pillow().fromarray(host.rint(exact * 255).astype("uint8"))
    if mode == "F":
        return pillow().fromarray(host.asarray(_converted(image, "L")) / host.float32(255))
    if image.has_transparency_data and mode not in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA")
        image = pillow().alpha_composite(pillow().new("RGBA", image.size, WHITE), image)
    return image if image.mode == mode else image.convert(mode)


def _fractions(image: Picture) -> Any:
    """Return 16-bit pixels as float32 in 0..1: Pillow itself would make bytes of them by cutting what is above 255."""
    pixels = host.asarray(image)
    most = 1.0 if image.mode == "F" else 65535.0
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= most):
        raise ValueError(f"its pixels run from {low} to {high}; wanted 0 to {most:g}, for Pillow's mode {image.mode!r}")
    return (pixels / most).astype("float32")


def _resized(image: Picture, size: tuple[int, int] | None, fit: str) -> Picture:
    if size is None or image.size == size[::-1]:
        return image
    smooth = pillow().Resampling.BILINEAR  # over the area that each pixel covers
    if fit == "stretch":
        return image.resize(size[::-1], smooth)
    operations = pillow("ImageOps")
    return (operations.fit if fit == "crop" else operations.pad)(image, size[::-1], smooth)


def _reason(error: Exception) -> str:
    name = type(error).__name__
    if name == "UnidentifiedImageError":
        return "it is damaged, or no image of a kind that Pillow reads"
    if name.startswith("DecompressionBomb"):
        return f"it is larger than images may be ({error}); if this is meant, raise PIL.Image.MAX_IMAGE_PIXELS"
    return f"it is damaged: {error or name}" if not isinstance(error, ValueError) else str(error)
