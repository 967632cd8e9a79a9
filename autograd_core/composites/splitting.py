"""Splitting tensors into views of their parts, in PyTorch's form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from autograd_core.composites.shaping import sizes
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem

__all__ = ["chunk", "dsplit", "hsplit", "split", "split_with_sizes", "tensor_split", "unbind", "vsplit"]
METHODS = __all__

ALL = slice(None)


def _between(input: Tensor, d: int, bounds: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the views of dimension ``d`` between each bound and the next."""
    lead = (ALL,) * d
    return tuple(getitem(input, key=(*lead, slice(a, b))) for a, b in pairwise(bounds))


def split(
    tensor: Tensor, split_size_or_sections: Any = None, dim: int = 0, *, split_size: Any = None
) -> tuple[Tensor, ...]:
    """Return views of ``split_size`` slices each (the last may be shorter), or of the sizes given.

    Raises: ShapeError where the sizes do not add up.
    """
    size = split_size_or_sections if split_size is None else split_size
    if isinstance(size, list | tuple):
        return split_with_sizes(tensor, size, dim)
    (size,) = sizes((size,), "split")
    d = one(dim, tensor._array.ndim, "split")
    if not tensor._array.ndim:
        raise ShapeError("split: split expects at least a 1-dimensional tensor")
    n = tensor._array.shape[d]
    if size < 0 or (size == 0 and n):
        raise ShapeError(
            f"split: split expects split_size be non-negative, and positive for a dimension of size {n}; got {size}"
        )
    return _between(tensor, d, [*range(0, n, size), n] if n else [0, 0])


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of the sizes given.  Raises: ShapeError where they do not add up."""
    d = one(dim, input._array.ndim, "split")
    if not input._array.ndim:
        raise ShapeError("split: split expects at least a 1-dimensional tensor")
    n, parts = input._array.shape[d], sizes((tuple(split_sizes),), "split")
    if sum(parts) != n or min(parts, default=0) < 0:
        raise ShapeError(
            f"split: split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension "
            f"{dim}), but got split_sizes={list(parts)}"
        )
    bounds = [0]
    for part in parts:
        bounds.append(bounds[-1] + part)
    return _between(input, d, bounds)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most ``chunks`` views of equal size along ``dim``; the last may be shorter.

    Raises: ShapeError for fewer than one chunk, or a 0-d tensor.
    """
    if not input._array.ndim:
        raise ShapeError("chunk: chunk expects at least a 1-dimensional tensor")
    if chunks < 1:
        raise ShapeError(f"chunk: chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input._array.shape[one(dim, input._array.ndim, "chunk")]
    return split(input, -(-n // chunks), dim) if n else split_with_sizes(input, [0] * chunks, dim)


def tensor_split(
    input: Tensor, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Return so many views along ``dim`` whose sizes differ by at most one, or those between the indices given.

    Raises: ShapeError for a 0-d tensor, or fewer than one section; DTypeError for a tensor of other than integers.
    """
    parts = _given(indices_or_sections, indices, sections)
    return _split_at("tensor_split", input, parts, dim, even=False)


def _given(*values: Any) -> Any:
    return next((v for v in values if v is not None), None)


def _split_at(operation: str, input: Tensor, parts: Any, dim: int, even: bool = True) -> tuple[Tensor, ...]:
    """Return so many views (of one size, where ``even``), or those between the indices that ``parts`` lists."""
    d = one(dim, input._array.ndim, operation)
    if not input._array.ndim:
        raise ShapeError(f"{operation}: expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    n = input._array.shape[d]
    if isinstance(parts, Tensor):
        if parts._array.dtype != "int64" or parts._array.ndim > 1:
            raise DTypeError(
                f"{operation}: tensor_indices_or_sections must be a zero- or one-dimensional int64 tensor; got "
                f"{parts.dtype}, shape {tuple(parts.shape)}"
            )
        parts = parts.tolist()
    if isinstance(parts, list | tuple):
        at = [min(max(i + n * (i < 0), 0), n) for i in sizes((tuple(parts),), operation)]
        bounds = [0, *at, n]
        return tuple(getitem(input, key=(*(ALL,) * d, slice(a, max(a, b)))) for a, b in pairwise(bounds))
    (count,) = sizes((parts,), operation)
    if count < 1 or (even and n % count):
        raise ShapeError(
            f"{operation}: number of sections must be larger than 0"
            + (f" and divide the size {n} of dimension {d}" if even else "")
            + f", got {count}"
        )
    size, longer = divmod(n, count)  # the first `longer` parts have one more
    return _between(input, d, [i * size + min(i, longer) for i in range(count + 1)])


def hsplit(input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    """Return views of equal size of the columns (of a vector's elements), or those between the indices given.

    Raises: ShapeError for a 0-d tensor, or a number of sections that does not divide.
    """
    parts = _given(indices_or_sections, indices, sections)
    return _split_along("hsplit", input, parts, 1 if input._array.ndim > 1 else 0, 1)


def vsplit(input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    """Return views of equal size of the rows, or those between the indices given.

    Raises: ShapeError below two dimensions, or for a number of sections that does not divide.
    """
    parts = _given(indices_or_sections, indices, sections)
    return _split_along("vsplit", input, parts, 0, 2)


def dsplit(input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    """Return views of equal size along the third dimension, or those between the indices given.

    Raises: ShapeError below three dimensions, or for a number of sections that does not divide.
    """
    parts = _given(indices_or_sections, indices, sections)
    return _split_along("dsplit", input, parts, 2, 3)


def _split_along(operation: str, input: Tensor, parts: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    if input._array.ndim < least:
        raise ShapeError(
            f"{operation}: requires a tensor with at least {least} dimension(s), but got a tensor "
            f"with {input._array.ndim} dimensions"
        )
    return _split_at(operation, input, parts, dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the views at each index of ``dim``.  Raises: IndexRangeError for a 0-d tensor."""
    if not input._array.ndim:
        raise IndexRangeError("unbind: Dimension specified as 0 but tensor has no dimensions")
    d = one(dim, input._array.ndim, "unbind")
    return tuple(getitem(input, key=(ALL,) * d + (i,)) for i in range(input._array.shape[d]))
