"""Gradients through draws: exactly along the path, and of gammas against integrals and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, special

import autograd_core as ag
from autograd_core import distributions as D
from autograd_core.backend.gammas import log_slopes
from tests.distributions.cases import CASES, SIMPLEX, Case

# those whose draws are quantiles, and whose distribution function can be differentiated
QUANTILES = [c for c in CASES if c.cls in (
    "Normal", "LogNormal", "Laplace", "Cauchy", "Gumbel", "HalfNormal", "HalfCauchy", "Exponential", "Uniform",
)]  # fmt: skip


@pytest.mark.parametrize("case", QUANTILES, ids=str)
def test_a_draw_moves_as_its_quantile_does(case: Case) -> None:
    """With F(x; theta) held, ``dx/dtheta = -(dF/dtheta) / p(x)``."""
    d, leaves = case.make(ag)
    if not leaves:
        assert not d.rsample().requires_grad
        return
    x = d.rsample((6,))
    weights = ag.linspace(0.5, 1.5, x.numel(), dtype=x.dtype).reshape(x.shape)
    found = ag.autograd.grad((x * weights).sum(), leaves)
    value = x.detach()
    held = d.cdf(value) * -(weights / d.log_prob(value).exp()).detach()
    for mine, wanted in zip(found, ag.autograd.grad(held.sum(), leaves), strict=True):
        np.testing.assert_allclose(mine.numpy(), wanted.numpy(), rtol=1e-8)


def test_a_normal_vector_moves_with_its_factor() -> None:
    loc = ag.zeros(3, dtype=ag.float64, requires_grad=True)
    tril = ag.tensor([[1.0, 0, 0], [0.3, 2.0, 0], [-0.5, 0.1, 0.7]], dtype=ag.float64, requires_grad=True)
    x = D.MultivariateNormal(loc, scale_tril=tril).rsample()
    eps = ag.linalg.solve_triangular(tril.detach(), x.detach().unsqueeze(-1), upper=False).squeeze(-1)
    weights = ag.tensor([1.0, -2.0, 0.5], dtype=ag.float64)
    by_loc, by_tril = ag.autograd.grad((x * weights).sum(), [loc, tril])
    np.testing.assert_allclose(by_loc.numpy(), weights.numpy())
    np.testing.assert_allclose(by_tril.numpy(), np.outer(weights.numpy(), eps.numpy()), rtol=1e-9)


CONCENTRATIONS = [1e-3, 0.05, 0.5, 0.999, 1.0, 2.5, 30.0, 1e3, 1e5]


@pytest.mark.parametrize("a", CONCENTRATIONS)
def test_slopes_of_gammas_against_an_integral(a: float) -> None:
    """``dP/da`` is the integral of ``d/da`` of the density, which needs no difference of distribution functions."""
    for u in (0.02, 0.3, 0.9, 0.999):
        z = special.gammaincinv(a, u)
        if z < 1e-250:
            continue

        def integrand(t: float, z: float = z) -> float:
            """With x = z * exp(-t): the density times x, times d(log density)/da."""
            log_x = np.log(z) - t
            x = np.exp(log_x)
            return float(np.exp(a * log_x - x - special.gammaln(a)) * (log_x - special.digamma(a)))

        width = 40 * max(1 / a, a**-0.5)
        change = integrate.quad(integrand, 0, width, limit=500, epsabs=0, epsrel=1e-9,
                                points=[width / 400, width / 40, width / 10])[0]  # fmt: skip
        expected = -change / np.exp(a * np.log(z) - z - special.gammaln(a))
        found = log_slopes(np.array(a), np.array(np.log(z)))
        assert found == pytest.approx(expected, rel=2e-5)


def test_slopes_of_gammas_are_pytorchs(torch: Any) -> None:
    a = np.repeat(CONCENTRATIONS, 50)
    z = np.random.default_rng(0).standard_gamma(a)
    a, z = a[z > 1e-300], z[z > 1e-300]
    theirs = torch._standard_gamma_grad(torch.from_numpy(a), torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(z * log_slopes(a, np.log(z)), theirs, rtol=1e-3)


def moments_and_gradients(d: Any, power: int, leaves: list[Any], draws: int = 40_000) -> tuple[list[Any], list[Any]]:
    """Return, for ``E[x**power]``, the mean gradient over draws, per leaf, with its standard error."""
    batches = 20
    found = [ag.autograd.grad(d.rsample((draws // batches,)).pow(power).mean(0).sum(), leaves, retain_graph=True)
             for _ in range(batches)]
    columns = [np.stack([g[i].numpy() for g in found]) for i in range(len(leaves))]
    return [c.mean(0) for c in columns], [c.std(0, ddof=1) / batches**0.5 for c in columns]


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("cls", ["Gamma", "Chi2", "Beta", "Dirichlet"])
def test_gradients_of_moments(cls: str, power: int) -> None:
    case = next(c for c in CASES if c.cls == cls)
    d, leaves = case.make(ag)
    moment = d.mean if power == 1 else d.variance + d.mean**2
    exact = ag.autograd.grad(moment.sum(), leaves, retain_graph=True)
    for mine, error, wanted in zip(*moments_and_gradients(d, power, leaves), exact, strict=True):
        np.testing.assert_array_less(np.abs(mine - wanted.numpy()), 6 * error + 1e-9)


def test_students_draws_move_with_the_degrees_of_freedom() -> None:
    df = ag.tensor([6.0, 12.0], dtype=ag.float64, requires_grad=True)
    d = D.StudentT(df)
    exact = ag.autograd.grad(d.variance.sum(), [df])[0].numpy()
    (mine,), (error,) = moments_and_gradients(d, 2, [df], 200_000)
    np.testing.assert_array_less(np.abs(mine - exact), 6 * error)


def test_relaxed_draws_move_with_their_logits() -> None:
    """Where noise is held, ``d(logit x)/d(logit p) = 1 / temperature``."""
    logits = ag.tensor([-1.0, 0.5], dtype=ag.float64, requires_grad=True)
    x = D.RelaxedBernoulli(ag.tensor(0.5, dtype=ag.float64), logits=logits).rsample()
    np.testing.assert_allclose(ag.autograd.grad(x.logit().sum(), [logits])[0].numpy(), 2.0, rtol=1e-6)
    probs = ag.tensor(SIMPLEX, requires_grad=True)
    y = D.RelaxedOneHotCategorical(ag.tensor(0.5, dtype=ag.float64), probs=probs).rsample()
    apart = (y[:, 0] / y[:, 1]).log().sum()  # is (log p0 - log p1 + noise) / temperature
    by_probs = ag.autograd.grad(apart, [probs])[0].numpy()
    np.testing.assert_allclose(by_probs, np.stack([2 / SIMPLEX[:, 0], -2 / SIMPLEX[:, 1], 0 * SIMPLEX[:, 2]], -1),
                               rtol=1e-6, atol=1e-9)  # fmt: skip


def test_a_straight_through_draw_has_the_gradient_of_its_probabilities() -> None:
    logits = ag.tensor([0.3, -1.0, 0.9], requires_grad=True)
    d = D.OneHotCategoricalStraightThrough(logits=logits)
    x = d.rsample()
    assert sorted(x.tolist()) == pytest.approx([0, 0, 1])
    weights = ag.tensor([1.0, 2.0, 3.0])
    found = [ag.autograd.grad((v * weights).sum(), [logits], retain_graph=True)[0] for v in (x, logits.softmax(0))]
    mine, wanted = found
    np.testing.assert_allclose(mine.numpy(), wanted.numpy(), rtol=1e-5)
