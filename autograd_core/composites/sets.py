"""Tensors as sets: their distinct elements, and what is in them."""

from __future__ import annotations

from math import prod
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.dtypes import promote, python_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.dims import one
from autograd_core.ops.ordering import sortable

__all__ = ["isin", "unique", "unique_consecutive"]
METHODS = ["unique", "unique_consecutive"]


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Return the distinct elements (or, with ``dim``, the distinct slices of it), sorted; each NaN is its own.

    ``return_inverse``: also where in the result each element is; ``return_counts``: also how often each occurs.

    Raises: ShapeError where slices of ``dim`` are empty; DTypeError for complex numbers.
    """
    array = _checked("unique", input, dim)
    xp = module_of(array)
    axis = None if dim is None else one(dim, array.ndim, "unique")
    ordered = sortable(array)
    found, inverse, counts = xp.unique(ordered, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    inverse = inverse.reshape(array.shape if axis is None else -1)
    return _chosen(found.astype(array.dtype, copy=False), inverse, counts, return_inverse, return_counts)


def _checked(operation: str, input: Tensor, dim: int | None) -> Any:
    array = input._array
    if array.dtype.kind == "c":
        raise DTypeError(f"{operation}: got dtype {input.dtype}; wanted real numbers or booleans")
    if dim is not None and not array.size and any(n == 0 for k, n in enumerate(array.shape) if k != dim % array.ndim):
        raise ShapeError(
            f"{operation}: There are 0 sized dimensions, and they aren't selected, so unique cannot be applied; got "
            f"shape {tuple(input.shape)}, dim {dim}"
        )
    return array


def _chosen(found: Any, inverse: Any, counts: Any, return_inverse: bool, return_counts: bool) -> Any:
    results = (wrap(found), *([wrap(inverse)] if return_inverse else []), *([wrap(counts)] if return_counts else []))
    return results if len(results) > 1 else results[0]


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements (or, with ``dim``, its slices) without those that repeat the one before; each NaN is its own.

    ``return_inverse``: also where in the result each element is; ``return_counts``: also how long each run is.

    Raises: ShapeError where slices of ``dim`` are empty; DTypeError for complex numbers.
    """
    array = _checked("unique_consecutive", input, dim)
    xp = module_of(array)
    d = 0 if dim is None else one(dim, array.ndim, "unique_consecutive")
    flat = array.reshape(-1) if dim is None or not array.ndim else array
    width = prod(n for k, n in enumerate(flat.shape) if k != d)
    rows = xp.moveaxis(flat, d, 0).reshape(flat.shape[d], width)
    starts = xp.ones(rows.shape[0], bool)
    starts[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    (places,) = starts.nonzero()
    inverse = (starts.cumsum() - 1).reshape(array.shape if dim is None else -1)
    counts = xp.diff(xp.concatenate([places, xp.full(1, len(starts))]))
    return _chosen(flat[(slice(None),) * d + (places,)], inverse, counts, return_inverse, return_counts)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Return for each of ``elements`` whether it is among ``test_elements``; one of them may be a number.

    ``assume_unique``: neither has an element twice, which is quicker; ``invert``: whether it is not.

    Raises: DTypeError where neither is a tensor.
    """
    tensors = [t for t in (elements, test_elements) if isinstance(t, Tensor)]
    if not tensors:
        raise DTypeError(f"isin: got {type(elements).__name__} and {type(test_elements).__name__}; wanted a Tensor")
    xp = module_of(tensors[0]._array)
    kind = promote(_strength(v) for v in (elements, test_elements)).dtype
    a, b = (v._array.astype(kind) if isinstance(v, Tensor) else xp.asarray(v, kind) for v in (elements, test_elements))
    return wrap(xp.asarray(xp.isin(a, b, assume_unique=assume_unique, invert=invert)))


def _strength(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.dtype, 2
    if not isinstance(value, bool | int | float):
        raise DTypeError(f"isin: got {type(value).__name__}; wanted a Tensor or a number")
    return python_dtype(value), 0
