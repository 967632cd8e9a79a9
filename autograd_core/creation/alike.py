"""``x.new_zeros(2, 3)`` and its kin: new tensors of another's dtype, on its device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.creation import legacy
from autograd_core.creation.data import creates, tensor
from autograd_core.creation.filling import empty_strided, filled, number
from autograd_core.engine.tensor import Tensor

METHODS = ["new", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_tensor", "new_zeros"]


@creates
def new_tensor(self: Tensor, data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a copy of ``data`` as a tensor of this one's dtype and device."""
    return tensor(data, dtype=dtype or self.dtype, device=device or self.device)


@creates
def new_full(self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``fill_value`` everywhere, in this tensor's dtype and on its device."""
    value = number("new_full", fill_value)
    return filled("new_full", (size,), value, dtype or self.dtype, device or self.device)


@creates
def new_zeros(self: Tensor, *shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return zeros in this tensor's dtype and on its device."""
    shape = shape if size is None else (size,)
    return filled("new_zeros", shape, 0, dtype or self.dtype, device or self.device)


@creates
def new_ones(self: Tensor, *shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones in this tensor's dtype and on its device."""
    shape = shape if size is None else (size,)
    return filled("new_ones", shape, 1, dtype or self.dtype, device or self.device)


@creates
def new_empty(self: Tensor, *shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor to be filled of this one's dtype and device; it holds zeros."""
    shape = shape if size is None else (size,)
    return filled("new_empty", shape, 0, dtype or self.dtype, device or self.device)


@creates
def new_empty_strided(
    self: Tensor, size: Any, stride: Sequence[int], *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return a tensor to be filled, of this one's dtype and device, with so much memory between neighbours."""
    return empty_strided(size, stride, dtype=dtype or self.dtype, device=device or self.device)


def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
    """Return zeros of a shape given as ints, or data, in this tensor's dtype and on its device."""
    return legacy.made(args, self.dtype, device or self.device)
