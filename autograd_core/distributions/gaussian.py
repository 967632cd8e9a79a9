"""The normal distribution, in one dimension and several, and its exponential."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.composed import TransformedDistribution
from autograd_core.distributions.distribution import Distribution, Shape, together
from autograd_core.distributions.drawing import standard_normal
from autograd_core.distributions.transforms import ExpTransform
from autograd_core.engine.tensor import Tensor


class Normal(Distribution):
    """``exp(-((x - loc) / scale)**2 / 2) / (scale * sqrt(2 pi))``."""

    has_rsample = True
    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        """``loc``: the mean.  ``scale``: the standard deviation."""
        self.loc, self.scale = together(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return self.loc + self.scale * standard_normal(shape, self.loc)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 0.5 * (1 + ag.erf((value - self.loc) / self.scale / math.sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * ag.erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()


class LogNormal(TransformedDistribution):
    """``exp`` of a normally distributed number."""

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        """``loc``, ``scale``: mean and standard deviation of the logarithm."""
        super().__init__(Normal(loc, scale, validate_args=validate_args), ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class MultivariateNormal(Distribution):
    """A normal vector with mean ``loc`` and one of covariance, precision (its inverse), or a triangular factor.

    Shape: ``loc`` (*, n); matrices (*, n, n).
    """

    has_rsample = True
    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector

    def __init__(
        self, loc: Tensor, covariance_matrix: Tensor | None = None, precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None, validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        """Exactly one of the three matrices says how the elements vary."""
        given = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        named = {name: m for name, m in given.items() if m is not None}
        if len(named) != 1:
            raise ValueError(f"MultivariateNormal: got {list(named) or 'none'} of {list(given)}; wanted exactly one")
        if loc.dim() < 1:
            raise ValueError("MultivariateNormal: loc must be at least one-dimensional")
        ((name, matrix),) = named.items()
        if matrix.dim() < 2:
            raise ValueError(f"MultivariateNormal: {name} must be at least two-dimensional; got {tuple(matrix.shape)}")
        batch = ag.broadcast_shapes(loc.shape[:-1], matrix.shape[:-2])
        self.loc = loc.expand(*batch, -1)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, loc.shape[-1:], validate_args=validate_args)
        self._factor = _factor(name, matrix).expand(*batch, -1, -1)

    @cached_property
    @ag.enable_grad()
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        return self._factor

    @cached_property
    @ag.enable_grad()
    def covariance_matrix(self) -> Tensor:
        """The covariances."""
        return self._factor @ self._factor.mT

    @cached_property
    @ag.enable_grad()
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariances."""
        return ag.cholesky_inverse(self._factor)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._factor.pow(2).sum(-1)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._factor @ eps.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        diff = (value - self.loc).unsqueeze(-1)
        factor = self._factor.expand(*diff.shape[:-2], -1, -1)
        square = ag.linalg.solve_triangular(factor, diff, upper=False).squeeze(-1).pow(2).sum(-1)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + square) - self._half_log_det()

    def entropy(self) -> Tensor:
        return 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det()

    def _half_log_det(self) -> Tensor:
        return self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _factor(name: str, matrix: Tensor) -> Tensor:
    """Return the lower triangular factor of the covariance."""
    if name == "scale_tril":
        return matrix
    if name == "covariance_matrix":
        return ag.linalg.cholesky(matrix)
    # of a precision P: with P = U U^T, U upper triangular, the covariance's factor is U^-T
    upper = ag.linalg.cholesky(matrix.flip(-2, -1)).flip(-2, -1).mT
    eye = ag.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    return ag.linalg.solve_triangular(upper, eye.expand(matrix.shape), upper=False)
