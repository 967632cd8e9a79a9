"""Losses that are minus a log-likelihood, or compare distributions, as layers."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor

from .. import functional as F
from .regression import _Loss

__all__ = ["CTCLoss", "GaussianNLLLoss", "KLDivLoss", "PoissonNLLLoss"]


class KLDivLoss(_Loss):
    """``t * (log(t) - x)`` of log-probabilities ``x``: the terms of the Kullback-Leibler divergence of t from exp(x).

    ``reduction="batchmean"`` divides their sum by the first size, which is the divergence's mean over a batch; "mean"
    divides by all sizes, and warns.

    Shape: both any, the same -> ``()``, or the input's for "none".

    Source: Kullback and Leibler, On information and sufficiency, equation 2.5.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        """Take the target as ``log(t)`` where ``log_target`` is set."""
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """``exp(x) - t * x``: minus the log-likelihood of counts ``t`` whose expectation is ``exp(x)``.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.

    Args:
        log_input: False takes ``x`` as the expectation itself: ``x - t * log(x + eps)``.
        full: Whether to add Stirling's ``t * log(t) - t + log(2 * pi * t) / 2`` where ``t > 1``.
        eps: What keeps the logarithm finite without ``log_input``.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        """Take the logarithm of the expectation, or with ``log_input=False`` the expectation."""
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """``(log(v) + (x - t)**2 / v) / 2``: minus the log-likelihood of ``t`` under means ``x`` and variances ``v``.

    Shape: input any, target its shape or broadcastable, ``var`` a number, the input's shape, that without its last
    dimension, or with one dimension of 1 -> ``()``, or the input's for "none".  Different numbers of dimensions of
    input and target broadcast with a warning.

    Args:
        full: Whether to add the constant ``log(2 * pi) / 2``.
        eps: The least variance; below it ``eps`` counts, and the gradient passes.

    Raises: ValueError for another shape of ``var``, or negative entries.
    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution, equation 3.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        """Add the constant if ``full``; take variances of at least ``eps``."""
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Return the loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """``-log(p)`` with ``p`` the probability of all paths of labels and blanks that read as the target.

    The mean is of each loss over its target's length.  The input is to come from a ``log_softmax`` over the classes.

    Shape: log_probs ``(T, N, C)`` or ``(T, C)``, targets ``(N, S)``, or ``(sum(target_lengths),)`` one after the
    other, lengths N integers each -> ``()``, or ``(N,)`` for "none".

    Args:
        blank: The class that stands for no label.
        zero_infinity: Whether a target that no path reads, being too long, costs 0 instead of infinity.

    Source: Graves et al., Connectionist temporal classification, section 4.1.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        """Take class ``blank`` as no label."""
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """Return the loss."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
