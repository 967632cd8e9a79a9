"""Distributions made of others: joined, transformed and mixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import autograd_core as ag
from autograd_core import distributions as D

X = np.array([[0.3, 1.1, 0.8], [2.0, 0.1, 0.4]])


def normal(lib: Any) -> Any:
    return lib.distributions.Normal(lib.zeros(2, 3, dtype=lib.float64), lib.tensor([1.0, 2.0, 0.5], dtype=lib.float64))


def mixture(lib: Any, joined: bool) -> Any:
    D, t = lib.distributions, lambda v: lib.tensor(v, dtype=lib.float64)
    components = D.Normal(t([[0.0, 1.0, -2.0], [0.5, 2.0, 1.0]]), t([1.0, 0.5, 2.0]))
    if joined:
        return D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Independent(components, 1))
    return D.MixtureSameFamily(D.Categorical(logits=t([[0.1, 0.5, 0.4], [1.0, 0.0, -1.0]])), components)


MAKERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "independent": (lambda lib: lib.distributions.Independent(normal(lib), 1), X),
    "independent of all": (lambda lib: lib.distributions.Independent(normal(lib), 2), X),
    "independent of none": (lambda lib: lib.distributions.Independent(normal(lib), 0), X),
    "independent coins": (lambda lib: lib.distributions.Independent(
        lib.distributions.Bernoulli(lib.tensor([0.3, 0.6, 0.9], dtype=lib.float64)), 1), np.array([[0.0, 1.0, 1.0]])),
    "logistic": (lambda lib: lib.distributions.TransformedDistribution(
        lib.distributions.Uniform(lib.zeros(3, dtype=lib.float64), 1.0),
        [lib.distributions.SigmoidTransform().inv, lib.distributions.AffineTransform(0.5, -2.0)]), X),
    "transformed vectors": (lambda lib: lib.distributions.TransformedDistribution(
        normal(lib), [lib.distributions.AffineTransform(1.0, 2.0, event_dim=1)]), X),
    "not transformed": (lambda lib: lib.distributions.TransformedDistribution(normal(lib), []), X),
    "broken sticks": (lambda lib: lib.distributions.TransformedDistribution(
        normal(lib), lib.distributions.StickBreakingTransform()), np.array([[0.25, 0.25, 0.25, 0.25]])),
    "broadened": (lambda lib: lib.distributions.TransformedDistribution(
        lib.distributions.Normal(lib.tensor(0.0, dtype=lib.float64), 1.0),
        lib.distributions.AffineTransform(lib.zeros(2, 3, dtype=lib.float64), 2.0)), X),
    "mixture of numbers": (lambda lib: mixture(lib, False), X[:, :1].repeat(2, 1)),
    "mixture of vectors": (lambda lib: mixture(lib, True), X),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_pytorch_has_the_same(torch: Any, name: str) -> None:
    make, values = MAKERS[name]
    found = []
    for lib in (ag, torch):
        d, value = make(lib), lib.tensor(values.tolist(), dtype=lib.float64)
        numbers = {}
        for what in ("mean", "variance", "mode"):
            numbers[what] = missing_or(lambda d=d, what=what: getattr(d, what))
        for what, arguments in (("log_prob", (value,)), ("cdf", (value,)), ("entropy", ()),
                                ("icdf", (lib.full_like(value, 0.3),))):  # fmt: skip
            numbers[what] = missing_or(lambda d=d, what=what, arguments=arguments: getattr(d, what)(*arguments))
        wide = d.expand((5, *d.batch_shape))
        facts = [tuple(s) for s in (d.batch_shape, d.event_shape, wide.batch_shape, wide.event_shape)]
        facts += [tuple(v.sample((7,)).shape) for v in (d, wide)]
        facts += [d.has_rsample, d.has_enumerate_support, d.support.event_dim, bool(d.support.check(d.sample()).all())]
        numbers["wide"] = wide.log_prob(lib.tensor(np.resize(values, wide.batch_shape + d.event_shape))).numpy()
        found.append((numbers, facts))
    (ours, facts), (theirs, wanted) = found
    assert facts == wanted
    for what, mine in ours.items():
        if theirs[what] is not None:
            assert mine is not None, what
            np.testing.assert_allclose(mine, theirs[what], rtol=1e-6, err_msg=what)


def missing_or(call: Callable[[], Any]) -> Any:
    try:
        return call().numpy()
    except NotImplementedError:
        return None


def test_joined_dimensions_are_summed() -> None:
    base = normal(ag)
    d, value = D.Independent(base, 1), ag.tensor(X)
    assert d.batch_shape == (2,) and d.event_shape == (3,)
    assert ag.allclose(d.log_prob(value), base.log_prob(value).sum(-1))
    assert ag.allclose(d.entropy(), base.entropy().sum(-1))
    assert repr(d) == "Independent(Normal(loc: ag.Size([2, 3]), scale: ag.Size([2, 3])), 1)"
    assert d.rsample((4,)).shape == (4, 2, 3)
    coins = D.Independent(D.Bernoulli(ag.tensor([0.3])), 0)
    assert coins.enumerate_support().tolist() == [[0], [1]]
    with pytest.raises(NotImplementedError, match="Enumeration over cartesian product"):
        D.Independent(D.Bernoulli(ag.tensor([0.3])), 1).enumerate_support()


def test_a_logistic_distribution_as_scipys() -> None:
    transforms = [D.SigmoidTransform().inv, D.AffineTransform(0.5, 2.0)]
    d = D.TransformedDistribution(D.Uniform(ag.tensor(0.0, dtype=ag.float64), 1.0), transforms)
    exact, value = stats.logistic(0.5, 2.0), ag.tensor(X)
    np.testing.assert_allclose(d.log_prob(value).numpy(), exact.logpdf(X), rtol=1e-9)
    np.testing.assert_allclose(d.cdf(value).numpy(), exact.cdf(X), rtol=1e-9)
    assert stats.kstest(d.sample((5000,)).numpy(), exact.cdf).pvalue > 1e-6


def test_a_transformed_distribution_of_ones_own_expands_in_pytorchs_way() -> None:
    class Doubled(D.TransformedDistribution):
        def __init__(self, scale: Any) -> None:
            self.scale = scale
            super().__init__(D.Normal(ag.zeros_like(scale), 1.0), D.AffineTransform(0.0, 2.0))

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Doubled, _instance)
            new.scale = self.scale.expand(batch_shape)
            return super().expand(batch_shape, _instance=new)

    wide = Doubled(ag.ones(2)).expand((3, 2))
    assert wide.sample((4,)).shape == (4, 3, 2) and wide.scale.shape == (3, 2) and len(wide.transforms) == 1
    assert wide.log_prob(ag.zeros(2)).shape == (3, 2)


def test_a_mixture_is_drawn_from_its_components() -> None:
    d = mixture(ag, False)
    draws = d.sample((20_000,)).numpy()
    assert draws.shape == (20_000, 2)
    for column in range(2):
        below = lambda x, c=column: d.cdf(ag.tensor(np.stack([x, x], -1)))[:, c].numpy()  # noqa: E731
        assert stats.kstest(draws[:, column], below).pvalue > 1e-6
    vectors = mixture(ag, True)
    draws = vectors.sample((20_000,))
    assert ag.allclose(draws.mean(0), vectors.mean, atol=0.1) and ag.allclose(draws.var(0), vectors.variance, rtol=0.1)
    assert repr(vectors).startswith("MixtureSameFamily(\n  Categorical(")
    assert isinstance(d.mixture_distribution, D.Categorical) and isinstance(d.component_distribution, D.Normal)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: D.Independent(D.Normal(0.0, 1.0), 1), "Expected reinterpreted_batch_ndims <= .* actual 1 vs 0"),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), ag.exp), "transforms must be a Transform or a list"),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), [ag.exp]), "transforms must be a Transform or a list"),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform()),
         r"base_distribution needs to have shape with size at least 1, but got \(\)"),
        (lambda: D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(ag.zeros(2), 1.0)), "instance of Categorical"),
        (lambda: D.MixtureSameFamily(D.Categorical(ag.ones(2)), ag.zeros(2)), "instance of Distribution"),
        (lambda: D.MixtureSameFamily(D.Categorical(ag.ones(2)), D.Normal(ag.zeros(3), 1.0)),
         r"`mixture_distribution component` \(2\) does not equal"),
        (lambda: D.MixtureSameFamily(D.Categorical(ag.ones(3, 2)), D.Normal(ag.zeros(4, 2), 1.0)), "is not compatible"),
    ],
)  # fmt: skip
def test_refusals(call: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()
