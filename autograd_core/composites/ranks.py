"""What the order of elements decides: medians, quantiles, the k-th smallest, the most frequent."""

from __future__ import annotations

from typing import Any

from autograd_core import return_types
from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.composites.halves import in_float32
from autograd_core.composites.reduction import nonempty
from autograd_core.composites.rounding import ceil, floor
from autograd_core.engine.indices import as_part, as_tensor, keyed
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import arithmetic, logic, reduce
from autograd_core.ops.dims import one
from autograd_core.ops.index import gather, getitem
from autograd_core.ops.ordering import argsort, running_argextreme
from autograd_core.ops.shape import cast, pad, permute, reshape

__all__ = ["kthvalue", "median", "mode", "nanmedian", "nanquantile", "quantile"]
METHODS = __all__

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _line(operation: str, input: Tensor, dim: int) -> tuple[Tensor, int]:
    """Return ``input`` with at least one dimension, and ``dim`` of it.  Raises where there is nothing to order."""
    d = one(dim, input._array.ndim, operation)
    nonempty(operation, input, d)
    return (input if input._array.ndim else reshape(input, shape=(1,))), d


def _picked(kind: Any, x: Tensor, places: Any, d: int, flat: bool) -> Any:
    """Return (values, indices) of ``x`` at ``places``, which have length 1 in dimension ``d``."""
    indices = as_tensor(places)
    values = gather(x, indices, dim=d)
    return kind(values.squeeze(d), indices.squeeze(d)) if flat else kind(values, indices)


# What follows from the order alone is computed on arrays, by primitives: inside a transform the same on its tensors.


def _at(order: Any, k: Any, d: int) -> Any:
    """Return the ``k``-th entries of ``order`` along ``d``: one k for all, or one of each line, with length 1 there."""
    if isinstance(k, int):
        return getitem(order, key=_cut(d, k, k + 1))
    return gather(order, k, dim=d)


@in_float32
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median: of an even number of elements the lower one, NaN where there is one.

    Over all elements those equal to it share the gradient evenly; over a ``dim`` the result is (values, indices).
    """
    return _median("median", input, dim, keepdim)


@in_float32
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of what is not NaN; see ``median``."""
    return _median("nanmedian", input, dim, keepdim)


def _median(operation: str, input: Tensor, dim: int | None, keepdim: bool) -> Any:
    if input.is_complex():
        raise DTypeError(f"{operation}: got dtype {input.dtype}; complex numbers have no order")
    if dim is None:
        return _middle(operation, input)
    x, d = _line(operation, input, dim)
    places = _median_places(operation, as_part(x), d)
    return _picked(getattr(return_types, operation), x, places, d, not keepdim or x is not input)


def _median_places(operation: str, x: Any, d: int) -> Any:
    order, n = argsort(x, dim=d), x.shape[d]
    if (x._array if isinstance(x, Tensor) else x).dtype.kind != "f":
        return _at(order, (n - 1) // 2, d)
    unknown = x != x
    if operation == "nanmedian":
        known = n - 1 - reduce.sum(unknown, dim=(d,), keepdim=True)
        return _at(order, known * (known > 0) // 2, d)
    first = reduce.argextreme(unknown, dim=d, keepdim=True)
    return arithmetic.where(reduce.truth(unknown, dim=(d,), keepdim=True), first, _at(order, (n - 1) // 2, d))


def _middle(operation: str, input: Tensor) -> Tensor:
    """Return the median of all elements, of which equal ones share the gradient."""
    x = reshape(input, shape=(-1,))
    array = x._array
    if not array.size:
        if array.dtype.kind != "f":
            raise IndexRangeError(f"{operation}: got an empty tensor of {input.dtype}, which has no NaN to return")
        return arithmetic.add(reduce.sum(x, dim=(0,)), float("nan"))
    part = as_part(x)
    value = getitem(part, key=keyed([_median_places(operation, part, 0)])).reshape(())
    if x._node is None and not isinstance(x, Lifted):
        return wrap(value)
    equal = as_tensor((part == value) | ((part != part) & (value != value)))
    return reduce.extremum(arithmetic.where(equal, x, float("-inf")), dim=(0,))


@in_float32
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """Return (values, indices) of the ``k``-th smallest elements along ``dim``, counted from 1; NaN is the largest.

    Raises: IndexRangeError for a ``k`` outside [1, n].
    """
    x, d = _line("kthvalue", input, dim)
    if not 1 <= k <= x._array.shape[d]:
        raise IndexRangeError(f"kthvalue: selected number k {k} out of range for dim {dim} of size {x.shape[d]}")
    places = _at(argsort(as_part(x), dim=d), k - 1, d)
    return _picked(return_types.kthvalue, x, places, d, not keepdim or x is not input)


@in_float32
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """Return (values, indices) of the most frequent elements along ``dim``: of several the smallest; its last place."""
    x, d = _line("mode", input, dim)
    part, n = as_part(x), x._array.shape[d]
    order = argsort(part, dim=d)
    ranked = gather(part, order, dim=d)
    at = module_of(x._array).arange(n).reshape([-1 if k == d else 1 for k in range(x._array.ndim)])
    new = getitem(ranked, key=_cut(d, 1, None)) != getitem(ranked, key=_cut(d, 0, -1))
    new = pad(new, widths=tuple([(int(k == d), 0) for k in range(x._array.ndim)]), value=True)
    lengths = at - running_argextreme(new, dim=d)
    ends = reduce.argextreme(lengths, dim=d, keepdim=True)
    return _picked(return_types.mode, x, gather(order, ends, dim=d), d, not keepdim or x is not input)


def _cut(d: int, start: int, stop: int | None) -> tuple[slice, ...]:
    """Return the key of the slices from ``start`` to ``stop`` of dim ``d``."""
    return (slice(None),) * d + (slice(start, stop),)


# ---- quantiles ----


def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return the ``q``-th quantiles over ``dim`` (all elements by default), NaN where there is one.

    ``interpolation`` between neighbours: 'linear', 'lower', 'higher', 'midpoint', 'nearest'.
    Shape: a vector ``q`` gives its length as the first dimension.
    Raises: DTypeError for a dtype other than float32 or float64, or a ``q`` of another; ShapeError for a ``q``
    outside [0, 1] or an empty ``input``.
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return the ``q``-th quantiles of what is not NaN; see ``quantile``."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


def _quantile(operation: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Tensor:
    q = _checked(operation, input, q, interpolation)
    x = reshape(input, shape=(-1,)) if dim is None or not input._array.ndim else input
    d = 0 if dim is None else one(dim, input._array.ndim, operation)
    last = (*(i for i in range(x._array.ndim) if i != d), d)
    x = permute(x, dims=last)
    x = gather(x, argsort(x, dim=x._array.ndim - 1), dim=x._array.ndim - 1)
    found = _interpolated(x, _ranks(operation, x, reshape(q, shape=(-1,))), interpolation)
    shape = list(input._array.shape) if keepdim else [n for i, n in enumerate(input._array.shape) if i != d]
    if dim is None:
        shape = [1] * input._array.ndim if keepdim else []
    elif keepdim and shape:
        shape[d] = 1
    found = permute(found, dims=(found._array.ndim - 1, *range(found._array.ndim - 1)))  # (..., q) -> (q, ...)
    return reshape(found, shape=(*q._array.shape, *shape))


def _checked(operation: str, input: Tensor, q: Any, interpolation: str) -> Tensor:
    if input.dtype.name not in ("float32", "float64"):
        raise DTypeError(f"{operation}: input has dtype {input.dtype}; wanted float32 or float64")
    if not input._array.size:
        raise ShapeError(f"{operation}: input tensor must be non-empty; got shape {tuple(input.shape)}")
    if interpolation not in INTERPOLATIONS:
        raise ShapeError(f"{operation}: interpolation is {interpolation!r}; wanted one of {', '.join(INTERPOLATIONS)}")
    if isinstance(q, Tensor):
        if q._array.ndim > 1 or q.dtype is not input.dtype:
            raise DTypeError(
                f"{operation}: q is {q.dtype}{list(q.shape)}; wanted a number, or a scalar or vector of {input.dtype}"
            )
    elif not hasattr(q, "__float__"):
        raise DTypeError(f"{operation}: q is {type(q).__name__}; wanted a number or Tensor")
    out = q if isinstance(q, Tensor) else input.new_tensor(float(q))
    if type(out._array) is host.ndarray and not ((out._array >= 0) & (out._array <= 1)).all():
        raise ShapeError(f"{operation}: q must be in the range [0, 1] but got {q}")
    return out


def _ranks(operation: str, x: Tensor, q: Tensor) -> Tensor:
    """Return which place, between 0 and n - 1, each ``q`` has in each sorted line of ``x``.  Shape: (..., q)."""
    part, n = as_part(x), x._array.shape[-1]
    unknown = part != part
    if operation == "nanquantile":
        known = n - 1 - reduce.sum(unknown, dim=(x._array.ndim - 1,), keepdim=True)
        return arithmetic.mul(q, as_tensor(cast(known * (known > 0), dtype=x._array.dtype)))
    ranks = arithmetic.mul(q, float(n - 1))
    last = getitem(unknown, key=(..., slice(-1, None)))  # where a NaN is sorted
    return arithmetic.where(as_tensor(last), float(n - 1), ranks)


def _interpolated(x: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    last = x._array.ndim - 1
    rounding: Any = {"lower": floor, "higher": ceil, "nearest": logic.round}.get(interpolation)
    if rounding is not None:
        return gather(x, rounding(ranks).long(), dim=last)
    below = floor(ranks).detach()
    low, high = gather(x, below.long(), dim=last), gather(x, ceil(ranks).long(), dim=last)
    weight = arithmetic.sub(ranks, below) if interpolation == "linear" else 0.5
    return arithmetic.add(low, arithmetic.mul(arithmetic.sub(high, low), weight))
