"""Joining tensors, in PyTorch's form."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from autograd_core.dtypes import promote_types
from autograd_core.engine.fit import cast
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "cat", "column_stack", "dstack", "hstack", "stack", "vstack"]
METHODS: list[str] = []


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return the tensors joined along ``dim``; they agree in all other lengths.  1-d empties are passed over.

    Raises: ShapeError naming the tensor and the dimension that does not agree; DTypeError for a non-sequence.
    """
    try:
        ndim = tensors[0]._array.ndim
        return ops.cat(tensors, dim=dim if 0 <= dim < ndim else one(dim, ndim, "cat"))
    except (AttributeError, LookupError, TypeError, ValueError):
        joined = ops.cat(_joinable(tensors, dim), dim=dim)
        kind = functools.reduce(promote_types, [x.dtype for x in tensors])  # that of the empties counts, too
        return joined if joined.dtype is kind else cast(joined, dtype=kind.dtype)


def _joinable(tensors: Any, dim: int) -> list[Tensor]:
    """Return the tensors without 1-d empties, or raise the error that says why they cannot be joined."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, list | tuple):
        raise DTypeError(f"cat: tensors is {type(tensors).__name__}; wanted a list or tuple of Tensors")
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise DTypeError(f"cat: element {i} of tensors is {type(x).__name__}; wanted a Tensor")
    xs = [x for x in tensors if x._array.shape != (0,)] or list(tensors[:1])
    if not xs:
        raise ShapeError("cat: expected a non-empty list of Tensors")
    ndim = xs[0]._array.ndim
    if ndim == 0:
        raise ShapeError("cat: zero-dimensional tensor (at position 0) cannot be concatenated; use stack")
    d = one(dim, ndim, "cat")
    first = xs[0]._array.shape
    for i, x in enumerate(xs):
        shape = x._array.shape
        if len(shape) != ndim or shape[:d] + shape[d + 1 :] != first[:d] + first[d + 1 :]:
            raise ShapeError(
                f"cat: Sizes of tensors must match except in dimension {d}. Expected shape like {tuple(first)} but got "
                f"{tuple(shape)} for tensor number {i} in the list"
            )
    return xs


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return the tensors, all of one shape, joined along a new dimension.  Raises: ShapeError where shapes differ."""
    if isinstance(tensors, Tensor) or not tensors:
        _several("stack", tensors)
    first = tensors[0]._array.shape
    for i, x in enumerate(tensors):
        if x._array.shape != first:
            raise ShapeError(
                f"stack: stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(x._array.shape)} at entry {i}"
            )
    d = one(dim, len(first) + 1, "stack")
    return ops.cat([ops.reshape(x, shape=(*first[:d], 1, *first[d:])) for x in tensors], dim=d)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return the tensors joined along the second dimension (the first, for vectors)."""
    xs = _at_least("hstack", 1, (_several("hstack", tensors),))
    return cat(xs, 0 if xs[0]._array.ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return the tensors joined along the first dimension, vectors as rows."""
    return cat(_at_least("vstack", 2, (_several("vstack", tensors),)), 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return the tensors joined along the third dimension, matrices and vectors as ``atleast_3d`` makes them."""
    return cat(_at_least("dstack", 3, (_several("dstack", tensors),)), 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Return the tensors joined along the second dimension, vectors as columns."""
    xs = _several("column_stack", tensors)
    return cat([x if x._array.ndim > 1 else ops.reshape(x, shape=(x._array.size, 1)) for x in xs], 1)


def _several(operation: str, tensors: Any) -> list[Tensor]:
    """Return a list or tuple of tensors as a list.  Raises: DTypeError for what is none; ShapeError where empty."""
    if not isinstance(tensors, list | tuple):
        raise DTypeError(f"{operation}: tensors is {type(tensors).__name__}; wanted a list or tuple of Tensors")
    if not tensors:
        raise ShapeError(f"{operation}: expects a non-empty list of Tensors")
    return list(tensors)


# ---- at least so many dimensions ----


def atleast_1d(*tensors: Any) -> Any:
    """Return a scalar as a vector of one; anything else as it is.  Of several tensors, a tuple."""
    return _one_or_all(_at_least("atleast_1d", 1, tensors), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Return a vector (n) as a matrix (1, n), a scalar as one of (1, 1).  Of several tensors, a tuple."""
    return _one_or_all(_at_least("atleast_2d", 2, tensors), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Return a matrix (n, m) as (n, m, 1), a vector (n) as (1, n, 1), a scalar as (1, 1, 1).  Of several, a tuple."""
    return _one_or_all(_at_least("atleast_3d", 3, tensors), tensors)


def _one_or_all(xs: tuple[Tensor, ...], given: tuple[Any, ...]) -> Any:
    return xs[0] if len(given) == 1 and isinstance(given[0], Tensor) else xs


def _at_least(operation: str, ndim: int, tensors: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """Return tensors (given one by one, or in one list) with dimensions of length 1 put in up to ``ndim``."""
    xs = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    for x in xs:
        if not isinstance(x, Tensor):
            raise DTypeError(f"{operation}: got {type(x).__name__}; wanted Tensors")
    return tuple(x if x._array.ndim >= ndim else ops.reshape(x, shape=_padded(x._array.shape, ndim)) for x in xs)


def _padded(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    lead = max(0, min(ndim, 2) - len(shape))  # the third dimension comes last
    shape = (1,) * lead + shape
    return shape + (1,) * (ndim - len(shape))
