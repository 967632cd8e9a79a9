"""Dimension arguments brought to one form, with PyTorch's errors."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError

Dims = int | Sequence[int] | None
EVERY = [tuple(range(n)) for n in range(65)]  # all dims of an array; NumPy has at most 64


def one(dim: int, ndim: int, operation: str) -> int:
    """Return ``dim`` counted from the first dimension; a 0-d tensor has a dimension 0 (and -1).

    Raises: IndexRangeError outside [-ndim, ndim - 1].
    """
    if type(dim) is int and -ndim <= dim < ndim:
        return dim % ndim
    span = ndim or 1
    if not hasattr(dim, "__index__"):
        raise DTypeError(f"{operation}: dim is {dim!r}; wanted an int")
    if not -span <= dim < span:
        raise IndexRangeError(
            f"{operation}: Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})"
        )
    return int(dim) % span


def several(dim: Dims, ndim: int, operation: str) -> tuple[int, ...]:
    """Return the dims of a reduction, sorted; None (or an empty sequence) means all.

    Raises: IndexRangeError for one out of range; ShapeError for one named twice.
    """
    if dim is None:
        return EVERY[ndim]
    if isinstance(dim, int):
        d = one(dim, ndim, operation)
        return (d,) if ndim else ()
    dims = sorted(one(d, ndim, operation) for d in dim)
    if len(set(dims)) < len(dims):
        raise ShapeError(f"{operation}: a dim appears multiple times in the list of dims {tuple(dim)}")
    return tuple(dims) if dims and ndim else EVERY[ndim]


def kept(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``shape`` with length 1 in the reduced ``dims``: what a gradient is reshaped to before it expands."""
    if len(dims) == len(shape):
        return (1,) * len(shape)
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


def count(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """Return how many elements each result of a reduction over ``dims`` gathers."""
    n = 1
    for d in dims:
        n *= shape[d]
    return n
