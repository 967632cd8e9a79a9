"""Probability distributions with PyTorch's names: samples, densities, entropies and divergences, differentiable."""

from __future__ import annotations

import sys as _sys

from autograd_core.distributions import (
    bounded,
    categories,
    composed,
    constraints,
    counting,
    divergence,
    gaussian,
    positive,
    relaxed,
    tails,
    transforms,
)
from autograd_core.distributions import crossings as crossings
from autograd_core.distributions.bounded import Beta, Dirichlet, Uniform
from autograd_core.distributions.categories import (
    Bernoulli,
    Categorical,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from autograd_core.distributions.composed import Independent, MixtureSameFamily, TransformedDistribution
from autograd_core.distributions.counting import Binomial, Geometric, Multinomial, NegativeBinomial, Poisson
from autograd_core.distributions.distribution import Distribution
from autograd_core.distributions.divergence import kl_divergence, register_kl
from autograd_core.distributions.gaussian import LogNormal, MultivariateNormal, Normal
from autograd_core.distributions.positive import Chi2, Exponential, Gamma, HalfCauchy, HalfNormal
from autograd_core.distributions.relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from autograd_core.distributions.tails import Cauchy, Gumbel, Laplace, StudentT
from autograd_core.distributions.transforms import *

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "Dirichlet", "Distribution", "Exponential",
    "Gamma", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent", "Laplace", "LogNormal",
    "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Poisson", "RelaxedBernoulli", "RelaxedOneHotCategorical",
    "StudentT", "TransformedDistribution", "Uniform", "constraints", "kl_divergence", "register_kl", "transforms",
    *transforms.__all__,
]  # fmt: skip

# PyTorch has a module for each distribution: `from torch.distributions.normal import Normal`
_ROOMS = {
    bounded: "uniform beta dirichlet",
    categories: "bernoulli categorical one_hot_categorical",
    composed: "independent transformed_distribution mixture_same_family",
    counting: "binomial geometric poisson multinomial negative_binomial",
    divergence: "kl",
    gaussian: "normal log_normal multivariate_normal",
    positive: "exponential gamma chi2 half_normal half_cauchy",
    relaxed: "relaxed_bernoulli relaxed_categorical",
    tails: "cauchy gumbel laplace studentT",
}
for _room, _names in _ROOMS.items():
    for _name in _names.split():
        globals()[_name] = _sys.modules[f"{__name__}.{_name}"] = _room
