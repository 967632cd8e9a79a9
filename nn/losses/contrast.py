"""Losses of pairs and triples, as layers: what belongs together is to be near, the rest apart."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core import Tensor

from .. import functional as F
from ..distance import PairwiseDistance
from .margin import _MarginLoss
from .regression import _Loss

__all__ = ["CosineEmbeddingLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss"]


class CosineEmbeddingLoss(_MarginLoss):
    """``1 - cos(x1, x2)`` where the target is 1, and ``max(0, cos(x1, x2) - margin)`` where it is -1.

    Shape: inputs ``(N, D)`` or ``(D,)``, target ``(N,)`` or ``()`` -> ``()``, or the target's for "none".
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """``max(0, d(a, pos) - d(a, neg) + margin)`` with ``d`` the p-norm of the difference plus ``eps``.

    Shape: three of ``(N, D)`` or ``(D,)`` -> ``()``, or ``(N,)`` for "none".

    Args:
        margin: By how much the negative is to be farther than the positive.
        swap: Whether ``d(pos, neg)`` counts instead of ``d(a, neg)`` where it is smaller.

    Source: Balntas et al., Learning local feature descriptors with triplets and shallow convolutional neural
    networks, equation 1 and section 3.3 (swap).
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Compare p-norms.

        Raises: ValueError where ``margin`` is not positive.
        """
        super().__init__(size_average, reduce, reduction)
        self.margin = _positive("TripletMarginLoss", margin)
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """``TripletMarginLoss`` with ``d`` any function or module of two tensors; by default ``PairwiseDistance()``.

    Shape: three that ``d`` takes -> ``()``, or what ``d`` returns for "none".
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        """Compare by ``distance_function``.

        Raises: ValueError where ``margin`` is not positive.
        """
        super().__init__(reduction=reduction)
        self.margin = _positive("TripletMarginWithDistanceLoss", margin)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def _positive(name: str, margin: float) -> float:
    if margin <= 0:
        raise ValueError(f"{name}: expected margin to be greater than 0, got {margin} instead")
    return margin
