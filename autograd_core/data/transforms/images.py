"""What transforms take: tensors of images and Pillow's images, all seen as one (N, C, H, W) array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.engine.modes import is_grad_enabled
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DeviceError, DTypeError, GraphError, ShapeError

__all__ = [
    "Array", "Images", "array_of", "channel_values", "computing", "from_pillow", "is_pillow", "largest", "per_example",
    "to_dtype",
]  # fmt: skip

Array = Any  # a NumPy array
WANTED = "wanted a Tensor (C, H, W) or (N, C, H, W), or a PIL image"
MODES = {"I": "int32", "I;16": "uint16", "F": "float32"}  # Pillow's modes of wider pixels than a byte


class Images:
    """The images that an operation was given, as an array (N, C, H, W), and the way back.

    A tensor (C, H, W), or (H, W) of one channel, is a batch of one.  A PIL image becomes a tensor first.

    Raises: DTypeError for anything else; ShapeError for other numbers of dims; DeviceError for a tensor that is not on
    the CPU; GraphError for one whose gradient would be lost.
    """

    __slots__ = ("array", "_dims")

    def __init__(self, operation: str, image: Any) -> None:
        array = from_pillow(image) if is_pillow(image) else array_of(operation, image)
        if not 2 <= array.ndim <= 4:
            raise ShapeError(f"{operation}: image has shape {array.shape}; {WANTED}")
        if 0 in array.shape[-3:]:
            raise ShapeError(f"{operation}: image has shape {array.shape}; wanted at least one pixel")
        self._dims = array.ndim
        self.array: Array = array.reshape((1,) * (4 - array.ndim) + array.shape)

    def back(self, array: Array) -> Tensor:
        """Return an array (N, C, H, W) as a tensor of as many dims as came."""
        flat = self._dims == 2 and array.shape[1] == 1
        return wrap(array[0, 0] if flat else array[0] if self._dims < 4 else array)


def array_of(operation: str, image: Any) -> Array:
    """Return a tensor's array.  Raises: as ``Images``."""
    if not isinstance(image, Tensor):
        hint = ": ToTensor() makes one of an array (H, W[, C])" if isinstance(image, host.ndarray) else ""
        raise DTypeError(f"{operation}: image is {type(image).__name__}; {WANTED}{hint}")
    if type(image._array) is not host.ndarray:
        raise DeviceError(f"{operation}: image is on {image.device}; wanted the CPU: transform before .to(device)")
    if image._node is not None and is_grad_enabled():
        raise GraphError(
            f"{operation}: image requires grad, and transforms of images are not recorded; pass image.detach(), or "
            "call it inside ag.no_grad()"
        )
    return image._array


def is_pillow(image: Any) -> bool:
    """Whether this is an image of Pillow, which need not be installed to know."""
    return any(kind.__module__ == "PIL.Image" for kind in type(image).__mro__)


def from_pillow(image: Any) -> Array:
    """Return a PIL image's pixels, (C, H, W): bytes, but for modes I, I;16 and F; mode 1 as 0 and 255."""
    pixels = host.array(image, MODES.get(image.mode))
    if image.mode == "1":
        pixels = pixels.astype("uint8") * 255
    return pixels[None] if pixels.ndim == 2 else host.ascontiguousarray(pixels.transpose(2, 0, 1))  # (H, W, C) -> CHW


def per_example(operation: str, name: str, value: Any, count: int) -> Array:
    """Return a number, or one number for each example, as (N,) float64.  Raises: ShapeError for another count."""
    values = host.asarray(value._array if isinstance(value, Tensor) else value, "float64")
    if values.ndim > 1 or values.size not in (1, count):
        raise ShapeError(
            f"{operation}: {name} has shape {values.shape}; wanted a number, or one for each of {count} images"
        )
    return host.broadcast_to(values.reshape(-1), (count,))


def largest(array: Array) -> float:
    """Return what white is: the largest value of an integer dtype, 1 for floats and bools."""
    return float(host.iinfo(array.dtype).max) if array.dtype.kind in "iu" else 1.0


def to_dtype(array: Array, dtype: Any) -> Array:
    """Return computed values in the dtype of an image: rounded, and within its range, for integers."""
    kind = host.dtype(dtype)
    if kind.kind not in "iu" or array.dtype == kind:
        return array.astype(kind, copy=False)
    limits = host.iinfo(kind)
    return host.rint(array).clip(limits.min, limits.max).astype(kind)


def computing(array: Array) -> Array:
    """Return images to compute with: float64 stays, all else becomes float32."""
    return array if array.dtype == "float64" else array.astype("float32", copy=False)


def channel_values(operation: str, name: str, value: Any, channels: int) -> Array:
    """Return a number, or one for each channel, as (1 or C, 1, 1).  Raises: ShapeError for another count."""
    values = host.asarray(value if isinstance(value, Sequence) else [0.0 if value is None else value], "float64")
    if values.ndim != 1 or values.size not in (1, channels):
        raise ShapeError(
            f"{operation}: {name} is {value!r}; wanted a number, or one for each of the image's {channels} channels"
        )
    return values.reshape(-1, 1, 1)
