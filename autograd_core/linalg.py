"""PyTorch's ``linalg`` namespace: norms (decompositions and solvers come with the complete language)."""

from __future__ import annotations

from typing import Any

from autograd_core.composites import reduction
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.ops.dims import Dims

__all__ = ["norm", "vector_norm"]


def vector_norm(x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return ``sum(|x|**ord) ** (1/ord)`` over ``dim`` (all dims by default); see ``ag.norm``."""
    return reduction.norm(x, ord, dim, keepdim, dtype)


def norm(A: Tensor, ord: Any = None, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the 2-norm of all elements, the vector norm ``ord`` over a dim, or the Frobenius norm of matrices.

    Raises: DTypeError for a matrix norm other than 'fro'.
    """
    matrix = (isinstance(dim, tuple | list) and len(dim) == 2) or (dim is None and A._array.ndim == 2)
    if matrix and ord not in (None, "fro"):
        raise DTypeError(f"linalg.norm: ord is {ord!r} for matrices; wanted None or 'fro'")
    return reduction.norm(A, 2 if ord in (None, "fro") else ord, dim, keepdim, dtype)
