"""Constraints say where values may lie, as PyTorch's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.distributions import constraints

NUMBERS = [-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, float("inf"), float("nan")]
ROWS = [[0.2, 0.8, 0.0], [0.5, 0.6, -0.1], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [3.0, 2.0, 0.0], [0.3, 0.3, 0.3]]
MATRICES = [
    [[1.0, 0.0], [0.5, 2.0]], [[1.0, 0.5], [0.5, 2.0]], [[1.0, 2.0], [2.0, 1.0]], [[-1.0, 0.0], [0.5, 1.0]],
    [[1.0, 0.0], [0.6, 0.8]], [[1.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]],
]  # fmt: skip
EACH = {
    **{name: (lambda c, name=name: getattr(c, name), NUMBERS) for name in (
        "boolean", "nonnegative", "nonnegative_integer", "positive", "positive_integer", "real", "unit_interval")},
    **{name: (lambda c, name=name: getattr(c, name), ROWS) for name in ("one_hot", "real_vector", "simplex")},
    **{name: (lambda c, name=name: getattr(c, name), MATRICES) for name in (
        "corr_cholesky", "lower_cholesky", "lower_triangular", "positive_definite", "positive_semidefinite", "square",
        "symmetric")},
    "greater_than": (lambda c: c.greater_than(0.5), NUMBERS),
    "greater_than_eq": (lambda c: c.greater_than_eq(0.5), NUMBERS),
    "less_than": (lambda c: c.less_than(0.5), NUMBERS),
    "interval": (lambda c: c.interval(0.5, 2.0), NUMBERS),
    "half_open_interval": (lambda c: c.half_open_interval(0.5, 2.0), NUMBERS),
    "integer_interval": (lambda c: c.integer_interval(0, 2), NUMBERS),
    "multinomial": (lambda c: c.multinomial(3), ROWS),
    "independent": (lambda c: c.independent(c.positive, 1), ROWS),
    "independent of none": (lambda c: c.independent(c.positive, 0), ROWS),
    "stack": (lambda c: c.stack([c.positive, c.boolean, c.real], -1), ROWS),
    "cat": (lambda c: c.cat([c.positive, c.boolean], 0, [2, 4]), [0.5, 0.0, 1.0, 0.0, 0.5, 2.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", EACH)
def test_pytorch_holds_the_same_for_true(torch: Any, name: str) -> None:
    make, values = EACH[name]
    ours, theirs = make(constraints), make(torch.distributions.constraints)
    groups = values if np.ndim(values) == 3 else [values]  # of matrices one at a time: they answer for a whole batch
    for group in groups:
        mine, wanted = ours.check(ag.tensor(group)), theirs.check(torch.tensor(group))
        assert mine.dtype is ag.bool and mine.tolist() == wanted.tolist()
    assert ours.event_dim == theirs.event_dim and ours.is_discrete == theirs.is_discrete
    if name not in ("stack", "cat"):
        assert repr(ours) == repr(theirs)


def test_integers_and_booleans() -> None:
    assert constraints.nonnegative_integer.check(ag.tensor([-1, 0, 3])).tolist() == [False, True, True]
    assert constraints.boolean.check(ag.tensor([True, False])).all()
    assert not constraints.symmetric.check(ag.zeros(2, 3)) and not constraints.positive_definite.check(ag.zeros(2, 3))


def test_dependent_ones() -> None:
    class Half:
        bound = 2.0

        @constraints.dependent_property(is_discrete=True, event_dim=1)
        def support(self) -> Any:
            return constraints.interval(0, self.bound)

        @constraints.dependent_property
        def other(self) -> Any:
            return constraints.real

    assert repr(Half().support) == "Interval(lower_bound=0, upper_bound=2.0)" and Half().other is constraints.real
    assert constraints.is_dependent(Half.support) and not constraints.is_dependent(constraints.real)
    assert Half.support.is_discrete and Half.support.event_dim == 1
    assert constraints.dependent(is_discrete=True, event_dim=2).event_dim == 2
    with pytest.raises(ValueError, match="Cannot determine validity of dependent constraint"):
        constraints.dependent.check(ag.zeros(1))


def test_of_ones_own() -> None:
    class Even(constraints.Constraint):
        is_discrete = True

        def check(self, value: Any) -> Any:
            return value % 2 == 0

    vectors = constraints.independent(Even(), 1)
    assert vectors.check(ag.tensor([[2, 4], [2, 3]])).tolist() == [True, False]
    assert repr(vectors) == "IndependentConstraint(Even(), 1)" and vectors.is_discrete
    with pytest.raises(ValueError, match=r"Expected value\.dim"):
        vectors.check(ag.tensor(2))
    with pytest.raises(NotImplementedError, match=r"Constraint.check: a constraint must say"):
        constraints.Constraint().check(ag.zeros(1))
