"""Distributions on the line with heavier tails than the normal one."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.distribution import Distribution, Shape, together
from autograd_core.distributions.drawing import gamma, open_uniform, standard_normal
from autograd_core.engine.tensor import Tensor

EULER = 0.5772156649015329


class LocationScale(Distribution):
    """``loc + scale * z`` of a fixed distribution of ``z``."""

    has_rsample = True
    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        """``loc``: the centre.  ``scale``: the width."""
        self.loc, self.scale = together(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mode(self) -> Tensor:
        return self.loc

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.icdf(open_uniform(self._extended_shape(sample_shape), self.loc))


class Laplace(LocationScale):
    """``exp(-|x - loc| / scale) / (2 scale)``."""

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        even = 2 * open_uniform(self._extended_shape(sample_shape), self.loc) - 1
        even = even.clamp(min=ag.finfo(even.dtype).eps - 1)  # at -1 a draw would be infinite
        return self.loc - self.scale * even.sign() * ag.log1p(-even.abs())

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -ag.log(2 * self.scale) - ag.abs(value - self.loc) / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        side = value - self.loc
        return 0.5 - 0.5 * side.sign() * ag.expm1(-side.abs() / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        side = value - 0.5
        return self.loc - self.scale * side.sign() * ag.log1p(-2 * side.abs())

    def entropy(self) -> Tensor:
        return 1 + ag.log(2 * self.scale)


class Cauchy(LocationScale):
    """``1 / (pi scale (1 + ((x - loc) / scale)**2))``, which has no mean."""

    @property
    def mean(self) -> Tensor:
        return ag.full_like(self.loc, math.nan)

    @property
    def variance(self) -> Tensor:
        return ag.full_like(self.loc, math.inf)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -math.log(math.pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return ag.atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return ag.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(LocationScale):
    """The largest of many: ``exp(-exp(-z))`` is the cdf of ``z = (x - loc) / scale``."""

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (math.pi**2 / 6)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (self.loc - value) / self.scale
        return (z - z.exp()) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return ag.exp(-ag.exp((self.loc - value) / self.scale))

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc - self.scale * ag.log(-ag.log(value))

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)


class StudentT(Distribution):
    """Student's distribution with ``df`` degrees of freedom, moved by ``loc`` and widened by ``scale``."""

    has_rsample = True
    arg_constraints: ClassVar = {
        "df": constraints.positive, "loc": constraints.real, "scale": constraints.positive,
    }  # fmt: skip
    support = constraints.real

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        """``df``: degrees of freedom."""
        self.df, self.loc, self.scale = together(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return ag.where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = self.scale**2 * self.df / ag.where(self.df > 2, self.df - 2, 1.0)
        return ag.where(self.df > 2, finite, ag.where(self.df > 1, math.inf, math.nan))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        chi2 = 2 * gamma((self.df / 2).expand(shape))
        return self.loc + self.scale * standard_normal(shape, self.df) * ag.rsqrt(chi2 / self.df)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z, df = (value - self.loc) / self.scale, self.df
        widths = self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi)
        whole = widths + ag.lgamma(df / 2) - ag.lgamma(df / 2 + 0.5)
        return -0.5 * (df + 1) * ag.log1p(z**2 / df) - whole

    def entropy(self) -> Tensor:
        half = 0.5 * self.df
        beta = ag.lgamma(half) + math.lgamma(0.5) - ag.lgamma(half + 0.5)
        slope = (half + 0.5) * (ag.digamma(half + 0.5) - ag.digamma(half))
        return self.scale.log() + slope + 0.5 * self.df.log() + beta
