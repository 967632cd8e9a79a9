"""The error function in float32, made of what NumPy and CuPy have: SciPy's takes 9 to 17 ns an element, this 1.5.

``P(x**2) = atanh(erf(x / sqrt(2))) / x`` is smooth and nearly constant, and ``tanh`` takes 0.4 ns.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

__all__ = ["ATANH_ERF", "MANY", "error_function"]

# A minimax fit of P for x**2 up to 30, where erf is within 6e-8 of 1.
ATANH_ERF = (
    7.97884941e-01, 3.63330844e-02, -3.25947681e-05, -5.53062939e-05, 3.96476522e-06, -1.32265192e-07, 1.75622783e-09,
)  # fmt: skip
MANY = 1024  # elements from which it is quicker than SciPy's
_END = 4.0  # from here on the error function is 1 in float32


def error_function(xp: ModuleType, x: Any) -> Any:
    """Return the error function of a float32 array, to 3e-7."""
    x = xp.minimum(xp.maximum(x, -_END), _END) * math.sqrt(2)
    squares = x * x
    share = squares * ATANH_ERF[-1]
    for c in ATANH_ERF[-2:0:-1]:
        share = (share + c) * squares
    return xp.tanh((share + ATANH_ERF[0]) * x)
