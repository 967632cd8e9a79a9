"""Ensembles: several models that predict together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import autograd_core as ag
import nn
from autograd_core.data.datasets import Dataset, Subset
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.randomness.generators import Generator

__all__ = ["Ensemble", "bagging", "bootstrap"]


class Ensemble(nn.Module):
    """The mean of several models' outputs, or of what ``activation`` makes of each.

    Of classifiers average probabilities, as scores of different models have different scales:

        Ensemble(models, activation=lambda scores: scores.softmax(1))

    Raises: ValueError for no models.
    Source: Hansen and Salamon, Neural network ensembles, 1990; Lakshminarayanan et al., Simple and scalable predictive
        uncertainty estimation using deep ensembles, NeurIPS 2017.
    """

    def __init__(self, models: Iterable[nn.Module], activation: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)
        self.activation = activation
        if not len(self.models):
            raise ShapeError("Ensemble: there are no models; wanted one or more")

    def forward(self, x: Any) -> Tensor:
        """Return the mean over the models."""
        return self.outputs(x).mean(dim=0)

    def outputs(self, x: Any) -> Tensor:
        """Return what each model says: their deviation is the ensemble's uncertainty.

        Shape: ``(models, ...)``, where ``...`` is a model's output.
        """
        each = [model(x) for model in self.models]
        return ag.stack(each if self.activation is None else [self.activation(output) for output in each])


def bagging(
    train: Callable[[Subset], nn.Module], dataset: Dataset, count: int = 10, *,
    activation: Callable[[Tensor], Tensor] | None = None, generator: Generator | None = None,
) -> Ensemble:  # fmt: skip
    """Return an ensemble of ``count`` models, each trained on a bootstrap sample of its own: bagging.

    Args:
        train: makes a model and trains it on a data set.
        dataset: from which the samples are drawn.
        count: how many models.
        activation: as for `Ensemble`.
        generator: draws the samples; None takes the default one.

    Raises: ValueError for fewer than one model.
    Source: Breiman, Bagging predictors, Machine Learning 24, 1996.
    """
    return Ensemble([train(bootstrap(dataset, generator)) for _ in range(count)], activation)


def bootstrap(dataset: Dataset, generator: Generator | None = None) -> Subset:
    """Return as many samples as there are, drawn with replacement: about 63 % of them, some more than once."""
    count = len(dataset)  # type: ignore[arg-type]
    return Subset(dataset, ag.randint(count, (count,), generator=generator).tolist())
