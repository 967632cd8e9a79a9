"""Diagonals and triangles of matrices, in PyTorch's form."""

from __future__ import annotations

from typing import Any

from autograd_core.composites.shaping import movedim
from autograd_core.composites.views import replaced
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem
from autograd_core.ops.reduce import sum as total

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "trace", "tril", "triu"]
METHODS = [*__all__, "fill_diagonal_"]
IN_PLACE = ["tril", "triu"]


def _two(operation: str, ndim: int, dim1: int, dim2: int) -> tuple[int, int]:
    a, b = one(dim1, ndim, operation), one(dim2, ndim, operation)
    if a == b:
        raise ShapeError(f"{operation}: diagonal dimensions cannot be identical {dim1}, {dim2}")
    return a, b


def _last_two(input: Tensor, a: int, b: int) -> Tensor:
    ndim = input._array.ndim
    return input if (a, b) == (ndim - 2, ndim - 1) else movedim(input, (a, b), (-2, -1))


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the view of a diagonal of ``dim1`` and ``dim2``, as a last dimension; ``offset`` is how far to the right.

    Raises: ShapeError where the two are one dimension.
    """
    a, b = _two("diagonal", input._array.ndim, dim1, dim2)
    return ops.diagonal(_last_two(input, a, b), offset=offset)


_diagonal = diagonal  # `diag` has a parameter of that name


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy that holds ``src`` on a diagonal of ``dim1`` and ``dim2``.  Raises: ShapeError where it misfits."""
    a, b = _two("diagonal_scatter", input._array.ndim, dim1, dim2)
    out = replaced("diagonal_scatter", _last_two(input, a, b), src, ops.diagonal, offset=offset)
    return movedim(out, (-2, -1), (a, b))


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices, in ``dim1`` and ``dim2``, with the last dimension on a diagonal and zeros elsewhere.

    Shape: (..., n) -> (..., n + |offset|, n + |offset|).  Raises: ShapeError where the two are one dimension.
    """
    a, b = _two("diag_embed", input._array.ndim + 1, dim1, dim2)
    shape = input._array.shape
    n = shape[-1] + abs(offset)
    out = ops.on_diagonal(input, shape=(*shape[:-1], n, n), offset=offset)
    return movedim(out, (-2, -1), (a, b))


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return a matrix with the vector ``input`` on its diagonal, or a copy of the diagonal of a matrix.

    Raises: ShapeError for other than one or two dimensions.
    """
    if input._array.ndim == 2:
        return ops.clone(_diagonal(input, diagonal))
    if input._array.ndim != 1:
        raise ShapeError(f"diag: Supports 1D or 2D tensors. Got {input._array.ndim}D")
    return diag_embed(input, diagonal)


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Return a matrix with the elements of ``input``, in order, on a diagonal."""
    return diag_embed(ops.reshape(input, shape=(input._array.size,)), offset)


def trace(input: Tensor) -> Tensor:
    """Return the sum of a matrix's diagonal.  Raises: ShapeError for other than two dimensions."""
    if input._array.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, but got shape {tuple(input.shape)}")
    return total(ops.diagonal(input), dim=(0,))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the lower triangle of the last two dimensions, zeros above ``diagonal``."""
    return ops.band(_matrix("tril", input), diagonal=diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the upper triangle of the last two dimensions, zeros below ``diagonal``."""
    return ops.band(_matrix("triu", input), diagonal=diagonal, upper=True)


def _matrix(operation: str, input: Tensor) -> Tensor:
    if input._array.ndim < 2:
        raise ShapeError(f"{operation}: input tensor must have at least 2 dimensions; got shape {tuple(input.shape)}")
    return input


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal (``wrap``: again below it, after each full square of a tall matrix).

    Raises: ShapeError below two dimensions, or where more than two are not of one length.
    """
    shape = self._array.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(
            f"fill_diagonal_: dimensions must be at least 2, and of equal length where more; got shape {tuple(shape)}"
        )
    for start in range(0, shape[0] if wrap and len(shape) == 2 else 1, shape[-1] + 1):
        part = getitem(self, key=(slice(start, None),))
        while part._array.ndim > 1:
            part = ops.diagonal(part)
        part.fill_(fill_value)
    return self
