"""Reversed, rotated and rolled: the elements of a tensor in another order, in memory of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.composites.shaping import sizes, transpose
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import IndexRangeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]
METHODS = [*__all__, "__reversed__"]


def flip(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """Return a copy with the order along ``dims`` reversed.  Raises: ShapeError for a dim named twice."""
    wanted = sizes(order if dims is None else (dims,), "flip")
    found = tuple(one(d, input._array.ndim, "flip") for d in wanted)
    if len(set(found)) < len(found):
        raise ShapeError(f"flip: a dim appears multiple times in the list of dims {wanted}")
    return ops.flip(input, dims=found)


def __reversed__(self: Tensor) -> Tensor:
    """Return a copy with the order of every dimension reversed."""
    return ops.flip(self, dims=tuple(range(self._array.ndim)))


def fliplr(input: Tensor) -> Tensor:
    """Return a copy with the columns (the second dimension) reversed.  Raises: ShapeError below two dimensions."""
    if input._array.ndim < 2:
        raise ShapeError(f"fliplr: Input must be >= 2-d; got shape {tuple(input.shape)}")
    return ops.flip(input, dims=(1,))


def flipud(input: Tensor) -> Tensor:
    """Return a copy with the rows (the first dimension) reversed.  Raises: ShapeError for a 0-d tensor."""
    if input._array.ndim < 1:
        raise ShapeError("flipud: Input must be >= 1-d; got shape ()")
    return ops.flip(input, dims=(0,))


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Return a copy turned ``k`` times by 90 degrees in the plane of ``dims``, from the first towards the second.

    Raises: ShapeError where ``dims`` are not two different dimensions of the tensor.
    """
    ndim = input._array.ndim
    if len(dims) != 2 or ndim < 2:
        raise ShapeError(f"rot90: expected total rotation dims == 2 of >= 2, but got dims {tuple(dims)} of {ndim}")
    a, b = (one(d, ndim, "rot90") for d in dims)
    if a == b:
        raise ShapeError(f"rot90: expected rotation dims to be different, but got {tuple(dims)}")
    turned = ops.flip(input, dims=((), (b,), (a, b), (a,))[k % 4])
    return ops.clone(transpose(turned, a, b)) if k % 2 else turned


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Return the tensor shifted along ``dims`` (flattened, where None); what leaves comes in at the other end.

    Raises: ShapeError where there are not as many shifts as dims; IndexRangeError for a dim of a 0-d tensor.
    """
    moves = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if not moves:
        raise ShapeError("roll: `shifts` required")
    where = (dims,) if isinstance(dims, int) else tuple(dims or ())
    if not where and len(moves) == 1:
        return ops.reshape(roll(ops.reshape(input, shape=(-1,)), moves, 0), shape=input._array.shape)
    if len(moves) != len(where):
        raise ShapeError(f"roll: shifts and dimensions must align. shifts: {len(moves)}, dims: {len(where)}")
    if not input._array.ndim:
        raise IndexRangeError(f"roll: Dimension specified as {where[0]} but tensor has no dimensions")
    return ops.roll(input, shifts=moves, dims=tuple(one(d, input._array.ndim, "roll") for d in where))
