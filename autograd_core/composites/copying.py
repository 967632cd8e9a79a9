"""Copies of tensors, in a memory format."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.layouts import memory_format as MemoryFormat
from autograd_core.layouts import preserve_format
from autograd_core.ops import shape as ops
from autograd_core.ops.index import setitem

__all__ = ["clone", "detach", "fill"]
METHODS = ["clone", "contiguous", "is_contiguous"]


def clone(input: Tensor, *, memory_format: MemoryFormat = preserve_format) -> Tensor:
    """Return a copy in memory of its own; the gradient flows back to the original."""
    if memory_format.order is None:
        return ops.clone(input)
    order = _order("clone", input, memory_format)
    return ops.permute(ops.clone(ops.permute(input, dims=order)), dims=ops.inverse(order))


def _order(operation: str, input: Tensor, memory_format: MemoryFormat) -> tuple[int, ...]:
    """Return the dimensions from the slowest in memory to the fastest."""
    order = memory_format.order or ()
    if len(order) != input._array.ndim:
        raise ShapeError(
            f"{operation}: required rank {len(order)} tensor to use {memory_format.name} format; got shape "
            f"{tuple(input.shape)}"
        )
    return order


def is_contiguous(input: Tensor, memory_format: MemoryFormat = preserve_format) -> bool:
    """Whether the elements lie without gaps, in row-major order or that of ``memory_format``."""
    order = memory_format.order
    if order is None:
        return bool(input._array.flags.c_contiguous)
    return len(order) == input._array.ndim and bool(input._array.transpose(order).flags.c_contiguous)


def contiguous(input: Tensor, memory_format: MemoryFormat = preserve_format) -> Tensor:
    """Return the tensor itself where it is contiguous (in ``memory_format``), else a copy that is."""
    return input if is_contiguous(input, memory_format) else clone(input, memory_format=memory_format)


def detach(input: Tensor) -> Tensor:
    """Return a tensor that shares ``input``'s memory and stands outside its graph."""
    return input.detach()


def fill(input: Tensor, value: Any) -> Tensor:
    """Return a tensor of ``input``'s shape and dtype with ``value``, a number or 0-d tensor, everywhere.

    Raises: ShapeError for a value with dimensions.
    """
    if isinstance(value, Tensor) and value._array.ndim:
        raise ShapeError(f"fill: only supports 0-dimension value tensor; got shape {tuple(value.shape)}")
    return setitem(input, value, key=(...,))
