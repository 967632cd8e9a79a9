"""Distributions made of others: with dimensions joined into one event, transformed, or mixed."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.categories import Categorical
from autograd_core.distributions.distribution import Distribution, Shape, sum_rightmost
from autograd_core.distributions.transforming import ComposeTransform, Transform
from autograd_core.engine.tensor import Size, Tensor


class Independent(Distribution):
    """``base_dist``, of which ``reinterpreted_batch_ndims`` dimensions of the batch belong to one event."""

    base_dist: Any

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        """Raises: ValueError where the batch has fewer dimensions."""
        batch, ndims = base_distribution.batch_shape, reinterpreted_batch_ndims
        if ndims > len(batch):
            raise ValueError(
                f"Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual {ndims} vs "
                f"{len(batch)}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, ndims
        self.has_rsample = base_distribution.has_rsample
        self.has_enumerate_support = ndims == 0 and base_distribution.has_enumerate_support
        cut = len(batch) - ndims
        super().__init__(batch[:cut], batch[cut:] + base_distribution.event_shape, validate_args=validate_args)

    def _batch_within(self, name: str, batch_shape: Shape) -> Shape:
        return (*batch_shape, *self._event_shape[: self.reinterpreted_batch_ndims])

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """Where all elements of an event lie in the base's support."""
        base, ndims = self.base_dist.support, self.reinterpreted_batch_ndims
        return constraints.independent(base, ndims) if ndims else base

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"


class TransformedDistribution(Distribution):
    """What ``transforms``, one after the other, make of a draw of ``base_dist``.

    ``log p(y) = log p(x) - log |dy/dx|``.
    """

    base_dist: Any

    def __init__(
        self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None
    ) -> None:
        """``transforms``: a Transform, or a list of them.  Raises: ValueError for anything else."""
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, list) or not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError(f"transforms must be a Transform or a list of Transforms, but was {transforms}")
        whole = ComposeTransform(self.transforms)
        shape, event_dim = base_distribution.batch_shape + base_distribution.event_shape, whole.domain.event_dim
        own_dim = len(base_distribution.event_shape)
        if len(shape) < event_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {event_dim}, but got {tuple(shape)}."
            )
        out = whole.forward_shape(shape)
        needed = whole.inverse_shape(out)
        if needed != shape:
            base_distribution = base_distribution.expand(needed[: len(needed) - own_dim])
        if event_dim > own_dim:
            base_distribution = Independent(base_distribution, event_dim - own_dim)
        self.base_dist, self.has_rsample = base_distribution, base_distribution.has_rsample
        cut = len(out) - max(whole.codomain.event_dim, own_dim + whole.codomain.event_dim - event_dim)
        super().__init__(out[:cut], out[cut:], validate_args=validate_args)

    def _batch_within(self, name: str, batch_shape: Shape) -> Shape:
        shape = ComposeTransform(self.transforms).inverse_shape((*batch_shape, *self._event_shape))
        return shape[: len(shape) - len(self.base_dist.event_shape)]

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """The last transform's codomain, in the dimensions of an event."""
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        more = len(self._event_shape) - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        with ag.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        event_dim, y, total = len(self._event_shape), value, None
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            term = sum_rightmost(transform.log_abs_det_jacobian(x, y), event_dim - transform.domain.event_dim)
            total, y = term if total is None else total + term, x
        base = sum_rightmost(self.base_dist.log_prob(y), event_dim - len(self.base_dist.event_shape))
        return base if total is None else base - total

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._forward(self.base_dist.icdf(self._rising(value)))

    def _rising(self, value: Tensor) -> Tensor:
        """Return a probability, or what is left of it where the transforms fall."""
        sign = ComposeTransform(self.transforms).sign
        return value if isinstance(sign, int) and sign == 1 else sign * (value - 0.5) + 0.5


class MixtureSameFamily(Distribution):
    """A draw of one of ``component_distribution``'s last batch dimension, chosen by ``mixture_distribution``."""

    def __init__(
        self, mixture_distribution: Categorical, component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        """Shape: the mixture's batch (*) with k events, the components' batch (*, k)."""
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError("The Mixture distribution needs to be an instance of Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of Distribution")
        batch, chosen = component_distribution.batch_shape, mixture_distribution.param_shape
        if any(i != 1 and j != 1 and i != j for i, j in zip(chosen[-2::-1], batch[-2::-1], strict=False)):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({chosen[:-1]}) is not compatible with "
                f"`component_distribution.batch_shape`({batch[:-1]})"
            )
        if chosen[-1] != batch[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({chosen[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({batch[-1]})"
            )
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        super().__init__(batch[:-1], component_distribution.event_shape, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """What chooses a component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """What is chosen from."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """Where every component's support holds."""
        return constraints.mixture(self._component_distribution.support)

    def _batch_within(self, name: str, batch_shape: Shape) -> Shape:
        chosen_from = self._component_distribution.batch_shape[-1:]
        return batch_shape if name == "_mixture_distribution" else (*batch_shape, *chosen_from)

    def _over(self, values: Tensor) -> Tensor:
        """Return the components' values, weighted and summed."""
        probs = self._mixture_distribution.probs
        ndims = len(self._event_shape)
        return (probs.reshape(*probs.shape, *(1 for _ in range(ndims))) * values).sum(-1 - ndims)

    @property
    def mean(self) -> Tensor:
        return self._over(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        apart = self._component_distribution.mean - self._pad(self.mean)
        return self._over(self._component_distribution.variance) + self._over(apart.pow(2))

    def _pad(self, value: Tensor) -> Tensor:
        return value.unsqueeze(-1 - len(self._event_shape))

    def cdf(self, value: Tensor) -> Tensor:
        return (self._component_distribution.cdf(self._pad(value)) * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        each = self._component_distribution.log_prob(self._pad(value))
        return ag.logsumexp(each + self._mixture_distribution.logits.log_softmax(-1), -1)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        with ag.no_grad():
            batch = Size((*sample_shape, *self._batch_shape))
            chosen = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            drawn = self._component_distribution.sample(sample_shape)
            ones = (1 for _ in self._event_shape)
            index = chosen.reshape(*batch, 1, *ones).expand(*batch, 1, *self._event_shape)
            return drawn.gather(len(batch), index).squeeze(len(batch))

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
