"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.primitive import primitive
from autograd_core.ops.functions import rsqrt

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh",
]  # fmt: skip
METHODS = IN_PLACE = __all__

function = primitive(elementwise=True, dtypes="float")


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
def asin(xp: Any, x: Any, /) -> Any:
    """Return the angle in [-pi/2, pi/2] whose sine is ``x``; NaN outside [-1, 1]."""
    return xp.arcsin(x)


asin.vjp(x=lambda g, x: g * rsqrt(1 - x * x))


@function
def acos(xp: Any, x: Any, /) -> Any:
    """Return the angle in [0, pi] whose cosine is ``x``; NaN outside [-1, 1]."""
    return xp.arccos(x)


acos.vjp(x=lambda g, x: -g * rsqrt(1 - x * x))


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
def asinh(xp: Any, x: Any, /) -> Any:
    """Return the number whose hyperbolic sine is ``x``."""
    return xp.arcsinh(x)


asinh.vjp(x=lambda g, x: g * rsqrt(x * x + 1))


@function
def acosh(xp: Any, x: Any, /) -> Any:
    """Return the number, not below 0, whose hyperbolic cosine is ``x``; NaN below 1."""
    return xp.arccosh(x)


acosh.vjp(x=lambda g, x: g * (rsqrt(x - 1) * rsqrt(x + 1)))  # one root would take a wrong branch of complex numbers


@function
def atanh(xp: Any, x: Any, /) -> Any:
    """Return the number whose hyperbolic tangent is ``x``; infinite at -1 and 1, NaN beyond."""
    return xp.arctanh(x)


atanh.vjp(x=lambda g, x: g / (1 - x * x))
