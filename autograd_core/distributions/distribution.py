"""What all distributions have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions.constraints import Constraint
from autograd_core.engine.tensor import Size, Tensor
from autograd_core.errors import DTypeError, ShapeError

Shape = Sequence[int]


class Distribution:
    """A distribution, or a batch of them: ``batch_shape`` of parameters, ``event_shape`` of one draw.

    A draw of ``sample_shape`` has the shape ``sample_shape + batch_shape + event_shape``; ``rsample`` is a draw through
    which gradients reach the parameters.  Parameters and values are checked, unless ``validate_args=False``.

    Raises: ShapeError (a ValueError) naming the parameter, or value, that lies outside its region.
    """

    has_rsample: ClassVar[bool] = False
    has_enumerate_support: ClassVar[bool] = False
    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    _validate_args: ClassVar[bool] = True

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Set whether distributions check what they are given where they are not told."""
        Distribution._validate_args = value

    def __init__(self, batch_shape: Shape = (), event_shape: Shape = (), validate_args: bool | None = None) -> None:
        """Check the parameters, which the subclass has set as attributes."""
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        self._checks = Distribution._validate_args if validate_args is None else validate_args
        if not self._checks:
            return
        for name, constraint in self.arg_constraints.items():
            value = self.__dict__.get(name)
            if value is not None and not bool(constraint.check(value).all()):
                raise ShapeError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    # ---- what it is ----

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw of one distribution."""
        return self._event_shape

    @property
    def support(self) -> Constraint:
        """Where values may lie."""
        raise NotImplementedError(f"{type(self).__name__}.support: not known")

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError(f"{type(self).__name__}.mean: not known in closed form")

    @property
    def mode(self) -> Tensor:
        """The value of the highest density."""
        raise NotImplementedError(f"{type(self).__name__}.mode: not known in closed form")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError(f"{type(self).__name__}.variance: not known in closed form")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    # ---- what it does ----

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Return draws that no gradient passes through."""
        with ag.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Return draws through which gradients reach the parameters."""
        raise NotImplementedError(f"{type(self).__name__}.rsample: there is no reparametrised draw; use sample()")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the logarithm of the density (or probability) at ``value``."""
        raise NotImplementedError(f"{type(self).__name__}.log_prob: not known")

    def cdf(self, value: Tensor) -> Tensor:
        """Return the probability of a draw at or below ``value``."""
        raise NotImplementedError(f"{type(self).__name__}.cdf: not known in closed form")

    def icdf(self, value: Tensor) -> Tensor:
        """Return the point that a draw is at or below with probability ``value``."""
        raise NotImplementedError(f"{type(self).__name__}.icdf: not known in closed form")

    def entropy(self) -> Tensor:
        """Return the expected ``-log_prob``, in nats."""
        raise NotImplementedError(f"{type(self).__name__}.entropy: not known in closed form")

    def perplexity(self) -> Tensor:
        """Return ``exp(entropy)``."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values of a discrete distribution along a new first dimension."""
        raise NotImplementedError(f"{type(self).__name__}.enumerate_support: the support is not finite")

    def expand(self, batch_shape: Shape) -> Any:
        """Return the distribution with its parameters expanded to ``batch_shape``."""
        names = self._parameters()
        given = {
            n: v.expand(*batch_shape, *v.shape[len(self._batch_shape) :]) for n, v in names.items() if v is not None
        }
        return type(self)(**given, **self._options(), validate_args=False)

    # ---- for subclasses ----

    def _parameters(self) -> dict[str, Any]:
        """Return what the constructor takes, as tensors."""
        return {name: self.__dict__[name] for name in self.arg_constraints if name in self.__dict__}

    def _options(self) -> dict[str, Any]:
        """Return what else the constructor takes."""
        return {}

    def _extended_shape(self, sample_shape: Shape = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Tensor) -> None:
        """Raise where ``value`` cannot be a draw."""
        if not self._checks:
            return
        if not isinstance(value, Tensor):
            raise DTypeError(f"{type(self).__name__}: value is {type(value).__name__}; wanted a Tensor")
        ag.broadcast_shapes(value.shape, self._extended_shape())
        if not bool(self.support.check(value).all()):
            raise ShapeError(
                f"Expected value argument (Tensor of shape {tuple(value.shape)}) to be within the support "
                f"({self.support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        parts = (
            f"{name}: {value if value.numel() == 1 else value.size()}"
            for name, value in self._parameters().items()
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(parts)})"


def together(*values: Any) -> tuple[Tensor, ...]:
    """Return numbers and tensors as tensors of one shape; numbers take the dtype and device of the tensors."""
    like = next((v for v in values if isinstance(v, Tensor)), None)
    options = {} if like is None else {"dtype": like.dtype, "device": like.device}
    options = options or {"dtype": ag.get_default_dtype()}
    return ag.broadcast_tensors(*(v if isinstance(v, Tensor) else ag.tensor(v, **options) for v in values))


def tiny(like: Tensor) -> float:
    """Return the smallest normal number of a dtype: what keeps a logarithm finite."""
    return ag.finfo(like.dtype).tiny


def inside(probability: Tensor) -> Tensor:
    """Return probabilities kept a rounding away from 0 and 1."""
    eps = ag.finfo(probability.dtype).eps
    return probability.clamp(min=eps, max=1 - eps)
