"""Where the parameters and values of a distribution may lie, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor

__all__ = [
    "Constraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property", "greater_than",
    "greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval", "is_dependent", "less_than",
    "lower_cholesky", "lower_triangular", "mixture", "multinomial", "nonnegative", "nonnegative_integer", "one_hot",
    "positive", "positive_definite", "positive_integer", "positive_semidefinite", "real", "real_vector", "simplex",
    "square", "stack", "symmetric", "unit_interval",
]  # fmt: skip


class Constraint:
    """A region of values; ``event_dim`` dimensions on the right belong to one point."""

    is_discrete: bool = False
    event_dim: int = 0

    def check(self, value: Tensor) -> Tensor:
        """Return whether each point of ``value`` lies in the region."""
        raise NotImplementedError(f"{type(self).__name__}.check: a constraint must say what it holds")

    def __repr__(self) -> str:
        bounds = [f"{name}={value}" for name, value in vars(self).items() if name.endswith("_bound")]
        return f"{type(self).__name__}({', '.join(bounds)})"


class _Region(Constraint):
    """A region without parameters, by what is true in it."""

    def __init__(
        self, name: str, check: Callable[[Tensor], Tensor], event_dim: int = 0, discrete: bool = False
    ) -> None:
        self._name, self._check, self.event_dim, self.is_discrete = name, check, event_dim, discrete

    def check(self, value: Tensor) -> Tensor:
        return self._check(value)

    def __repr__(self) -> str:
        return f"{self._name}()"


# ---- between bounds ----


class GreaterThan(Constraint):
    """The numbers above ``lower_bound``."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Tensor:
        return value > self.lower_bound


class GreaterThanEq(GreaterThan):
    """The numbers from ``lower_bound`` on."""

    def check(self, value: Tensor) -> Tensor:
        return value >= self.lower_bound


class LessThan(Constraint):
    """The numbers below ``upper_bound``."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return value < self.upper_bound


class Interval(Constraint):
    """The numbers from ``lower_bound`` to ``upper_bound``, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class HalfOpenInterval(Interval):
    """The numbers from ``lower_bound`` on, below ``upper_bound``."""

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value < self.upper_bound)


class IntegerInterval(Interval):
    """The whole numbers from ``lower_bound`` to ``upper_bound``, both included."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & super().check(value)


class IntegerGreaterThan(GreaterThan):
    """The whole numbers from ``lower_bound`` on."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & (value >= self.lower_bound)


class Multinomial(Constraint):
    """Vectors of counts that sum to at most ``upper_bound``."""

    is_discrete, event_dim = True, 1

    def __init__(self, upper_bound: int) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)

    def __repr__(self) -> str:
        return "Multinomial()"


# ---- made of others ----


class IndependentConstraint(Constraint):
    """What holds where ``base_constraint`` holds throughout ``reinterpreted_batch_ndims`` more dimensions."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        if value.dim() < self.event_dim:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.dim()}")
        found, more = self.base_constraint.check(value), self.reinterpreted_batch_ndims
        return found.reshape(*found.shape[: found.dim() - more], -1).all(-1) if more else found

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """What ``base_constraint``, that of every component of a mixture, holds of a draw of the mixture."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint
        self.is_discrete, self.event_dim = base_constraint.is_discrete, base_constraint.event_dim

    def check(self, value: Tensor) -> Tensor:
        found = self.base_constraint.check(value.unsqueeze(-1 - self.event_dim))
        return found.all(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamilyConstraint({self.base_constraint!r})"


class Stack(Constraint):
    """What holds ``cseq[i]`` at place i of dimension ``dim``."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)
        self.event_dim += self.dim + self.event_dim < 0

    def check(self, value: Tensor) -> Tensor:
        parts = value.unbind(self.dim)
        return ag.stack([c.check(part) for c, part in zip(self.cseq, parts, strict=True)], self.dim)


class Cat(Constraint):
    """What holds each of ``cseq`` over its one of ``lengths`` of dimension ``dim``."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)

    def check(self, value: Tensor) -> Tensor:
        parts = value.split(self.lengths, self.dim)
        return ag.cat([c.check(part) for c, part in zip(self.cseq, parts, strict=True)], self.dim)


class Dependent(Constraint):
    """A region that depends on other values, and so cannot be checked by itself."""

    def __init__(self, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete: bool = False, event_dim: int = 0) -> Dependent:
        """Return the same of other properties."""
        return Dependent(is_discrete=is_discrete, event_dim=event_dim)

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("Cannot determine validity of dependent constraint")


class dependent_property(property, Dependent):
    """A property of distributions that is, asked of the class, a constraint that depends on other values."""

    def __init__(
        self, fn: Callable[[Any], Any] | None = None, *, is_discrete: bool = False, event_dim: int = 0
    ) -> None:
        """Use as ``@dependent_property``, or with properties that are known of the class."""
        super().__init__(fn)
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fn: Any = None, **_: Any) -> dependent_property:
        """Return the property that ``fn`` computes."""
        return dependent_property(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint: Constraint) -> bool:
    """Whether a constraint depends on other values, and so cannot be checked by itself."""
    return isinstance(constraint, Dependent)


# ---- of matrices ----


def _square(value: Tensor) -> Tensor:
    return ag.full(value.shape[:-2], value.shape[-2] == value.shape[-1], device=value.device)


def _symmetric(value: Tensor) -> Tensor:
    square = value.shape[-2] == value.shape[-1]
    return ag.isclose(value, value.mT, atol=1e-6).all(-1).all(-1) if square else _square(value)


def _positive(value: Tensor, check: Callable[[Tensor], Tensor]) -> Tensor:
    symmetric = _symmetric(value)
    return check(value) if bool(symmetric.all()) else symmetric


def _lower(value: Tensor) -> Tensor:
    return (value.tril() == value).all(-1).all(-1)


def _cholesky(value: Tensor) -> Tensor:
    return _lower(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


def _of_correlations(value: Tensor) -> Tensor:
    off = (ag.linalg.norm(value, dim=-1) - 1).abs()
    return _cholesky(value) & (off <= ag.finfo(value.dtype).eps * value.shape[-1] * 10).all(-1)


greater_than, greater_than_eq, less_than = GreaterThan, GreaterThanEq, LessThan
interval, half_open_interval, integer_interval = Interval, HalfOpenInterval, IntegerInterval
multinomial, independent, mixture, stack, cat = (
    Multinomial, IndependentConstraint, MixtureSameFamilyConstraint, Stack, Cat,
)  # fmt: skip
dependent = Dependent()
real = _Region("Real", lambda v: v == v)  # not NaN
real_vector = IndependentConstraint(real, 1)
positive, nonnegative, unit_interval = GreaterThan(0.0), GreaterThanEq(0.0), Interval(0.0, 1.0)
nonnegative_integer, positive_integer = IntegerGreaterThan(0), IntegerGreaterThan(1)
boolean = _Region("Boolean", lambda v: (v == 0) | (v == 1), discrete=True)
one_hot = _Region("OneHot", lambda v: boolean.check(v).all(-1) & (v.sum(-1) == 1), 1, discrete=True)
simplex = _Region("Simplex", lambda v: (v >= 0).all(-1) & ((v.sum(-1) - 1).abs() < 1e-6), 1)
square, symmetric = _Region("Square", _square, 2), _Region("Symmetric", _symmetric, 2)
lower_triangular, lower_cholesky = _Region("LowerTriangular", _lower, 2), _Region("LowerCholesky", _cholesky, 2)
corr_cholesky = _Region("CorrCholesky", _of_correlations, 2)
positive_semidefinite = _Region(
    "PositiveSemidefinite", lambda v: _positive(v, lambda w: (ag.linalg.eigvalsh(w) >= 0).all(-1)), 2
)
positive_definite = _Region(
    "PositiveDefinite", lambda v: _positive(v, lambda w: ag.linalg.cholesky_ex(w).info == 0), 2
)
