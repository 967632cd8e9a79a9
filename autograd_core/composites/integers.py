"""Functions of whole numbers: bits, shifts, divisors.  No gradient flows."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.ops import logic

__all__ = ["bitwise_left_shift", "bitwise_right_shift", "gcd", "lcm"]
METHODS = IN_PLACE = __all__

def bitwise_left_shift(input: Any, other: Any) -> Tensor:
    """Return ``input * 2**other`` of integers, as many bits as fit.  Shape: broadcastable pair -> common shape."""
    return logic.integer_pair(input, other, name="bitwise_left_shift")


def bitwise_right_shift(input: Any, other: Any) -> Tensor:
    """Return ``input // 2**other`` of integers.  Shape: broadcastable pair -> common shape."""
    return logic.integer_pair(input, other, name="bitwise_right_shift")


def gcd(input: Tensor, other: Tensor) -> Tensor:
    """Return the greatest common divisor of integers; ``gcd(0, 0)`` is 0.

    Shape: broadcastable pair -> common shape.  Raises: DTypeError for floats.
    """
    return logic.integer_pair(*_whole("gcd", input, other), name="gcd")


def lcm(input: Tensor, other: Tensor) -> Tensor:
    """Return the least common multiple of integers.

    Shape: broadcastable pair -> common shape.  Raises: DTypeError for floats.
    """
    return logic.integer_pair(*_whole("lcm", input, other), name="lcm")


def _whole(operation: str, *values: Tensor) -> tuple[Tensor, ...]:
    for value in values:
        if value.dtype.category != 1:
            raise DTypeError(f"{operation}: got {value.dtype}; wanted integers")
    return values
