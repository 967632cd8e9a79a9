"""LSUV: every layer's outputs have variance 1, in one pass, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import init
from tests.nn.twin import array, draw

X = draw((64, 6)).astype(np.float32)


def deep() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(6, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 30), nn.BatchNorm1d(30), nn.Tanh(),
        nn.Linear(30, 4),
    )  # fmt: skip


def variances(model: nn.Module, *batch: ag.Tensor) -> list[float]:
    """Return the variance of the outputs of each layer with a weight matrix, in evaluation mode, in order of calls."""
    found: list[float] = []
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv1d | nn.Conv2d)]
    handles = [m.register_forward_hook(lambda m, args, y: found.append(float(array(y).var()))) for m in layers]
    model.eval()(*batch)
    for handle in handles:
        handle.remove()
    return found


def test_outputs_have_variance_1():
    model, x = deep(), ag.tensor(3.0 * X)
    biases = [array(model[i].bias).copy() for i in (0, 3, 6)]
    assert init.lsuv_(model, x, tol=0.01) is model
    assert np.abs(np.array(variances(model, x)) - 1).max() < 0.01
    for i, bias in zip((0, 3, 6), biases, strict=True):
        w = array(model[i].weight)
        small = w @ w.T if len(w) <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(small / small[0, 0], np.eye(len(small)), atol=1e-5)  # orthonormal but for a scale
        assert np.array_equal(array(model[i].bias), bias)


def test_it_is_algorithm_1_of_the_paper():
    ag.manual_seed(3)
    model, x = deep(), ag.tensor(X)
    generator = ag.Generator()
    generator.manual_seed(5)
    expected = {}
    for i in (0, 3, 6):  # as the paper has it: the whole network is run anew for each layer and each division
        init.orthogonal_(model[i].weight, generator=generator)
        for _ in range(10):
            variance = float(array(model.eval()[: i + 1](x)).var())
            if abs(variance - 1) < 0.1:
                break
            model[i].weight.data.div_(np.sqrt(variance).item())
        expected[i] = array(model[i].weight).copy()
    ag.manual_seed(3)
    ours = deep()
    generator.manual_seed(5)
    init.lsuv_(ours, x, generator=generator)
    for i, weight in expected.items():
        np.testing.assert_allclose(array(ours[i].weight), weight, rtol=1e-5)


def test_layers_are_seen_in_the_order_of_calls_and_shared_ones_once():
    class Twisted(nn.Module):
        def __init__(self):
            super().__init__()
            self.second = nn.Conv2d(3, 3, 3, bias=False)
            self.first = nn.Conv1d(2, 3, 3, padding=1, bias=False)
            self.unused = nn.Linear(3, 3)

        def forward(self, x, *, scale):
            y = self.first(x).unsqueeze(2) * ag.ones(1, 1, 6, 1)
            return self.second(self.second(y * scale))

    model = Twisted()
    unused = array(model.unused.weight).copy()
    x = ag.tensor(draw((4, 2, 6)).astype(np.float32))
    init.lsuv_(model, {"x": x, "scale": 3.0}, tol=1e-3)
    found = []
    for m in (model.first, model.second):
        m.register_forward_hook(lambda m, args, y: found.append(float(array(y).var())))
    model(x, scale=3.0)
    assert abs(found[0] - 1) < 1e-3
    assert abs(found[1] - 1) < 1e-3
    assert len(found) == 3
    assert np.array_equal(array(model.unused.weight), unused)


def test_weights_shared_with_an_embedding_stay():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Module()
            self.table.weight = nn.Parameter(ag.tensor(draw((5, 4)).astype(np.float32)))
            self.between = nn.Linear(4, 4)
            self.out = nn.Linear(4, 5, bias=False)
            self.out.weight = self.table.weight

        def forward(self, i):
            return self.out(self.between(self.table.weight[i]))

    model = Tied()
    before = array(model.table.weight).copy()
    init.lsuv_(model, ag.tensor([0, 1, 2, 3, 4]))
    assert np.array_equal(array(model.table.weight), before)
    assert abs(float(array(model.between(model.table.weight)).var()) - 1) < 0.1


def test_modes_buffers_hooks_and_other_random_numbers_stay():
    model = deep()
    model[2].eval()
    modes = [m.training for m in model.modules()]
    buffers = [array(b).copy() for b in model.buffers()]
    generator = ag.Generator()
    state = array(ag.get_rng_state()).copy()
    init.lsuv_(model, (ag.tensor(X),), generator=generator)
    assert [m.training for m in model.modules()] == modes
    assert np.array_equal(array(ag.get_rng_state()), state)
    assert all(np.array_equal(array(b), old) for b, old in zip(model.buffers(), buffers, strict=True))
    assert all(not m._hooks_of("forward") for m in model.modules())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_without_orthonormal_weights_are_only_scaled():
    layer = nn.Linear(6, 20)
    before = array(layer.weight).copy()
    init.lsuv_(layer, ag.tensor(X), orthonormal=False)
    ratio = array(layer.weight) / before
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)
    assert abs(variances(layer, ag.tensor(X))[0] - 1) < 0.1


def test_a_bias_that_is_too_large_warns():
    layer = nn.Linear(6, 2)
    layer.bias.data.copy_(ag.tensor([-2.0, 2.0]))
    with pytest.warns(UserWarning, match="after 3 iterations the outputs of layer '1' have variance") as warned:
        init.lsuv_(nn.Sequential(nn.Identity(), layer), ag.tensor(X), max_iterations=3)
    assert warned[0].filename == __file__


def test_errors_leave_everything_as_it_was():
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("broken")

    x = ag.tensor(X)
    cases = [
        (nn.Sequential(deep(), Broken()), x, "broken"),
        (nn.Sequential(deep(), nn.ReLU(), nn.Linear(5, 4)), x, "linear"),
        (deep(), ag.zeros(64, 6).fill_(float("nan")), "have variance nan; wanted a positive number"),
        (nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1)), x[:1], "the outputs of layer '2' have variance 0"),
        (nn.Sequential(nn.ReLU()), x, "calls no Linear or convolution layer"),
    ]  # fmt: skip
    for model, batch, message in cases:
        before = [array(p).copy() for p in model.parameters()]
        with pytest.raises((ValueError, RuntimeError), match=message):
            init.lsuv_(model, batch)
        assert all(np.array_equal(array(p), old) for p, old in zip(model.parameters(), before, strict=True))
        assert all(m.training and not m._hooks_of("forward") for m in model.modules())
    for options in ({"tol": 0.0}, {"max_iterations": 0}):
        with pytest.raises(ValueError, match="wanted positive numbers"):
            init.lsuv_(deep(), x, **options)
