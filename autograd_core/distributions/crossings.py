"""Kullback-Leibler divergences between families, of those in closed form.

With ``E`` over ``p``: each is ``-entropy(p) - E[log q(x)]``, and infinite where ``p`` has mass that ``q`` has not.
"""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core.distributions.bounded import Beta, Uniform
from autograd_core.distributions.categories import Bernoulli
from autograd_core.distributions.counting import Binomial, Poisson
from autograd_core.distributions.divergence import infinite_where, register_kl
from autograd_core.distributions.gaussian import Normal
from autograd_core.distributions.positive import Exponential, Gamma
from autograd_core.distributions.tails import EULER, Gumbel, Laplace
from autograd_core.engine.tensor import Tensor

ON_THE_LINE = (Normal, Laplace, Gumbel)
POSITIVE = (Exponential, Gamma)
BOUNDED = (Beta, Uniform)


def _infinite(p: Any, q: Any) -> Tensor:
    shape = ag.broadcast_shapes(p.batch_shape, q.batch_shape)
    like = next(v for v in vars(p).values() if isinstance(v, Tensor))
    return ag.full(shape, math.inf, dtype=like.dtype, device=like.device)


for wide, narrow in [(w, n) for w in ON_THE_LINE for n in POSITIVE + BOUNDED] + [
    *((w, n) for w in POSITIVE for n in BOUNDED), (Poisson, Bernoulli), (Poisson, Binomial),
]:  # fmt: skip
    register_kl(wide, narrow)(_infinite)


def _against_normal(p: Any, q: Any) -> Tensor:
    """The expected square is the variance and the square of the mean."""
    square = (p.variance + (p.mean - q.loc).pow(2)) / q.scale.pow(2)
    return -p.entropy() + 0.5 * math.log(2 * math.pi) + q.scale.log() + 0.5 * square


for family in (Beta, Exponential, Gamma, Gumbel, Laplace, Uniform):
    register_kl(family, Normal)(_against_normal)


@register_kl(Beta, Exponential)
@register_kl(Gamma, Exponential)
def _against_exponential(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Tensor:
    return infinite_where(p.low < 0, _against_exponential(p, q))


def _against_gamma(p: Any, q: Any, mean_log: Tensor) -> Tensor:
    a = q.concentration
    return -p.entropy() + a.lgamma() - a * q.rate.log() - (a - 1) * mean_log + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Tensor:
    a = p.concentration1
    return _against_gamma(p, q, a.digamma() - (a + p.concentration0).digamma())


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Tensor:
    return _against_gamma(p, q, -EULER - p.rate.log())


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Tensor:
    return infinite_where(p.low < 0, _against_gamma(p, q, _mean_log(p.low, p.high)))


def _mean_log(low: Tensor, high: Tensor) -> Tensor:
    """Return the mean of ``log(x)`` between two numbers that are not negative."""
    return (ag.xlogy(high, high) - ag.xlogy(low, low)) / (high - low) - 1


@register_kl(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Tensor:
    a, b = q.concentration1, q.concentration0
    normaliser = a.lgamma() + b.lgamma() - (a + b).lgamma()
    logs = (a - 1) * _mean_log(p.low, p.high) + (b - 1) * _mean_log(1 - p.high, 1 - p.low)
    return infinite_where((p.high > 1) | (p.low < 0), -p.entropy() + normaliser - logs)


@register_kl(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Tensor:
    return infinite_where((q.low > 0) | (q.high < 1), -p.entropy() + (q.high - q.low).log())


def _against_gumbel(p: Any, q: Any, mean_exp: Tensor) -> Tensor:
    """``mean_exp``: the mean of ``exp(-(x - loc) / scale)``."""
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) / q.scale + mean_exp


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Tensor:
    width = p.rate * q.scale
    return _against_gumbel(p, q, ag.exp(q.loc / q.scale) * width / (width + 1))


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Tensor:
    shrunk = (1 + (p.rate * q.scale).reciprocal()).pow(-p.concentration)
    return _against_gumbel(p, q, ag.exp(q.loc / q.scale) * shrunk)


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Tensor:
    return _against_gumbel(p, q, ag.exp((q.loc - p.loc) / q.scale + 0.5 * (p.scale / q.scale).pow(2)))


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Tensor:
    low, high = (p.low - q.loc) / q.scale, (p.high - q.loc) / q.scale
    return _against_gumbel(p, q, (ag.exp(-low) - ag.exp(-high)) / (high - low))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Tensor:
    apart = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * ag.exp(-0.5 * apart.pow(2)) + apart * ag.erf(apart / math.sqrt(2)))
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)
