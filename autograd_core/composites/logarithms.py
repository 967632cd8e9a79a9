"""Logarithms and exponentials in pairs and products, computed where the plain formula overflows or is 0 * inf."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.composites.arguments import need_tensors
from autograd_core.composites.halves import in_float32
from autograd_core.composites.pointwise import clamp
from autograd_core.engine.tensor import Tensor
from autograd_core.ops import arithmetic, logic
from autograd_core.ops.special_functions import special_function, special_pair
from autograd_core.ops.trigonometry import sin

__all__ = ["exp2", "hypot", "logaddexp", "logaddexp2", "logit", "sinc", "xlogy"]
METHODS = ["exp2", "hypot", "logaddexp", "logaddexp2", "logit", "sinc", "xlogy"]
IN_PLACE = ["exp2", "hypot", "logit", "sinc", "xlogy"]


def exp2(input: Tensor) -> Tensor:
    """Return ``2**input``."""
    return special_function(input, name="exp2")


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Return ``sqrt(input**2 + other**2)`` without overflow.  Shape: broadcastable pair -> common shape."""
    need_tensors("hypot", input, other)
    return special_pair(input, other, name="hypot")


def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """Return ``log(e**input + e**other)`` without overflow.  Shape: broadcastable pair -> common shape."""
    need_tensors("logaddexp", input, other)
    return special_pair(input, other, name="logaddexp")


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """Return ``log2(2**input + 2**other)`` without overflow.  Shape: broadcastable pair -> common shape."""
    need_tensors("logaddexp2", input, other)
    return special_pair(input, other, name="logaddexp2")


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Return ``log(z / (1 - z))``, the inverse of sigmoid, of ``z = input`` limited to [``eps``, 1 - ``eps``]."""
    return special_function(input if eps is None else clamp(input, eps, 1 - eps), name="logit")


@in_float32
def sinc(input: Tensor) -> Tensor:
    """Return ``sin(pi * input) / (pi * input)``, 1 at 0."""
    return _sine_ratio(arithmetic.mul(input, math.pi))


def spherical_bessel_j0(x: Tensor) -> Tensor:
    """Return ``sin(x) / x``, 1 at 0 and 0 at infinity."""
    infinite = logic.eq(arithmetic.abs(x), math.inf)
    return arithmetic.where(infinite, 0.0, _sine_ratio(arithmetic.where(infinite, 1.0, x)))


@in_float32
def _sine_ratio(x: Tensor) -> Tensor:
    zero = logic.eq(x, 0)
    return arithmetic.where(zero, 1.0, arithmetic.div(sin(x), arithmetic.where(zero, 1.0, x)))


def xlogy(input: Any, other: Any) -> Tensor:
    """Return ``input * log(other)``, 0 where ``input`` is 0 and ``other`` no NaN.

    Shape: broadcastable pair -> common shape.
    """
    return special_pair(input, other, name="xlogy")


def xlog1py(input: Any, other: Any) -> Tensor:
    """Return ``input * log(1 + other)``, 0 where ``input`` is 0 and ``other`` no NaN.

    Shape: broadcastable pair -> common shape.
    """
    return special_pair(input, other, name="xlog1py")


def entr(input: Tensor) -> Tensor:
    """Return the entropy ``-input * log(input)``, 0 at 0 and -inf below."""
    return special_function(input, name="entr")
