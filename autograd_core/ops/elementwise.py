"""Elementwise arithmetic and functions.  Shapes broadcast; the engine sums gradients back."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend.device import special_of
from autograd_core.engine.primitive import primitive

arithmetic = primitive(broadcasts=True, elementwise=True, dtypes="promote")
function = primitive(elementwise=True, dtypes="float")
step = primitive(elementwise=True)  # piecewise constant: gradient zero


# ---- arithmetic ----


@arithmetic
def add(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a + b``.  Shape: broadcastable pair -> common shape."""
    return a + b


add.vjp(a=lambda g: g, b=lambda g: g)


@arithmetic
def sub(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a - b``.  Shape: broadcastable pair -> common shape."""
    return a - b


sub.vjp(a=lambda g: g, b=lambda g: -g)


@arithmetic
def mul(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a * b``.  Shape: broadcastable pair -> common shape."""
    return a * b


mul.vjp(a=lambda g, b: g * b, b=lambda g, a: g * a)


@primitive(broadcasts=True, elementwise=True, dtypes="float")
def div(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a / b``; integers are divided as floats.  Shape: broadcastable pair -> common shape."""
    return a / b


div.vjp(a=lambda g, b: g / b, b=lambda g, b, y: -g * y / b)


@arithmetic
def pow(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a ** b``.  The gradient in ``a`` is 0 where ``b`` is 0, in ``b`` where ``a`` is 0 and ``b >= 0``."""
    return a**b


pow.vjp(
    a=lambda g, a, b: g * (b * a ** (b - 1 + (b == 0))),
    b=lambda g, a, b, y: g * y * log(where((a == 0) & (b >= 0), 1.0, a)),
)


@arithmetic
def floor_divide(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``floor(a / b)``.  Not differentiable, as in PyTorch."""
    return a // b


@arithmetic
def remainder(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a - b * floor(a / b)``, which has the sign of ``b``."""
    return a % b


remainder.vjp(a=lambda g: g, b=lambda g, a, b: -g * floor(a / b))


@arithmetic
def fmod(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a - b * trunc(a / b)``, which has the sign of ``a``."""
    return xp.fmod(a, b)


fmod.vjp(a=lambda g: g, b=lambda g, a, b: -g * trunc(a / b))


@arithmetic
def maximum(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the larger of each pair, NaN where either is.  Ties share the gradient evenly."""
    return xp.maximum(a, b)


@arithmetic
def minimum(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the smaller of each pair, NaN where either is.  Ties share the gradient evenly."""
    return xp.minimum(a, b)


maximum.vjp(
    a=lambda g, a, b: g * (1.0 - 0.5 * (a == b) - (a < b)),
    b=lambda g, a, b: g * (1.0 - 0.5 * (a == b) - (b < a)),
)
minimum.vjp(
    a=lambda g, a, b: g * (1.0 - 0.5 * (a == b) - (a > b)),
    b=lambda g, a, b: g * (1.0 - 0.5 * (a == b) - (b > a)),
)


@arithmetic
def atan2(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the angle of the point (``b``, ``a``), in radians within [-pi, pi]."""
    return xp.arctan2(a, b)


atan2.vjp(a=lambda g, a, b: g * b / (a * a + b * b), b=lambda g, a, b: -g * a / (a * a + b * b))


@primitive(broadcasts=True, elementwise=True, dtypes="promote", constants=("condition",))
def where(xp: Any, condition: Any, a: Any, b: Any, /) -> Any:
    """Return ``a`` where ``condition`` holds, else ``b``.  Shape: three broadcastable -> common shape."""
    return xp.where(condition, a, b)


where.vjp(a=lambda g, condition: where(condition, g, 0.0), b=lambda g, condition: where(condition, 0.0, g))


@primitive(elementwise=True, linear=True)
def neg(xp: Any, x: Any, /) -> Any:
    """Return ``-x``."""
    return -x


neg.vjp(x=lambda g: -g)


@primitive(elementwise=True)
def abs(xp: Any, x: Any, /) -> Any:
    """Return ``|x|``; the gradient at 0 is 0."""
    return xp.abs(x)


abs.vjp(x=lambda g, x: g * sign(x))


@primitive(elementwise=True)
def square(xp: Any, x: Any, /) -> Any:
    """Return ``x * x``."""
    return x * x


square.vjp(x=lambda g, x: 2 * g * x)


@primitive(elementwise=True)
def clamp(xp: Any, x: Any, /, *, low: float | None = None, high: float | None = None) -> Any:
    """Return ``x`` limited to [``low``, ``high``]; the gradient is 1 inside and at the limits, 0 outside."""
    if low is not None:
        x = xp.maximum(x, low)
    return x if high is None else xp.minimum(x, high)


clamp.vjp(x=lambda g, x, low, high: where(between(x, low=low, high=high), g, 0.0))


@primitive(elementwise=True)
def between(xp: Any, x: Any, /, *, low: float | None = None, high: float | None = None) -> Any:
    """Return whether ``low <= x <= high``; an absent limit holds.  No gradient."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


# ---- functions ----


@function
def exp(xp: Any, x: Any, /) -> Any:
    """Return ``e**x``."""
    return xp.exp(x)


exp.vjp(x=lambda g, y: g * y)


@function
def expm1(xp: Any, x: Any, /) -> Any:
    """Return ``e**x - 1``, precise near 0."""
    return xp.expm1(x)


expm1.vjp(x=lambda g, y: g * (y + 1))


@function
def log(xp: Any, x: Any, /) -> Any:
    """Return the natural logarithm; -inf at 0, NaN below."""
    return xp.log(x)


log.vjp(x=lambda g, x: g / x)


@function
def log1p(xp: Any, x: Any, /) -> Any:
    """Return ``log(1 + x)``, precise near 0."""
    return xp.log1p(x)


log1p.vjp(x=lambda g, x: g / (x + 1))


@function
def log2(xp: Any, x: Any, /) -> Any:
    """Return the logarithm to base 2."""
    return xp.log2(x)


log2.vjp(x=lambda g, x: g / (x * math.log(2)))


@function
def log10(xp: Any, x: Any, /) -> Any:
    """Return the logarithm to base 10."""
    return xp.log10(x)


log10.vjp(x=lambda g, x: g / (x * math.log(10)))


@function
def sqrt(xp: Any, x: Any, /) -> Any:
    """Return the square root; NaN below 0."""
    return xp.sqrt(x)


sqrt.vjp(x=lambda g, y: g / (2 * y))


@function
def rsqrt(xp: Any, x: Any, /) -> Any:
    """Return ``1 / sqrt(x)``."""
    return 1 / xp.sqrt(x)


rsqrt.vjp(x=lambda g, y: -0.5 * g * (y * y * y))


@function
def reciprocal(xp: Any, x: Any, /) -> Any:
    """Return ``1 / x``."""
    return 1 / x


reciprocal.vjp(x=lambda g, y: -g * (y * y))


@function
def sin(xp: Any, x: Any, /) -> Any:
    """Return the sine of ``x`` in radians."""
    return xp.sin(x)


@function
def cos(xp: Any, x: Any, /) -> Any:
    """Return the cosine of ``x`` in radians."""
    return xp.cos(x)


sin.vjp(x=lambda g, x: g * cos(x))
cos.vjp(x=lambda g, x: -g * sin(x))


@function
def tan(xp: Any, x: Any, /) -> Any:
    """Return the tangent of ``x`` in radians."""
    return xp.tan(x)


tan.vjp(x=lambda g, y: g * (1 + y * y))


@function
def atan(xp: Any, x: Any, /) -> Any:
    """Return the angle in (-pi/2, pi/2) whose tangent is ``x``."""
    return xp.arctan(x)


atan.vjp(x=lambda g, x: g / (1 + x * x))


@function
def sinh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic sine."""
    return xp.sinh(x)


@function
def cosh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic cosine."""
    return xp.cosh(x)


sinh.vjp(x=lambda g, x: g * cosh(x))
cosh.vjp(x=lambda g, x: g * sinh(x))


@function
def tanh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic tangent."""
    return xp.tanh(x)


tanh.vjp(x=lambda g, y: g * (1 - y * y))


@function
def sigmoid(xp: Any, x: Any, /) -> Any:
    """Return ``1 / (1 + e**-x)``."""
    t = xp.exp(-x)
    t += 1
    return 1 / t


sigmoid.vjp(x=lambda g, y: g * (y * (1 - y)))


@function
def erf(xp: Any, x: Any, /) -> Any:
    """Return the error function ``2/sqrt(pi) * integral of exp(-t*t) from 0 to x``."""
    return special_of(xp).erf(x)


erf.vjp(x=lambda g, x: g * (2 / math.sqrt(math.pi) * exp(-(x * x))))


@primitive(elementwise=True)
def relu(xp: Any, x: Any, /) -> Any:
    """Return ``max(x, 0)``; the gradient at 0 is 0."""
    return xp.maximum(x, 0)


relu.vjp(x=lambda g, y: where(y > 0, g, 0.0))


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


# ---- comparison and logic: booleans, no gradient ----

comparison = primitive(broadcasts=True, elementwise=True, dtypes="promote")
logic = primitive(broadcasts=True, elementwise=True)


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
