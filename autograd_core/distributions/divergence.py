"""Kullback-Leibler divergences: the table of pairs, and those within one family."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.distributions.bounded import Beta, Dirichlet, Uniform
from autograd_core.distributions.categories import Bernoulli, Categorical, OneHotCategorical
from autograd_core.distributions.composed import Independent, TransformedDistribution
from autograd_core.distributions.counting import Binomial, Geometric, Poisson
from autograd_core.distributions.distribution import Distribution, sum_rightmost
from autograd_core.distributions.gaussian import MultivariateNormal, Normal
from autograd_core.distributions.positive import Exponential, Gamma, HalfNormal
from autograd_core.distributions.tails import EULER, Cauchy, Gumbel, Laplace
from autograd_core.engine.tensor import Tensor

Rule = Callable[[Any, Any], Tensor]
RULES: dict[tuple[type, type], Rule] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """Return a decorator of a function ``(p, q)`` that ``kl_divergence`` calls for these classes and their subclasses.

    Raises: TypeError for what is no class of distributions.
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(cls, type) and issubclass(cls, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {cls}")

    def register(function: Rule) -> Rule:
        RULES[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """Return ``E[log p(x) - log q(x)]`` over draws ``x`` of ``p``.  Shape: that of the batch.

    Raises: NotImplementedError for a pair without a rule (see ``register_kl``).
    """
    return _rule_of(type(p), type(q))(p, q)


def _rule_of(type_p: type, type_q: type) -> Rule:
    """Return the rule of the closest classes, by ``p``'s first; warns where ``q``'s would choose another."""
    found = [(a, b) for a, b in RULES if issubclass(type_p, a) and issubclass(type_q, b)]
    if not found:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type_p.__name__} and q type {type_q.__name__}"
        )
    near_p, near_q = type_p.__mro__.index, type_q.__mro__.index
    by_p = min(found, key=lambda pair: (near_p(pair[0]), near_q(pair[1])))
    by_q = min(found, key=lambda pair: (near_q(pair[1]), near_p(pair[0])))
    if RULES[by_p] is not RULES[by_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please register_kl({by_p[0].__name__}, "
            f"{by_q[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return RULES[by_p]


def infinite_where(wrong: Tensor, value: Tensor) -> Tensor:
    """Return ``value``, infinite where ``p`` has mass that ``q`` has not."""
    return ag.where(wrong, math.inf, value)


# ---- within one family ----


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Tensor:
    softplus = ag.nn.functional.softplus
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    one = ag.where(p.probs == 0, 0.0, infinite_where(q.probs == 0, one))
    return one + ag.where(p.probs == 1, 0.0, infinite_where(q.probs == 1, zero))


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return infinite_where(p.total_count > q.total_count, p.total_count * each)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Tensor:
    each = infinite_where(q.probs == 0, p.probs * (p.logits - q.logits))
    return ag.where(p.probs == 0, 0.0, each).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: Any, q: Any) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Tensor:
    return ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log() - (4 * p.scale * q.scale).log()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    normalisers = (total.lgamma() - b.sum(-1).lgamma()) - (a.lgamma() - b.lgamma()).sum(-1)
    return normalisers + ((a - b) * (a.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    scales = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return scales + ag.lgamma(b) - ag.lgamma(a) + (a - b) * ag.digamma(a)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Tensor:
    ratio, apart = p.scale / q.scale, (q.loc - p.loc) / q.scale
    return -ratio.log() - apart + ratio * EULER + ag.exp(apart + (1 + ratio).lgamma()) - (1 + EULER)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Tensor:
    return -p.entropy() - ag.log1p(-q.probs) / p.probs - q.logits


@register_kl(HalfNormal, HalfNormal)
@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    apart = ((p.loc - q.loc) / q.scale).pow(2) if isinstance(p, Normal) else 0.0
    return 0.5 * (ratio + apart - 1 - ratio.log())


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Tensor:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + apart / q.scale + ratio * ag.exp(-apart / p.scale) - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed"
        )
    batch = ag.broadcast_shapes(p.batch_shape, q.batch_shape)
    mine, its = (d._factor.expand(*batch, -1, -1) for d in (p, q))
    spread = ag.linalg.solve_triangular(its, mine, upper=False).pow(2).sum((-2, -1))
    apart = (q.loc - p.loc).expand(*batch, -1).unsqueeze(-1)
    distance = ag.linalg.solve_triangular(its, apart, upper=False).pow(2).sum((-2, -1))
    return q._half_log_det() - p._half_log_det() + 0.5 * (spread + distance - p.event_shape[0])


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Tensor:
    return infinite_where((q.low > p.low) | (q.high < p.high), ((q.high - q.low) / (p.high - p.low)).log())


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("KL between differently transformed distributions is not implemented")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL between Independents of other reinterpreted_batch_ndims is not implemented")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
