"""Probability distributions with PyTorch's names: samples, densities, entropies and divergences, differentiable."""

from __future__ import annotations

from autograd_core.distributions import constraints, transforms
from autograd_core.distributions.bounded import Beta, Dirichlet, Uniform
from autograd_core.distributions.categories import Bernoulli, Categorical, OneHotCategorical
from autograd_core.distributions.composed import Independent, TransformedDistribution
from autograd_core.distributions.counting import Binomial, Geometric, Multinomial, Poisson
from autograd_core.distributions.distribution import Distribution
from autograd_core.distributions.divergence import kl_divergence, register_kl
from autograd_core.distributions.gaussian import LogNormal, MultivariateNormal, Normal
from autograd_core.distributions.relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from autograd_core.distributions.tails import Cauchy, Chi2, Exponential, Gamma, Gumbel, HalfNormal, Laplace, StudentT

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "Dirichlet", "Distribution", "Exponential",
    "Gamma", "Geometric", "Gumbel", "HalfNormal", "Independent", "Laplace", "LogNormal", "Multinomial",
    "MultivariateNormal", "Normal", "OneHotCategorical", "Poisson", "RelaxedBernoulli", "RelaxedOneHotCategorical",
    "StudentT", "TransformedDistribution", "Uniform", "constraints", "kl_divergence", "register_kl", "transforms",
]  # fmt: skip
