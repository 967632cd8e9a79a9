"""Losses of classification: negative log-likelihood and cross-entropy, hard and soft."""

from __future__ import annotations

import math

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.guard import no_tensor
from autograd_core.ops.fused import cross_entropy as of_rows

from .loss import legacy_reduction, reduced

__all__ = ["cross_entropy", "nll_loss"]


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``-weight[t] * x[t]`` of log-probabilities ``x`` and classes ``t``; the mean is over the weights' sum.

    Targets equal to ``ignore_index`` count for nothing.

    Shape: input ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()`` of integers, weight ``(C,)`` -> ``()``, or
    the target's for "none".

    Raises: ShapeError where they do not fit; DTypeError where the target is not integer.
    """
    _check("nll_loss", input, target, weight)
    _check_weight("nll_loss", input, weight)
    reduction = legacy_reduction(size_average, reduce, reduction)
    return _hard(input, target, weight, ignore_index, reduction, 0.0)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return ``-weight[t] * log_softmax(x)[t]`` of logits ``x``; the mean is over the weights' sum.

    A target of the input's shape holds probabilities of the classes.  ``label_smoothing`` mixes the target with the
    uniform distribution.  Integer targets equal to ``ignore_index`` count for nothing.

    Shape: input ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()`` of integers, or the input's, weight ``(C,)`` ->
    ``()``, or ``(N, *)`` for "none".

    Raises: ShapeError where they do not fit; DTypeError where the target has the wrong dtype; ValueError where
        ``label_smoothing`` is outside [0, 1].
    Source: Szegedy et al., Rethinking the Inception architecture, section 7 (label smoothing).
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ShapeError(f"cross_entropy: label_smoothing is {label_smoothing}; wanted a number from 0 to 1")
    reduction = legacy_reduction(size_average, reduce, reduction)
    try:
        soft = input._array.shape == target._array.shape
    except AttributeError as error:
        raise no_tensor("cross_entropy", error, (input, target)) from None
    _check("cross_entropy", input, target, weight, soft)
    if weight is None and label_smoothing == 0.0 and input._array.ndim == 2 and not soft:
        loss = of_rows(input, target, ignore_index=ignore_index, average=reduction == "mean")
        return loss if reduction == "mean" else reduced(loss, reduction)
    log_p = ag.log_softmax(input, _class_dim(input))
    if soft:
        if ignore_index >= 0:
            raise ShapeError("cross_entropy: ignore_index is not supported for floating point target")
        return _soft(log_p, target, weight, reduction, label_smoothing)
    _check_weight("cross_entropy", input, weight)
    return _hard(log_p, target, weight, ignore_index, reduction, label_smoothing)


def _class_dim(input: Tensor) -> int:
    return 0 if input.dim() == 1 else 1


def _hard(
    log_p: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """Return the loss of integer targets: what the true class gives, and the share of the uniform distribution."""
    dim = _class_dim(log_p)
    ignored = target == ignore_index
    classes = ag.masked_fill(target, ignored, 0)
    loss = -ag.gather(log_p, dim, classes.unsqueeze(dim)).squeeze(dim)
    share = ag.masked_fill(ag.ones_like(loss) if weight is None else weight[classes], ignored, 0.0)
    loss = ag.masked_fill(loss, ignored, 0.0) * share
    if smoothing:
        uniform = -(log_p if weight is None else log_p * _along(weight, log_p)).mean(dim)
        loss = loss * (1.0 - smoothing) + ag.masked_fill(uniform, ignored, 0.0) * smoothing
    return _mean(loss, share) if reduction == "mean" else reduced(loss, reduction)


def _mean(loss: Tensor, share: Tensor) -> Tensor:
    """Return the mean by shares.  If there are none it is NaN, but as in PyTorch the gradient is 0."""
    total = share.sum()
    nothing = total == 0
    return ag.masked_fill(loss.sum() / ag.masked_fill(total, nothing, 1.0), nothing, math.nan)


def _soft(log_p: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float) -> Tensor:
    """Return the loss of targets that are probabilities; its mean is over the examples."""
    dim = _class_dim(log_p)
    if smoothing:
        target = target * (1.0 - smoothing) + smoothing / log_p.shape[dim]
    loss = -(log_p * target if weight is None else log_p * target * _along(weight, log_p)).sum(dim)
    return reduced(loss, reduction)


def _along(weight: Tensor, log_p: Tensor) -> Tensor:
    """Return the class weights so shaped that they broadcast along the class dimension."""
    return weight.reshape((-1,) + (1,) * (log_p.dim() - 2))


def _check(name: str, input: Tensor, target: Tensor, weight: Tensor | None, soft: bool = False) -> None:
    shape = input._array.shape
    if not shape:
        raise ShapeError(f"{name}: input has shape (); wanted (N, C, *) or (C,)")
    dim = 0 if len(shape) == 1 else 1
    wanted = shape[:dim] + shape[dim + 1 :]
    if not soft and target._array.shape != wanted:
        raise ShapeError(
            f"{name}: target has shape {tuple(target.shape)} for input {shape}; wanted class indices of shape {wanted}"
            + (f" or probabilities of shape {shape}" if name == "cross_entropy" else "")
        )
    if target.is_floating_point() != soft:
        kind = "floating probabilities" if soft else "integer class indices"
        raise DTypeError(f"{name}: target is {target.dtype}; wanted {kind} for its shape {tuple(target.shape)}")
    if weight is not None and tuple(weight.shape) != (shape[dim],):
        raise ShapeError(f"{name}: weight has shape {tuple(weight.shape)}; wanted one per class, ({shape[dim]},)")


def _check_weight(name: str, input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight.dtype is not input.dtype:
        raise DTypeError(f"{name}: expected scalar type {input.dtype.name} but found {weight.dtype.name} for weight")
