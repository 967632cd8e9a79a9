"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from autograd_core import return_types
from autograd_core.backend.device import module_of
from autograd_core.composites.halves import in_float32
from autograd_core.composites.reduction import converted, part, summable
from autograd_core.engine.indices import as_part, as_tensor
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError
from autograd_core.ops import arithmetic, functions, reduce
from autograd_core.ops.complex_parts import real
from autograd_core.ops.dims import one
from autograd_core.ops.index import gather
from autograd_core.ops.ordering import running_argextreme
from autograd_core.ops.shape import cat

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]
METHODS = __all__
IN_PLACE = ["cumprod", "cumsum"]


def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running sum along ``dim``; integers sum as int64."""
    d = one(dim, input._array.ndim, "cumsum")
    if dtype is None:
        return reduce.cumsum(input, dim=d)
    return converted(reduce.cumsum(converted(input, dtype), dim=d), dtype)


@in_float32
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running product along ``dim``, exact through zeros to every order; integers multiply as int64."""
    return _doubling(arithmetic.mul, summable(input, dtype), one(dim, input._array.ndim, "cumprod"))


@in_float32
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Return ``log(cumsum(exp(x)))`` along ``dim``, computed without overflow.

    Raises: DTypeError for integers and booleans.
    """
    if input.dtype.category < 2:
        raise DTypeError(f"logcumsumexp: got dtype {input.dtype}; wanted a floating point or complex dtype")
    return _doubling(_log_add_exp, input, one(dim, input._array.ndim, "logcumsumexp"))


def _log_add_exp(a: Tensor, b: Tensor) -> Tensor:
    """Return ``log(exp(a) + exp(b))`` as the one with the larger real part, and what the other adds to it."""
    first, second = as_part(a), as_part(b)
    above = as_tensor(real(first) >= real(second))
    infinite = as_tensor((first == second) & (arithmetic.abs(first) == inf))  # equal infinities have no difference
    high, low = arithmetic.where(above, a, b), arithmetic.where(above, b, a)
    distance = arithmetic.where(infinite, 0.0, arithmetic.sub(low, high))
    return arithmetic.add(high, functions.log1p(functions.exp(distance)))


def _doubling(combine: Callable[[Tensor, Tensor], Tensor], x: Tensor, d: int) -> Tensor:
    """Return running results of an associative operation: log2(n) times the tensor with itself, shifted.

    Source: Hillis and Steele, Data Parallel Algorithms, 1986.
    """
    out, shift = x, 1
    while x._array.ndim and shift < out.shape[d]:
        grown = combine(part(out, d, shift, None), part(out, d, None, -shift))
        out = cat([part(out, d, None, shift), grown], dim=d)
        shift *= 2
    return out if out is not x else out.clone()


@in_float32
def cummax(input: Tensor, dim: int) -> Any:
    """Return (values, indices) of the running maximum along ``dim``: of equal elements the last; NaN is above all."""
    return return_types.cummax(*_extremes("cummax", input, dim, True))


@in_float32
def cummin(input: Tensor, dim: int) -> Any:
    """Return (values, indices) of the running minimum along ``dim``: of equal elements the last; NaN is below all."""
    return return_types.cummin(*_extremes("cummin", input, dim, False))


def _extremes(operation: str, input: Tensor, dim: int, largest: bool) -> tuple[Tensor, Tensor]:
    d, x = one(dim, input._array.ndim, operation), input._array
    if x.dtype.kind == "c":
        raise DTypeError(f"{operation}: got dtype {input.dtype}; complex numbers have no order")
    if not x.ndim:
        return input.clone(), wrap(module_of(x).zeros((), "int64"))
    indices = running_argextreme(input, dim=d, largest=largest)
    return gather(input, indices, dim=d), indices
