"""Layer norm's gradients: blocks and threads change nothing."""

import numpy as np
import pytest

from autograd_core.backend.cpu import normalizing
from autograd_core.backend.shared import normalizing as plain


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wants", [(True, False, False), (False, True, True), (True, True, True)])
def test_layer_norm_gradients_by_blocks(monkeypatch, wants, weighted):
    monkeypatch.setattr(normalizing, "thread_count", lambda: 3)
    monkeypatch.setattr(normalizing, "_FEW", 1)
    monkeypatch.setattr(normalizing, "_BLOCK", 12)
    g, x = np.random.default_rng(0).standard_normal((2, 13, 5))
    weight = np.linspace(-1.0, 2.0, 5) if weighted else None
    center, rstd = x.mean(1, keepdims=True), 1 / x.std(1, keepdims=True)
    for array in (g, x):
        array.setflags(write=False)
    found = normalizing.layer_norm_grads(np, g, x, weight, center, rstd, wants)
    wanted = plain.layer_norm_grads(np, g, x, weight, center, rstd, wants)
    assert [a is not None for a in found] == list(wants)
    for a, b in zip(found, wanted, strict=True):
        if a is not None:
            np.testing.assert_allclose(a, b, atol=1e-13)


def test_layer_norm_gradients_by_definition():
    g, x = np.random.default_rng(1).standard_normal((2, 3, 4))
    weight = np.linspace(0.5, 2.0, 4)

    def y(x):
        return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) * weight

    center, rstd = x.mean(1, keepdims=True), 1 / x.std(1, keepdims=True)
    x_grad, weight_grad, bias_grad = plain.layer_norm_grads(np, g, x, weight, center, rstd, (True, True, True))
    steps = np.eye(12).reshape(12, 3, 4) * 1e-6
    slopes = [np.sum(g * (y(x + step) - y(x - step))) / 2e-6 for step in steps]
    np.testing.assert_allclose(x_grad, np.reshape(slopes, (3, 4)), atol=1e-7)
    np.testing.assert_allclose(weight_grad, (g * y(x) / weight).sum(0), atol=1e-12)
    np.testing.assert_allclose(bias_grad, g.sum(0), atol=1e-12)
