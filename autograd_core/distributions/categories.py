"""Distributions of one choice: between two, or among several."""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.distribution import Distribution, Shape
from autograd_core.distributions.odds import Odds, Weights
from autograd_core.engine.tensor import Size, Tensor


def binary_entropy(logits: Tensor, probs: Tensor) -> Tensor:
    """Return ``-p log(q) - (1 - p) log(1 - q)``, with ``p`` as ``probs`` and ``q`` by its ``logits``."""
    return ag.nn.functional.binary_cross_entropy_with_logits(logits, probs, reduction="none")


def along_first(values: Tensor, batch_shape: Size, expand: bool, event_shape: Shape = ()) -> Tensor:
    """Return the values of a support along a first dimension, before those of the batch."""
    found = values.reshape(-1, *(1 for _ in batch_shape), *event_shape)
    return found.expand(-1, *batch_shape, *event_shape) if expand else found


class Bernoulli(Odds):
    """1 with probability ``probs``, else 0."""

    has_enumerate_support = True
    support = constraints.boolean

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        """Give one: ``probs``, or ``logits``, the logarithm of the odds."""
        self._give(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return ag.where(self.probs == 0.5, math.nan, (self.probs >= 0.5).to(self.probs.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return ag.bernoulli(self.probs.detach().expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = ag.broadcast_tensors(self.logits, value)
        return -binary_entropy(logits, value)

    def entropy(self) -> Tensor:
        return binary_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = ag.arange(2, dtype=self._param.dtype, device=self._param.device)
        return along_first(values, self._batch_shape, expand)


class Categorical(Weights):
    """The index of one of n events, drawn in proportion to ``probs``.  Shape: ``probs`` (*, n); draws are int64."""

    has_enumerate_support = True

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        """Give one: ``probs``, which are brought to sum 1, or ``logits``, their logarithms but for a constant."""
        self._give(probs, logits)
        super().__init__(self._param.shape[:-1], validate_args=validate_args)

    @property
    def _num_events(self) -> int:
        return self._param.shape[-1]

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> constraints.Constraint:
        """The indices from 0 to n - 1."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return ag.full_like(self.probs[..., 0], math.nan)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        count = Size(sample_shape).numel()
        rows = self.probs.detach().reshape(-1, self._num_events)
        shape = self._extended_shape(sample_shape)
        return ag.multinomial(rows, count, True).T.reshape(shape) if count else ag.zeros(shape, dtype=ag.int64)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        index, logits = ag.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=ag.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return along_first(ag.arange(self._num_events, device=self._param.device), self._batch_shape, expand)


class Choosing(Distribution):
    """What is made of a categorical distribution, with events of its n numbers.  Shape: ``probs`` (*, n), draws too."""

    arg_constraints = Weights.arg_constraints

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        """Give one: ``probs``, which are brought to sum 1, or ``logits``, their logarithms but for a constant."""
        self._categorical = Categorical(probs, logits, validate_args=validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args=validate_args)

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of ``probs``."""
        return self._categorical.param_shape


class OneHotCategorical(Choosing):
    """A 1 at the index of one of n events, 0 elsewhere.  Shape: ``probs`` (*, n), draws too."""

    has_enumerate_support = True
    support = constraints.one_hot

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._one_hot(self.probs.argmax(-1))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _one_hot(self, index: Tensor) -> Tensor:
        return ag.nn.functional.one_hot(index, self._event_shape[0]).to(self._param.dtype)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n = self._event_shape[0]
        values = ag.eye(n, dtype=self._param.dtype, device=self._param.device)
        return along_first(values, self._batch_shape, expand, (n,))


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """``OneHotCategorical``, whose draws have the gradient of ``probs``.

    Source: Bengio, Léonard & Courville, Estimating or Propagating Gradients Through Stochastic Neurons (2013).
    """

    has_rsample = True

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
