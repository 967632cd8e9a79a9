"""The trust ratio by which LARS and LAMB scale each parameter's step."""

from __future__ import annotations

from math import sqrt as square_root
from typing import Any

from autograd_core import minimum, sqrt
from autograd_core.ops.arithmetic import where


def norm(x: Any) -> Any:
    """Return the Euclidean norm of all of ``x``; its gradient at 0 is 0."""
    square = (x * x).sum()
    some = square > 0
    return where(some, sqrt(where(some, square, 1.0)), 0.0)


def quotient(a: Any, b: Any) -> Any:
    """Return ``a / b`` for norms, 1 where either is 0: nothing is known of the scale there."""
    both = minimum(a, b) > 0
    return where(both, a / where(both, b, 1.0), 1.0)


def norm_in_place(x: Any) -> float:
    """Return ``norm`` of a flat array on the CPU, which makes no array of squares."""
    return square_root(x.dot(x))


def quotient_of_numbers(a: float, b: float) -> float:
    """Return ``quotient`` of two numbers."""
    return a / b if min(a, b) > 0 else 1.0
