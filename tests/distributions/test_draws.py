"""Draws follow the distribution that they claim, and SciPy has the same densities and moments."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from scipy import stats

import autograd_core as ag
from autograd_core import distributions as D
from tests.distributions.cases import CASES, Case

N = 20_000
KNOWN = [case for case in CASES if case.scipy is not None and not case.cls.startswith("Multi")]
KOLMOGOROV = stats.kstwo(N).isf(1e-6)  # what a sample of N from the very distribution exceeds once in a million


@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_scipy_has_the_same_numbers(case: Case) -> None:
    ours, theirs = case.make(ag)[0], case.scipy()
    value = ag.tensor(np.asarray(case.values).tolist(), dtype=ag.float64)
    with ag.no_grad():
        density = theirs.logpmf if hasattr(theirs.dist, "pmf") else theirs.logpdf
        close(ours.log_prob(value), density(case.values))
        mean, variance = theirs.stats("mv")
        if case.cls not in ("Cauchy", "HalfCauchy", "StudentT"):
            close(ours.mean, mean)
            close(ours.variance, variance)
        third = ag.tensor(0.3, dtype=ag.float64)
        for mine, its in (
            (ours.entropy, theirs.entropy),
            (lambda: ours.cdf(value), lambda: theirs.cdf(case.values)),
            (lambda: ours.icdf(third), lambda: theirs.ppf(0.3)),
        ):
            with contextlib.suppress(NotImplementedError):
                close(mine(), its())


def close(ours: Any, theirs: Any) -> None:
    found = ours.detach().numpy()
    np.testing.assert_allclose(found, np.broadcast_to(theirs, found.shape), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_draws_follow_the_distribution_function(case: Case, dtype: str) -> None:
    d = case.make(ag, dtype)[0]
    draws = d.sample((N,)).numpy().reshape(N, -1).astype("float64")
    below = case.scipy()
    for column, sample in enumerate(draws.T):
        points, counts = np.unique(sample, return_counts=True)
        share = np.cumsum(counts) / N
        exact = below.cdf(points.reshape(-1, *(1 for _ in d.batch_shape)))
        exact = np.broadcast_to(exact, (len(points), *d.batch_shape)).reshape(len(points), -1)[:, column]
        assert np.abs(share - exact).max() < KOLMOGOROV


@pytest.mark.parametrize("case", [c for c in CASES if c not in KNOWN], ids=str)
def test_draws_have_the_mean_and_variance(case: Case) -> None:
    d = case.make(ag)[0]
    draws = d.sample((N,)).numpy().astype("float64")
    if case.cls == "Categorical":
        shares = np.stack([(draws == i).mean(0) for i in range(3)], -1)
        assert np.abs(shares - d.probs.detach().numpy()).max() < 5 * 0.5 / N**0.5
        return
    if case.cls.startswith("Relaxed"):  # the mean is not known; the largest element is the choice
        chosen = draws > 0.5 if case.cls == "RelaxedBernoulli" else draws == draws.max(-1, keepdims=True)
        assert np.abs(chosen.mean(0) - d.probs.detach().numpy()).max() < 5 * 0.5 / N**0.5
        assert ((draws >= 0) & (draws <= 1)).all()
        return
    mean, variance = d.mean.detach().numpy(), d.variance.detach().numpy()
    squares = (draws - mean) ** 2
    assert (np.abs(draws.mean(0) - mean) <= 5 * (variance / N) ** 0.5).all()
    assert (np.abs(squares.mean(0) - variance) <= 5 * squares.std(0) / N**0.5 + 1e-12).all()


def test_covariances() -> None:
    case = next(c for c in CASES if c.cls == "MultivariateNormal")
    draws = case.make(ag)[0].sample((N,)).numpy()
    np.testing.assert_allclose(np.cov(draws.T), case.parameters["covariance_matrix"], atol=0.1)
    dirichlet = D.Dirichlet(ag.tensor([0.5, 1.5, 3.0]))
    draws = dirichlet.sample((N,))
    assert (draws > 0).all() and ag.allclose(draws.sum(-1), ag.ones(N))


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_small_concentrations_neither_vanish_nor_meet_in_the_middle(dtype: Any) -> None:
    """At 0.001 a gamma draw is 10**-1000: only their proportions can be held, and they lie in the corners."""
    draws = D.Dirichlet(ag.full((1000, 3), 1e-3, dtype=dtype)).sample()
    assert ag.isfinite(draws).all() and (draws.amax(-1) > 0.99).float().mean() > 0.98
    assert (draws.argmax(-1).bincount(minlength=3) > 250).all()
    alone = D.Gamma(ag.full((1000,), 1e-3, dtype=dtype), 1.0).sample()
    assert (alone > 0).all() and ag.isfinite(D.Gamma(1e-3, 1.0).log_prob(alone)).all()


def test_a_seed_gives_the_same_draws() -> None:
    for case in CASES:
        d = case.make(ag)[0]
        ag.manual_seed(3)
        first = d.sample((5,)).tolist()
        second = d.sample((5,)).tolist()
        ag.manual_seed(3)
        assert d.sample((5,)).tolist() == first != second, case


def test_the_device_gets_the_hosts_draws(cuda: Any) -> None:
    for cls, parameters in (("Gamma", (2.0, 3.0)), ("Beta", (2.0, 3.0)), ("Poisson", (2.0,)), ("Normal", (0.0, 1.0)),
                            ("StudentT", (3.0,)), ("Geometric", (0.4,)), ("Laplace", (0.0, 1.0))):  # fmt: skip
        drawn = []
        for device in ("cpu", "cuda"):
            ag.manual_seed(1)
            given = [ag.tensor([p, p + 0.1 * (p < 0.5)], device=device) for p in parameters]
            drawn.append(getattr(D, cls)(*given).sample((3,)))
        assert drawn[1].device.type == "cuda"
        np.testing.assert_allclose(drawn[0].numpy(), drawn[1].cpu().numpy(), rtol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_device_gives_the_hosts_numbers(cuda: Any, case: Case) -> None:
    here, _ = case.make(ag)
    found = []
    for device in ("cpu", "cuda"):
        with ag.device(device):
            d, leaves = case.make(ag)
            value = ag.tensor(np.asarray(case.values).tolist())
            value = value.double() if value.is_floating_point() else value
            score = d.log_prob(value)
            assert score.device.type == d.sample((2,)).device.type == device
            assert d.sample((2,)).shape == (2, *here.batch_shape, *here.event_shape)
            grads = ag.autograd.grad(score.sum(), leaves) if leaves else []
            found.append([t.detach().cpu().numpy() for t in (score, *grads)])
    for mine, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-12)
