"""Metrics of classifiers, by scikit-learn, of what a model gives: scores or labels.

Outputs are one of: scores ``(N, C)``, of which the largest is the class, also ``(N, C, ...)`` beside targets
``(N, ...)``; scores of two classes ``(N,)`` or ``(N, 1)``, of floats; labels, of whole numbers.  Targets are labels, or
one-hot rows ``(N, C)``.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.optional import need

__all__ = ["accuracy", "confusion_matrix", "precision", "recall", "top_k_error"]

Average = Literal["macro", "micro", "weighted"]


def accuracy(outputs: Any, targets: Any, threshold: float | None = None) -> float:
    """Return the share of examples whose class is right.

    ``threshold``: above which a score of two classes says class 1; None takes 0.5, of probabilities, and refuses
    others; for logits give 0.

    Raises: ValueError for shapes that do not fit together, for scores that are no probabilities where no threshold is
        given, and for targets that are no labels; ImportError without scikit-learn.
    """
    predicted, true = _labels("accuracy", outputs, targets, threshold)
    return float(_sklearn().accuracy_score(true, predicted))


@overload
def precision(outputs: Any, targets: Any, average: Average = ..., threshold: float | None = ...) -> float: ...
@overload
def precision(outputs: Any, targets: Any, average: None, threshold: float | None = ...) -> Tensor: ...
def precision(
    outputs: Any, targets: Any, average: Average | None = "macro", threshold: float | None = None
) -> float | Tensor:
    """Return the share of the examples given a class that are of it, 0 where none were.

    ``average``: ``"macro"``, the mean of the classes; ``"weighted"``, by their sizes; ``"micro"``, of all examples;
    None, a tensor with one for each class.

    Raises: as `accuracy`.
    """
    return _per_class("precision", outputs, targets, average, threshold)


@overload
def recall(outputs: Any, targets: Any, average: Average = ..., threshold: float | None = ...) -> float: ...
@overload
def recall(outputs: Any, targets: Any, average: None, threshold: float | None = ...) -> Tensor: ...
def recall(
    outputs: Any, targets: Any, average: Average | None = "macro", threshold: float | None = None
) -> float | Tensor:
    """Return the share of a class's examples that are found, 0 where it has none; ``average`` as for `precision`.

    Raises: as `accuracy`.
    """
    return _per_class("recall", outputs, targets, average, threshold)


def confusion_matrix(outputs: Any, targets: Any, threshold: float | None = None) -> Tensor:
    """Return how many examples of each class (rows) were given each class (columns).

    Shape: ``(C, C)``, int64, on the CPU; of labels alone, C is one more than the largest.
    Raises: as `accuracy`.
    """
    predicted, true = _labels("confusion_matrix", outputs, targets, threshold)
    classes = range(_count(outputs, predicted, true))
    return ag.as_tensor(_sklearn().confusion_matrix(true, predicted, labels=list(classes)), device="cpu")


def top_k_error(outputs: Tensor, targets: Any, k: int = 5) -> float:
    """Return the share of examples whose class is not among the ``k`` with the largest scores.

    Shape: outputs ``(N, C)`` with more than ``k`` classes.
    Raises: ValueError for other scores, or a ``k`` that leaves nothing to miss; otherwise as `accuracy`.
    """
    scores = ag.as_tensor(outputs).detach()
    if scores.ndim != 2 or not scores.is_floating_point():
        raise ShapeError(f"top_k_error: outputs have shape {tuple(scores.shape)}, {scores.dtype}; wanted scores (N, C)")
    if not 1 <= k < scores.shape[1]:
        raise ValueError(f"top_k_error: got k={k}; wanted 1 or more, below the {scores.shape[1]} classes")
    _, true = _labels("top_k_error", scores, targets, None)
    best = scores.topk(k, dim=1).indices.cpu().numpy()
    return 1.0 - float((best == true[:, None]).any(axis=1).mean())


def _per_class(name: str, outputs: Any, targets: Any, average: Any, threshold: float | None) -> float | Tensor:
    if average not in ("macro", "micro", "weighted", None):
        raise ValueError(f"{name}: got average={average!r}; wanted 'macro', 'micro', 'weighted' or None")
    predicted, true = _labels(name, outputs, targets, threshold)
    labels = list(range(_count(outputs, predicted, true))) if average is None else None
    score = getattr(_sklearn(), f"{name}_score")
    found = score(true, predicted, average=average, labels=labels, zero_division=0)
    return ag.as_tensor(found, device="cpu") if average is None else float(found)


def _labels(name: str, outputs: Any, targets: Any, threshold: float | None) -> tuple[Any, Any]:
    """Return predicted and true labels as NumPy arrays of one dimension."""
    outputs, targets = ag.as_tensor(outputs).detach(), ag.as_tensor(targets).detach()
    true = _true_labels(name, outputs, targets)
    by_class = outputs.ndim == true.ndim + 1  # (N, C, ...) beside (N, ...)
    if (outputs.shape[:1] + outputs.shape[2:] if by_class else outputs.shape) != true.shape:
        raise ShapeError(
            f"{name}: outputs of shape {tuple(outputs.shape)} do not fit targets of shape {tuple(targets.shape)}; "
            "wanted scores (N, C) or labels (N,) beside labels (N,)"
        )
    if by_class and outputs.shape[1] > 1:
        predicted = outputs.argmax(dim=1)
    else:
        predicted = outputs.squeeze(1) if by_class else outputs
        if predicted.is_floating_point():
            predicted = predicted > _threshold(name, predicted, threshold)
    return predicted.long().flatten().cpu().numpy(), true.flatten().cpu().numpy()


def _true_labels(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the targets as labels.  Raises: ValueError for what is neither labels nor one-hot."""
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets.squeeze(1)
    elif targets.ndim == 2 and targets.shape == outputs.shape and outputs.is_floating_point():
        if not bool(((targets == 0) | (targets == 1)).all() and (targets.sum(dim=1) == 1).all()):
            raise ShapeError(f"{name}: targets {tuple(targets.shape)} are not one-hot: wanted a single 1 in each row")
        targets = targets.argmax(dim=1)
    if targets.is_floating_point() and not bool((targets == targets.round()).all()):
        raise DTypeError(f"{name}: targets are {targets.dtype} with fractions; wanted labels, or one-hot rows")
    return targets.long()


def _threshold(name: str, scores: Tensor, threshold: float | None) -> float:
    """Return the threshold of scores of two classes."""
    if threshold is not None:
        return threshold
    if scores.numel() and not bool(((scores >= 0) & (scores <= 1)).all()):
        low, high = scores.min().item(), scores.max().item()
        raise ShapeError(
            f"{name}: scores of two classes go from {low:.3g} to {high:.3g} and are no probabilities; "
            "give threshold=0.0 for logits"
        )
    return 0.5


def _count(outputs: Any, predicted: Any, true: Any) -> int:
    """Return the number of classes: that of the scores, or one more than the largest label, 2 of floats."""
    outputs = ag.as_tensor(outputs)
    if outputs.ndim > 1 and outputs.shape[1] > 1 and outputs.is_floating_point():
        return int(outputs.shape[1])
    largest = max(int(predicted.max(initial=0)), int(true.max(initial=0)))
    return max(largest + 1, 2 if outputs.is_floating_point() else 1)


def _sklearn() -> Any:
    return need("sklearn.metrics", "scikit-learn", "training: a metric")
