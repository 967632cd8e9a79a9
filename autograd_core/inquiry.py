"""Questions about tensors."""

from __future__ import annotations

from typing import Any

from autograd_core.dtypes import dtype, promote
from autograd_core.engine.general import strength
from autograd_core.engine.tensor import Tensor

__all__ = ["is_complex", "is_floating_point", "is_tensor", "numel", "result_type"]


def is_tensor(obj: Any) -> Any:
    """Return whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> Any:
    """Return whether the dtype is a real floating one."""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> Any:
    """Return whether the dtype is a complex one."""
    return input.dtype.is_complex


def numel(input: Tensor) -> Any:
    """Return the number of elements."""
    return input._array.size


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """Return the dtype that an operation on both gives; 0-d tensors and numbers are weak within their category."""
    return promote([strength(tensor1), strength(tensor2)])
