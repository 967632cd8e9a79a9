"""Continuous relaxations of discrete choices, through whose draws gradients pass; they sharpen as it gets colder.

Source: Maddison, Mnih & Teh, The Concrete Distribution (2017); Jang, Gu & Poole, Categorical Reparameterization with
Gumbel-Softmax (2017).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.categories import Choosing
from autograd_core.distributions.composed import TransformedDistribution
from autograd_core.distributions.distribution import Shape, inside
from autograd_core.distributions.odds import Odds, Weights
from autograd_core.distributions.transforms import ExpTransform, SigmoidTransform
from autograd_core.engine.tensor import Tensor


def _uniform(shape: Shape, like: Tensor) -> Tensor:
    return inside(ag.rand(shape, dtype=like.dtype, device=like.device))


def _temperature(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else ag.tensor(float(value))


class LogitRelaxedBernoulli(Odds):
    """The logarithm of a relaxed Bernoulli draw's odds."""

    has_rsample = True
    _unbatched: ClassVar = ("temperature",)
    support = constraints.real

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        """``temperature``: above 0.  Give ``probs``, or ``logits``, the logarithm of the odds."""
        self.temperature = _temperature(temperature)
        self._give(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs, uniform = inside(self.probs.expand(shape)), _uniform(shape, self._param)
        noise = uniform.log() - (-uniform).log1p()
        return (noise + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        diff = self.logits - value * self.temperature
        return self.temperature.log() + diff - 2 * diff.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """A number between 0 and 1, near one of them when ``temperature`` is low."""

    arg_constraints = Odds.arg_constraints
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        """``temperature``: above 0.  Give ``probs``, or ``logits``, the logarithm of the odds."""
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        """How far from a choice the draws are."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the odds."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs


class ExpRelaxedCategorical(Choosing):
    """The logarithms of a relaxed one-hot draw."""

    has_rsample = True
    _unbatched: ClassVar = ("temperature",)
    support = constraints.real_vector

    def __init__(
        self, temperature: Any, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        """``temperature``: above 0.  Give ``probs``, or ``logits``, their logarithms but for a constant."""
        self.temperature = _temperature(temperature)
        super().__init__(probs, logits, validate_args=validate_args)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        gumbels = -(-_uniform(self._extended_shape(sample_shape), self._param).log()).log()
        return ((self.logits + gumbels) / self.temperature).log_softmax(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n = self._event_shape[0]
        scale = math.lgamma(n) + self.temperature.log() * (n - 1)
        return (self.logits - value * self.temperature).log_softmax(-1).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """A point of the simplex, near one of its corners when ``temperature`` is low.

    Shape: ``probs`` (*, n), draws too.
    """

    arg_constraints = Weights.arg_constraints
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        """``temperature``: above 0.  Give ``probs``, or ``logits``, their logarithms but for a constant."""
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        """How far from a choice the draws are."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs
