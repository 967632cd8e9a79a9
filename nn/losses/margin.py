"""Losses that ask scores to be right by a margin, as layers."""

from __future__ import annotations

from autograd_core import Tensor

from .. import functional as F
from .regression import _Loss, _WeightedLoss

__all__ = [
    "CategoricalHingeLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "SoftMarginLoss",
]  # fmt: skip


class _MarginLoss(_Loss):
    """A loss with a margin; each subclass has its default."""

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Ask for a difference of ``margin``."""
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class MarginRankingLoss(_MarginLoss):
    """``max(0, -t * (x1 - x2) + margin)``: ``x1`` is to be the larger where ``t`` is 1, the smaller where -1.

    Shape: three of the same number of dimensions, broadcastable -> ``()``, or the common shape for "none".
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_MarginLoss):
    """The distance ``x`` where the target is 1, and ``max(0, margin - x)`` where it is -1.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.

    Source: Hadsell et al., Dimensionality reduction by learning an invariant mapping (with squares there).
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Push apart what is nearer than ``margin``."""
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """``log(1 + exp(-t * x))`` of targets 1 and -1, without overflow.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """``sum(weight[t] * max(0, margin - x[t] + x[i])**p) / C`` over the classes ``i`` other than ``t``.

    Shape: input ``(N, C)`` or ``(C,)``, target ``(N,)`` or ``()``, weight ``(C,)`` -> ``()``, or the target's for
    "none".

    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition (p = 1).
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Raise to the power ``p``, 1 or 2; scale the loss of targets c by ``weight[c]``.

        Raises: ValueError for another ``p``, or a weight of other than one dimension.
        """
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: only p == 1 and p == 2 supported, got {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.ndim}D instead")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class CategoricalHingeLoss(_Loss):
    """``max(0, margin + max((1 - t) * x) - sum(t * x))`` over the classes of scores ``x``, as Keras has it.

    Shape: input ``(N, C, *)`` or ``(C,)``; target the input's, 1 for the right class and 0 for others, or classes
    ``(N, *)`` or ``()`` of integers -> ``()``, or ``(N, *)`` for "none".

    Source: Keras, ``keras.losses.CategoricalHinge``; after Crammer and Singer, On the algorithmic implementation of
    multiclass kernel-based vector machines, equation 3.
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        """Ask the right class to lead by ``margin``."""
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.categorical_hinge_loss(input, target, self.margin, self.reduction)


class MultiLabelMarginLoss(_Loss):
    """``sum(max(0, 1 - x[j] + x[i])) / C`` over the labels ``j`` and the classes ``i`` that are none.

    The labels of a row of the target are its numbers before the first negative one.

    Shape: both ``(N, C)`` or ``(C,)`` -> ``()``, or ``(N,)`` for "none".
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean over classes of ``-weight * (t * log(s) + (1 - t) * log(1 - s))`` with ``s = sigmoid(x)``, stably.

    Shape: both ``(*, C)``, weight broadcastable -> ``()``, or ``(*)`` for "none".
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)
