"""Distances and similarities of vectors."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError

__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return ``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))`` along ``dim``.

    Shape: broadcastable pair -> the common shape without ``dim``.  Floating dtypes.

    Raises: DTypeError for other dtypes.
    """
    if not (x1.dtype.is_floating_point or x2.dtype.is_floating_point):
        raise DTypeError(
            f"cosine_similarity: expected common dtype to be floating point; got {x1.dtype} and {x2.dtype}"
        )
    if x1.shape != x2.shape:
        x1, x2 = ag.broadcast_tensors(x1, x2)
    if x1.dtype != x2.dtype:
        common = ag.promote_types(x1.dtype, x2.dtype)
        x1, x2 = x1.to(common), x2.to(common)
    return (x1 / _length(x1, dim, eps) * (x2 / _length(x2, dim, eps))).sum(dim)


def _length(x: Tensor, dim: int, eps: float) -> Tensor:
    """Return the length, at least ``eps``; its gradient is the length's, below ``eps`` too."""
    length = ag.norm(x, 2, dim, keepdim=True)
    return length + ag.relu(eps - length.detach())


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Return the p-norm of ``x1 - x2 + eps`` over the last dimension.

    Shape: ``(N, D)`` or ``(D,)`` each, broadcastable -> ``(N,)`` or ``()``.
    """
    return ag.norm(x1 - x2 + eps, p, -1, keepdim)


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """Return the p-norms of the differences of each row and every later one.  Shape: ``(N, M)`` -> ``(N(N-1)/2,)``.

    Raises: ShapeError for other than two dimensions, or a negative ``p``.
    """
    return ag.pdist(input, p)
