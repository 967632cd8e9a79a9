"""Random draws inside transforms: none, the same for all examples, or one for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import distributions as D
from autograd_core import func
from autograd_core.errors import GraphError

F = nn.functional
DRAWS = {
    "rand": lambda x: ag.rand(4),
    "randn": lambda x: ag.randn(4),
    "randint": lambda x: ag.randint(0, 99, (4,)),
    "rand_like": lambda x: ag.rand_like(x),
    "randperm": lambda x: ag.randperm(20),
    "normal": lambda x: ag.normal(x, 1.0),
    "normal of numbers": lambda x: ag.normal(0.0, 1.0, (4,)),
    "bernoulli": lambda x: ag.bernoulli(x * 0 + 0.5),
    "bernoulli of a number": lambda x: ag.bernoulli(x, 0.5),
    "dropout": lambda x: F.dropout(x + 1),
    "dropout1d": lambda x: F.dropout1d((x + 1).reshape(1, 20, 1)),
    "alpha_dropout": lambda x: F.alpha_dropout(x + 1, 0.5, True),
    "rrelu": lambda x: F.rrelu(x - 9, training=True),
    "gumbel_softmax": lambda x: F.gumbel_softmax(x),
    "Normal": lambda x: D.Normal(x, 1.0).rsample(),
    "Exponential": lambda x: D.Exponential(x.exp()).rsample(),
}
BY_PARAMETERS = {
    "poisson": lambda x: ag.poisson(x + 9),
    "binomial": lambda x: ag.binomial(x * 0 + 20, ag.tensor(0.5)),
    "multinomial": lambda x: ag.multinomial(x.exp(), 10),
    "multinomial of rows": lambda x: ag.multinomial(x.exp().reshape(2, 10), 5),
    "Gamma": lambda x: D.Gamma(x.exp(), ag.tensor(1.0)).rsample(),
    "Dirichlet": lambda x: D.Dirichlet(x.exp()).rsample(),
    "Categorical": lambda x: D.Categorical(logits=x.reshape(2, 10)).sample((8,)),
}
EXAMPLES = ag.zeros(3, 20)


def rows(draw: Any, randomness: str) -> Any:
    return func.vmap(draw, randomness=randomness)(EXAMPLES).numpy()


@pytest.mark.parametrize("name", DRAWS | BY_PARAMETERS)
def test_different_draws(name: str) -> None:
    found = rows((DRAWS | BY_PARAMETERS)[name], "different")
    assert not np.array_equal(found[0], found[1]) and not np.array_equal(found[1], found[2])


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_draws(name: str) -> None:
    found = rows(DRAWS[name], "same")
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[1], found[2])


@pytest.mark.parametrize("name", BY_PARAMETERS)
def test_the_same_draws_of_different_parameters_are_refused(name: str) -> None:
    with pytest.raises(GraphError, match="randomness='same' for a draw whose parameters differ"):
        rows(BY_PARAMETERS[name], "same")


@pytest.mark.parametrize("name", DRAWS | BY_PARAMETERS)
def test_by_default_draws_are_refused(name: str) -> None:
    with pytest.raises(GraphError, match="vmap: called random operation while in randomness error mode"):
        rows((DRAWS | BY_PARAMETERS)[name], "error")


def test_parameters_that_are_the_same_for_all() -> None:
    rates = ag.full((20,), 9.0)
    same, own = (rows(lambda x: ag.poisson(rates), mode) for mode in ("same", "different"))
    assert np.array_equal(same[0], same[1]) and not np.array_equal(own[0], own[1])
    wide = rows(lambda x: ag.binomial(rates.reshape(20, 1), ag.tensor([0.1, 0.9])) + 0 * x[:2], "different")
    assert wide.shape == (3, 20, 2)


def test_draws_of_examples_have_the_distribution_of_their_parameters() -> None:
    means = ag.tensor([1.0, 10.0, 100.0])
    found = func.vmap(lambda m: ag.poisson(m.expand(4000)), randomness="different")(means)
    assert np.allclose(found.mean(1).numpy(), means.numpy(), rtol=0.1)
    found = func.vmap(lambda m: ag.normal(m.expand(4000), m), randomness="different")(means)
    assert np.allclose(found.std(1).numpy(), means.numpy(), rtol=0.1)


def test_permutations_are_permutations() -> None:
    found = rows(lambda x: ag.randperm(20), "different")
    assert np.array_equal(np.sort(found), np.tile(np.arange(20), (3, 1)))


def test_writes_cannot_differ() -> None:
    with pytest.raises(GraphError, match="Cannot ask for different inplace randomness on an unbatched tensor"):
        rows(lambda x: ag.empty(4).uniform_() + x[:4], "different")
    found = rows(lambda x: ag.empty(4).uniform_() + x[:4], "same")
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize(("outer", "inner"), [("same", "different"), ("different", "same"), ("different", "different")])
def test_each_of_nested_transforms_is_asked(outer: str, inner: str) -> None:
    nested = func.vmap(func.vmap(lambda x: x + ag.rand(()), randomness=inner), randomness=outer)
    found = nested(ag.zeros(2, 3)).numpy()
    assert np.array_equal(found[0], found[1]) == (outer == "same")
    assert np.array_equal(found[:, 0], found[:, 1]) == (inner == "same")


def test_the_stream_is_that_of_a_plain_draw() -> None:
    ag.manual_seed(5)
    plain = ag.rand(3, 4)
    ag.manual_seed(5)
    assert np.array_equal(func.vmap(lambda x: ag.rand(4), randomness="different")(EXAMPLES).numpy(), plain.numpy())
    ag.manual_seed(5)
    assert np.array_equal(func.jvp(lambda x: x + ag.rand(3, 4), (ag.zeros(3, 4),), (plain,))[0].numpy(), plain.numpy())


def test_dropout_is_differentiated_with_its_own_mask() -> None:
    x = ag.ones(3, 50)
    value, push = func.jvp(lambda x: func.vmap(F.dropout, randomness="different")(x), (x,), (x,))
    assert np.array_equal(value.numpy(), push.numpy())
    slopes = func.vmap(func.grad(lambda x: F.dropout(x).sum()), randomness="different")(x).numpy()
    assert set(slopes.ravel()) == {0.0, 2.0} and not np.array_equal(slopes[0], slopes[1])
    assert func.jacfwd(lambda x: F.dropout(x), randomness="same")(x[0]).diagonal().sum() > 0


def test_draws_that_move_with_their_parameters_do_so_inside() -> None:
    x = ag.full((3, 5), 2.0)
    draw = lambda x: D.Gamma(x, ag.tensor(1.0)).rsample().sum()  # noqa: E731
    ag.manual_seed(2)
    inside = func.vmap(func.grad(draw), randomness="different")(x)
    ag.manual_seed(2)
    assert np.allclose(inside.numpy(), func.grad(draw)(x).numpy(), rtol=1e-5)


def test_per_sample_gradients_draw_a_mask_for_each() -> None:
    layer = nn.Sequential(nn.Dropout(0.5), nn.Linear(20, 1, bias=False))
    found = func.per_sample_grad(F.mse_loss, layer)(ag.ones(3, 20), ag.zeros(3, 1))["1.weight"].numpy()
    assert not np.array_equal(found[0] == 0, found[1] == 0)
