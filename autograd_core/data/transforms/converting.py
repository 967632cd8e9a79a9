"""From Pillow's images and arrays to tensors and back, and from one dtype to another."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import is_number
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.images import Array, Images, array_of, from_pillow, is_pillow, largest
from autograd_core.dtypes import as_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.optional import need

__all__ = ["ConvertImageDtype", "PILToTensor", "Rescale", "ToPILImage", "ToTensor", "converted"]

SIZES = {"float32": 24, "float64": 53, "float16": 11}  # bits that count whole numbers exactly


def converted(images: Array, dtype: Any) -> Array:
    """Return images in another dtype, with black and white where they belong in it.

    Floats lie in 0..1, integers from 0 to the largest of their dtype.  Floats become integers as
    ``floor(x * (largest + 1 - 0.001))``: all of them are equally likely.

    Raises: DTypeError for floats that cannot count an integer dtype.
    """
    kind = host.dtype(dtype)
    if images.dtype == kind:
        return images
    if kind.kind not in "iu":
        return images.astype(kind) / kind.type(largest(images)) if images.dtype.kind in "iu" else images.astype(kind)
    if images.dtype.kind not in "iu":
        bits = SIZES.get(images.dtype.name, 8)
        if bits < kind.itemsize * 8 - 1 and kind.itemsize > 2:
            raise DTypeError(f"ConvertImageDtype: the cast from {images.dtype} to {kind} cannot be performed safely")
        return (images * (host.iinfo(kind).max + 1.0 - 1e-3)).astype(kind)
    had, has = int(host.iinfo(images.dtype).max), int(host.iinfo(kind).max)
    if had > has:
        return (images // ((had + 1) // (has + 1))).astype(kind)
    return images.astype(kind) * kind.type((has + 1) // (had + 1))


def to_tensor(pic: Any) -> Tensor:
    """Return a PIL image, or an array (H, W[, C]), as a tensor (C, H, W): bytes as float32 in 0..1.

    A tensor of bytes is scaled the same way, any other is returned as it is.

    Raises: as ``ToTensor``.
    """
    if isinstance(pic, Tensor):
        array = array_of("ToTensor", pic)
        return wrap(converted(array, "float32")) if array.dtype == "uint8" else pic
    if is_pillow(pic):
        array = from_pillow(pic)
    elif isinstance(pic, host.ndarray):
        if pic.ndim not in (2, 3):
            raise ShapeError(f"ToTensor: pic has shape {pic.shape}; wanted an array (H, W) or (H, W, C)")
        array = pic[None] if pic.ndim == 2 else pic.transpose(2, 0, 1)  # (H, W[, C]) -> (C, H, W)
    else:
        raise DTypeError(
            f"ToTensor: pic is {type(pic).__name__}; wanted a PIL image, an array (H, W[, C]) or a Tensor"
        )
    scaled = converted(array, "float32") if array.dtype == "uint8" else array
    return wrap(host.array(scaled, order="C"))


def pil_to_tensor(pic: Any) -> Tensor:
    """Return a PIL image as a tensor (C, H, W) of its own dtype: bytes stay bytes.  Raises: as ``PILToTensor``."""
    if not is_pillow(pic):
        raise DTypeError(f"PILToTensor: pic is {type(pic).__name__}; wanted a PIL image")
    return wrap(from_pillow(pic))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """Return a tensor (C, H, W) or (H, W), or an array (H, W[, C]), as a PIL image.  Raises: as ``ToPILImage``."""
    library = need("PIL.Image", "Pillow", "ToPILImage")
    if isinstance(pic, host.ndarray):
        pixels = pic[:, :, None] if pic.ndim == 2 else pic
    else:
        images = Images("ToPILImage", pic)
        if len(images.array) != 1:
            raise ShapeError(f"ToPILImage: pic has shape {tuple(pic.shape)}; wanted one image, (C, H, W) or (H, W)")
        pixels = images.array[0].transpose(1, 2, 0)  # (C, H, W) -> (H, W, C)
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4):
        raise ShapeError(f"ToPILImage: pic has shape {tuple(pic.shape)}; wanted 1 to 4 channels")
    if pixels.dtype.kind not in "iub" and mode != "F":
        pixels = (pixels.clip(0, 1) * 255).astype("uint8")
    made = library.fromarray(host.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))
    return made if mode in (None, made.mode) else made.convert(mode)


def convert_image_dtype(image: Any, dtype: Any = "float32") -> Tensor:
    """Return images in another dtype, with black and white where they belong in it.

    Raises: as ``ConvertImageDtype``.
    """
    images = Images("ConvertImageDtype", image)
    return images.back(converted(images.array, as_dtype(dtype).dtype))


class ToTensor(Transform):
    """A PIL image or an array (H, W[, C]) as a tensor (C, H, W); bytes become float32 in 0..1, other dtypes stay.

    A tensor of bytes is scaled the same way; a tensor of floats stays as it is.

    Raises: DTypeError for what is none of these; ShapeError for an array of other dims.
    """

    def __call__(self, image: Any) -> Any:
        """Return the image as a tensor."""
        return to_tensor(image)


class PILToTensor(Transform):
    """A PIL image as a tensor (C, H, W) of its own dtype: bytes stay bytes.  Raises: DTypeError for anything else."""

    batches = False

    def __call__(self, image: Any) -> Any:
        """Return the image as a tensor."""
        return pil_to_tensor(image)


class ToPILImage(Transform):
    """A tensor (C, H, W), or an array (H, W[, C]), as a PIL image; floats lie in 0..1.

    Raises: ImportError where there is no Pillow; ShapeError for a batch, or for more than four channels.
    """

    batches = False

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Any) -> Any:
        """Return the tensor as a PIL image."""
        return to_pil_image(image, self.mode)


class ConvertImageDtype(Transform):
    """Images in another dtype, with black and white where they belong in it: bytes 0..255 as floats 0..1, and back.

    Raises: DTypeError for floats that cannot count an integer dtype.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = as_dtype(dtype)

    def apply(self, images: Array) -> Array:
        """Return the images in the dtype."""
        return converted(images, self.dtype.dtype)


class Rescale(Transform):
    """``image * scale + offset`` in floats: ``Rescale(1 / 255)`` makes 0..1 of bytes, ``Rescale(2, -1)`` -1..1 of 0..1.

    Raises: DTypeError for what is no number.
    """

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        for name, value in (("scale", scale), ("offset", offset)):
            if not is_number(value):
                raise DTypeError(f"Rescale: {name} is {value!r}; wanted a number")
        self.scale, self.offset = scale, offset

    def apply(self, images: Array) -> Array:
        """Return the images in the other range; integers as float32."""
        kind = host.dtype("float32") if images.dtype.kind in "iub" else images.dtype
        return images.astype(kind) * kind.type(self.scale) + kind.type(self.offset)
