"""Initial values: their distributions, PyTorch's bounds and gains, seeds, and the defaults of layers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import init
from tests.nn.twin import array, close, draw

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
    "lecun_normal_": (lambda t: init.lecun_normal_(t), "normal", math.sqrt(1 / 150)),
    "lecun_uniform_": (lambda t: init.lecun_uniform_(t), "uniform", math.sqrt(3 / 150)),
    "fan_in_normal_": (lambda t: init.fan_in_normal_(t, gain=math.sqrt(2)), "normal", math.sqrt(2 / 150)),
    "fan_in_uniform_": (lambda t: init.fan_in_uniform_(t), "uniform", math.sqrt(1 / 150)),
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


@pytest.mark.parametrize("name", [*DISTRIBUTIONS, "trunc_normal_", "orthogonal_", "sparse_"])
def test_a_generator_makes_values_repeatable(name):
    draws = []
    for seed in (1, 1, 2):
        generator = ag.Generator()
        generator.manual_seed(seed)
        options = {"sparsity": 0.3} if name == "sparse_" else {}
        ag.manual_seed(seed + 10 * len(draws))  # which is not asked
        draws.append(array(getattr(init, name.split("-")[0])(ag.empty(4, 5), generator=generator, **options)))
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


def test_a_truncated_normal_far_from_its_mean_has_its_density():
    with pytest.warns(UserWarning, match="mean is more than 2 std from") as warned:
        values = array(init.trunc_normal_(ag.empty(6000), mean=0.0, std=1.0, a=3.0, b=4.0))
    assert warned[0].filename == __file__
    tail = [math.erfc(v / math.sqrt(2)) for v in (3.0, 4.0)]
    expected = [(tail[0] - math.erfc(v / math.sqrt(2))) / (tail[0] - tail[1]) for v in np.sort(values)]
    assert abs(np.array(expected) - np.arange(values.size) / values.size).max() < 0.025
    assert (array(init.trunc_normal_(ag.empty(3), a=0.5, b=0.5)) == 0.5).all()


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


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 2, 2)])
def test_orthogonal_weights_are_made_as_pytorchs(shape):
    ag.manual_seed(4)
    drawn = array(ag.empty((shape[0], math.prod(shape[1:])), dtype=ag.float64).normal_())
    q, r = np.linalg.qr(drawn if len(drawn) >= drawn.shape[1] else drawn.T)
    q = q * np.sign(np.diag(r))
    ag.manual_seed(4)
    found = array(init.orthogonal_(ag.empty(shape, dtype=ag.float64), gain=0.5))
    np.testing.assert_allclose(found, 0.5 * (q if len(drawn) >= drawn.shape[1] else q.T).reshape(shape), atol=1e-14)


def test_half_precision_weights_are_orthogonal_too():
    w = array(init.orthogonal_(ag.empty(8, 5, dtype=ag.float16))).astype(np.float64)
    np.testing.assert_allclose(w.T @ w, np.eye(5), atol=5e-3)


@pytest.mark.parametrize(
    ("shape", "groups"), [((4, 3, 5), 1), ((2, 4, 3, 4), 2), ((6, 2, 3, 3), 3), ((4, 1, 2, 3, 3), 2), ((0, 2, 3), 1)]
)
def test_dirac_weights_are_pytorchs(torch, shape, groups):
    close(init.dirac_(ag.ones(shape), groups), torch.nn.init.dirac_(torch.ones(shape), groups), 0)


def test_a_dirac_convolution_is_the_identity():
    layer = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(layer.weight, 2)
    x = ag.tensor(draw((2, 4, 5, 6)).astype(np.float32))
    assert np.array_equal(array(layer(x)), array(x))


@pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.25, 3), (0.3, 3), (1.0, 10)])
def test_sparse_columns_have_their_share_of_zeros(sparsity, zeros):
    values = array(init.sparse_(ag.empty(10, 400), sparsity, std=2.0))
    assert ((values == 0).sum(0) == zeros).all()
    if zeros < 10:
        assert abs(values[values != 0].std() - 2.0) < 0.1
    if 0 < zeros < 10:  # each row is as likely: 400 draws of a share of 0.3 deviate by 0.08 less than once in 2000
        assert abs((values == 0).mean(1) - zeros / 10).max() < 0.1


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("uniform", (-1.0, 2.0)), ("normal", (1.0, 2.0)), ("constant", (3.0,)), ("eye", ()), ("xavier_uniform", ()),
        ("xavier_normal", ()), ("kaiming_uniform", ()), ("kaiming_normal", ()), ("orthogonal", ()), ("sparse", (0.5,)),
    ],
)  # fmt: skip
def test_older_names_warn_and_do_the_same(name, args):
    ag.manual_seed(1)
    new = array(getattr(init, name + "_")(ag.empty(4, 3), *args))
    ag.manual_seed(1)
    with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`") as w:
        old = array(getattr(init, name)(ag.empty(4, 3), *args))
    assert np.array_equal(old, new)
    assert w[0].filename == __file__


def test_the_names_are_pytorchs_and_more(torch):
    theirs = set(torch.nn.init.__all__)
    assert {n for n in theirs if callable(getattr(init, n, None))} == theirs
    assert init._calculate_fan_in_and_fan_out(ag.empty(4, 3, 5)) == (15, 20)


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
        (lambda: init.eye_(ag.empty(3)), "eye_: Only tensors with 2 dimensions are supported; got shape (3,)"),
        (lambda: init.orthogonal_(ag.empty(3)), "orthogonal_: Only tensors with 2 or more dimensions"),
        (lambda: init.dirac_(ag.empty(3, 3)), "dirac_: Only tensors with 3, 4, or 5 dimensions"),
        (lambda: init.dirac_(ag.empty(3, 3, 3), 2), "dirac_: dim 0 must be divisible by groups; got 3 and 2"),
        (lambda: init.dirac_(ag.empty(3, 3, 3), 0), "dirac_: dim 0 must be divisible by groups; got 3 and 0"),
        (lambda: init.sparse_(ag.empty(3, 3, 3), 0.1), "sparse_: Only tensors with 2 dimensions"),
        (lambda: init.sparse_(ag.empty(3, 3), 1.5), "sparse_: sparsity is 1.5; wanted a fraction from 0 to 1"),
        (lambda: init.trunc_normal_(ag.empty(3), std=0.0), "trunc_normal_: got std=0.0"),
        (lambda: init.trunc_normal_(ag.empty(3), a=2.0, b=1.0), "a=2.0, b=1.0; wanted a positive std, and a at most b"),
        (lambda: init.fan_in_normal_(ag.empty(3)), "fewer than 2 dimensions"),
    ]  # fmt: skip
    for call, message in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert message in str(caught.value)
    for fill in (init.kaiming_uniform_, init.kaiming_normal_, init.fan_in_normal_, init.lecun_uniform_):
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op") as warned:
            fill(ag.empty(0, 3))
        assert warned[0].filename == __file__


@pytest.mark.parametrize("name", ["orthogonal_", "dirac_", "sparse_", "lecun_normal_", "trunc_normal_", "eye_"])
def test_a_gpu_gets_the_same_values(cuda, name):
    shape, args = ((4, 3, 3), ()) if name == "dirac_" else ((4, 3), (0.5,) if name == "sparse_" else ())
    found = []
    for device in ("cpu", "cuda"):
        ag.manual_seed(2)
        found.append(getattr(init, name)(ag.empty(shape, dtype=ag.float64, device=device), *args))
    assert found[1].device.type == "cuda"
    close(found[1].cpu(), found[0], 1e-12)
