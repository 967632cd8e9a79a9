"""The gamma function's family: its logarithm and derivatives, incomplete gammas, Hurwitz' zeta."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.composites.arguments import need_tensors
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import arithmetic
from autograd_core.ops.special_functions import special_function, special_pair

__all__ = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]
METHODS = IN_PLACE = __all__


def lgamma(input: Tensor) -> Tensor:
    """Return ``log(|gamma(input)|)``; infinite at 0 and the negative whole numbers."""
    return special_function(input, name="lgamma")


def digamma(input: Tensor) -> Tensor:
    """Return the derivative of ``lgamma``."""
    return special_function(input, name="digamma")


def polygamma(n: int, input: Tensor) -> Tensor:
    """Return the ``n``-th derivative of ``digamma``; the method is ``input.polygamma(n)``.

    Raises: ShapeError for a negative ``n``.  Source: Abramowitz & Stegun 1964, equation 6.4.10.
    """
    if isinstance(n, Tensor):  # the method's order
        n, input = input, n
    if n < 0:
        raise ShapeError(f"polygamma: polygamma(n, x) does not support negative n; got {n}")
    if n == 0:
        return digamma(input)
    factor = math.factorial(n) if n <= 170 else math.inf
    return arithmetic.mul(special_pair(n + 1.0, input, name="zeta"), factor if n % 2 else -factor)


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Return the logarithm of the ``p``-variate gamma function.

    ``p * (p - 1) / 4 * log(pi) + sum of lgamma(input - i / 2) for i in 0 .. p - 1``.  Raises: ShapeError for ``p < 1``.
    """
    if p < 1:
        raise ShapeError(f"mvlgamma: p has to be greater than or equal to 1; got {p}")
    out = lgamma(input)
    for i in range(1, p):
        out = arithmetic.add(out, lgamma(arithmetic.sub(input, i / 2)))
    return arithmetic.add(out, p * (p - 1) / 4 * math.log(math.pi))


def igamma(input: Tensor, other: Tensor) -> Tensor:
    """Return the regularised lower incomplete gamma function, ``input`` being its order.

    ``1 / gamma(input) * integral of t**(input - 1) * e**-t from 0 to other``.  Shape: broadcastable pair -> common
    shape.  Only ``other`` can be differentiated.
    """
    need_tensors("igamma", input, other)
    return special_pair(input, other, name="igamma")


def igammac(input: Tensor, other: Tensor) -> Tensor:
    """Return ``1 - igamma(input, other)``, precise where that is small.  Shape: broadcastable pair -> common shape."""
    need_tensors("igammac", input, other)
    return special_pair(input, other, name="igammac")


def zeta(input: Any, other: Any) -> Tensor:
    """Return Hurwitz' zeta function, the sum of ``(k + other)**-input`` for k = 0, 1, ...

    Shape: broadcastable pair -> common shape.  Only ``other`` can be differentiated.
    """
    return special_pair(input, other, name="zeta")
