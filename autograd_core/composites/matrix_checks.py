"""What functions of matrices ask of their arguments."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError


def expect(operation: str, *named: tuple[str, Any, int]) -> None:
    """Check that each (name, tensor, number of dimensions) is one.  Raises: ShapeError."""
    for name, x, ndim in named:
        if not isinstance(x, Tensor) or x._array.ndim != ndim:
            got = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
            raise ShapeError(f"{operation}: {name} must be a {ndim}D tensor; got {got}")


def check_floating(operation: str, *tensors: Tensor) -> None:
    """Check that the numbers are real or complex floats, of one dtype.  Raises: DTypeError."""
    for x in tensors:
        if x._array.dtype.kind not in "fc" and x.dtype.category < 2:
            raise DTypeError(f"{operation}: Expected a floating point or complex tensor as input. Got {x.dtype}")
        if x._array.dtype != tensors[0]._array.dtype:
            raise DTypeError(
                f"{operation}: Expected all inputs to have the same dtype, but got {tensors[0].dtype} and {x.dtype}"
            )


def check_matrices(operation: str, A: Tensor, name: str = "A") -> None:
    """Check that there are two dimensions or more, of floats.  Raises: ShapeError, DTypeError."""
    if A._array.ndim < 2:
        raise ShapeError(
            f"{operation}: The input tensor {name} must have at least 2 dimensions; got shape {tuple(A.shape)}"
        )
    check_floating(operation, A)


def check_square(operation: str, A: Tensor, name: str = "A") -> None:
    """Check that the last two dimensions are of one length, and floats.  Raises: ShapeError, DTypeError."""
    check_matrices(operation, A, name)
    n, m = A._array.shape[-2:]
    if n != m:
        raise ShapeError(
            f"{operation}: {name} must be batches of square matrices, but they are {n} by {m} matrices "
            f"(shape {tuple(A.shape)})"
        )
