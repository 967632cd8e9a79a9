"""Initial values: their distributions, PyTorch's bounds and gains, seeds, and the defaults of layers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import init
from tests.nn.twin import array

SHAPE = (40, 30, 5)  # fan_in 150, fan_out 200

# What the values of a (40, 30, 5) weight are drawn from: ("uniform", bound) or ("normal", std).
DISTRIBUTIONS = {
    "uniform_": (lambda t: init.uniform_(t, -3.0, 3.0), "uniform", 3.0),
    "normal_": (lambda t: init.normal_(t, 0.0, 2.5), "normal", 2.5),
    "xavier_uniform_": (lambda t: init.xavier_uniform_(t, gain=2.0), "uniform", 2 * math.sqrt(6 / 350)),
    "xavier_normal_": (lambda t: init.xavier_normal_(t), "normal", math.sqrt(2 / 350)),
    "kaiming_uniform_": (lambda t: init.kaiming_uniform_(t, nonlinearity="relu"), "uniform", math.sqrt(6 / 150)),
    "kaiming_uniform_-out": (lambda t: init.kaiming_uniform_(t, a=1, mode="fan_out"), "uniform", math.sqrt(3 / 200)),
    "kaiming_normal_": (lambda t: init.kaiming_normal_(t), "normal", math.sqrt(2 / 1.0001 / 150)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_values_follow_their_distribution(name):
    fill, kind, scale = DISTRIBUTIONS[name]
    tensor = ag.empty(SHAPE, requires_grad=True)
    assert fill(tensor) is tensor
    assert tensor.requires_grad
    assert tensor.is_leaf
    values = np.sort(array(tensor).ravel() / scale)
    if kind == "uniform":
        expected = (values + 1) / 2
        assert -1 <= values[0] < -0.99
        assert 0.99 < values[-1] <= 1
    else:
        expected = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in values])
    # Kolmogorov-Smirnov at n = 6000: 0.025 is passed with probability 0.999.
    assert abs(expected - np.arange(values.size) / values.size).max() < 0.025


@pytest.mark.parametrize("name", [*DISTRIBUTIONS, "trunc_normal_", "orthogonal_"])
def test_a_generator_makes_values_repeatable(name):
    draws = []
    for seed in (1, 1, 2):
        generator = ag.Generator()
        generator.manual_seed(seed)
        draws.append(array(getattr(init, name.split("-")[0])(ag.empty(4, 5), generator=generator)))
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_constants():
    assert (array(init.constant_(ag.empty(2, 3), 1.5)) == 1.5).all()
    assert (array(init.ones_(ag.empty(2))) == 1).all()
    assert (array(init.zeros_(ag.empty(2))) == 0).all()
    assert np.array_equal(array(init.eye_(ag.empty(2, 3))), np.eye(2, 3))


def test_truncated_normals_stay_inside():
    values = array(init.trunc_normal_(ag.empty(6000), mean=1.0, std=2.0, a=0.0, b=3.0))
    assert 0 <= values.min() < 0.01
    assert 2.99 < values.max() <= 3
    # Of N(1, 2) cut at -0.5 and 1 standard deviations.
    pdf = [math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in (-0.5, 1.0)]
    mass = 0.5 * (math.erf(1.0 / math.sqrt(2)) - math.erf(-0.5 / math.sqrt(2)))
    assert abs(values.mean() - (1 + 2 * (pdf[0] - pdf[1]) / mass)) < 0.05
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        init.trunc_normal_(ag.empty(5), mean=0.0, std=1.0, a=2.2, b=5.0)
    with pytest.raises(ValueError, match=r"trunc_normal_: \[5.0, 6.0\] holds 2.9e-07 of N\(0.0, 1.0\*\*2\)"):
        init.trunc_normal_(ag.empty(5), a=5.0, b=6.0)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (0, 3)])
def test_orthogonal_rows_or_columns(shape):
    tensor = init.orthogonal_(ag.empty(shape, dtype=ag.float64), gain=2.0)
    w = array(tensor).reshape(shape[0], math.prod(shape[1:]))
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_direction():
    # The Q of a QR has a biased diagonal unless R's is made positive: E[q00] is 0 for the Haar measure.
    diagonal = [array(init.orthogonal_(ag.empty(3, 3)))[0, 0] for _ in range(400)]
    assert abs(np.mean(diagonal)) < 0.12


def test_gains_are_pytorchs(torch):
    for name in ("linear", "conv2d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize(
    ("make", "bound"),
    [
        (lambda: nn.Linear(16, 500), 1 / 4),
        (lambda: nn.Conv2d(4, 500, (2, 3)), 1 / math.sqrt(24)),
        (lambda: nn.Conv2d(8, 500, 3, groups=4), 1 / math.sqrt(18)),
        (lambda: nn.Conv1d(4, 500, 4), 1 / 4),
    ],
)
def test_layers_start_as_pytorchs(make, bound):
    layer = make()
    for values in (array(layer.weight), array(layer.bias)):
        assert 0.97 * bound < abs(values).max() <= bound
        assert abs(values.std() - bound / math.sqrt(3)) < 0.05 * bound


def test_normalisation_layers_start_plain():
    for layer in (nn.BatchNorm1d(4), nn.LayerNorm(4)):
        assert (array(layer.weight) == 1).all()
        assert (array(layer.bias) == 0).all()


def test_seeds_make_layers_repeatable():
    ag.manual_seed(3)
    first = nn.Linear(4, 5)
    ag.manual_seed(3)
    assert np.array_equal(array(first.weight), array(nn.Linear(4, 5).weight))


def test_init_refuses_what_does_not_fit():
    cases = [
        (lambda: init.xavier_uniform_(ag.empty(3)), "fewer than 2 dimensions; got shape (3,)"),
        (lambda: init.kaiming_normal_(ag.empty(3, 3), mode="fan"), "Mode fan not supported"),
        (lambda: init.kaiming_normal_(ag.empty(3, 3), nonlinearity="maxout"), "Unsupported nonlinearity maxout"),
        (lambda: init.calculate_gain("leaky_relu", True), "negative_slope True not a valid number"),
        (lambda: init.eye_(ag.empty(3)), "eye_: only tensors with 2 dimensions are supported; got shape (3,)"),
        (lambda: init.orthogonal_(ag.empty(3)), "orthogonal_: only tensors with 2 or more dimensions"),
    ]  # fmt: skip
    for call, message in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert message in str(caught.value)
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        init.kaiming_uniform_(ag.empty(0, 3))
