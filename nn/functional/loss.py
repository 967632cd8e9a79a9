"""Losses of regression, and what all losses share: ``reduction`` is ``"mean"``, ``"sum"`` or ``"none"``."""

from __future__ import annotations

import warnings

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.blame import stacklevel
from autograd_core.errors import ShapeError
from autograd_core.guard import no_tensor

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Return the reduction that PyTorch's old arguments ask for, or ``reduction`` where they are None."""
    if size_average is None and reduce is None:
        return reduction
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.",
        stacklevel=stacklevel(),
    )
    return chosen


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean or sum of ``loss``, or ``loss`` itself.

    Raises: ValueError for another reduction.
    """
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    checked(reduction)
    return loss


def checked(reduction: str) -> str:
    """Return ``reduction`` if it is one.  Raises: ValueError for another."""
    if reduction not in ("mean", "sum", "none"):
        raise ShapeError(f"{reduction} is not a valid value for reduction; wanted 'mean', 'sum' or 'none'")
    return reduction


def warn_sizes(name: str, input: Tensor, target: Tensor) -> None:
    """Warn of sizes that differ and would broadcast by accident, ``(N, 1)`` against ``(N,)``, in the loss ``name``."""
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({size_of(target)}) that is different to the input size ({size_of(input)}). "
            "This will likely lead to incorrect results due to broadcasting. "
            f"Please ensure they have the same size in {name}.",
            stacklevel=stacklevel(),
        )


def warn_dims(name: str, input: Tensor, target: Tensor) -> None:
    """Warn as ``warn_sizes`` does, in a loss that may broadcast, where one of the two has more dimensions."""
    if isinstance(input, Tensor) and isinstance(target, Tensor) and 0 < input.ndim != target.ndim > 0:
        warn_sizes(name, input, target)


def size_of(tensor: Tensor) -> str:
    """Return a shape for a message."""
    return str(tuple(tensor.shape))


def _weighted(name: str, loss: Tensor, weight: Tensor | None, input: Tensor, reduction: str) -> Tensor:
    """Return the reduction of ``loss * weight``; the mean is over the sum of the weights."""
    if weight is None:
        return reduced(loss, reduction)
    if weight.shape != input.shape:
        raise ShapeError(f"{name}: weight has shape {tuple(weight.shape)}; wanted the input's, {tuple(input.shape)}")
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
    try:
        warn_sizes("mse_loss", input, target)
    except AttributeError as error:
        raise no_tensor("mse_loss", error, (input, target)) from None
    difference = input - target
    reduction = legacy_reduction(size_average, reduce, reduction)
    return _weighted("mse_loss", difference * difference, weight, input, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the absolute error ``|x - t|``.  Shape: both any, the same -> ``()``, or the input's for "none"."""
    warn_sizes("l1_loss", input, target)
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
        raise ShapeError(f"smooth_l1_loss: beta is {beta}; wanted a number that is not negative")
    warn_sizes("smooth_l1_loss", input, target)
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
        raise ShapeError(f"huber_loss: delta is {delta}; wanted a positive number")
    warn_sizes("huber_loss", input, target)
    error = input - target
    size = ag.abs(error)
    loss = ag.where(size < delta, error * error * 0.5, (size - 0.5 * delta) * delta)
    if weight is not None and weight.shape != input.shape:
        raise ShapeError(
            f"huber_loss: weight has shape {tuple(weight.shape)}; wanted the input's, {tuple(input.shape)}"
        )
    return reduced(loss if weight is None else loss * weight, reduction)
