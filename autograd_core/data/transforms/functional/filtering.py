"""Images smoothed, or with a part of them erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.functional.windows import framed
from autograd_core.data.transforms.images import Array, Images, array_of, computing, per_example, to_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["erase", "gaussian_blur", "odd_sizes"]


# ---- kernels ----


def blurred(operation: str, images: Array, sizes: tuple[int, int], sigmas: tuple[Array, Array]) -> Array:
    """Return images smoothed by Gaussians of (width, height) pixels, each of its own standard deviations."""
    reach = sizes[0] // 2, sizes[1] // 2
    found = framed(operation, computing(images), (reach[0], reach[1], reach[0], reach[1]), mode="reflect")
    for axis, size, sigma in ((3, sizes[0], sigmas[0]), (2, sizes[1], sigmas[1])):
        weights = _bell(size, sigma).astype(found.dtype)[:, :, None, None, None]  # (N, size, 1, 1, 1)
        length = found.shape[axis] - size + 1
        shifted = (found[:, :, k : k + length] if axis == 2 else found[..., k : k + length] for k in range(size))
        found = sum(weights[:, k] * part for k, part in enumerate(shifted))
    return to_dtype(found, images.dtype)


def _bell(size: int, sigma: Array) -> Array:
    """Return the weights of a Gaussian at so many whole numbers around its middle, which sum to 1: (N, size)."""
    at = (host.arange(size) - (size - 1) / 2) / sigma[:, None]
    weights = host.exp(-0.5 * at * at)
    return weights / weights.sum(1, keepdims=True)


def erased(images: Array, boxes: Array, values: Array) -> Array:
    """Return images with a box of each replaced.  Shape: (N, C, H, W), (N, 4) of top, left, height, width, values."""
    top, left, height, width = boxes.T[:, :, None]  # (N, 1) each
    rows, columns = host.arange(images.shape[2]), host.arange(images.shape[3])
    in_rows, in_columns = (rows >= top) & (rows < top + height), (columns >= left) & (columns < left + width)
    inside = in_rows[:, :, None] & in_columns[:, None]
    return host.where(inside[:, None], values.astype(images.dtype), images)


def odd_sizes(operation: str, kernel_size: Any) -> tuple[int, int]:
    """Return (width, height) of a filter.  Raises: DTypeError for what are no ints; ValueError for even ones."""
    sizes = tuple(kernel_size) if isinstance(kernel_size, Sequence) else (kernel_size,)
    if len(sizes) not in (1, 2) or not all(isinstance(n, int) for n in sizes):
        raise DTypeError(f"{operation}: kernel_size is {kernel_size!r}; wanted an int, or two: (width, height)")
    if any(n < 1 or n % 2 == 0 for n in sizes):
        raise ValueError(f"{operation}: kernel_size is {kernel_size!r}; wanted odd numbers, which have a middle")
    return sizes[0], sizes[-1]


# ---- torchvision's functions ----


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Tensor:
    """Return images smoothed by a Gaussian of ``kernel_size`` pixels, an int or (width, height).

    ``sigma`` is its standard deviation in pixels, a number or two for (width, height);
    None takes ``0.15 * kernel_size + 0.35``.

    Raises: as ``GaussianBlur``.
    """
    images = Images("gaussian_blur", img)
    sizes = odd_sizes("gaussian_blur", kernel_size)
    if sigma is None:
        sigma = [0.15 * n + 0.35 for n in sizes]
    given = list(sigma) if isinstance(sigma, Sequence) else [sigma]
    if len(given) not in (1, 2) or not all(value > 0 for value in given):
        raise ShapeError(f"gaussian_blur: sigma is {sigma!r}; wanted a number above 0, or two")
    n = len(images.array)
    sigmas = [per_example("gaussian_blur", "sigma", value, n) for value in given]
    return images.back(blurred("gaussian_blur", images.array, sizes, (sigmas[0], sigmas[-1])))


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """Return images with the box of ``h`` x ``w`` pixels at row ``i`` and column ``j`` replaced by ``v``.

    ``v`` is a number or a tensor that broadcasts to (C, h, w).  ``inplace`` writes into ``img`` and returns it.

    Raises: ShapeError for a box outside the image, or values that do not fit it.
    """
    images = Images("erase", img)
    height, width = images.array.shape[2:]
    if not (0 <= i <= height - h and 0 <= j <= width - w):
        raise ShapeError(f"erase: box is rows {i} to {i + h}, columns {j} to {j + w} of an image of {height} x {width}")
    target = images.array if inplace else images.array.copy()
    values = array_of("erase", v) if isinstance(v, Tensor) else v
    try:
        target[:, :, i : i + h, j : j + w] = values
    except ValueError:
        shape = (images.array.shape[1], h, w)
        raise ShapeError(f"erase: v has shape {tuple(v.shape)}; wanted what broadcasts to {shape}") from None
    return img if inplace else images.back(target)
