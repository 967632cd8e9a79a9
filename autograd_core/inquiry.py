"""Questions about tensors."""

from __future__ import annotations

from typing import Any

from autograd_core.dtypes import dtype, promote
from autograd_core.engine.general import strength
from autograd_core.engine.tensor import Tensor

__all__ = [
    "is_complex", "is_floating_point", "is_inference", "is_nonzero", "is_same_size", "is_signed", "is_storage",
    "is_tensor", "numel", "result_type",
]  # fmt: skip
METHODS = ["is_inference", "is_nonzero"]


def is_tensor(obj: Any) -> bool:
    """Return whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Return whether the dtype is a real floating one."""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Return whether the dtype is a complex one."""
    return input.dtype.is_complex


def numel(input: Tensor) -> int:
    """Return the number of elements."""
    return int(input._array.size)


def is_signed(input: Tensor) -> bool:
    """Return whether the dtype has negative numbers."""
    return input.dtype.is_signed


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Return whether the shapes are equal."""
    return bool(input._array.shape == other._array.shape)


def is_nonzero(input: Tensor) -> bool:
    """Return whether the one element is not 0.  Raises: ShapeError where there is not exactly one."""
    return bool(input)


def is_inference(input: Tensor) -> bool:
    """Return False: ``inference_mode`` makes ordinary tensors."""
    return False


def is_storage(obj: Any) -> bool:
    """Return False: memory is NumPy's or CuPy's, not an object of its own."""
    return False


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """Return the dtype that an operation on both gives; 0-d tensors and numbers are weak within their category."""
    return promote([strength(tensor1), strength(tensor2)])
