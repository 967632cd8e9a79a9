"""What all distributions have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Size, Tensor

Shape = Sequence[int]


def _unknown(self: Any) -> Any:
    raise NotImplementedError(f"{type(self).__name__}.support: not known")


class Distribution:
    """A distribution, or a batch of them: ``batch_shape`` of parameters, ``event_shape`` of one draw.

    A draw of ``sample_shape`` has the shape ``sample_shape + batch_shape + event_shape``; ``rsample`` is a draw through
    which gradients reach the parameters.  Parameters and values are checked, unless ``validate_args=False``; not those
    of a running transform, which are not known.

    Raises: ValueError naming the parameter, or value, that lies outside its region.
    """

    has_rsample: bool = False
    has_enumerate_support: bool = False
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {}
    support: Any = constraints.dependent_property(_unknown)
    _validate_args: bool = True
    _unbatched: ClassVar[tuple[str, ...]] = ()  # tensors that have no dimensions of the batch

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Set whether distributions check what they are given where they are not told."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: got {value!r}; wanted True or False")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Shape = (), event_shape: Shape = (), validate_args: bool | None = None) -> None:
        """Check the parameters, which the subclass has set as attributes."""
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        """Raise where a parameter lies outside its region; those worked out from others are not looked at."""
        for name, constraint in self.arg_constraints.items():
            value = self.__dict__.get(name)
            if value is None or constraints.is_dependent(constraint):
                continue
            with ag.no_grad():
                valid = constraint.check(value)
            if _breaks(valid):
                raise ValueError(
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
    def mean(self) -> Tensor:
        """The expected value."""
        raise self._missing("mean")

    @property
    def mode(self) -> Tensor:
        """The value of the highest density."""
        raise self._missing("mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise self._missing("variance")

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
        raise self._missing("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """Return the probability of a draw at or below ``value``."""
        raise self._missing("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """Return the point that a draw is at or below with probability ``value``."""
        raise self._missing("icdf")

    def entropy(self) -> Tensor:
        """Return the expected ``-log_prob``, in nats."""
        raise self._missing("entropy")

    def perplexity(self) -> Tensor:
        """Return ``exp(entropy)``."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values of a discrete distribution along a new first dimension."""
        raise self._missing("enumerate_support")

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Any:
        """Return the distribution with its parameters expanded to ``batch_shape``.

        A subclass that makes its new object itself gives it as ``_instance``.
        """
        new = self.__new__(type(self)) if _instance is None else _instance
        skip, new._batch_shape = len(self._batch_shape), Size(batch_shape)
        for name, value in vars(self).items():
            if name in vars(new):  # the subclass has set it
                continue
            if isinstance(value, Tensor) and name not in self._unbatched:
                value = value.expand(*batch_shape, *value.shape[skip:])
            elif isinstance(value, Distribution):
                value = value.expand(self._batch_within(name, batch_shape))
            vars(new)[name] = value
        return new

    # ---- for subclasses ----

    def _batch_within(self, name: str, batch_shape: Shape) -> Shape:
        """Return the batch shape of the distribution that is the attribute ``name``, where this one's is so."""
        return batch_shape

    def _missing(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__}.{what}: not known in closed form")

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """Return an object for ``expand`` to fill: ``_instance``, or a new one of this very class."""
        if _instance is None and type(self).__init__ is not cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                f"define a custom .expand() method."
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def _extended_shape(self, sample_shape: Shape = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Tensor) -> None:
        """Raise where ``value`` cannot be a draw, if arguments are to be checked."""
        if not self._validate_args:
            return
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        cut = value.dim() - len(self._event_shape)
        if cut < 0 or value.shape[cut:] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        wanted = self._batch_shape + self._event_shape
        if any(i != 1 and j != 1 and i != j for i, j in zip(reversed(value.shape), reversed(wanted), strict=False)):
            raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {wanted}.")
        with ag.no_grad():
            valid = self.support.check(value)
        if _breaks(valid):
            raise ValueError(
                f"Expected value argument (Tensor of shape {tuple(value.shape)}) to be within the support "
                f"({self.support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        given = {name: self.__dict__[name] for name in self.arg_constraints if name in self.__dict__}
        parts = (f"{name}: {value if value.numel() == 1 else value.size()}" for name, value in given.items())
        return f"{type(self).__name__}({', '.join(parts)})"


def _breaks(valid: Tensor) -> bool:
    """Whether something lies outside; inside transforms, whose values are not known, nothing is found to."""
    return not isinstance(valid, Lifted) and not bool(valid.all())


# ---- what distributions are made with ----


def together(*values: Any) -> tuple[Tensor, ...]:
    """Return numbers and tensors as tensors of one shape; numbers take the dtype and device of the first tensor.

    Raises: ValueError for anything else.
    """
    if not all(isinstance(v, Tensor | int | float) for v in values):
        raise ValueError("Input arguments must all be instances of Number or Tensor.")
    like = next((v for v in values if isinstance(v, Tensor)), None)
    options = {"dtype": ag.get_default_dtype()} if like is None else {"dtype": like.dtype, "device": like.device}
    return tuple(ag.broadcast_tensors(*(v if isinstance(v, Tensor) else ag.tensor(v, **options) for v in values)))


def inside(probability: Tensor) -> Tensor:
    """Return probabilities kept a rounding away from 0 and 1."""
    eps = ag.finfo(probability.dtype).eps
    return probability.clamp(min=eps, max=1 - eps)


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """Return the sum over so many dimensions on the right."""
    return value.reshape(*value.shape[: value.dim() - dims], -1).sum(-1) if dims else value
