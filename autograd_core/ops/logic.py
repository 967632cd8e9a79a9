"""Comparison, bits, and steps: what is constant wherever it is continuous, so that no gradient flows."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.primitive import primitive
from autograd_core.errors import DTypeError

__all__ = [
    "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "eq", "ge", "gt", "le", "lt", "ne", "round", "sign",
]  # fmt: skip
METHODS = IN_PLACE = __all__

comparison = primitive(broadcasts=True, elementwise=True, dtypes="promote")
order = primitive(broadcasts=True, elementwise=True, dtypes="promote", ordered=True)
step = primitive(elementwise=True, dtypes="promote", ordered=True)


@comparison
def eq(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a == b``."""
    return xp.equal(a, b)


@comparison
def ne(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a != b``."""
    return xp.not_equal(a, b)


@order
def lt(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a < b``."""
    return xp.less(a, b)


@order
def le(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a <= b``."""
    return xp.less_equal(a, b)


@order
def gt(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a > b``."""
    return xp.greater(a, b)


@order
def ge(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a >= b``."""
    return xp.greater_equal(a, b)


@comparison
def bitwise_and(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a & b`` of booleans or integers."""
    return a & b


@comparison
def bitwise_or(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a | b`` of booleans or integers."""
    return a | b


@comparison
def bitwise_xor(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a ^ b`` of booleans or integers."""
    return a ^ b


@primitive(elementwise=True)
def bitwise_not(xp: Any, x: Any, /) -> Any:
    """Return ``~x`` of booleans or integers."""
    return ~x


@comparison
def integer_pair(xp: Any, a: Any, b: Any, /, *, name: str) -> Any:
    """Return the function ``name`` of pairs of integers: gcd, lcm, bitwise_left_shift or bitwise_right_shift."""
    return getattr(xp, name)(a, b)


# ---- piecewise constant: the gradient is zero, as in PyTorch ----


@step
def sign(xp: Any, x: Any, /) -> Any:
    """Return -1, 0 or 1; 0 for NaN, as PyTorch does.  Raises: DTypeError for complex numbers, which have ``sgn``."""
    if x.dtype.kind == "c":
        raise DTypeError(f"sign: got {x.dtype}; wanted real numbers; ag.sgn gives x / |x| of complex ones")
    if x.dtype.kind == "b":
        return x
    y = xp.asarray(xp.sign(x))  # a 0-d ufunc gives a scalar
    if x.dtype.kind == "f":
        xp.copyto(y, 0, where=y != y)
    return y


@step
def whole(xp: Any, x: Any, /, *, name: str) -> Any:
    """Return the whole number next to ``x`` in a direction: ``floor``, ``ceil`` or ``trunc``."""
    return getattr(xp, name)(x)


@step
def round(xp: Any, x: Any, /, *, decimals: int = 0) -> Any:
    """Return ``x`` rounded to ``decimals`` places, halves to even."""
    return xp.round(x, decimals)


for operation in (sign, whole, round):
    operation.vjp(x=lambda g: g * 0)
