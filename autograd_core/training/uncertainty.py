"""Uncertainty of a prediction: dropout that goes on at prediction, and what many predictions say together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.utils.modes import evaluating
from nn.base.module import Module
from nn.dropout import _Dropout

__all__ = ["Prediction", "mc_dropout", "mc_samples", "mutual_information", "predictive_entropy"]


class Prediction(NamedTuple):
    """What several samples of a prediction have in common, and how far they are apart."""

    mean: Tensor
    std: Tensor


def mc_dropout(
    model: Module, x: Any, samples: int = 100, activation: Callable[[Tensor], Tensor] | None = None
) -> Prediction:
    """Return mean and standard deviation of predictions with dropout: Monte Carlo dropout.

    The deviation is the model's uncertainty where it has seen little; noise of the targets comes on top.  Of a
    classifier, give ``activation=lambda scores: scores.softmax(1)``, and the mean to `predictive_entropy`.

    Args:
        model: with dropout layers; they alone are in training mode, so that batch normalisation keeps its statistics.
        x: the input.
        samples: how many predictions, at least 2.
        activation: what is done with each output before.

    Raises: ValueError for a model without dropout, which gives the same each time, or for fewer samples.
    Source: Gal and Ghahramani, Dropout as a Bayesian approximation, ICML 2016, section 4.
    """
    drawn = mc_samples(model, x, samples, activation)
    return Prediction(drawn.mean(dim=0), drawn.std(dim=0))


def mc_samples(
    model: Module, x: Any, samples: int = 100, activation: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Return the predictions of which `mc_dropout` gives mean and deviation.

    Shape: ``(samples, ...)``, where ``...`` is the output's.
    Raises: as `mc_dropout`.
    """
    if samples < 2:
        raise ShapeError(f"mc_dropout: got samples={samples}; wanted 2 or more, of which to take a deviation")
    with _only_dropout(model), ag.no_grad():
        outputs = (model(x) for _ in range(samples))
        return ag.stack([output if activation is None else activation(output) for output in outputs])


def predictive_entropy(probabilities: Tensor, dim: int = -1) -> Tensor:
    """Return ``-sum p log p`` in nats: 0 where a class is certain, log C where all are alike.

    Shape: ``(..., C)`` -> ``(...)``; 0 log 0 is 0.
    """
    return ag.special.entr(probabilities).sum(dim=dim)


def mutual_information(samples: Tensor, dim: int = -1) -> Tensor:
    """Return how much of the entropy is the model's doubt: that of the mean, less the mean of the samples' own.

    Shape: probabilities ``(samples, ..., C)`` -> ``(...)``.
    Source: Houlsby et al., Bayesian active learning for classification and preference learning, 2011, equation 2.
    """
    return predictive_entropy(samples.mean(dim=0), dim) - predictive_entropy(samples, dim).mean(dim=0)


@contextmanager
def _only_dropout(model: Module) -> Iterator[None]:
    """Set evaluation mode, but in the layers whose training mode is dropout alone; afterwards all is as before."""
    dropping = [module for module in model.modules() if _drops(module)]
    if not dropping:
        raise ShapeError(f"mc_dropout: {type(model).__name__} has no dropout, and gives the same each time")
    with evaluating(model):
        for module in dropping:
            module.training = True
        yield


def _drops(module: Module) -> bool:
    """Whether a layer is dropout, or a recurrent or attention layer with some of it inside."""
    inside = getattr(module, "dropout", 0.0)
    return isinstance(module, _Dropout) or (isinstance(inside, float) and inside > 0)
