"""Losses of regression as layers, and what all loss layers share.

A loss reduces its values by ``reduction``: "mean" (the default), "sum", or "none", which leaves one per element or
example.  PyTorch's older ``size_average`` and ``reduce`` say the same and warn.
"""

from __future__ import annotations

from autograd_core import Tensor

from .. import functional as F
from ..base.module import Module
from ..functional.loss import legacy_reduction

__all__ = ["HuberLoss", "L1Loss", "MSELoss", "SmoothL1Loss"]


class _Loss(Module):
    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        """Reduce by ``reduction``: "mean", "sum" or "none".  The other two are PyTorch's older way to say it."""
        super().__init__()
        self.reduction = legacy_reduction(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Scale by ``weight`` and reduce by ``reduction``: "mean", "sum" or "none"."""
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The squared error ``(x - t)**2``.

    Shape: both any, the same -> ``()``, or the input's for "none".  Shapes that differ broadcast, with a warning.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The absolute error ``|x - t|``.

    Shape: both any, the same -> ``()``, or the input's for "none".  Shapes that differ broadcast, with a warning.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """The absolute error, rounded to a parabola below ``beta``: ``e**2 / (2 * beta)``, else ``|e| - beta / 2``.

    Shape: both any, the same -> ``()``, or the input's for "none".  Shapes that differ broadcast, with a warning.

    Source: Girshick, Fast R-CNN, equation 3.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        """Be quadratic below ``beta``; with 0 it is ``L1Loss``."""
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Half the squared error ``e**2 / 2``, continued by the line ``delta * (|e| - delta / 2)`` above ``delta``.

    Shape: both any, the same -> ``()``, or the input's for "none".  Shapes that differ broadcast, with a warning.

    Source: Huber, Robust estimation of a location parameter.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        """Be linear above ``delta``.

        Raises: TypeError where ``delta`` is no number.
        """
        if not isinstance(delta, float | int):
            raise TypeError(f"HuberLoss: delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)
