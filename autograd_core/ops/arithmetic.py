"""Elementwise arithmetic.  Shapes broadcast; the engine sums gradients back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.engine.fit import conj
from autograd_core.engine.primitive import primitive
from autograd_core.ops.batching import leading
from autograd_core.ops.batching import whole as repeated
from autograd_core.ops.logic import sign, whole

__all__ = ["abs", "atan2", "floor_divide", "fmod", "maximum", "minimum", "mul", "neg", "remainder", "square"]
METHODS = ["abs", "atan2", "floor_divide", "fmod", "maximum", "minimum", "mul", "neg", "remainder", "square"]
IN_PLACE = ["abs", "atan2", "floor_divide", "fmod", "mul", "neg", "remainder", "square"]

arithmetic = primitive(broadcasts=True, elementwise=True, dtypes="promote")
ordered = primitive(broadcasts=True, elementwise=True, dtypes="promote", ordered=True)


@arithmetic
def add(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a + b``.  Shape: broadcastable pair -> common shape."""
    return a + b


add.vjp(a=lambda g: g, b=lambda g: g)


def added(*parts: Any) -> Any:
    """Return the sum of those that are not None; None where all are."""
    total = None
    for part in parts:
        total = part if total is None else total if part is None else total + part
    return total


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


@ordered
def floor_divide(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``floor(a / b)``, whose gradient is zero."""
    return a // b


floor_divide.vjp(a=lambda g: g * 0, b=lambda g: g * 0)


@ordered
def remainder(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a - b * floor(a / b)``, which has the sign of ``b``."""
    return a % b


remainder.vjp(a=lambda g: g, b=lambda g, a, b: -g * whole(a / b, name="floor"))


@ordered
def fmod(xp: Any, a: Any, b: Any, /) -> Any:
    """Return ``a - b * trunc(a / b)``, which has the sign of ``a``."""
    return xp.fmod(a, b)


fmod.vjp(a=lambda g: g, b=lambda g, a, b: -g * whole(a / b, name="trunc"))


@ordered
def maximum(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the larger of each pair, NaN where either is.  Ties share the gradient evenly."""
    return xp.maximum(a, b)


@ordered
def minimum(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the smaller of each pair, NaN where either is.  Ties share the gradient evenly."""
    return xp.minimum(a, b)


def _share(g: Any, lost: Any, not_won: Any) -> Any:
    """Return ``g`` where it did not lose, half of it where that was a tie, else 0; in ``g``'s dtype, and g for NaN."""
    half = g * 0.5
    return keep(half, ~lost) + keep(half, ~not_won)


maximum.vjp(a=lambda g, a, b: _share(g, a < b, a <= b), b=lambda g, a, b: _share(g, b < a, b <= a))
minimum.vjp(a=lambda g, a, b: _share(g, a > b, a >= b), b=lambda g, a, b: _share(g, b > a, b >= a))


def _part(t: Any, lost: Any, not_won: Any) -> Any:
    """Return ``_share`` of a tangent, which may have to be repeated."""
    half = t * 0.5
    return where(lost, 0.0, half) + where(not_won, 0.0, half)


maximum.jvp(a=lambda t, a, b: _part(t, a < b, a <= b), b=lambda t, a, b: _part(t, b < a, b <= a))
minimum.jvp(a=lambda t, a, b: _part(t, a > b, a >= b), b=lambda t, a, b: _part(t, b > a, b >= a))


@primitive(broadcasts=True, elementwise=True, dtypes="float", ordered=True)
def atan2(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the angle of the point (``b``, ``a``), in radians within [-pi, pi]; the gradient at (0, 0) is 0."""
    return xp.arctan2(a, b)


def _square_distance(a: Any, b: Any) -> Any:
    square = a * a + b * b
    return square + (square == 0)


atan2.vjp(
    a=lambda g, a, b: g * b / _square_distance(a, b),
    b=lambda g, a, b: -g * a / _square_distance(a, b),
)


@primitive(elementwise=True, linear=True, constants=("mask",))
def keep(xp: Any, x: Any, mask: Any, /) -> Any:
    """Return ``x`` where the boolean ``mask``, which broadcasts to it, holds, else 0."""
    return kernels_of(xp).keep(xp, x, mask)


def _keep_batch(size: int, flags: Sequence[bool], x: Any, mask: Any) -> Any:
    return leading(keep, 0, 0)(size, (True, flags[1]), repeated(size, x, flags[0]), mask)


keep.vjp(x=lambda g, mask: keep(g, mask))
keep.batch(_keep_batch)


@primitive(broadcasts=True, elementwise=True, dtypes="promote", constants=("condition",))
def where(xp: Any, condition: Any, a: Any, b: Any, /) -> Any:
    """Return ``a`` where ``condition`` holds, else ``b``.  Shape: three broadcastable -> common shape."""
    return kernels_of(xp).select(xp, condition, a, b)


where.vjp(a=lambda g, condition: keep(g, condition), b=lambda g, condition: keep(g, ~condition))
where.jvp(a=lambda t, condition: where(condition, t, 0.0), b=lambda t, condition: where(condition, 0.0, t))


@primitive(elementwise=True, linear=True, dtypes="promote")
def neg(xp: Any, x: Any, /) -> Any:
    """Return ``-x``."""
    return -x


neg.vjp(x=lambda g: -g)


@primitive(elementwise=True, dtypes="promote", holomorphic=False)
def abs(xp: Any, x: Any, /) -> Any:
    """Return ``|x|``, the distance from 0 of complex numbers too; the gradient at 0 is 0."""
    return xp.abs(x)


def sgn(x: Any) -> Any:
    """Return ``x / |x|``, 0 at 0, of a tensor or raw array: the sign of real numbers."""
    if (x._array if hasattr(x, "_array") else x).dtype.kind != "c":
        return sign(x)
    size = abs(x)
    return keep(x / (size + (size == 0)), size != 0)


abs.vjp(x=lambda g, x: g * sgn(x))
abs.jvp(x=lambda t, x: t * conj(sgn(x)))  # whose real part becomes the tangent


@primitive(elementwise=True, dtypes="promote")
def square(xp: Any, x: Any, /) -> Any:
    """Return ``x * x``."""
    return x * x if x.dtype.kind != "b" else x.astype("int64")


square.vjp(x=lambda g, x: 2 * g * x)


def _inside(x: Any, low: Any, high: Any) -> Any:
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


@primitive(elementwise=True, dtypes="promote", ordered=True)
def clamp(xp: Any, x: Any, /, *, low: float | None = None, high: float | None = None) -> Any:
    """Return ``x`` limited to [``low``, ``high``]; the gradient is 1 inside and at the limits, 0 outside."""
    if low is not None:
        x = xp.maximum(x, low)
    return x if high is None else xp.minimum(x, high)


clamp.vjp(x=lambda g, x, low, high: keep(g, _inside(x, low, high)))
