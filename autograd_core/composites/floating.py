"""Functions of floating-point numbers: their parts, signs, neighbours, and what is not finite."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_core.backend.device import module_of
from autograd_core.composites.arguments import need_tensors
from autograd_core.dtypes import HALVES, complex128, finfo, float64, promote_types
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError
from autograd_core.ops import arithmetic, functions, logic
from autograd_core.ops.complex_parts import imag, real, view_as_complex
from autograd_core.ops.shape import cast
from autograd_core.ops.special_functions import special_function, special_pair

__all__ = [
    "copysign", "deg2rad", "float_power", "fmax", "fmin", "frexp", "heaviside", "ldexp", "nan_to_num",
    "nextafter", "positive", "rad2deg",
]  # fmt: skip
METHODS = __all__
IN_PLACE = [
    "copysign", "deg2rad", "float_power", "heaviside", "ldexp", "nan_to_num", "nextafter", "rad2deg",
]  # fmt: skip


class frexp_result(NamedTuple):
    """What ``frexp`` returns."""

    mantissa: Tensor
    exponent: Tensor


def positive(input: Tensor) -> Tensor:
    """Return the tensor itself.  Raises: DTypeError for booleans."""
    if input._array.dtype.kind == "b":
        raise DTypeError("positive: The `+` operator, on a bool tensor is not supported")
    return input


def deg2rad(input: Tensor) -> Tensor:
    """Return degrees in radians: ``input * pi / 180``."""
    return arithmetic.mul(input, math.pi / 180)


def rad2deg(input: Tensor) -> Tensor:
    """Return radians in degrees: ``input * 180 / pi``."""
    return arithmetic.mul(input, 180 / math.pi)


def float_power(input: Any, exponent: Any) -> Tensor:
    """Return ``input ** exponent`` in float64, or in complex128 where either is complex.

    Shape: broadcastable pair -> common shape.
    """
    wide = complex128 if any(map(_is_complex, (input, exponent))) else float64
    return functions.pow(*(x.to(wide) if isinstance(x, Tensor) else x for x in (input, exponent)))


def _is_complex(value: Any) -> bool:
    return value.is_complex() if isinstance(value, Tensor) else isinstance(value, complex)


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """Return the larger of each pair, and of a number and NaN the number; ties give ``input`` the gradient.

    Shape: broadcastable pair -> common shape.
    """
    need_tensors("fmax", input, other)
    return arithmetic.where(logic.bitwise_or(logic.ge(input, other), logic.ne(other, other)), input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """Return the smaller of each pair, and of a number and NaN the number; ties give ``input`` the gradient.

    Shape: broadcastable pair -> common shape.
    """
    need_tensors("fmin", input, other)
    return arithmetic.where(logic.bitwise_or(logic.le(input, other), logic.ne(other, other)), input, other)


def frexp(input: Tensor) -> frexp_result:
    """Return the mantissa in [0.5, 1) and the int32 exponent with ``input = mantissa * 2**exponent``.

    Raises: DTypeError for other than real floats.
    """
    if not input.is_floating_point():
        raise DTypeError(f"frexp: only supports floating-point dtypes; got {input.dtype}")
    array = input._array.astype("float32") if input._array.itemsize == 2 else input._array
    exponent = module_of(array).frexp(array)[1]
    return frexp_result(special_function(input, name="mantissa"), wrap(module_of(array).asarray(exponent, "int32")))


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Return ``input * 2**other``; whole numbers ``other`` leave the dtype alone.

    Shape: broadcastable pair -> common shape.
    """
    need_tensors("ldexp", input)
    if isinstance(other, Tensor) and other.dtype.category < 3 and input.dtype.category >= 2:
        kind = input.dtype if other.dtype.category < 2 else promote_types(input.dtype, other.dtype)
        other = cast(other, dtype=kind.to_real().dtype)
    return arithmetic.mul(input, functions.pow(2.0, other))


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 below 0, 1 above, and ``values`` at 0.

    Shape: broadcastable pair -> common shape.  Raises: DTypeError for complex numbers or different dtypes.
    """
    if input.dtype is not values.dtype or input.is_complex():
        raise DTypeError(f"heaviside: got {input.dtype} and {values.dtype}; wanted one real dtype")
    above = cast(logic.gt(input, 0), dtype=input._array.dtype)
    return arithmetic.where(logic.eq(input, 0), values, above)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return ``input`` with NaN replaced by 0 and infinities by the limits of its dtype, or by what is given.

    The gradient of what was replaced is 0.
    """
    if input.is_complex():
        return _with_parts(input, lambda part: nan_to_num(part, nan, posinf, neginf))
    if not input.is_floating_point():
        return input.clone()
    limits = finfo(input.dtype)
    top, bottom = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    out = arithmetic.where(logic.ne(input, input), 0.0 if nan is None else nan, input)
    out = arithmetic.where(logic.eq(input, math.inf), top, out)
    return arithmetic.where(logic.eq(input, -math.inf), bottom, out)


def _with_parts(input: Tensor, function: Any) -> Tensor:
    from autograd_core.composites.joining import stack

    return view_as_complex(stack([function(real(input)), function(imag(input))], -1))


def copysign(input: Tensor, other: Any) -> Tensor:
    """Return ``|input|`` with the sign of ``other``; the gradient at ``input`` = 0 is 0.

    Shape: broadcastable pair -> common shape.
    """
    need_tensors("copysign", input)
    return special_pair(input, other, name="copysign")


def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """Return the floating-point number next to ``input`` in the direction of ``other``.

    Shape: broadcastable pair -> common shape.  Half-precision numbers give no gradient.
    """
    need_tensors("nextafter", input, other)
    if input.dtype in HALVES and input.dtype is other.dtype:  # a step in float32 would be rounded back
        xp = module_of(input._array)
        return wrap(xp.asarray(xp.nextafter(input._array, other._array)))  # of 0-d arrays it makes a number
    return special_pair(input, other, name="nextafter")
