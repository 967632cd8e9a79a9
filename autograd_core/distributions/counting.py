"""Distributions of counts."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.categories import Choosing, along_first, binary_entropy
from autograd_core.distributions.distribution import Distribution, Shape, together
from autograd_core.distributions.drawing import gamma, open_uniform
from autograd_core.distributions.odds import Odds
from autograd_core.engine.tensor import Tensor


class Binomial(Odds):
    """How many of ``total_count`` trials succeed, each with probability ``probs``."""

    has_enumerate_support = True
    arg_constraints: ClassVar = {"total_count": constraints.nonnegative_integer, **Odds.arg_constraints}

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        """Give ``probs``, or ``logits``, the logarithm of the odds; ``total_count`` broadcasts with it."""
        (count,) = self._give(probs, logits, total_count)
        self.total_count = count.to(self._param.dtype)
        super().__init__(self._param.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> constraints.Constraint:
        """The whole numbers from 0 to ``total_count``."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return ag.binomial(self.total_count.expand(shape), self.probs.detach().expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, logits = self.total_count, self.logits
        # n log(1 - p) is -n softplus(logits); halves, so that its gradient at 0 is the mean of both sides'
        above = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2
        normaliser = n * above + n * ag.log1p(ag.exp(-ag.abs(logits))) - ag.lgamma(n + 1)
        return value * logits - ag.lgamma(value + 1) - ag.lgamma(n - value + 1) - normaliser

    def entropy(self) -> Tensor:
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n = int(self.total_count.max())
        if self.total_count.min() != n:
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support` and `entropy`.")
        values = ag.arange(n + 1, dtype=self._param.dtype, device=self._param.device)
        return along_first(values, self._batch_shape, expand)


class NegativeBinomial(Odds):
    """How many trials succeed, each with probability ``probs``, before ``total_count`` have failed."""

    support = constraints.nonnegative_integer
    arg_constraints: ClassVar = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        """Give ``probs``, or ``logits``, the logarithm of the odds; ``total_count`` broadcasts with it."""
        (count,) = self._give(probs, logits, total_count)
        self.total_count = count.to(self._param.dtype)
        super().__init__(self._param.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / ag.sigmoid(-self.logits)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with ag.no_grad():
            rate = gamma(self.total_count.clamp(min=ag.finfo(self._param.dtype).tiny).expand(shape)) * self.logits.exp()
            return ag.poisson(rate)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        log_sigmoid, n = ag.nn.functional.logsigmoid, self.total_count
        unnormalised = n * log_sigmoid(-self.logits) + value * log_sigmoid(self.logits)
        normaliser = -ag.lgamma(n + value) + ag.lgamma(1.0 + value) + ag.lgamma(n)
        return unnormalised - normaliser.masked_fill(n + value == 0.0, 0.0)


class Geometric(Odds):
    """How many trials fail before one succeeds: ``(1 - probs)**k * probs`` for k = 0, 1, ..."""

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        """Give one: ``probs``, above 0, or ``logits``, the logarithm of the odds."""
        self._give(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {tuple(self.probs.shape)}) of distribution {self!r} to be "
                f"positive but found invalid values:\n{self.probs}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return ag.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        with ag.no_grad():
            u = open_uniform(self._extended_shape(sample_shape), self.probs)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        value, probs = ag.broadcast_tensors(value, self.probs)
        certain = (probs == 1) & (value == 0)
        return value * (-probs.masked_fill(certain, 0)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return binary_entropy(self.logits, self.probs) / self.probs


class Poisson(Distribution):
    """``rate**k * exp(-rate) / k!`` for k = 0, 1, ..."""

    arg_constraints: ClassVar = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        """``rate``: the mean."""
        (self.rate,) = together(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return ag.poisson(self.rate.detach().expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return ag.xlogy(value, self.rate) - self.rate - ag.lgamma(value + 1)


class Multinomial(Choosing):
    """How often each of n events is drawn in ``total_count`` draws.  Shape: ``probs`` (*, n), draws too."""

    def __init__(
        self, total_count: int = 1, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        """Give ``probs``, or ``logits``, their logarithms but for a constant.

        Raises: NotImplementedError for a ``total_count`` that is no int.
        """
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Counts that sum to at most ``total_count``."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = ag.zeros(self._extended_shape(sample_shape), dtype=self.probs.dtype, device=self.probs.device)
        return counts.scatter_add_(-1, drawn, ag.ones_like(drawn, dtype=counts.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = ag.broadcast_tensors(self.logits, value)
        never = (value == 0) & (logits == -math.inf)
        powers = (logits.masked_fill(never, 0) * value).sum(-1)
        return ag.lgamma(value.sum(-1) + 1) - ag.lgamma(value + 1).sum(-1) + powers

    def entropy(self) -> Tensor:
        n = self.total_count
        counts = Binomial(n, self.probs, validate_args=False)
        each = counts.enumerate_support(expand=False)[1:]
        repeated = (counts.log_prob(each).exp() * ag.lgamma(each + 1)).sum((0, -1))
        return n * self._categorical.entropy() - math.lgamma(n + 1) + repeated
