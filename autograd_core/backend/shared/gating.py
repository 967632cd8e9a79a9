"""The Gaussian error linear unit, with its slope, which costs little beside it."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.device import special_of

SQRT_HALF, DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
# approximate="tanh": Phi(x) is (1 + tanh(x * (LINEAR + CUBIC * x**2))) / 2
LINEAR = math.sqrt(2 / math.pi)
CUBIC = 0.044715 * LINEAR


def gelu(xp: ModuleType, x: Any, approximate: str) -> tuple[Any, Any]:
    """Return ``x * Phi(x)`` and its derivative; Phi is the normal distribution function, or close to it."""
    squares = x * x
    if approximate == "tanh":
        share = 0.5 * (1 + xp.tanh(x * (LINEAR + CUBIC * squares)))
        y = x * share
        return y, share + 2 * y * (1 - share) * (LINEAR + 3 * CUBIC * squares)
    share = 0.5 * (1 + special_of(xp).erf(x * SQRT_HALF))
    return x * share, share + x * DENSITY * xp.exp(-0.5 * squares)
