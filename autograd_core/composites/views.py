"""Parts of a tensor as views, and copies in which such a part is replaced."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from math import prod
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, module_of
from autograd_core.backend.shared.places import places
from autograd_core.composites.shaping import movedim, sizes
from autograd_core.engine.inplace import replace_view
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.facts import storage_offset as offset_of
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem, setitem

__all__ = [
    "as_strided", "as_strided_scatter", "narrow", "narrow_copy", "select", "select_scatter", "slice", "slice_scatter",
]  # fmt: skip
METHODS = [
    "as_strided", "as_strided_scatter", "narrow", "narrow_copy", "select", "select_scatter", "slice_scatter", "unfold",
]  # fmt: skip
IN_PLACE_VIEWS = ["as_strided"]

ALL = builtins.slice(None)
Key = tuple[Any, ...]


# ---- slices ----


def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """Return the view of ``length`` slices of ``dim`` from ``start``.

    Raises: IndexRangeError for a start outside, a length that goes beyond the end, or a 0-d tensor.
    """
    if not input._array.ndim:
        raise IndexRangeError("narrow: narrow() cannot be applied to a 0-dim tensor.")
    d = one(dim, input._array.ndim, "narrow")
    n, begin = input._array.shape[d], int(start)
    if isinstance(start, Tensor) and (start._array.ndim or start._array.dtype.kind not in "iu"):
        raise DTypeError(f"narrow: start must be an 0-dim integral Tensor; got {start.dtype}, {tuple(start.shape)}")
    if not -n <= begin <= n:
        raise IndexRangeError(
            f"narrow: Dimension out of range (expected to be in range of [{-n}, {n}], but got start {start})"
        )
    begin += n * (begin < 0)
    if length < 0 or begin + length > n:
        raise IndexRangeError(f"narrow: start ({begin}) + length ({length}) exceeds dimension size ({n})")
    return getitem(input, key=(ALL,) * d + (builtins.slice(begin, begin + length),))


def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Return a copy of ``length`` slices of ``dim`` from ``start``."""
    return ops.clone(narrow(input, dim, start, length))


def _selected(operation: str, input: Tensor, dim: int, index: Any) -> Key:
    if not input._array.ndim:
        raise IndexRangeError(f"{operation}: select() cannot be applied to a 0-dim tensor.")
    d = one(dim, input._array.ndim, operation)
    n = input._array.shape[d]
    if not -n <= index < n:
        raise IndexRangeError(
            f"{operation}: index {index} out of range for tensor of size {tuple(input.shape)} at dimension {dim}"
        )
    return (ALL,) * d + (int(index),)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Return the view at ``index`` of ``dim``, without that dimension.  Raises: IndexRangeError outside the tensor."""
    return getitem(input, key=_selected("select", input, dim, index))


def _sliced(input: Tensor, dim: int, start: int | None, end: int | None, step: int) -> Key:
    d = one(dim, input._array.ndim, "slice")
    if step < 1:
        raise ShapeError(f"slice: slice step must be positive; got {step}")
    return (ALL,) * d + (builtins.slice(start, end, step),)


def slice(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """Return the view ``input[start:end:step]`` of dimension ``dim``.  Raises: ShapeError for a step below 1."""
    return getitem(input, key=_sliced(input, dim, start, end, step))


def replaced(operation: str, input: Tensor, src: Tensor, view: Any, **meta: Any) -> Tensor:
    """Return a copy of ``input`` whose part ``view(input, **meta)`` holds ``src``, of just that shape."""
    array = input._array
    known = array if type(array) in XP else host.broadcast_to(0.0, array.shape)  # inside a transform: of that shape
    wanted = view(wrap(known), **meta)._array.shape
    if src._array.shape != wanted:
        raise ShapeError(
            f"{operation}: expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(wanted)}"
        )
    return replace_view(input, src, view=view.primitive, meta=meta)


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a copy whose slices ``start:end:step`` of ``dim`` hold ``src``.  Raises: ShapeError where it misfits."""
    return replaced("slice_scatter", input, src, getitem, key=_sliced(input, dim, start, end, step))


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Return a copy that holds ``src`` at ``index`` of ``dim``.  Raises: ShapeError where it misfits."""
    return replaced("select_scatter", input, src, getitem, key=_selected("select_scatter", input, dim, index))


# ---- windows and strides ----


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Return the view of all windows of ``size`` slices of a dimension, ``step`` apart; windows come as a last dim.

    On a GPU it is a copy.  Shape: (..., n, ...) -> (..., (n - size) // step + 1, ..., size).

    Raises: ShapeError for a window that is too long, or a step below 1.
    """
    d = one(dimension, input._array.ndim, "unfold")
    x = input if input._array.ndim else ops.reshape(input, shape=(1,))
    n = x._array.shape[d]
    if not 0 <= size <= n:
        raise ShapeError(f"unfold: maximum size for tensor at dimension {d} is {n} but size is {size}")
    if step < 1:
        raise ShapeError(f"unfold: step is {step} but must be > 0")
    windows = ops.strided(movedim(x, d, -1), size=((n - size) // step + 1, size), steps=(step, 1))
    return movedim(windows, -2, d) if input._array.ndim else ops.reshape(windows, shape=(size,))


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Return the view of ``size`` whose element (i, j, ...) lies at ``offset + i * stride[0] + j * stride[1] + ...``.

    Strides and offset count elements of the memory.  On a GPU it is a copy.

    Raises: ShapeError for lists that differ in length, negative strides, or what lies outside the memory.
    """
    memory, meta = _in_memory(input, sizes((tuple(size),), "as_strided"), tuple(stride), storage_offset)
    return ops.strided(memory, **meta)


def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Return a copy whose view ``as_strided(input, size, stride, storage_offset)`` holds ``src``.

    Raises: ShapeError where it misfits.
    """
    shape = sizes((tuple(size),), "as_strided_scatter")
    memory, at = _in_memory(ops.clone(input), shape, tuple(stride), storage_offset)
    if src._array.shape != shape:
        raise ShapeError(f"as_strided_scatter: src has shape {tuple(src.shape)}; wanted {shape}")
    index = places(module_of(memory._array), at["size"], at["steps"], at["start"])
    return ops.reshape(setitem(memory, src, key=(index,)), shape=input._array.shape)


def _in_memory(
    input: Tensor, size: tuple[int, ...], stride: tuple[int, ...], offset: int | None
) -> tuple[Tensor, dict[str, Any]]:
    """Return the memory that ``input`` (or else its base) looks at, as a vector, and where in it a view begins."""
    if len(size) != len(stride):
        raise ShapeError(f"as_strided: mismatch in length of strides and shape: {size} and {stride}")
    if min((*size, *stride), default=0) < 0:
        raise ShapeError(f"as_strided: Negative sizes and strides are not supported; got {size} and {stride}")
    first = offset_of(input)
    begin = first if offset is None else int(offset)
    last = begin + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if prod(size) else begin - 1
    for x in (input, input._base):
        if x is not None and (memory := _flat(x)) is not None:
            low = offset_of(x)
            if low <= begin and last < low + memory._array.size:
                return memory, {"size": size, "steps": stride, "start": begin - low}
    raise ShapeError(
        f"as_strided: sizes {list(size)}, strides {list(stride)}, storage offset {begin} are out of bounds for the "
        f"memory of a tensor of shape {tuple(input.shape)}"
    )


def _flat(x: Tensor) -> Tensor | None:
    """Return a tensor without gaps as the vector that its memory is; None where there are gaps."""
    array = x._array
    order = tuple(sorted(range(array.ndim), key=lambda d: (-array.strides[d], array.shape[d] == 1)))
    laid = ops.permute(x, dims=order)
    return ops.reshape(laid, shape=(array.size,)) if laid._array.flags.c_contiguous else None
