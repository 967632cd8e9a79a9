"""Losses that ask scores to be right by a margin."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops.functions import softplus as log1p_exp

from .activation import logsigmoid
from .loss import checked, legacy_reduction, reduced, warn_dims
from .overlap import members

__all__ = [
    "categorical_hinge_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    "soft_margin_loss",
]  # fmt: skip


def categorical_hinge_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Return ``max(0, margin + max((1 - t) * x) - sum(t * x))`` over the classes of scores ``x``.

    Keras' ``CategoricalHinge``, whose second maximum takes in the right class's own 0: scores are to be positive for
    the right class alone.  Without that 0 it is Crammer and Singer's loss, the largest term of ``multi_margin_loss``.

    Shape: input ``(N, C, *)`` or ``(C,)``; target the input's, 1 for the right class and 0 for others, or classes
    ``(N, *)`` or ``()`` of integers -> ``()``, or ``(N, *)`` for "none".

    Raises: ShapeError where they do not fit.
    Source: Keras, ``keras.losses.CategoricalHinge``; Crammer and Singer, On the algorithmic implementation of
    multiclass kernel-based vector machines, equation 3.
    """
    if not input.ndim or not input.shape[min(1, input.ndim - 1)]:
        raise ShapeError(f"categorical_hinge_loss: input has shape {tuple(input.shape)}; wanted (N, C, *) or (C,)")
    dim = min(1, input.ndim - 1)
    target = members("categorical_hinge_loss", input, target, dim)
    right = (target * input).sum(dim)
    wrong = ag.amax((1.0 - target) * input, dim)
    return reduced(ag.clamp(wrong - right + margin, min=0), reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``log(1 + exp(-t * x))`` of targets 1 and -1, without overflow.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.
    """
    warn_dims("soft_margin_loss", input, target)
    return reduced(log1p_exp(-target * input), legacy_reduction(size_average, reduce, reduction))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``sum(weight[t] * max(0, margin - x[t] + x[i])**p) / C`` over the classes ``i`` other than ``t``.

    Shape: input ``(N, C)`` or ``(C,)``, target ``(N,)`` or ``()``, weight ``(C,)`` -> ``()``, or the target's for
    "none".

    Raises: ValueError for ``p`` other than 1 or 2, ShapeError where shapes do not fit.
    """
    reduction = checked(legacy_reduction(size_average, reduce, reduction))
    if p not in (1, 2):
        raise ShapeError(f"multi_margin_loss: only p == 1 and p == 2 supported; got {p}")
    if not input.ndim:
        input = input.reshape(1)
    if input.ndim > 2 or not input.shape[-1]:
        raise ShapeError(f"multi_margin_loss: Expected non-empty vector or matrix; got shape {tuple(input.shape)}")
    classes = input.shape[-1]
    if tuple(target.shape) not in (tuple(input.shape[:-1]), (1,) * (2 - input.ndim)):
        raise ShapeError(
            f"multi_margin_loss: inconsistent target size: {tuple(target.shape)} for input of size {tuple(input.shape)}"
        )
    if weight is not None and weight.numel() != classes:
        raise ShapeError(f"multi_margin_loss: inconsistent weight size: {tuple(weight.shape)}; wanted ({classes},)")
    right = target.reshape(*input.shape[:-1], 1)
    excess = ag.relu(margin - ag.gather(input, -1, right) + input)
    cost = excess if p == 1 else excess * excess
    if weight is not None:
        cost = cost * weight[right]
    others = ag.arange(classes, device=input.device) != right
    return reduced(((cost * others).sum(-1) / classes).reshape(target.shape), reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``sum(max(0, 1 - x[j] + x[i])) / C`` over the labels ``j`` and the classes ``i`` that are none.

    The labels of a row of the target are its numbers before the first negative one.

    Shape: both ``(N, C)`` or ``(C,)`` -> ``()``, or ``(N,)`` for "none".

    Raises: ShapeError where they do not fit.
    """
    reduction = checked(legacy_reduction(size_average, reduce, reduction))
    if input.ndim > 2 or tuple(input.shape) != tuple(target.shape) or (input.ndim and not input.shape[-1]):
        raise ShapeError(
            f"multilabel_margin_loss: Expected non-empty vector or matrix and inconsistent target size: got input "
            f"{tuple(input.shape)} and target {tuple(target.shape)}"
        )
    if not input.ndim:
        input, target = input.reshape(1), target.reshape(1)
    classes = input.shape[-1]
    counted = (target < 0).cumsum(-1) == 0
    labels = ag.masked_fill(target, ~counted, 0)
    of_label = (labels.unsqueeze(-1) == ag.arange(classes, device=input.device)) & counted.unsqueeze(-1)
    no_label = ~of_label.any(-2)
    excess = ag.relu(1.0 - ag.gather(input, -1, labels).unsqueeze(-1) + input.unsqueeze(-2))
    loss = (excess * (counted.unsqueeze(-1) & no_label.unsqueeze(-2))).sum((-2, -1)) / classes
    return reduced(loss, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the mean over classes of ``-(t * log(s) + (1 - t) * log(1 - s))`` with ``s = sigmoid(x)``, stably.

    Shape: both ``(*, C)``, weight broadcastable -> ``()``, or ``(*)`` for "none".
    """
    loss = -(target * logsigmoid(input) + (1.0 - target) * logsigmoid(-input))
    loss = (loss if weight is None else loss * weight).sum(-1) / input.shape[-1]
    return reduced(loss, legacy_reduction(size_average, reduce, reduction))
