"""Every pair with a closed form: PyTorch's number and gradients where it is installed, and always the mean of draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import distributions as D
from autograd_core.distributions.divergence import RULES
from tests.distributions.cases import COV, LOC, LOGITS, PROBS, SCALE, SIMPLEX, A, B, Case

# two distributions of each family
FAMILIES = {
    "Normal": ({"loc": LOC, "scale": SCALE}, {"loc": LOC[::-1] + 0.3, "scale": B}),
    "Laplace": ({"loc": LOC, "scale": SCALE}, {"loc": LOC[::-1] + 0.3, "scale": B}),
    "Gumbel": ({"loc": LOC, "scale": SCALE}, {"loc": LOC[::-1] + 0.3, "scale": 2 * SCALE + 1}),
    "Cauchy": ({"loc": LOC, "scale": SCALE}, {"loc": LOC[::-1] + 0.3, "scale": B}),
    "HalfNormal": ({"scale": SCALE}, {"scale": B}),
    "Exponential": ({"rate": SCALE}, {"rate": B}),
    "Gamma": ({"concentration": A + 0.5, "rate": B}, {"concentration": B, "rate": SCALE}),
    "Beta": ({"concentration1": A + 0.5, "concentration0": B}, {"concentration1": B, "concentration0": SCALE}),
    "Uniform": ({"low": np.array([0.1, 0.0, -1.0]), "high": np.array([0.9, 0.4, 0.5])},
                {"low": np.array([0.0, 0.2, -3.0]), "high": np.array([1.0, 5.0, 2.0])}),
    "Dirichlet": ({"concentration": np.array([0.5, 1.5, 3.0])}, {"concentration": np.array([2.0, 2.0, 0.9])}),
    "MultivariateNormal": ({"loc": LOC, "covariance_matrix": COV}, {"loc": SCALE, "covariance_matrix": 2 * COV}),
    "Bernoulli": ({"probs": PROBS}, {"logits": LOGITS}),
    "Geometric": ({"probs": PROBS}, {"logits": LOGITS}),
    "Binomial": ({"total_count": 5, "probs": PROBS}, {"total_count": 5, "logits": LOGITS}),
    "Categorical": ({"probs": SIMPLEX}, {"logits": SIMPLEX[::-1]}),
    "OneHotCategorical": ({"probs": SIMPLEX}, {"logits": SIMPLEX[::-1]}),
    "Poisson": ({"rate": SCALE}, {"rate": B}),
    "LogNormal": ({"loc": LOC, "scale": SCALE}, {"loc": LOC[::-1] + 0.3, "scale": B}),
}  # fmt: skip
PAIRS = sorted(
    {(p.__name__, q.__name__) for p, q in RULES if p.__name__ in FAMILIES and q.__name__ in FAMILIES}
    | {("LogNormal", "LogNormal"), ("Gamma", "Exponential")}
)
each_pair = pytest.mark.parametrize(("p", "q"), PAIRS, ids=[f"{p}-{q}" for p, q in PAIRS])


def made(lib: Any, p: str, q: str) -> tuple[Any, Any, list[Any]]:
    first, leaves = Case(p, FAMILIES[p][0], None).make(lib)
    second, more = Case(q, FAMILIES[q][1], None).make(lib)
    return first, second, leaves + more


@each_pair
def test_it_agrees_with_pytorch(torch: Any, p: str, q: str) -> None:
    found = []
    for lib in (ag, torch):
        first, second, leaves = made(lib, p, q)
        divergence = lib.distributions.kl_divergence(first, second)
        grads = [None] * len(leaves)
        if divergence.requires_grad:
            finite = lib.where(lib.isfinite(divergence), divergence, 0.0)
            grads = lib.autograd.grad(finite.sum(), leaves, allow_unused=True)
        zeros = [np.zeros(tuple(x.shape)) if g is None else g.numpy() for g, x in zip(grads, leaves, strict=True)]
        found.append([divergence.detach().numpy(), *zeros])
    for mine, wanted in zip(*found, strict=True):
        assert mine.shape == wanted.shape and mine.dtype == wanted.dtype
        np.testing.assert_allclose(mine, wanted, rtol=1e-7, atol=1e-10)


@each_pair
def test_it_is_the_mean_of_the_difference_of_log_densities(p: str, q: str) -> None:
    first, second, _ = made(ag, p, q)
    found = D.kl_divergence(first, second).detach().numpy()
    second._validate_args = False  # draws may lie outside
    draws = first.sample((40_000,))
    with ag.no_grad(), np.errstate(invalid="ignore"):
        inside = second.support.check(draws)
        difference = (first.log_prob(draws) - second.log_prob(draws)).numpy()
    everywhere = np.asarray(inside.numpy().all(0)) & np.isfinite(difference).all(0)
    assert (np.isinf(found) == ~everywhere).all()
    difference = np.where(everywhere, difference, 0.0)
    near = np.abs(found - difference.mean(0)) < 6 * difference.std(0) / 200 + 1e-9
    assert near[everywhere].all()


def test_uncommon_shapes_and_certainties() -> None:
    same = D.kl_divergence(D.Normal(0.0, 1.0), D.Normal(ag.zeros(2, 3), 1.0))
    assert same.shape == (2, 3) and same.tolist() == [[0] * 3] * 2
    coins, others = D.Bernoulli(ag.tensor([0.0, 1.0, 0.5, 0.5])), D.Bernoulli(ag.tensor([0.0, 1.0, 0.0, 1.0]))
    assert D.kl_divergence(coins, others).tolist() == [0, 0, np.inf, np.inf]
    one, two = D.Categorical(ag.tensor([0.0, 1.0])), D.Categorical(ag.tensor([1.0, 0.0]))
    assert D.kl_divergence(one, two).item() == np.inf and D.kl_divergence(one, one).item() == 0
    wide, narrow = D.Normal(ag.zeros(3), ag.ones(3)), D.Normal(ag.ones(3), ag.ones(3))
    joined = D.kl_divergence(D.Independent(wide, 1), D.Independent(narrow, 1))
    assert joined.item() == pytest.approx(1.5)


def test_what_has_no_rule() -> None:
    message = "No KL(p || q) is implemented for p type Poisson and q type Normal"
    with pytest.raises(NotImplementedError) as raised:
        D.kl_divergence(D.Poisson(1.0), D.Normal(0.0, 1.0))
    assert str(raised.value) == message
    with pytest.raises(NotImplementedError, match="total_count"):
        D.kl_divergence(D.Binomial(2, ag.tensor(0.5)), D.Binomial(3, ag.tensor(0.5)))
    with pytest.raises(NotImplementedError, match="differently transformed"):
        D.kl_divergence(
            D.LogNormal(0.0, 1.0), D.TransformedDistribution(D.Normal(0.0, 1.0), D.transforms.SigmoidTransform())
        )
    with pytest.raises(TypeError, match="Expected type_q to be a Distribution subclass but got <class 'int'>"):
        D.register_kl(D.Normal, int)


def test_rules_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(D.divergence, "RULES", dict(RULES))

    class Mine(D.Normal):
        pass

    class Yours(D.Normal):
        pass

    assert D.kl_divergence(Mine(0.0, 1.0), Yours(0.0, 1.0)).item() == 0  # that of the class they come from
    D.register_kl(Mine, D.Normal)(lambda p, q: ag.tensor(1.0))
    assert D.kl_divergence(Mine(0.0, 1.0), Yours(0.0, 1.0)).item() == 1
    D.register_kl(D.Normal, Yours)(lambda p, q: ag.tensor(2.0))
    message = r"Ambiguous kl_divergence\(Mine, Yours\). Please register_kl\(Mine, Yours\)"
    with pytest.warns(RuntimeWarning, match=message):
        D.kl_divergence(Mine(0.0, 1.0), Yours(0.0, 1.0))
    D.register_kl(Mine, Yours)(lambda p, q: ag.tensor(3.0))
    assert D.kl_divergence(Mine(0.0, 1.0), Yours(0.0, 1.0)).item() == 3
