"""Reading and writing whole slices along a dimension, and elements of the flattened tensor."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.composites.fitting import along, fitted, index_part, key_along, lifted, same_dtype
from autograd_core.composites.gathering import REDUCTIONS, scatter_reduce
from autograd_core.dtypes import uint8
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import arithmetic
from autograd_core.ops import index as ops
from autograd_core.ops.dims import one

__all__ = ["index_add", "index_copy", "index_fill", "index_reduce", "index_select", "put", "take"]
METHODS = __all__
IN_PLACE = ["index_add", "index_copy", "index_fill", "index_reduce", "put"]


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices of ``dim`` at the entries of a 1-d ``index``, in a copy.

    Raises: IndexRangeError, DTypeError, ShapeError for an index that does not fit.
    """
    d, part = along("index_select", input, dim, index)
    if not input._array.ndim:
        return ops.getitem(input.reshape(1), key=key_along(0, part)).reshape(())
    return ops.getitem(input, key=key_along(d, part))


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """Return a copy with ``alpha * source``'s slices added at the entries of a 1-d ``index``; duplicates add up.

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit.
    """
    d, part, x, source = _sourced("index_add", input, dim, index, source)
    if alpha != 1:
        source = arithmetic.mul(source, int(alpha) % 256 if input.dtype is uint8 else alpha)  # -1 wraps round to 255
    added = ops.put_zeros(source, shape=x._array.shape, key=key_along(d, part))
    return arithmetic.add(input, added if input._array.ndim else added.reshape(()))


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Return a copy that holds ``source``'s slices at the entries of a 1-d ``index``; of duplicates, one is kept.

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit.
    """
    d, part, x, source = _sourced("index_copy", input, dim, index, source)
    return ops.setitem(x, source, key=key_along(d, part)).reshape(input.shape)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Return a copy that holds ``value`` (a number or 0-d tensor) in the slices at a 1-d ``index``.

    Negative indices count from the end.  Raises: IndexRangeError, DTypeError, ShapeError.
    """
    d = one(dim, input._array.ndim, "index_fill")
    shape = input._array.shape or (1,)
    part = index_part("index_fill", index, shape[d], wraps=True)
    if part.ndim > 1 or (isinstance(value, Tensor) and value._array.ndim):
        raise ShapeError(
            f"index_fill: only supports a vector as index and a 0-dimensional value; got index of shape "
            f"{tuple(part.shape)}" + (f", value of shape {tuple(value.shape)}" if isinstance(value, Tensor) else "")
        )
    xp = module_of(index._array)
    none, chosen = wrap(xp.zeros(shape[d], bool)), wrap(xp.ones((), bool))
    mask = ops.setitem(none, chosen, key=key_along(0, part)).reshape([-1 if k == d else 1 for k in range(len(shape))])
    return arithmetic.where(mask, fitted("index_fill", value, input), input).reshape(input.shape)


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return a copy with ``source``'s slices reduced into those at the entries of a 1-d ``index``.

    ``reduce``: 'prod', 'mean', 'amax' or 'amin', as in ``scatter_reduce``.

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit, or another ``reduce``.
    """
    if reduce not in REDUCTIONS[1:]:
        raise DTypeError(f"index_reduce: reduce is {reduce!r}; wanted one of {', '.join(REDUCTIONS[1:])}")
    d, _, x, source = _sourced("index_reduce", input, dim, index, source)
    shape = source._array.shape
    line = index.reshape([-1 if k == d else 1 for k in range(len(shape))]).expand(shape)
    return scatter_reduce(x, d, line, source, reduce, include_self=include_self).reshape(input.shape)


def _sourced(operation: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> tuple[int, Any, Tensor, Tensor]:
    """Return dim, index for a key, input and source, checked; of one dimension where they have none."""
    d, part = along(operation, input, dim, index)
    same_dtype(operation, input, "source", source)
    x, s = lifted(input), lifted(source)
    wanted = x._array.shape[:d] + tuple(part.shape) + x._array.shape[d + 1 :]
    if s._array.shape != wanted:
        raise ShapeError(
            f"{operation}: source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            f"self.shape = {list(input.shape)} source.shape = {list(source.shape)}; wanted {list(wanted)}"
        )
    return d, part, x, s


def take(input: Tensor, index: Tensor) -> Tensor:
    """Return the elements of the flattened tensor at ``index``; negative ones count from the end.  Shape: ``index``'s.

    Raises: IndexRangeError, DTypeError.
    """
    part = index_part("take", index, input._array.size, wraps=True)
    return ops.getitem(input.reshape(-1), key=key_along(0, part.reshape(-1))).reshape(part.shape)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Return a copy with ``source`` written at ``index`` of the flattened tensor; negative ones count from the end.

    ``accumulate``: add to what is there; duplicates add up.

    Raises: IndexRangeError where ``source`` has another number of elements, or an index is out of bounds; DTypeError.
    """
    same_dtype("put", input, "source", source)
    part = index_part("put", index, input._array.size, wraps=True)
    count = index._array.size
    if count != source._array.size:
        raise IndexRangeError(
            f"put: Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source._array.size}, index.numel() = {count}"
        )
    flat, key, values = input.reshape(-1), key_along(0, part.reshape(-1)), source.reshape(-1)
    if accumulate:
        out = arithmetic.add(flat, ops.put_zeros(values, shape=flat._array.shape, key=key))
    else:
        out = ops.setitem(flat, values, key=key)
    return out.reshape(input.shape)
