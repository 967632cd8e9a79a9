"""Orthogonal polynomials, by their recurrences in the degree.

``p(0) = 1``, ``p(1) = first(x)``, ``p(k + 1) = step(k, x, p(k), p(k - 1))``; 0 for a negative degree.  The degree ``n``
is a number, or a tensor of them that broadcasts with ``x`` (which makes the host wait for the greatest).  All can be
differentiated in ``x``, which PyTorch cannot.  Shape: broadcastable pair -> common shape.

Source: Abramowitz & Stegun 1964, table 22.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from autograd_core.composites.arguments import need_tensors
from autograd_core.composites.rounding import trunc
from autograd_core.creation.data import as_tensor
from autograd_core.creation.filling import full_like
from autograd_core.dtypes import get_default_dtype, promote
from autograd_core.engine.general import strength
from autograd_core.engine.indices import all_values
from autograd_core.engine.tensor import Tensor
from autograd_core.ops import arithmetic, logic

First = Callable[[Tensor], Tensor]
Step = Callable[[int, Tensor, Tensor, Tensor], Tensor]


def _polynomial(x: Any, n: Any, first: First, step: Step, shifted: bool = False) -> Tensor:
    x = _floating(x, n)
    x = 2 * x - 1 if shifted else x
    if not isinstance(n, Tensor):
        return next(islice(_degrees(x, first, step), int(n), None)) if n > -1 else full_like(x, 0)
    degree = trunc(n.detach())
    greatest = int(all_values(degree).max()) if degree._array.size else 0
    out: Any = 0.0
    for k, value in enumerate(islice(_degrees(x, first, step), max(greatest, 0) + 1)):
        out = arithmetic.where(logic.eq(degree, k), value, out)
    return out


def _floating(x: Any, n: Any) -> Tensor:
    """Return ``x`` as a tensor of the dtype that the two promote to.  Raises: DTypeError where neither is a tensor."""
    like = n if isinstance(n, Tensor) else x
    need_tensors("polynomial", like)
    common = promote([strength(x), strength(n)])
    return as_tensor(x, dtype=common if common.category > 1 else get_default_dtype(), device=like.device)


def _degrees(x: Tensor, first: First, step: Step) -> Iterator[Tensor]:
    before, value = full_like(x, 1), first(x)
    yield before
    k = 1
    while True:
        yield value
        before, value = value, step(k, x, value, before)
        k += 1


# ---- Chebyshev ----


def _chebyshev(k: int, x: Tensor, p: Tensor, before: Tensor) -> Tensor:
    return 2 * x * p - before


def chebyshev_polynomial_t(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the first kind: ``cos(n * acos(x))`` within [-1, 1]."""
    return _polynomial(x, n, lambda x: x, _chebyshev)


def chebyshev_polynomial_u(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the second kind: ``sin((n + 1) * t) / sin(t)``, t = acos(x)."""
    return _polynomial(x, n, lambda x: 2 * x, _chebyshev)


def chebyshev_polynomial_v(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the third kind: ``cos((n + 1/2) * t) / cos(t / 2)``, t = acos(x)."""
    return _polynomial(x, n, lambda x: 2 * x - 1, _chebyshev)


def chebyshev_polynomial_w(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the fourth kind: ``sin((n + 1/2) * t) / sin(t / 2)``, t = acos(x)."""
    return _polynomial(x, n, lambda x: 2 * x + 1, _chebyshev)


def shifted_chebyshev_polynomial_t(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the first kind of ``2 * x - 1``."""
    return _polynomial(x, n, lambda x: x, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_u(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the second kind of ``2 * x - 1``."""
    return _polynomial(x, n, lambda x: 2 * x, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_v(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the third kind of ``2 * x - 1``."""
    return _polynomial(x, n, lambda x: 2 * x - 1, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_w(x: Any, n: Any) -> Tensor:
    """Return Chebyshev's polynomial of the fourth kind of ``2 * x - 1``."""
    return _polynomial(x, n, lambda x: 2 * x + 1, _chebyshev, shifted=True)


# ---- others ----


def hermite_polynomial_h(x: Any, n: Any) -> Tensor:
    """Return the physicists' Hermite polynomial."""
    return _polynomial(x, n, lambda x: 2 * x, lambda k, x, p, before: 2 * (x * p - k * before))


def hermite_polynomial_he(x: Any, n: Any) -> Tensor:
    """Return the probabilists' Hermite polynomial."""
    return _polynomial(x, n, lambda x: x, lambda k, x, p, before: x * p - k * before)


def laguerre_polynomial_l(x: Any, n: Any) -> Tensor:
    """Return Laguerre's polynomial."""
    return _polynomial(x, n, lambda x: 1 - x, lambda k, x, p, before: ((2 * k + 1 - x) * p - k * before) / (k + 1))


def legendre_polynomial_p(x: Any, n: Any) -> Tensor:
    """Return Legendre's polynomial."""
    return _polynomial(x, n, lambda x: x, lambda k, x, p, before: ((2 * k + 1) * x * p - k * before) / (k + 1))
