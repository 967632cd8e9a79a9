"""Layers with a loss for so many classes that a softmax over all of them is the bulk of the work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

from .. import functional as F
from ..base.module import Module
from ..container import ModuleList, Sequential
from ..functional.many_classes import LinearCrossEntropyOptions
from ..linear import Linear
from .regression import _WeightedLoss

__all__ = ["AdaptiveLogSoftmaxWithLoss", "LinearCrossEntropyLoss", "LinearCrossEntropyOptions"]


class LinearCrossEntropyLoss(_WeightedLoss):
    """``CrossEntropyLoss`` of a ``Linear`` layer's outputs, the layer being part of the loss.

    Shape: input ``(N, in_features)`` or ``(in_features,)``, target ``(N, *out_features)`` or ``()`` of integers, or
    probabilities ``(N, num_classes, *out_features)`` -> ``()``, or ``(N, *out_features)`` for "none".

    Args:
        out_features: The sizes of what is classified for each example: of an image, of a sequence.
        options: With ``LinearCrossEntropyOptions()`` the scores of a few examples at a time are in memory, and are
            computed again in backward.

    Raises: ShapeError where the weight is not one per class, or ``label_smoothing`` is outside [0, 1].
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        """Make the layer ``linear`` from ``in_features`` to the classes, without bias unless ``bias`` is set."""
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ShapeError(
                f"LinearCrossEntropyLoss: expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}"
            )
        if not 0.0 <= label_smoothing <= 1.0:
            raise ShapeError(
                f"LinearCrossEntropyLoss: expected label_smoothing to be in range [0, 1], got {label_smoothing}"
            )
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias, device, dtype)
        self.options = options

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        scores, linear = (self.num_classes, *self.out_features), self.linear
        return F.linear_cross_entropy(
            input,
            linear.weight.reshape(*scores, linear.in_features),
            target,
            linear_bias=None if linear.bias is None else linear.bias.reshape(scores),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}"
        )


class AdaptiveOutput(NamedTuple):
    """What ``AdaptiveLogSoftmaxWithLoss`` returns."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax in two steps: over the frequent classes and clusters of rare ones, then within the cluster.

    Classes are to be numbered from the most frequent to the rarest.  Cluster i is seen through a projection to
    ``in_features // div_value**(i + 1)`` features, and only for the examples whose target is in it.

    Shape: input ``(N, in_features)`` or ``(in_features,)``, target ``(N,)`` or ``()`` of integers -> a pair: output
    ``(N,)`` or ``()``, the log-probability of each target, and loss ``()``, minus their mean.

    Args:
        cutoffs: Where each cluster begins, in increasing order.
        head_bias: Whether the first step has a bias.

    Source: Grave et al., Efficient softmax approximation for GPUs, section 4.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer for ``n_classes`` classes.

        Raises: ValueError where ``cutoffs`` are no increasing integers from 1 to ``n_classes - 1``.
        """
        super().__init__()
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*_checked(list(cutoffs), n_classes), n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(pairwise(self.cutoffs)):
            features = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, features, False, device, dtype),
                    Linear(features, stop - start, False, device, dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        self.head.reset_parameters()
        for projection, scores in self.tail:
            projection.reset_parameters()
            scores.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> AdaptiveOutput:
        """Return the log-probability of each target, and the loss.

        Raises: ShapeError where input and target do not fit, or a target is no class.
        """
        self._check(input_, target_)
        single = target_.ndim == 0
        input, target = (input_.unsqueeze(0), target_.unsqueeze(0)) if single else (input_, target_)
        entry, first = target, self.shortlist_size
        for i, start in enumerate(self.cutoffs[:-1]):
            entry = ag.where(target >= start, first + i, entry)
        output = ag.gather(F.log_softmax(self.head(input), 1), 1, entry.unsqueeze(1)).squeeze(1)
        for i, start in enumerate(self.cutoffs[:-1]):
            rows = (entry == first + i).nonzero().squeeze(1)
            if rows.numel():
                within = F.log_softmax(self.tail[i](input[rows]), 1)
                chosen = ag.gather(within, 1, (target[rows] - start).unsqueeze(1)).squeeze(1)
                output = ag.index_add(output, 0, rows, chosen)
        return AdaptiveOutput(output.squeeze(0) if single else output, (-output).mean())

    def _check(self, input: Tensor, target: Tensor) -> None:
        name = type(self).__name__
        if target.ndim > 1:
            raise ShapeError(f"{name}: 0D or 1D target tensor expected, multi-target not supported")
        if target.ndim == 1 and input.shape[:1] != target.shape:
            raise ShapeError(f"{name}: Input and target should have the same size in the batch dimension.")
        if input.ndim != target.ndim + 1:
            raise ShapeError(
                f"{name}: {target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs "
                f"with size {tuple(input.shape)}"
            )
        if bool(((target < 0) | (target >= self.n_classes)).any()):
            raise ShapeError(
                f"{name}: Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{int(target.min())}, {int(target.max())}] were found."
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes.  Shape: ``(N, in_features)`` -> ``(N, n_classes)``."""
        return self._of_all(input, self.head(input))

    def _of_all(self, input: Tensor, head: Tensor) -> Tensor:
        first, log_p = self.shortlist_size, F.log_softmax(head, 1)
        clusters = [
            F.log_softmax(cluster(input), 1) + log_p[:, first + i : first + i + 1]
            for i, cluster in enumerate(self.tail)
        ]
        return ag.cat([log_p[:, :first], *clusters], 1)

    def predict(self, input: Tensor) -> Tensor:
        """Return the likeliest class of each example.  Shape: ``(N, in_features)`` -> ``(N,)`` of integers."""
        head = self.head(input)
        output = ag.argmax(head, 1)
        rows = (output >= self.shortlist_size).nonzero().squeeze(1)
        if not rows.numel():  # a frequent class that beats a whole cluster beats each class in it
            return output
        return ag.index_copy(output, 0, rows, ag.argmax(self._of_all(input[rows], head[rows]), 1))


def _checked(cutoffs: list[int], n_classes: int) -> list[int]:
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    inside = all(int(c) == c and 0 < c < n_classes for c in cutoffs)
    if not inside or any(a >= b for a, b in pairwise(cutoffs)):
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value "
            f"is between 1 and n_classes-1; got {cutoffs} for {n_classes} classes"
        )
    return cutoffs
