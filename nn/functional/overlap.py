"""The loss of regions: how far what is marked and what should be marked overlap."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

from .loss import reduced

__all__ = ["dice_loss"]


def dice_loss(
    input: Tensor, target: Tensor, smooth: float = 1.0, squared: bool = True, reduction: str = "mean"
) -> Tensor:
    """Return ``1 - (2 * sum(p * t) + smooth) / (sum(p**2) + sum(t**2) + smooth)`` of probabilities ``p``.

    The sums are over the places of one example and one class, so that a small class counts as much as a large one.
    ``smooth`` makes the loss 0, not 0/0, where a class is neither there nor predicted.  ``squared=False`` has
    ``sum(p) + sum(t)`` below, which for a mask of 0 and 1 is Dice's own coefficient (and Keras' loss).

    Shape: input ``(N, C, *)``, of probabilities, so after a sigmoid or softmax; target the input's, or classes
    ``(N, *)`` of integers -> ``()``, or ``(N, C)`` for "none".

    Raises: ShapeError where they do not fit, or ``smooth`` is negative.
    Source: Milletari et al., V-Net: Fully convolutional neural networks for volumetric medical image segmentation,
    section 3; Dice, Measures of the amount of ecologic association between species.
    """
    if smooth < 0:
        raise ShapeError(f"dice_loss: smooth is {smooth}; wanted a number that is not negative")
    if input.ndim < 3:
        raise ShapeError(f"dice_loss: input has shape {tuple(input.shape)}; wanted (N, C, *) with at least one place")
    target = members("dice_loss", input, target, 1)
    places = tuple(range(2, input.ndim))
    both = (input * target).sum(places)
    sizes = (input * input + target * target if squared else input + target).sum(places)
    return reduced(1.0 - (2.0 * both + smooth) / (sizes + smooth), reduction)


def members(name: str, input: Tensor, target: Tensor, dim: int) -> Tensor:
    """Return how far each class of ``input`` along ``dim`` is the target: ``target`` itself, or 0 and 1 from classes.

    Raises: ShapeError where it has neither the input's shape nor that of classes.
    """
    if target.shape == input.shape:
        return target
    shape = tuple(input.shape)
    if target.is_floating_point() or tuple(target.shape) != shape[:dim] + shape[dim + 1 :]:
        raise ShapeError(
            f"{name}: target is {target.dtype} of shape {tuple(target.shape)}; wanted the input's shape {shape}, or "
            f"integer classes of shape {shape[:dim] + shape[dim + 1 :]}"
        )
    classes = ag.arange(shape[dim], device=input.device).reshape((-1,) + (1,) * (input.ndim - 1 - dim))
    return (target.unsqueeze(dim) == classes).to(input.dtype)
