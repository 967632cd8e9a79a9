"""Joining, splitting and repeating tensors, in PyTorch's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.composites.shaping import sizes
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem

__all__ = ["atleast_1d", "cat", "chunk", "hstack", "narrow", "select", "split", "stack", "tile", "unbind", "vstack"]
METHODS = ["chunk", "narrow", "repeat", "select", "split", "tile", "unbind"]

ALL = slice(None)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return the tensors joined along ``dim``; they agree in all other lengths.  1-d empties are passed over.

    Raises: ShapeError naming the tensor and the dimension that does not agree; DTypeError for a non-sequence.
    """
    try:
        ndim = tensors[0]._array.ndim
        return ops.cat(tensors, dim=dim if 0 <= dim < ndim else one(dim, ndim, "cat"))
    except (AttributeError, LookupError, TypeError, ValueError):
        return ops.cat(_joinable(tensors, dim), dim=dim)


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
    if not tensors:
        raise ShapeError("stack: expected a non-empty list of Tensors")
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
    xs = [atleast_1d(x) for x in tensors]
    return cat(xs, 0 if xs[0]._array.ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return the tensors joined along the first dimension, vectors as rows."""
    return cat([x if x._array.ndim > 1 else x.reshape(1, -1) for x in tensors], 0)


def atleast_1d(input: Tensor) -> Tensor:
    """Return a scalar as a vector of one; anything else as it is."""
    return input if input._array.ndim else ops.reshape(input, shape=(1,))


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Return the view of ``length`` slices of ``dim`` from ``start``.  Raises: IndexRangeError outside the tensor."""
    d = one(dim, input._array.ndim, "narrow")
    n = input._array.shape[d]
    begin = int(start) + n * (int(start) < 0)
    if not (begin >= 0 and length >= 0 and begin + length <= n):
        raise IndexRangeError(f"narrow: start ({start}) + length ({length}) exceeds dimension size ({n})")
    return getitem(input, key=(ALL,) * d + (slice(begin, begin + length),))


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Return the view at ``index`` of ``dim``, without that dimension."""
    d = one(dim, input._array.ndim, "select")
    n = input._array.shape[d]
    if not -n <= index < n:
        raise IndexRangeError(
            f"select: index {index} out of range for tensor of size {tuple(input.shape)} at dimension {dim}"
        )
    return getitem(input, key=(ALL,) * d + (int(index),))


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of ``split_size`` slices each (the last may be shorter), or of the sizes given.

    Raises: ShapeError where the sizes do not add up.
    """
    d = one(dim, tensor._array.ndim, "split")
    n = tensor._array.shape[d]
    size = split_size_or_sections
    if isinstance(size, int):
        if size < 0 or (size == 0 and n):
            raise ShapeError(f"split: split_size is {size}; wanted a positive int for a dimension of size {n}")
        parts = [min(size, n - i) for i in range(0, n, size)] if n else [0]
    else:
        parts = [int(p) for p in size]
        if sum(parts) != n or min(parts, default=0) < 0:
            raise ShapeError(
                f"split: split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={parts}"
            )
    starts = [sum(parts[:i]) for i in range(len(parts))]
    return tuple(narrow(tensor, d, s, p) for s, p in zip(starts, parts, strict=True))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most ``chunks`` views of equal size along ``dim``; the last may be shorter."""
    if chunks < 1:
        raise ShapeError(f"chunk: chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input._array.shape[one(dim, input._array.ndim, "chunk")]
    return split(input, max(1, -(-n // chunks)), dim) if n else split(input, [0] * chunks, dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the views at each index of ``dim``."""
    d = one(dim, input._array.ndim, "unbind")
    return tuple(getitem(input, key=(ALL,) * d + (i,)) for i in range(input._array.shape[d]))


def tile(input: Tensor, *dims: Any) -> Tensor:
    """Return the tensor repeated ``dims[i]`` times along dimension ``i``, counted from the last."""
    times = sizes(dims)
    return repeat(input, (1,) * (input._array.ndim - len(times)) + times)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Return the tensor repeated ``repeats[i]`` times along dimension ``i``; new dimensions come first.

    Raises: ShapeError for fewer repeats than dimensions.
    """
    times = sizes(repeats)
    lead = len(times) - input._array.ndim
    if lead < 0 or min(times, default=0) < 0:
        raise ShapeError(
            f"repeat: got repeats {times} for shape {tuple(input.shape)}; Number of dimensions of repeat dims can not "
            f"be smaller than number of dimensions of tensor, nor a repeat negative"
        )
    shape = (1,) * lead + input._array.shape
    apart = ops.reshape(input, shape=tuple(n for s in shape for n in (1, s)))
    wide = ops.broadcast_to(apart, shape=tuple(n for r, s in zip(times, shape, strict=True) for n in (r, s)))
    out = ops.reshape(wide, shape=tuple(r * s for r, s in zip(times, shape, strict=True)))
    return out if out._view is None else ops.clone(out)
