"""Bessel functions of order 0 and 1, as they are, modified, and scaled; Airy's function.

All can be differentiated as often as wanted, also those that PyTorch cannot differentiate.
"""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor
from autograd_core.ops.special_functions import special_function

__all__ = ["i0"]
METHODS = IN_PLACE = __all__


def i0(input: Tensor) -> Tensor:
    """Return the modified Bessel function of the first kind and order 0."""
    return special_function(input, name="i0")


def i1(input: Tensor) -> Tensor:
    """Return the modified Bessel function of the first kind and order 1."""
    return special_function(input, name="i1")


def i0e(input: Tensor) -> Tensor:
    """Return ``exp(-|input|) * i0(input)``."""
    return special_function(input, name="i0e")


def i1e(input: Tensor) -> Tensor:
    """Return ``exp(-|input|) * i1(input)``."""
    return special_function(input, name="i1e")


def bessel_j0(input: Tensor) -> Tensor:
    """Return the Bessel function of the first kind and order 0."""
    return special_function(input, name="bessel_j0")


def bessel_j1(input: Tensor) -> Tensor:
    """Return the Bessel function of the first kind and order 1."""
    return special_function(input, name="bessel_j1")


def bessel_y0(input: Tensor) -> Tensor:
    """Return the Bessel function of the second kind and order 0; -inf at 0, NaN below."""
    return special_function(input, name="bessel_y0")


def bessel_y1(input: Tensor) -> Tensor:
    """Return the Bessel function of the second kind and order 1; -inf at 0, NaN below."""
    return special_function(input, name="bessel_y1")


def modified_bessel_k0(input: Tensor) -> Tensor:
    """Return the modified Bessel function of the second kind and order 0; inf at 0, NaN below."""
    return special_function(input, name="modified_bessel_k0")


def modified_bessel_k1(input: Tensor) -> Tensor:
    """Return the modified Bessel function of the second kind and order 1; inf at 0, NaN below."""
    return special_function(input, name="modified_bessel_k1")


def scaled_modified_bessel_k0(x: Tensor) -> Tensor:
    """Return ``exp(x) * modified_bessel_k0(x)``."""
    return special_function(x, name="scaled_modified_bessel_k0")


def scaled_modified_bessel_k1(x: Tensor) -> Tensor:
    """Return ``exp(x) * modified_bessel_k1(x)``."""
    return special_function(x, name="scaled_modified_bessel_k1")


def airy_ai(x: Tensor) -> Tensor:
    """Return Airy's function Ai, the solution of ``y'' = x * y`` that dies out.  CuPy has no such function."""
    return special_function(x, name="airy_ai")
