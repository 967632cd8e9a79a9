"""Losses of probabilities: cross-entropy of two classes, divergence, negative log-likelihood of distributions."""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend.device import CPU, device_of
from autograd_core.engine.blame import stacklevel
from autograd_core.engine.indices import all_values
from autograd_core.errors import ShapeError
from autograd_core.ops.fused import binary_cross_entropy as of_probabilities

from .activation import logsigmoid
from .loss import legacy_reduction, reduced, size_of, warn_dims

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "gaussian_nll_loss", "kl_div", "poisson_nll_loss",
]  # fmt: skip


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``-(t * log(x) + (1 - t) * log(1 - x))`` of probabilities ``x``; each log is at least -100.

    Shape: both any, the same -> ``()``, or the input's for "none"; the weight broadcasts to it.

    Raises: ValueError where the sizes differ, ShapeError for a probability outside [0, 1] (on the CPU).
    """
    if target._array.shape != input._array.shape:
        raise ShapeError(
            f"Using a target size ({size_of(target)}) that is different to the input size ({size_of(input)}) "
            "is deprecated. Please ensure they have the same size."
        )
    p = all_values(input)
    if device_of(p) == CPU and p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ShapeError("binary_cross_entropy: all elements of input should be between 0 and 1")
    loss = of_probabilities(input, target)
    return reduced(loss if weight is None else loss * weight, legacy_reduction(size_average, reduce, reduction))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Return ``-(p * t * log(s) + (1 - t) * log(1 - s))`` with ``s = sigmoid(x)`` and ``p = pos_weight``, stably.

    Shape: both any, the same -> ``()``, or the input's for "none"; the weights broadcast to it.

    Raises: ValueError where the sizes differ.
    """
    if target._array.shape != input._array.shape:
        raise ShapeError(
            f"binary_cross_entropy_with_logits: Target size ({size_of(target)}) must be the same as input size "
            f"({size_of(input)})"
        )
    # log(1 - s) = log(s) - x
    log_s = logsigmoid(input)
    scale = 1.0 if pos_weight is None else (pos_weight - 1.0) * target + 1.0
    loss = (1.0 - target) * input - scale * log_s
    return reduced(loss if weight is None else loss * weight, legacy_reduction(size_average, reduce, reduction))


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return ``t * (log(t) - x)`` of log-probabilities ``x``: the Kullback-Leibler divergence's terms.

    ``reduction="batchmean"``, the divergence itself, divides the sum by the first size.  ``log_target``: the target is
    given as ``log(t)``.

    Shape: both any, the same -> ``()``, or the input's for "none".

    Source: Kullback and Leibler, On information and sufficiency.
    """
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=stacklevel(),
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
    if log_target:
        loss = ag.exp(target) * (target - input)
    else:
        nothing = target.eq(0)  # 0 * log(0) is 0
        loss = target * ag.log(ag.masked_fill(target, nothing, 1)) - target * input
    if reduction != "batchmean":
        return reduced(loss, reduction)
    return loss.sum() / input.shape[0] if input.ndim else loss.sum()


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``exp(x) - t * x``: minus the log-likelihood of counts ``t`` whose expectation is ``exp(x)``.

    ``log_input=False``: the expectation is ``x`` itself, and the loss ``x - t * log(x + eps)``.  ``full`` adds
    Stirling's ``t * log(t) - t + log(2 * pi * t) / 2`` where ``t > 1``.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    warn_dims("poisson_nll_loss", input, target)
    loss = ag.exp(input) - target * input if log_input else input - target * ag.log(input + eps)
    if full:
        few = target <= 1
        t = ag.masked_fill(target, few, 1)
        stirling = t * ag.log(t) - t + 0.5 * ag.log(2 * math.pi * t)
        loss = loss + ag.masked_fill(stirling, few, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Return ``(log(v) + (x - t)**2 / v) / 2`` of means ``x`` and variances ``v = max(var, eps)``.

    ``full`` adds ``log(2 * pi) / 2``.  The gradient passes where ``var`` is below ``eps``.

    Shape: input any, target its shape or broadcastable, ``var`` a number, the input's shape, that without its last
    dimension, or with one dimension of 1 -> ``()``, or the input's for "none".  Different numbers of dimensions of
    input and target broadcast with a warning.

    Raises: ValueError for another shape of ``var``, or negative entries.
    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution, eq. 3.
    """
    warn_dims("gaussian_nll_loss", input, target)
    var = _variances(input, var)
    var = var + ag.relu(eps - var.detach())  # at least eps, with the gradient of all
    loss = (ag.log(var) + ag.square(input - target) / var) * 0.5
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def _variances(input: Tensor, var: Any) -> Tensor:
    """Return a copy of ``var`` that broadcasts to ``input``."""
    var = var.clone() if isinstance(var, Tensor) else ag.full_like(input, var)
    if bool((all_values(var) < 0).any()):
        raise ShapeError("gaussian_nll_loss: var has negative entry/entries")
    shape, given = tuple(input.shape), tuple(var.shape)
    if given == shape[:-1] and given != shape:
        return var.unsqueeze(-1).clone()
    if given != shape and (len(given) != len(shape) or [b for a, b in zip(shape, given, strict=True) if a != b] != [1]):
        raise ShapeError(f"gaussian_nll_loss: var is of incorrect size {given} for an input of shape {shape}")
    return var
