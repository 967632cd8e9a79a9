"""Losses of classification as layers: of one class among several, of yes and no, and of marked regions."""

from __future__ import annotations

import warnings

from autograd_core import Tensor
from autograd_core.engine.blame import stacklevel

from .. import functional as F
from .regression import _Loss, _WeightedLoss

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "DiceLoss", "NLLLoss", "NLLLoss2d"]


class NLLLoss(_WeightedLoss):
    """``-weight[t] * x[t]`` of log-probabilities ``x`` and classes ``t``; the mean is over the weights' sum.

    Shape: input ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()`` of integers, weight ``(C,)`` -> ``()``, or the
    target's for "none".
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Scale class c by ``weight[c]``; let targets equal to ``ignore_index`` count for nothing."""
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """``NLLLoss`` under an older name, which warns."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Warn, and make an ``NLLLoss``."""
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement.",
            FutureWarning,
            stacklevel=stacklevel(),
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedLoss):
    """``-weight[t] * log_softmax(x)[t]`` of logits ``x`` and classes ``t``; the mean is over the weights' sum.

    A target of the input's shape holds probabilities of the classes; then the mean is over the examples.

    Shape: input ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()`` of integers, or the input's, weight ``(C,)`` ->
    ``()``, or ``(N, *)`` for "none".

    Args:
        weight: The weight of each class.
        ignore_index: A class that counts for nothing as a target.
        label_smoothing: The share of the uniform distribution in the target, from 0 to 1.

    Source: Szegedy et al., Rethinking the Inception architecture for computer vision, section 7 (label smoothing).
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        """Scale class c by ``weight[c]``; ignore a target; mix targets with the uniform distribution."""
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class BCELoss(_WeightedLoss):
    """``-weight * (t * log(x) + (1 - t) * log(1 - x))`` of probabilities ``x``; each log is at least -100.

    Shape: both any, the same -> ``()``, or the input's for "none"; the weight broadcasts to it.

    Raises: ValueError where the shapes differ.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """``BCELoss`` of ``sigmoid(x)``, stably; ``pos_weight`` scales the positive class.

    Shape: both any, the same -> ``()``, or the input's for "none"; the weights broadcast to it.

    Raises: ValueError where the shapes differ.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        """Scale elements by ``weight`` and positive targets by ``pos_weight``."""
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class DiceLoss(_Loss):
    """``1 - (2 * sum(p * t) + smooth) / (sum(p**2) + sum(t**2) + smooth)``: how little two regions overlap.

    The sums are over the places of one example and one class, so that a small class counts as much as a large one.

    Shape: input ``(N, C, *)``, of probabilities, so after a sigmoid or softmax; target the input's, or classes
    ``(N, *)`` of integers -> ``()``, or ``(N, C)`` for "none".

    Args:
        smooth: What makes the loss 0, not 0/0, where a class is neither there nor predicted.
        squared: False has ``sum(p) + sum(t)`` below: for masks of 0 and 1, Dice's own coefficient.

    Source: Milletari et al., V-Net: Fully convolutional neural networks for volumetric medical image segmentation,
    section 3; Dice, Measures of the amount of ecologic association between species.
    """

    def __init__(self, smooth: float = 1.0, squared: bool = True, reduction: str = "mean") -> None:
        """Add ``smooth`` above and below; have squares below unless ``squared`` is False."""
        super().__init__(reduction=reduction)
        self.smooth = smooth
        self.squared = squared

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.dice_loss(input, target, self.smooth, self.squared, self.reduction)
