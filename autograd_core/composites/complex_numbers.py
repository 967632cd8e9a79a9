"""Complex numbers in PyTorch's form: made of parts or polar coordinates, taken apart, conjugated.

Conjugates are computed at once, never marked for later as PyTorch does; ``is_conj`` is False for all tensors.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.composites.joining import stack
from autograd_core.composites.shaping import broadcast_tensors
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic as ops
from autograd_core.ops import complex_parts as parts
from autograd_core.ops.trigonometry import cos, sin

__all__ = [
    "angle", "complex", "conj", "conj_physical", "imag", "is_conj", "is_neg", "polar", "real", "resolve_conj",
    "resolve_neg", "sgn", "view_as_complex", "view_as_real",
]  # fmt: skip
METHODS = ["angle", "conj", "conj_physical", "is_conj", "is_neg", "resolve_conj", "resolve_neg", "sgn"]
IN_PLACE = ["conj_physical", "sgn"]


# ---- put together ----


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Return ``real + imag * i``.  Shape: broadcastable pair of float32 or float64 -> common shape.

    Raises: DTypeError where the two are no real floats, or of different dtypes.
    """
    _check_floats("complex", real, imag)
    return parts.view_as_complex(stack(broadcast_tensors(real, imag), -1))


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Return ``abs * (cos(angle) + i sin(angle))``.  Shape: broadcastable pair -> common shape.

    Raises: DTypeError where the two are no real floats, or of different dtypes.
    """
    _check_floats("polar", abs, angle)
    return complex(abs * cos(angle), abs * sin(angle))


def _check_floats(operation: str, a: Any, b: Any) -> None:
    kinds = [x.dtype if isinstance(x, Tensor) else type(x).__name__ for x in (a, b)]
    if kinds[0] is not kinds[1] or kinds[0] not in ("float32", "float64"):
        raise DTypeError(
            f"{operation}: Expected both inputs to be Float or Double tensors of one dtype but got "
            f"{kinds[0]} and {kinds[1]}"
        )


def view_as_complex(input: Tensor) -> Tensor:
    """Return a view of pairs (a, b) as the numbers ``a + bi``.  Shape: (*, 2) -> (*).

    Raises: DTypeError for other than float32 or float64; ShapeError where the last dimension is no pair side by side.
    """
    array = input._array
    if input.dtype not in ("float32", "float64"):
        raise DTypeError(f"view_as_complex: is only supported for float and double tensors, but got {input.dtype}")
    if not array.ndim or array.shape[-1] != 2:
        raise ShapeError(
            f"view_as_complex: Tensor must have a last dimension of size 2; got shape {tuple(array.shape)}"
        )
    if array.strides[-1] != array.itemsize or any(s % (2 * array.itemsize) for s in array.strides[:-1]):
        raise ShapeError("view_as_complex: Tensor must have a last dimension with stride 1 and even other strides")
    return parts.view_as_complex(input)


# ---- taken apart ----


def view_as_real(input: Tensor) -> Tensor:
    """Return a view of complex numbers as pairs of parts.  Shape: (*) -> (*, 2).  Raises: DTypeError for reals."""
    if not input.is_complex():
        raise DTypeError(f"view_as_real: is only supported for complex tensors; got {input.dtype}")
    return parts.view_as_real(input)


def real(input: Tensor) -> Tensor:
    """Return a view of the real parts; a real tensor itself."""
    return parts.real(input)


def imag(input: Tensor) -> Tensor:
    """Return a view of the imaginary parts.  Raises: DTypeError for a real tensor."""
    if not input.is_complex():
        raise DTypeError(f"imag: is not implemented for tensors with non-complex dtypes; got {input.dtype}")
    return parts.imag(input)


def set_real(input: Tensor, value: Any) -> None:
    """Write the real parts: ``x.real = value``."""
    real(input)[...] = value


def set_imag(input: Tensor, value: Any) -> None:
    """Write the imaginary parts: ``x.imag = value``."""
    imag(input)[...] = value


def angle(input: Tensor) -> Tensor:
    """Return the argument, within [-pi, pi]: pi for a negative real number, 0 for another; NaN stays.

    The gradient at 0 is 0.
    """
    if input.is_complex():
        return ops.atan2(imag(input), real(input))
    x = input if input.is_floating_point() else input.float()
    return ops.atan2(wrap(module_of(x._array).zeros_like(x._array)), x + 0.0)  # -0 + 0 is 0, whose angle is not pi


def sgn(input: Tensor) -> Tensor:
    """Return ``x / |x|``, 0 at 0: the sign of real numbers.  The gradient at 0 is 0."""
    return ops.sgn(input)


# ---- conjugated ----


def conj(input: Tensor) -> Tensor:
    """Return ``a - bi`` of each ``a + bi``, as a copy; a real tensor itself."""
    return parts.conj(input)


def conj_physical(input: Tensor) -> Tensor:
    """Return ``a - bi`` of each ``a + bi``; a real tensor itself."""
    return parts.conj(input)


def resolve_conj(input: Tensor) -> Tensor:
    """Return the tensor itself: conjugates are computed at once."""
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """Return the tensor itself: negatives are computed at once."""
    return input


def is_conj(input: Tensor) -> Any:
    """Return False: conjugates are computed at once."""
    return False


def is_neg(input: Tensor) -> Any:
    """Return False: negatives are computed at once."""
    return False
