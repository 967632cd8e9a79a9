"""Choosing elements by a mask, and finding where one holds."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.composites.fitting import fitted, key_along, known_mask, same_dtype
from autograd_core.composites.shaping import broadcast_tensors
from autograd_core.engine.indices import as_part
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic
from autograd_core.ops import index as ops

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero"]
METHODS = __all__
IN_PLACE = ["masked_fill", "masked_scatter"]


def _check_mask(operation: str, mask: Any) -> None:
    if not isinstance(mask, Tensor) or mask._array.dtype.kind != "b":
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise DTypeError(f"{operation}: mask is {kind}; {operation} only supports boolean masks")


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return a copy with ``value`` (a number or 0-d tensor) where ``mask`` holds; their shapes broadcast.

    Raises: DTypeError for a mask that is not boolean, or a value that does not fit into ``input``'s dtype; ShapeError
    for a value with dimensions.
    """
    _check_mask("masked_fill", mask)
    if isinstance(value, Tensor) and value._array.ndim:
        raise ShapeError(
            f"masked_fill: value has shape {tuple(value.shape)}; masked_fill only supports a 0-dimensional value tensor"
        )
    return arithmetic.where(mask, fitted("masked_fill", value, input), input)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where ``mask`` holds, as a vector; their shapes broadcast.

    Raises: DTypeError for a mask that is not boolean.
    """
    _check_mask("masked_select", mask)
    x, m = broadcast_tensors(input, mask)
    return ops.getitem(x, key=(known_mask("masked_select", m),))


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Return a copy that holds the elements of ``source``, in order, where ``mask`` holds; mask and input broadcast.

    Raises: DTypeError for a mask that is not boolean, or another dtype; ShapeError where ``source`` has too few.
    """
    _check_mask("masked_scatter", mask)
    same_dtype("masked_scatter", input, "source", source)
    x, m = broadcast_tensors(input, mask)
    chosen: Any = as_part(m)
    if type(chosen) is host.ndarray and chosen.sum() > source._array.size:
        raise ShapeError(
            f"masked_scatter: Number of elements of source < number of ones in mask; got {source._array.size} and "
            f"{chosen.sum()}"
        )
    if not source._array.size:
        return x.clone()
    order = (chosen.reshape(-1).cumsum(0) - 1).clip(0, source._array.size - 1).reshape(chosen.shape)
    return arithmetic.where(m, ops.getitem(source.reshape(-1), key=key_along(0, order)), x)


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Return the indices of nonzero elements: (count, ndim), or one vector per dimension."""
    array = input._array
    xp = module_of(array)
    found = (array if array.ndim else array.reshape(1)).nonzero()
    if as_tuple:
        return tuple(wrap(i) for i in found)
    return wrap(xp.stack(found, axis=1)[:, : array.ndim])


def argwhere(input: Tensor) -> Tensor:
    """Return the indices of nonzero elements, a row each.  Shape: (count, ndim)."""
    return wrap(nonzero(input)._array)
