"""Distances and similarities of vectors, as layers."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .base.module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class PairwiseDistance(Module):
    """Return the p-norm of ``x1 - x2 + eps`` over the last dimension.

    Shape: ``(N, D)`` or ``(D,)`` each, broadcastable -> ``(N,)`` or ``()``, with a last dimension of 1 if ``keepdim``.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        """Measure by the ``p``-norm; ``eps`` keeps its gradient finite where the vectors are equal."""
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """Return ``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))`` along ``dim``.

    Shape: broadcastable pair -> the common shape without ``dim``.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        """Compare along ``dim``; a vector shorter than ``eps`` counts as that long."""
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the cosines of the angles."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
