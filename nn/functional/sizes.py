"""Window sizes as PyTorch takes them: one int for every dimension, or one int per dimension; a batch or one image."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor
from autograd_core.errors import DTypeError, ShapeError

Sizes = tuple[int, ...]
Size = int | Sizes


def expand(value: Any, n: int, operation: str, argument: str) -> Sizes:
    """Return ``value`` as a tuple of ``n`` ints.

    Raises: ShapeError where it is a sequence of another length.
    """
    if type(value) is tuple and len(value) == n:  # what layers hold
        return value
    if isinstance(value, int):
        return (value,) * n
    try:
        sizes = tuple(value)
    except TypeError:
        raise DTypeError(f"{operation}: {argument} is {value!r}; wanted one int, or {n} of them") from None
    if len(sizes) == 1:
        return sizes * n
    if len(sizes) != n:
        raise ShapeError(f"{operation}: {argument} is {sizes}; wanted one int, or {n} of them")
    return sizes


def batched(operation: str, n: int, input: Tensor) -> tuple[Tensor, bool]:
    """Return the input with a batch dimension, and whether it had one: ``(N, C, *S)`` or ``(C, *S)``, ``n`` of S.

    Raises: ShapeError for another number of dims, or where a dim other than the batch is empty.
    """
    if not isinstance(input, Tensor):
        raise DTypeError(f"{operation}: input is {type(input).__name__}; wanted a Tensor (see ag.tensor)")
    shape = input._array.shape
    if len(shape) == n + 2 and 0 not in shape[1:]:
        return input, True
    if len(shape) == n + 1 and 0 not in shape:
        return input.unsqueeze(0), False
    raise ShapeError(
        f"{operation}: input has shape {shape}; wanted {n + 2} dims, or {n + 1} without a batch, none empty but the "
        f"batch"
    )
