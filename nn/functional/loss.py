"""Losses: of regression, and of probabilities.  ``reduction`` is ``"mean"``, ``"sum"`` or ``"none"``."""

from __future__ import annotations

import warnings

import autograd_core as ag
from autograd_core import Tensor

from .activation import logsigmoid


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Return the reduction that PyTorch's old arguments ask for, or ``reduction`` where they are None."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean or sum of ``loss``, or ``loss`` itself.

    Raises: ValueError for another reduction.
    """
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise ValueError(f"{reduction} is not a valid value for reduction; wanted 'mean', 'sum' or 'none'")


def _warn_sizes(input: Tensor, target: Tensor) -> None:
    """Warn of sizes that differ and would broadcast by accident, ``(N, 1)`` against ``(N,)``."""
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({_size(target)}) that is different to the input size ({_size(input)}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )


def _size(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _weighted(name: str, loss: Tensor, weight: Tensor | None, input: Tensor, reduction: str) -> Tensor:
    """Return the reduction of ``loss * weight``; the mean is over the sum of the weights."""
    if weight is None:
        return reduced(loss, reduction)
    if weight.shape != input.shape:
        raise ValueError(f"{name}: weight has shape {tuple(weight.shape)}; wanted the input's, {tuple(input.shape)}")
    total = reduced(loss * weight, "sum" if reduction == "mean" else reduction)
    return total / weight.sum() if reduction == "mean" else total


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the squared error ``(x - t)**2``.  Shape: both any, the same -> ``()``, or the input's for "none"."""
    _warn_sizes(input, target)
    error = input - target
    return _weighted("mse_loss", error * error, weight, input, legacy_reduction(size_average, reduce, reduction))


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the absolute error ``|x - t|``.  Shape: both any, the same -> ``()``, or the input's for "none"."""
    _warn_sizes(input, target)
    return _weighted(
        "l1_loss", ag.abs(input - target), weight, input, legacy_reduction(size_average, reduce, reduction)
    )


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return ``0.5 * e**2 / beta`` where ``|e| < beta``, else ``|e| - 0.5 * beta``, of ``e = x - t``.

    Shape: both any, the same -> ``()``, or the input's for "none".

    Raises: ValueError where ``beta`` is negative.
    Source: Girshick, Fast R-CNN, eq. 3.
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta is {beta}; wanted a number that is not negative")
    _warn_sizes(input, target)
    error = input - target
    size = ag.abs(error)
    if beta > 0:
        size = ag.where(size < beta, error * error * (0.5 / beta), size - 0.5 * beta)
    return reduced(size, legacy_reduction(size_average, reduce, reduction))


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Return ``0.5 * e**2`` where ``|e| < delta``, else ``delta * (|e| - 0.5 * delta)``, of ``e = x - t``.

    Shape: both any, the same -> ``()``, or the input's for "none".

    Raises: ValueError where ``delta`` is not positive.
    Source: Huber, Robust estimation of a location parameter.
    """
    if delta <= 0:
        raise ValueError(f"huber_loss: delta is {delta}; wanted a positive number")
    _warn_sizes(input, target)
    error = input - target
    size = ag.abs(error)
    loss = ag.where(size < delta, error * error * 0.5, (size - 0.5 * delta) * delta)
    if weight is not None and weight.shape != input.shape:
        raise ValueError(
            f"huber_loss: weight has shape {tuple(weight.shape)}; wanted the input's, {tuple(input.shape)}"
        )
    return reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``-(t * log(x) + (1 - t) * log(1 - x))`` of probabilities ``x``; each log is at least -100.

    Shape: both any, the same -> ``()``, or the input's for "none".

    Raises: ValueError where the sizes differ.
    """
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({_size(target)}) that is different to the input size ({_size(input)}) "
            "is deprecated. Please ensure they have the same size."
        )
    loss = (target - 1.0) * _bounded_log(1.0 - input) - target * _bounded_log(input)
    return reduced(loss if weight is None else loss * weight, legacy_reduction(size_average, reduce, reduction))


def _bounded_log(x: Tensor) -> Tensor:
    """Return ``max(log(x), -100)``, with gradient 0 where ``x`` is 0."""
    positive = x > 0.0
    return ag.clamp(ag.where(positive, ag.log(ag.where(positive, x, 1.0)), -100.0), min=-100.0)


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
    if target.shape != input.shape:
        raise ValueError(f"Target size ({_size(target)}) must be the same as input size ({_size(input)})")
    # log(1 - s) = log(s) - x
    log_s = logsigmoid(input)
    scale = 1.0 if pos_weight is None else (pos_weight - 1.0) * target + 1.0
    loss = (1.0 - target) * input - scale * log_s
    return reduced(loss if weight is None else loss * weight, legacy_reduction(size_average, reduce, reduction))
