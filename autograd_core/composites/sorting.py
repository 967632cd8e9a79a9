"""Sorting, and searching in what is sorted.  NaN counts as larger than every number."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_core.backend.device import module_of
from autograd_core.dtypes import int32, promote, python_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import index as ops
from autograd_core.ops import ordering
from autograd_core.ops.dims import one
from autograd_core.ops.index import gather
from autograd_core.ops.shape import cast, clone

__all__ = ["argsort", "bucketize", "msort", "searchsorted", "sort", "topk"]
METHODS = ["argsort", "msort", "sort", "topk"]

ALL = slice(None)


class sort_result(NamedTuple):
    """What ``sort`` returns."""

    values: Tensor
    indices: Tensor


class topk_result(NamedTuple):
    """What ``topk`` returns."""

    values: Tensor
    indices: Tensor


def _order(operation: str, input: Tensor, dim: int, descending: bool) -> Tensor:
    """Return the indices that sort along ``dim``; equal elements keep their order."""
    array = input._array
    if array.dtype.kind == "c":
        raise DTypeError(f"{operation}: Sort does not support complex dtypes; got {input.dtype}")
    return ordering.argsort(input, dim=one(dim, array.ndim, operation), descending=descending)


def _taken(input: Tensor, dim: int, indices: Tensor) -> Tensor:
    """Return the elements at indices that are known to be within ``dim``."""
    return gather(input, indices, dim=dim % input._array.ndim) if input._array.ndim else clone(input)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Return the indices that sort ``input`` along ``dim``; equal elements keep their order.

    Raises: DTypeError for complex numbers.
    """
    return _order("argsort", input, dim, descending)


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> sort_result:
    """Return (values, indices) of ``input`` sorted along ``dim``; equal elements keep their order.

    Raises: DTypeError for complex numbers.
    """
    indices = _order("sort", input, dim, descending)
    return sort_result(_taken(input, dim, indices), indices)


def msort(input: Tensor) -> Tensor:
    """Return ``input`` sorted along its first dimension."""
    return sort(input, 0).values


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> topk_result:
    """Return (values, indices) of the ``k`` largest (or smallest) elements along ``dim``, in order.

    Raises: IndexRangeError for more than there are; DTypeError for complex numbers.
    """
    d = one(dim, input._array.ndim, "topk")
    if not 0 <= k <= (input._array.shape[d] if input._array.ndim else 1):
        raise IndexRangeError(f"topk: selected index k={k} out of range for shape {tuple(input.shape)}, dim {dim}")
    order = _order("topk", input, d, largest)
    indices = ops.getitem(order, key=(ALL,) * d + (slice(k),)) if input._array.ndim else order
    return topk_result(_taken(input, d, indices), indices)


def searchsorted(
    sorted_sequence: Tensor, input: Any, *, out_int32: bool = False, right: bool = False, side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return where in ``sorted_sequence`` (ascending along its last dimension) each value of ``input`` belongs.

    ``sequence[i - 1] < value <= sequence[i]``; with ``right`` (or ``side='right'``) ``sequence[i - 1] <= value <
    sequence[i]``.  ``sorter``: the order that sorts the sequence, which then needs not be sorted.

    Shape: (..., n), (..., m) -> (..., m); a 1-d sequence takes any ``input``, numbers too.  Dtype: int64, or int32.

    Raises: ShapeError for shapes, or a side and ``right``, that do not go together; DTypeError for different dtypes.
    """
    if side not in (None, "left", "right"):
        raise ShapeError(f"searchsorted: side is {side!r}; side can only be 'left' or 'right'")
    if side == "left" and right:
        raise ShapeError("searchsorted: side and right can't be set to opposites; got side 'left', right True")
    line = sorted_sequence
    if sorter is not None:
        _check_sorter(line, sorter)
        line = gather(line, sorter, dim=line._array.ndim - 1)
    points = _values("searchsorted", line, input)
    edges, values = line._array, points._array
    if not edges.ndim:
        raise ShapeError("searchsorted: boundaries tensor should have positive dimension, but got 0 dimension")
    if edges.ndim != 1 and (values.ndim != edges.ndim or values.shape[:-1] != edges.shape[:-1]):
        raise ShapeError(
            f"searchsorted: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
            f"and input value tensor must match; got {edges.shape} and {values.shape}"
        )
    found = ordering.search(line, points, right=right or side == "right")
    return cast(found, dtype=int32.dtype) if out_int32 else found


def _check_sorter(sequence: Tensor, sorter: Tensor) -> None:
    if sorter._array.shape != sequence._array.shape:
        raise ShapeError(
            f"searchsorted: boundary and sorter must have the same size; got {tuple(sequence.shape)} and "
            f"{tuple(sorter.shape)}"
        )
    if sorter._array.dtype.name != "int64":
        raise DTypeError(f"searchsorted: sorter must be a tensor of long dtype; got {sorter.dtype}")


def _values(operation: str, edges: Tensor, input: Any) -> Tensor:
    """Return the values to look for as a tensor: a number takes the dtype that it has among the edges."""
    if isinstance(input, Tensor):
        if input._array.dtype != edges._array.dtype:
            raise DTypeError(
                f"{operation}: boundary tensor and input value tensor should have same dtype; got {edges.dtype} and "
                f"{input.dtype}"
            )
        return input
    kind = promote([(edges.dtype, 2), (python_dtype(input), 0)])
    return wrap(module_of(edges._array).asarray(input, kind.dtype))


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Return which interval between sorted ``boundaries`` each value of ``input`` lies in, as ``searchsorted`` does.

    Raises: ShapeError for boundaries that are no vector; DTypeError for a value that is no number or Tensor.
    """
    if boundaries._array.ndim != 1:
        raise ShapeError(f"bucketize: boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim})")
    if isinstance(input, Tensor) and input._array.dtype != boundaries._array.dtype:
        wide = promote([(boundaries.dtype, 2), (input.dtype, 2)])
        input, boundaries = input.detach().to(wide), boundaries.detach().to(wide)
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
