"""Images turned, moved, stretched and sheared: each pixel of the result is looked up where it came from.

Positions are counted from the middle of the image, x to the right and y down, in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import WARPING, InterpolationMode, is_number, mode_of
from autograd_core.data.transforms.functional.windows import framed
from autograd_core.data.transforms.images import Array, Images, computing, per_example, to_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["affine", "rotate"]

AT_ONCE = 1 << 17  # pixels whose positions are computed together: they stay in the cache
EXACT = 1 << 24  # whole numbers up to this are exact in float32


# ---- kernels ----


def inverse_affine(
    angle: Array, translate: tuple[Array, Array], scale: Array, shear: tuple[Array, Array],
    center: tuple[float, float] = (0.0, 0.0),
) -> Array:  # fmt: skip
    """Return where each pixel comes from when images are sheared, turned clockwise, scaled, moved; angles in degrees.

    Shape: (N,) each -> (N, 2, 3).
    Source: torchvision.transforms.functional, _get_inverse_affine_matrix, whose order of the four this is.
    """
    turn, shear_x, shear_y = (host.radians(degrees) for degrees in (angle, *shear))
    a = host.cos(turn - shear_y) / host.cos(shear_y)
    b = -a * host.tan(shear_x) - host.sin(turn)
    c = host.sin(turn - shear_y) / host.cos(shear_y)
    d = -c * host.tan(shear_x) + host.cos(turn)
    back = host.stack([d, -b, -c, a], -1).reshape(-1, 2, 2) / host.asarray(scale).reshape(-1, 1, 1)
    middle = host.asarray(center)
    moved = host.stack([middle[0] + translate[0], middle[1] + translate[1]], -1)  # (N, 2)
    return host.concatenate([back, (middle - (back @ moved[:, :, None])[:, :, 0])[:, :, None]], 2)


def warp(
    operation: str, images: Array, matrices: Array, mode: str = "nearest", fill: Any = 0,
    size: tuple[int, int] | None = None,
) -> Array:  # fmt: skip
    """Return images of which each pixel is looked up where its example's matrix says.

    Shape: (N, C, H, W) and (N, 2, 3) -> (N, C, *size).
    """
    source, at = images.shape[2:], matrices.astype(_precision(images))
    wanted = size or source
    return _looked_up(operation, images, lambda some: _origins(at[some], wanted, source), wanted, mode, fill)


def displaced(
    operation: str, images: Array, right: Array, down: Array, mode: str = "bilinear", fill: Any = 0
) -> Array:
    """Return images of which each pixel is looked up so many pixels further right and down.  Shape: (N, H, W) each."""
    height, width = images.shape[2:]
    kind = _precision(images)
    x = (right + host.arange(width)).astype(kind).clip(-1, width)
    y = (down + host.arange(height)[:, None]).astype(kind).clip(-1, height)
    return _looked_up(operation, images, lambda some: (x[some], y[some]), (height, width), mode, fill)


def _precision(images: Array) -> str:
    """Return the dtype to compute positions in: float32 where that counts the pixels exactly."""
    height, width = images.shape[2:]
    return "float64" if images.dtype == "float64" or (height + 3) * (width + 3) > EXACT else "float32"


def _looked_up(
    operation: str, images: Array, places: Callable[[slice], tuple[Array, Array]], size: tuple[int, int], mode: str,
    fill: Any,
) -> Array:  # fmt: skip
    """Return images of which each pixel is looked up at a place, (columns, rows) of some examples.

    Beyond an image lies ``fill``; at its edge a bilinear value is between the two.
    """
    known = images if mode == "nearest" else computing(images)
    bordered = framed(operation, known, (1, 1, 2, 2), fill, "constant")  # (N, C, H + 3, W + 3)
    out = host.empty((*images.shape[:2], *size), known.dtype)
    look_up = _nearest if mode == "nearest" else _bilinear
    step = max(1, AT_ONCE // (size[0] * size[1]))
    for start in range(0, len(images), step):
        some = slice(start, start + step)
        look_up(bordered[some], *places(some), out[some])
    return to_dtype(out, images.dtype)


def _origins(matrices: Array, size: tuple[int, int], source: tuple[int, int]) -> tuple[Array, Array]:
    """Return the columns and rows that pixels come from, or just outside where that is further out: (N, h, w) each."""
    across, down = (
        host.arange(length, dtype=matrices.dtype) - matrices.dtype.type((length - 1) / 2) for length in size[::-1]
    )
    found = []
    for k, length in enumerate(source[::-1]):
        by_x, by_y, start = matrices[:, k, 0, None], matrices[:, k, 1, None], matrices[:, k, 2, None]
        places = (by_y * down + (start + matrices.dtype.type((length - 1) / 2)))[:, :, None] + (by_x * across)[:, None]
        found.append(places.clip(-1, length, out=places))
    return found[0], found[1]


def _nearest(bordered: Array, x: Array, y: Array, out: Array) -> None:
    """Write the pixels that are nearest, of two as near the one of even number."""
    planes, index = _addresses(bordered, host.rint(x, out=x), host.rint(y, out=y))
    for k in range(out.shape[1]):
        planes[k].take(index, mode="clip", out=out[:, k])


def _bilinear(bordered: Array, x: Array, y: Array, out: Array) -> None:
    """Write what lies between the four pixels around each place."""
    left, top = host.floor(x), host.floor(y)
    x -= left
    y -= top
    planes, index = _addresses(bordered, left, top)
    below = bordered.shape[3]
    for k in range(out.shape[1]):
        here, right, down, both = (planes[k][off:].take(index, mode="clip") for off in (0, 1, below, below + 1))
        right -= here
        right *= x
        here += right  # the upper row
        both -= down
        both *= x
        down += both  # the lower row
        down -= here
        down *= y
        host.add(here, down, out=out[:, k])


def _addresses(bordered: Array, columns: Array, rows: Array) -> tuple[list[Array], Array]:
    """Return each channel's memory from its pixel (0, 0) on, and the place in it of every pixel looked up."""
    n, c, height, width = bordered.shape
    rows *= width
    rows += columns
    index = rows.astype("int64")
    index += (host.arange(n) * (c * height * width))[:, None, None]
    memory = bordered.reshape(-1)
    # index -1 - width of the first plane is the border's corner
    index += width + 1
    return [memory[k * height * width :] for k in range(c)], index


def turned_size(matrix: Array, height: int, width: int) -> tuple[int, int]:
    """Return the height and width that hold a whole image which is turned.  Source: torchvision, rotate, expand."""
    corners = host.array([[x * width / 2, y * height / 2, 1.0] for x in (-1, 1) for y in (-1, 1)])
    half = host.array([width, height]) / 2
    places = corners @ matrix.T
    first, last = (host.round(end + half, 4) for end in (places.min(0), places.max(0)))  # a quarter turn adds 1e-16
    size = host.ceil(last) - host.floor(first)
    return int(size[1]), int(size[0])


def center_offset(operation: str, center: Any, height: int, width: int) -> tuple[float, float]:
    """Return a center (x, y), counted from the upper left corner, as counted from the middle; None is the middle."""
    if center is None:
        return 0.0, 0.0
    if not isinstance(center, Sequence) or len(center) != 2 or not all(map(is_number, center)):
        raise DTypeError(f"{operation}: center is {center!r}; wanted two numbers (x, y), or None for the middle")
    return center[0] - width / 2, center[1] - height / 2


def turned(
    operation: str, images: Array, angles: Array, mode: str, expand: bool = False, center: Any = None, fill: Any = 0
) -> Array:
    """Return images turned counter-clockwise by an angle each, in degrees."""
    n, _, h, w = images.shape
    zeros = host.zeros(n)
    offset = center_offset(operation, center, h, w)
    matrices = inverse_affine(-angles, (zeros, zeros), host.ones(n), (zeros, zeros), offset)
    size = turned_size(matrices[0], h, w) if expand and n else (h, w)
    if expand and n and (angles != angles[0]).any():
        raise ShapeError(f"{operation}: expand=True gives images of other sizes by their angles; turn them one by one")
    return warp(operation, images, matrices, mode, fill, size)


# ---- torchvision's functions ----


def rotate(
    img: Any, angle: Any, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False, center: Any = None,
    fill: Any = None,
) -> Tensor:  # fmt: skip
    """Return images turned counter-clockwise by ``angle`` degrees: a number, or one for each image.

    ``expand`` makes the result so large that it holds the whole image; ``center`` is (x, y) from the upper left corner.

    Raises: as ``RandomRotation``.
    """
    images = Images("rotate", img)
    angles = per_example("rotate", "angle", angle, len(images.array))
    mode = mode_of("rotate", interpolation, WARPING)
    return images.back(turned("rotate", images.array, angles, mode, expand, center, fill))


def affine(
    img: Any, angle: Any, translate: Sequence[Any], scale: Any, shear: Any,
    interpolation: Any = InterpolationMode.NEAREST, fill: Any = None, center: Any = None,
) -> Tensor:  # fmt: skip
    """Return images sheared, turned clockwise by ``angle`` degrees, scaled and moved by (x, y) pixels.

    ``shear`` is one angle, along x, or two.  Each number may also be one for each image, (N,).

    Raises: as ``RandomAffine``.
    """
    images = Images("affine", img)
    n, _, h, w = images.array.shape
    if not isinstance(translate, Sequence) or len(translate) != 2:
        raise DTypeError(f"affine: translate is {translate!r}; wanted two numbers of pixels (x, y)")
    sheared = tuple(shear) if isinstance(shear, Sequence) else (shear,)
    if len(sheared) not in (1, 2):
        raise DTypeError(f"affine: shear is {shear!r}; wanted an angle, or two: along x and along y")
    numbers = {"angle": angle, "translate": translate[0], "translate[1]": translate[1], "scale": scale,
               "shear": sheared[0], "shear[1]": sheared[1] if len(sheared) == 2 else 0.0}  # fmt: skip
    turn, x, y, size, along_x, along_y = (per_example("affine", k, v, n) for k, v in numbers.items())
    if (size <= 0).any():
        raise ShapeError(f"affine: scale is {scale!r}; wanted numbers above 0")
    matrices = inverse_affine(turn, (x, y), size, (along_x, along_y), center_offset("affine", center, h, w))
    return images.back(warp("affine", images.array, matrices, mode_of("affine", interpolation, WARPING), fill))

