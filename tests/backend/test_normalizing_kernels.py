"""Normalisation: blocks and threads change nothing."""

import numpy as np
import pytest

from autograd_core.backend.cpu import normalizing
from autograd_core.backend.shared import normalizing as plain


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut small arrays into many blocks, for three threads."""
    monkeypatch.setattr(normalizing, "thread_count", lambda: 3)
    monkeypatch.setattr(normalizing, "_FEW", 1)
    monkeypatch.setattr(normalizing, "_BLOCK", 12)


def drawn(*shape):
    array = np.random.default_rng(len(shape)).standard_normal(shape)
    array.setflags(write=False)
    return array


NORMS = {  # shape of x, dims, shape of the weights
    "batch": ((7, 3, 2, 4), (0, 2, 3), (1, 3, 1, 1)),
    "batch of rows": ((13, 5), (0,), (1, 5)),
    "group": ((7, 2, 3, 4), (2, 3), (1, 2, 1, 1)),
    "layer": ((7, 2, 6), (2,), (1, 1, 6)),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NORMS)
def test_norms_by_blocks(small_blocks, name, weighted):
    of, dim, shape = NORMS[name]
    x = drawn(*of)
    weight, bias = (drawn(max(shape)), drawn(max(shape)) + 1) if weighted else (None, None)
    found = normalizing.normalize(np, x, weight, bias, dim=dim, shape=shape, eps=1e-3)
    wanted = plain.normalize(np, x, weight, bias, dim=dim, shape=shape, eps=1e-3)
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, atol=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wants", [(True, False, False), (False, True, True), (True, True, True)])
@pytest.mark.parametrize("shape", [(7, 3, 2, 4), (13, 5)])
def test_batch_norm_gradients_by_blocks(small_blocks, shape, wants, weighted):
    g, x, weight = drawn(*shape) + 1, drawn(*shape), drawn(shape[1]) if weighted else None
    dim = (0, *range(2, len(shape)))
    center, rstd = x.mean(dim, keepdims=True), 1 / x.std(dim, keepdims=True)
    found = normalizing.batch_norm_grads(np, g, x, weight, center, rstd, wants)
    wanted = plain.batch_norm_grads(np, g, x, weight, center, rstd, wants)
    assert [a is not None for a in found] == list(wants)
    for a, b in zip(found, wanted, strict=True):
        if a is not None:
            np.testing.assert_allclose(a, b, atol=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wants", [(True, False, False), (False, True, True), (True, True, True)])
def test_layer_norm_gradients_by_blocks(small_blocks, wants, weighted):
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
