"""Comparison, logic, and steps: what is constant wherever it is continuous, so that no gradient flows."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.primitive import primitive

__all__ = [
    "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "ceil", "eq", "floor", "ge", "gt", "isfinite",
    "isinf", "isnan", "le", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne", "round", "sign",
    "trunc",
]  # fmt: skip
METHODS = [
    "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "ceil", "eq", "floor", "ge", "gt", "isfinite",
    "isinf", "isnan", "le", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne", "round", "sign",
    "trunc",
]  # fmt: skip
IN_PLACE = ["bitwise_and", "bitwise_or", "bitwise_xor", "ceil", "floor", "logical_not", "round"]

comparison = primitive(broadcasts=True, elementwise=True, dtypes="promote")
logic = primitive(broadcasts=True, elementwise=True)
step = primitive(elementwise=True)


@comparison
def eq(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a == b``."""
    return xp.equal(a, b)


@comparison
def ne(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a != b``."""
    return xp.not_equal(a, b)


@comparison
def lt(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a < b``."""
    return xp.less(a, b)


@comparison
def le(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a <= b``."""
    return xp.less_equal(a, b)


@comparison
def gt(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a > b``."""
    return xp.greater(a, b)


@comparison
def ge(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a >= b``."""
    return xp.greater_equal(a, b)


@logic
def logical_and(xp: Any, a: Any, b: Any, /) -> Any:
    """Return whether both are nonzero."""
    return xp.logical_and(a, b)


@logic
def logical_or(xp: Any, a: Any, b: Any, /) -> Any:
    """Return whether either is nonzero."""
    return xp.logical_or(a, b)


@logic
def logical_xor(xp: Any, a: Any, b: Any, /) -> Any:
    """Return whether exactly one is nonzero."""
    return xp.logical_xor(a, b)


@logic
def logical_not(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is zero."""
    return xp.logical_not(x)


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


@logic
def bitwise_not(xp: Any, x: Any, /) -> Any:
    """Return ``~x`` of booleans or integers."""
    return ~x


@logic
def isnan(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is NaN."""
    return xp.isnan(x)


@logic
def isinf(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is infinite."""
    return xp.isinf(x)


@logic
def isfinite(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is neither infinite nor NaN."""
    return xp.isfinite(x)


@primitive(elementwise=True)
def between(xp: Any, x: Any, /, *, low: float | None = None, high: float | None = None) -> Any:
    """Return whether ``low <= x <= high``; an absent limit holds.  No gradient."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


# ---- piecewise constant: the gradient is zero, as in PyTorch ----


@step
def sign(xp: Any, x: Any, /) -> Any:
    """Return -1, 0 or 1."""
    return xp.sign(x)


@step
def floor(xp: Any, x: Any, /) -> Any:
    """Return the largest whole number not above ``x``."""
    return xp.floor(x)


@step
def ceil(xp: Any, x: Any, /) -> Any:
    """Return the smallest whole number not below ``x``."""
    return xp.ceil(x)


@step
def trunc(xp: Any, x: Any, /) -> Any:
    """Return ``x`` without its fraction."""
    return xp.trunc(x)


@step
def round(xp: Any, x: Any, /, *, decimals: int = 0) -> Any:
    """Return ``x`` rounded to ``decimals`` places, halves to even."""
    return xp.round(x, decimals)


for operation in (sign, floor, ceil, trunc, round):
    operation.vjp(x=lambda g: g * 0)
