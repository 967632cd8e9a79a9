"""What all distributions share: where they are found, checks of arguments, text, copies, lazy odds, supports."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import distributions as D
from autograd_core.distributions import constraints


def test_where_they_are_found() -> None:
    program = (
        "import autograd_core as torch, sys\n"
        "assert 'autograd_core.distributions' not in sys.modules\n"
        "Normal = torch.distributions.Normal\n"
        "from autograd_core.distributions.normal import Normal as again\n"
        "from autograd_core.distributions.kl import kl_divergence\n"
        "import autograd_core.distributions.transforms as T\n"
        "assert Normal is again is torch.distributions.normal.Normal and T.ExpTransform\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_pytorchs_modules_hold_their_classes(torch: Any) -> None:
    for name in D.__all__:
        theirs = getattr(torch.distributions, name)
        room = getattr(theirs, "__module__", "")
        if isinstance(theirs, type) and room.startswith("torch.distributions."):
            path = room.removeprefix("torch.")
            assert getattr(importlib.import_module(f"autograd_core.{path}"), name) is getattr(D, name)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: D.Normal(0.0, -1.0), r"Expected parameter scale \(Tensor of shape \(\)\) of distribution "
         r"Normal\(loc: 0.0, scale: -1.0\) to satisfy the constraint GreaterThan\(lower_bound=0.0\), but found"),
        (lambda: D.Normal(ag.tensor([float("nan")]), 1.0), r"parameter loc .* constraint Real\(\)"),
        (lambda: D.Normal("0", 1.0), "Input arguments must all be instances of Number or Tensor"),
        (lambda: D.Uniform(1.0, 1.0), "Expected parameter low of distribution"),
        (lambda: D.Bernoulli(), "Either `probs` or `logits` must be specified, but not both"),
        (lambda: D.Bernoulli(0.5, 0.5), "Either `probs` or `logits` must be specified, but not both"),
        (lambda: D.Bernoulli(1.5), r"parameter probs .* constraint Interval\(lower_bound=0.0, upper_bound=1.0\)"),
        (lambda: D.Categorical(ag.tensor([-1.0, 2.0])), r"parameter probs .* constraint Simplex\(\)"),
        (lambda: D.Categorical(ag.tensor([1.0, float("nan")])), "parameter probs"),
        (lambda: D.Categorical(ag.tensor(1.0)), "`probs` parameter must be at least one-dimensional"),
        (lambda: D.Categorical(logits=ag.tensor(1.0)), "`logits` parameter must be at least one-dimensional"),
        (lambda: D.OneHotCategorical(ag.tensor([-1.0, 2.0])), r"parameter probs .* constraint Simplex\(\)"),
        (lambda: D.Geometric(0.0), "to be positive but found invalid values"),
        (lambda: D.Poisson(-1.0), r"parameter rate .* constraint GreaterThanEq\(lower_bound=0.0\)"),
        (lambda: D.Binomial(-1, ag.tensor(0.5)), r"parameter total_count .* IntegerGreaterThan\(lower_bound=0\)"),
        (lambda: D.Dirichlet(ag.tensor(1.0)), "`concentration` parameter must be at least one-dimensional"),
        (lambda: D.Dirichlet(ag.tensor([1.0, 0.0])), "parameter concentration .* IndependentConstraint"),
        (lambda: D.Gamma(0.0, 1.0), "parameter concentration"),
        (lambda: D.Beta(1.0, 0.0), "parameter concentration0"),
        (lambda: D.LogNormal(0.0, 0.0), "parameter scale"),
        (lambda: D.HalfNormal(0.0), "parameter scale"),
        (lambda: D.RelaxedBernoulli(1.0, 1.5), "parameter probs"),
        (lambda: D.MultivariateNormal(ag.zeros(2)), "wanted exactly one"),
        (lambda: D.MultivariateNormal(ag.zeros(()), ag.eye(2)), "loc must be at least one-dimensional"),
        (lambda: D.MultivariateNormal(ag.zeros(2), ag.ones(2)), "covariance_matrix must be at least two-dimensional"),
        (lambda: D.MultivariateNormal(ag.zeros(2), ag.ones(2, 2)), r"constraint PositiveDefinite\(\)"),
        (lambda: D.MultivariateNormal(ag.zeros(2), scale_tril=-ag.eye(2)), r"constraint LowerCholesky\(\)"),
        (lambda: D.Normal(0.0, 1.0).log_prob(1.0), "The value argument to log_prob must be a Tensor"),
        (lambda: D.Normal(ag.zeros(2), 1.0).log_prob(ag.zeros(3)), "Value is not broadcastable with batch_shape"),
        (lambda: D.Dirichlet(ag.ones(3)).log_prob(ag.ones(2) / 2), "right-most size of value must match event_shape"),
        (lambda: D.Dirichlet(ag.ones(3)).log_prob(ag.tensor(1.0)), "right-most size of value must match event_shape"),
        (lambda: D.Exponential(1.0).log_prob(ag.tensor(-1.0)),
         r"Expected value argument \(Tensor of shape \(\)\) to be within the support "
         r"\(GreaterThanEq\(lower_bound=0.0\)\) of the distribution Exponential\(rate: 1.0\), but found invalid"),
        (lambda: D.Categorical(ag.ones(3)).log_prob(ag.tensor(3)), "to be within the support .IntegerInterval"),
        (lambda: D.Uniform(0.0, 1.0).log_prob(ag.tensor(2.0)), "to be within the support .Interval"),
        (lambda: D.Multinomial(2, ag.ones(3)).log_prob(ag.tensor([1.0, 1.0, 1.0])), "to be within the support"),
        (lambda: D.Distribution.set_default_validate_args(2), "wanted True or False"),
    ],
)  # fmt: skip
def test_refusals(call: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()


def test_checks_can_be_left_out() -> None:
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    unchecked = D.Exponential(1.0, validate_args=False)
    assert unchecked.log_prob(ag.tensor(-1.0)).item() == 1 == unchecked.expand((2,)).log_prob(ag.tensor(-1.0))[0].item()
    D.Distribution.set_default_validate_args(False)
    try:
        assert D.Poisson(-1.0).rate.item() == -1 and D.Uniform(1.0, 1.0).low.item() == 1
        with pytest.raises(ValueError, match="parameter rate"):
            D.Poisson(-1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_what_is_not_known() -> None:
    for call in (
        lambda: D.Poisson(1.0).entropy(), lambda: D.Poisson(1.0).rsample(), lambda: D.Gamma(1, 1).enumerate_support(),
        lambda: D.Dirichlet(ag.ones(2)).cdf(ag.ones(2) / 2), lambda: D.Beta(1.0, 1.0).icdf(ag.tensor(0.5)),
        lambda: D.Multinomial(2, ag.ones(2)).mode, lambda: D.RelaxedBernoulli(1.0, 0.5).mean,
        lambda: D.Distribution().support, lambda: D.Distribution().log_prob(ag.zeros(1)),
        lambda: D.RelaxedBernoulli(1.0, 0.5).variance, lambda: D.Multinomial(ag.tensor(2), ag.ones(2)),
        lambda: D.Binomial(ag.tensor([1.0, 2.0]), ag.tensor(0.5)).enumerate_support(),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            call()


def test_numbers_become_tensors_of_the_default_dtype() -> None:
    assert D.Normal(0, 1).loc.dtype is ag.float32 and D.Normal(0, 1).batch_shape == ()
    assert D.Normal(ag.zeros(2, dtype=ag.float64), 1).scale.dtype is ag.float64
    assert D.Normal(ag.zeros(3, 1), ag.ones(2)).batch_shape == (3, 2)
    assert D.Normal(0.0, 1.0).sample((2,)).shape == (2,) and D.Normal(0.0, 1.0).sample().shape == ()


def test_text() -> None:
    assert repr(D.Normal(0.0, 1.0)) == "Normal(loc: 0.0, scale: 1.0)"
    assert repr(D.Bernoulli(logits=ag.zeros(2))) == "Bernoulli(logits: ag.Size([2]))"
    assert repr(D.Normal(ag.zeros(1), 2.0)) == "Normal(loc: tensor([0.]), scale: tensor([2.]))"
    assert repr(D.Uniform(0.0, 1.0)) == "Uniform(low: 0.0, high: 1.0)"


def test_the_other_odds_are_worked_out_when_asked_for_and_keep_their_gradient() -> None:
    probs = ag.tensor([0.2, 0.7], requires_grad=True)
    for d in (D.Bernoulli(probs), D.Categorical(probs), D.Geometric(probs), D.Binomial(3, probs)):
        assert "logits" not in vars(d)
        with ag.no_grad():
            logits = d.logits
        assert logits.requires_grad and d.logits is logits
    logits = ag.tensor([0.2, 0.7], requires_grad=True)
    coin = D.Bernoulli(logits=logits)
    coin.sample()
    assert coin.probs.requires_grad and coin.param_shape == (2,)
    assert ag.allclose(coin.probs, logits.sigmoid())
    certain = D.Bernoulli(ag.tensor([0.0, 1.0]))
    assert ag.isfinite(certain.logits).all() and ag.isfinite(certain.entropy()).all()


def test_categories_are_brought_to_sum_one() -> None:
    d = D.Categorical(ag.tensor([1.0, 3.0]))
    assert d.probs.tolist() == [0.25, 0.75] and d.log_prob(ag.tensor(1)).item() == pytest.approx(np.log(0.75))
    e = D.Categorical(logits=ag.tensor([0.0, np.log(3.0)]))
    assert e.logits.exp().tolist() == pytest.approx([0.25, 0.75])
    assert d.log_prob(ag.tensor([[0], [1]])).shape == (2, 1)
    never = D.Categorical(logits=ag.tensor([0.0, -float("inf")]))
    assert never.entropy().item() == 0 and never.sample((100,)).sum().item() == 0


def test_supports_along_a_first_dimension() -> None:
    coins = D.Bernoulli(ag.full((3, 2), 0.5))
    assert coins.enumerate_support().shape == (2, 3, 2) and coins.enumerate_support(False).shape == (2, 1, 1)
    dice = D.Categorical(ag.ones(2, 6))
    assert dice.enumerate_support().tolist() == [[i, i] for i in range(6)]
    assert dice.enumerate_support(expand=False).tolist() == [[i] for i in range(6)]
    hot = D.OneHotCategorical(ag.ones(2, 3))
    assert hot.enumerate_support().shape == (3, 2, 3) and hot.enumerate_support(False).shape == (3, 1, 3)
    counts = D.Binomial(3, ag.tensor([0.5]))
    assert counts.enumerate_support().tolist() == [[0], [1], [2], [3]]
    assert counts.log_prob(counts.enumerate_support()).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_three_ways_to_say_a_covariance() -> None:
    loc, cov = ag.zeros(2, dtype=ag.float64), ag.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=ag.float64)
    given = [D.MultivariateNormal(loc, cov), D.MultivariateNormal(loc, precision_matrix=cov.inverse()),
             D.MultivariateNormal(loc, scale_tril=ag.linalg.cholesky(cov))]  # fmt: skip
    for d in given:
        assert ag.allclose(d.covariance_matrix, cov) and ag.allclose(d.precision_matrix, cov.inverse())
        assert ag.allclose(d.scale_tril @ d.scale_tril.mT, cov)
        assert ag.allclose(d.expand((3,)).covariance_matrix[2], cov)


def test_a_distribution_of_ones_own_in_pytorchs_way() -> None:
    class Triangle(D.Distribution):
        arg_constraints = {"width": constraints.positive}  # noqa: RUF012
        has_rsample = True

        def __init__(self, width: Any, validate_args: Any = None) -> None:
            self.width = width
            super().__init__(width.shape, validate_args=validate_args)

        @constraints.dependent_property(is_discrete=False, event_dim=0)
        def support(self) -> Any:
            return constraints.interval(0, self.width)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Triangle, _instance)
            new.width = self.width.expand(batch_shape)
            super(Triangle, new).__init__(batch_shape, validate_args=False)
            new._validate_args = self._validate_args
            return new

        def rsample(self, sample_shape: Any = ()) -> Any:
            return self.width * ag.rand(self._extended_shape(sample_shape)).sqrt()

        def log_prob(self, value: Any) -> Any:
            if self._validate_args:
                self._validate_sample(value)
            return (2 * value / self.width**2).log()

    d = Triangle(ag.tensor([1.0, 2.0]))
    assert d.expand((3, 2)).sample((4,)).shape == (4, 3, 2) and d.log_prob(ag.tensor(0.5)).shape == (2,)
    with pytest.raises(ValueError, match="to be within the support"):
        d.log_prob(ag.tensor(1.5))

    class Narrow(Triangle):
        def __init__(self) -> None:
            super().__init__(ag.tensor([0.1]))

    with pytest.raises(NotImplementedError, match=r"Subclass Narrow of Triangle that defines a custom __init__"):
        Narrow().expand((2,))


def test_copies_by_pickle() -> None:
    joined = D.Independent(D.Beta(ag.ones(2), 1), 1)
    for d in (D.Normal(0.0, 1.0), D.LogNormal(0.0, 1.0), D.Categorical(ag.ones(3)), joined):
        copied = pickle.loads(pickle.dumps(d))
        ag.manual_seed(0)
        first = d.sample().tolist()
        ag.manual_seed(0)
        assert copied.sample().tolist() == first
