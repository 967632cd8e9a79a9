"""Whole numbers near real ones, and what is left of these."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor
from autograd_core.ops import arithmetic
from autograd_core.ops.logic import whole

__all__ = ["ceil", "floor", "frac", "trunc"]
METHODS = IN_PLACE = __all__


def floor(input: Tensor) -> Tensor:
    """Return the largest whole number not above ``input``; its gradient is zero."""
    return whole(input, name="floor")


def ceil(input: Tensor) -> Tensor:
    """Return the smallest whole number not below ``input``; its gradient is zero."""
    return whole(input, name="ceil")


def trunc(input: Tensor) -> Tensor:
    """Return ``input`` without its fraction; its gradient is zero."""
    return whole(input, name="trunc")


def frac(input: Tensor) -> Tensor:
    """Return the fraction ``input - trunc(input)``, of the sign of ``input``."""
    return arithmetic.sub(input, trunc(input))
