"""The error function's family, and the normal distribution's functions."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor
from autograd_core.ops.special_functions import special_function

__all__ = ["erfc", "erfinv"]
METHODS = IN_PLACE = __all__


def erfc(input: Tensor) -> Tensor:
    """Return ``1 - erf(input)``, precise where that is small."""
    return special_function(input, name="erfc")


def erfinv(input: Tensor) -> Tensor:
    """Return the number whose ``erf`` is ``input``; infinite at -1 and 1, NaN beyond."""
    return special_function(input, name="erfinv")


def erfcx(input: Tensor) -> Tensor:
    """Return ``exp(input**2) * erfc(input)``, precise where the factors are huge and tiny."""
    return special_function(input, name="erfcx")


def ndtr(input: Tensor) -> Tensor:
    """Return the standard normal distribution function ``(1 + erf(input / sqrt(2))) / 2``."""
    return special_function(input, name="ndtr")


def ndtri(input: Tensor) -> Tensor:
    """Return the number whose ``ndtr`` is ``input``; infinite at 0 and 1, NaN beyond."""
    return special_function(input, name="ndtri")


def log_ndtr(input: Tensor) -> Tensor:
    """Return ``log(ndtr(input))``, precise far below 0."""
    return special_function(input, name="log_ndtr")
