"""Where the parameters and values of a distribution may lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor


class Constraint:
    """A region, by what is true in it; ``event_dim`` dimensions on the right belong to one point."""

    def __init__(self, name: str, check: Callable[[Tensor], Tensor], event_dim: int = 0, discrete: bool = False) -> None:
        """``check`` returns, elementwise, whether points lie in the region."""
        self.name, self._check, self.event_dim, self.is_discrete = name, check, event_dim, discrete

    def check(self, value: Tensor) -> Tensor:
        """Return whether each point of ``value`` lies in the region."""
        with ag.no_grad():
            return self._check(value)

    def __repr__(self) -> str:
        return self.name


def _whole(value: Tensor) -> Tensor:
    return value == value.floor() if value.is_floating_point() else ag.ones_like(value, dtype=ag.bool)


real = Constraint("Real()", lambda v: v == v)  # not NaN
positive = Constraint("GreaterThan(lower_bound=0.0)", lambda v: v > 0)
nonnegative = Constraint("GreaterThanEq(lower_bound=0.0)", lambda v: v >= 0)
unit_interval = Constraint("Interval(lower_bound=0.0, upper_bound=1.0)", lambda v: (v >= 0) & (v <= 1))
boolean = Constraint("Boolean()", lambda v: (v == 0) | (v == 1), discrete=True)
nonnegative_integer = Constraint("IntegerGreaterThan(lower_bound=0)", lambda v: (v >= 0) & _whole(v), discrete=True)
real_vector = Constraint("IndependentConstraint(Real(), 1)", lambda v: (v == v).all(-1), 1)
simplex = Constraint("Simplex()", lambda v: (v >= 0).all(-1) & ((v.sum(-1) - 1).abs() < 1e-6), 1)
one_hot = Constraint(
    "OneHot()", lambda v: ((v == 0) | (v == 1)).all(-1) & (v.sum(-1) == 1), 1, discrete=True
)
square = Constraint("Square()", lambda v: ag.full(v.shape[:-2], v.shape[-1] == v.shape[-2], device=v.device), 2)
lower_cholesky = Constraint(
    "LowerCholesky()", lambda v: (v.tril() == v).all(-1).all(-1) & (v.diagonal(dim1=-2, dim2=-1) > 0).all(-1), 2
)
positive_definite = Constraint(
    "PositiveDefinite()",
    lambda v: ag.isclose(v, v.mT, atol=1e-6).all(-1).all(-1) & (ag.linalg.cholesky_ex(v).info == 0),
    2,
)


def interval(low: Any, high: Any) -> Constraint:
    """Return the numbers from ``low`` to ``high``."""
    return Constraint(f"Interval(lower_bound={low}, upper_bound={high})", lambda v: (v >= low) & (v <= high))


def integer_interval(low: Any, high: Any) -> Constraint:
    """Return the whole numbers from ``low`` to ``high``."""
    return Constraint(
        f"IntegerInterval(lower_bound={low}, upper_bound={high})",
        lambda v: (v >= low) & (v <= high) & _whole(v),
        discrete=True,
    )


def greater_than(low: Any) -> Constraint:
    """Return the numbers above ``low``."""
    return Constraint(f"GreaterThan(lower_bound={low})", lambda v: v > low)
