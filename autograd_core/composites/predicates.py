"""Questions about elements, and their logic: results are booleans, and no gradient flows."""

from __future__ import annotations

import math

from autograd_core.creation.filling import ones_like
from autograd_core.dtypes import get_default_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, logic
from autograd_core.ops.complex_parts import imag, real
from autograd_core.ops.special_functions import special_pair

__all__ = [
    "allclose", "equal", "isclose", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "signbit",
]  # fmt: skip
METHODS = __all__
IN_PLACE = ["logical_and", "logical_not", "logical_or", "logical_xor"]


# ---- logic ----


def _truth(value: Tensor) -> Tensor:
    return value if value._array.dtype.kind == "b" else logic.ne(value, 0)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Return whether both are nonzero.  Shape: broadcastable pair -> common shape."""
    return logic.bitwise_and(_truth(input), _truth(other))


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Return whether either is nonzero.  Shape: broadcastable pair -> common shape."""
    return logic.bitwise_or(_truth(input), _truth(other))


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Return whether exactly one is nonzero.  Shape: broadcastable pair -> common shape."""
    return logic.ne(_truth(input), _truth(other))


def logical_not(input: Tensor) -> Tensor:
    """Return whether each element is zero."""
    return logic.bitwise_not(input) if input._array.dtype.kind == "b" else logic.eq(input, 0)


# ---- kinds of numbers ----


def isnan(input: Tensor) -> Tensor:
    """Return whether each element is NaN; of complex numbers, whether a part is."""
    return logic.ne(input, input)


def isinf(input: Tensor) -> Tensor:
    """Return whether each element is infinite; of complex numbers, whether a part is."""
    if input.is_complex():
        return logic.bitwise_or(isinf(real(input)), isinf(imag(input)))
    return logic.eq(arithmetic.abs(input), math.inf)


def isfinite(input: Tensor) -> Tensor:
    """Return whether each element is neither infinite nor NaN; of complex numbers, whether both parts are not."""
    if input.is_complex():
        return logic.bitwise_and(isfinite(real(input)), isfinite(imag(input)))
    return logic.lt(arithmetic.abs(input), math.inf)


def isposinf(input: Tensor) -> Tensor:
    """Return whether each element is positive infinity.  Raises: DTypeError for complex numbers."""
    return logic.eq(_ordered("isposinf", input), math.inf)


def isneginf(input: Tensor) -> Tensor:
    """Return whether each element is negative infinity.  Raises: DTypeError for complex numbers."""
    return logic.eq(_ordered("isneginf", input), -math.inf)


def isreal(input: Tensor) -> Tensor:
    """Return whether each element has no imaginary part."""
    return logic.eq(imag(input), 0) if input.is_complex() else ones_like(input, dtype="bool")


def signbit(input: Tensor) -> Tensor:
    """Return whether each element's sign is minus, -0 among them.  Raises: DTypeError for complex numbers."""
    x = _ordered("signbit", input).detach()
    return logic.lt(special_pair(1.0, x, name="copysign") if x.is_floating_point() else x, 0)


def _ordered(operation: str, input: Tensor) -> Tensor:
    if input.is_complex():
        raise DTypeError(f"{operation}: does not support complex inputs; got {input.dtype}")
    return input


# ---- equality ----


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether ``|input - other| <= atol + rtol * |other|``; equal infinities are close.

    Shape: broadcastable pair -> common shape.  Raises: DTypeError for different dtypes, ShapeError for a negative
    tolerance.
    """
    if input.dtype is not other.dtype:
        raise DTypeError(f"isclose: {input.dtype} did not match {other.dtype}; convert one with .to(dtype)")
    if rtol < 0 or atol < 0:
        which, value = ("rtol", rtol) if rtol < 0 else ("atol", atol)
        raise ShapeError(f"isclose: {which} must be greater than or equal to zero, but got {value}")
    a, b = (_floating(x.detach()) for x in (input, other))
    difference = arithmetic.abs(arithmetic.sub(a, b))
    allowed = arithmetic.add(arithmetic.mul(arithmetic.abs(b), rtol), atol)
    near = logic.bitwise_and(logic.le(difference, allowed), isfinite(difference))
    close = logic.bitwise_or(logic.eq(input, other), near)
    return logic.bitwise_or(close, logic.bitwise_and(isnan(a), isnan(b))) if equal_nan else close


def _floating(x: Tensor) -> Tensor:
    return x if x.is_floating_point() or x.is_complex() else x.to(get_default_dtype())


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Return whether all elements are close (see ``isclose``)."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Return whether shape and elements are the same; NaN equals nothing."""
    return input.shape == other.shape and bool(logic.eq(input, other)._array.all())
