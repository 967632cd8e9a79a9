"""Losses of pairs and triples: which of two is to be larger, or nearer."""

from __future__ import annotations

from collections.abc import Callable

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

from .distance import pairwise_distance
from .loss import legacy_reduction, reduced, warn_dims

__all__ = [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``max(0, -t * (x1 - x2) + margin)``: ``x1`` is to be the larger where ``t`` is 1, the smaller where -1.

    Shape: three of the same number of dimensions, broadcastable -> ``()``, or the common shape for "none".

    Raises: ShapeError for different numbers of dimensions.
    """
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{tuple(input1.shape)}, input2: {tuple(input2.shape)}, target: {tuple(target.shape)}"
        )
    loss = ag.clamp(-target * (input1 - input2) + margin, min=0)
    return reduced(loss, legacy_reduction(size_average, reduce, reduction))


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the distance ``x`` where the target is 1, and ``max(0, margin - x)`` where it is -1.

    Shape: broadcastable pair -> ``()``, or the common shape for "none".  Different numbers of dimensions broadcast with
    a warning.
    """
    warn_dims("hinge_embedding_loss", input, target)
    apart = ag.where(target != 1, ag.clamp(margin - input, min=0), 0.0)
    near = ag.where(target != -1, input, 0.0)
    return reduced(apart + near, legacy_reduction(size_average, reduce, reduction))


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``1 - cos(x1, x2)`` where the target is 1, and ``max(0, cos(x1, x2) - margin)`` where it is -1.

    Shape: inputs ``(N, D)`` or ``(D,)``, target ``(N,)`` or ``()`` -> ``()``, or the target's for "none".

    Raises: ShapeError where they do not fit.
    """
    if target.ndim > 1 or input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise ShapeError(
            f"cosine_embedding_loss: {target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with sizes {tuple(input1.shape)} and {tuple(input2.shape)}: 0D or 1D target tensor expected"
        )
    squares = ((input1 * input1).sum(-1) + 1e-12) * ((input2 * input2).sum(-1) + 1e-12)
    cosine = (input1 * input2).sum(-1) / ag.sqrt(squares)
    alike = ag.where(target == 1, 1.0 - cosine, 0.0)
    unlike = ag.where(target == -1, ag.clamp(cosine - margin, min=0), 0.0)
    return reduced(alike + unlike, legacy_reduction(size_average, reduce, reduction))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``max(0, d(a, pos) - d(a, neg) + margin)`` with ``d`` the ``pairwise_distance`` of ``p`` and ``eps``.

    ``swap``: ``d(pos, neg)`` counts instead of ``d(a, neg)`` where it is smaller.

    Shape: three of ``(N, D)`` or ``(D,)`` -> ``()``, or ``(N,)`` for "none".

    Raises: ShapeError for different numbers of dimensions, or a margin that is not positive.
    Source: Balntas et al., Learning local feature descriptors with triplets and shallow convolutional networks, eq. 1.
    """
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"triplet_margin_loss: the anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D"
        )

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    reduction = legacy_reduction(size_average, reduce, reduction)
    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return ``triplet_margin_loss`` with ``d`` any function of two tensors; by default ``pairwise_distance``.

    Raises: ValueError as ``triplet_margin_loss``.
    """
    distance = pairwise_distance if distance_function is None else distance_function
    name = "triplet_margin_with_distance_loss"
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"{name}: the anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D"
        )
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str, anchor: Tensor, positive: Tensor, negative: Tensor, distance: Callable[[Tensor, Tensor], Tensor],
    margin: float, swap: bool, reduction: str,
) -> Tensor:  # fmt: skip
    if margin <= 0:
        raise ShapeError(f"{name}: margin must be greater than 0, got {margin}")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ag.minimum(far, distance(positive, negative))
    return reduced(ag.clamp(near - far + margin, min=0), reduction)
