"""Attention and the Gaussian error linear unit: blocks, threads and short cuts change nothing."""

import numpy as np
import pytest

from autograd_core.backend.cpu import attending, gating
from autograd_core.backend.shared import attending as plain_attending
from autograd_core.backend.shared import gating as plain_gating


@pytest.fixture
def tiny_blocks(monkeypatch):
    """Cut tiny arrays, for three threads."""
    for room in (attending, gating):
        monkeypatch.setattr(room, "thread_count", lambda: 3)
    monkeypatch.setattr(attending, "_FEW_PRODUCTS", 8)
    monkeypatch.setattr(attending, "_FEW_SHARES", 1)
    monkeypatch.setattr(attending, "_BLOCK_BYTES", 512)
    monkeypatch.setattr(attending, "_FEW_ROWS", 2)
    monkeypatch.setattr(attending, "_ROW_BLOCKS", 4)
    monkeypatch.setattr(gating, "_BLOCK", 64)
    monkeypatch.setattr(gating, "_FEW", 1)


def drawn(*shape, seed=0):
    x = np.random.default_rng(seed).standard_normal(shape)
    x.setflags(write=False)
    return x


@pytest.mark.parametrize("size", [1.0, 100.0])  # scores that exp can take as they are, and others
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_by_blocks(tiny_blocks, size, masked, causal):
    # heads that were cut out of one projection
    q, k, v = (part.reshape(7, 6, 2, 4).swapaxes(1, 2) for part in np.split(drawn(7, 6, 24) * size, 3, -1))
    bias = np.where(drawn(7, 1, 6, 6, seed=1) > 0.5, -np.inf, 0) if masked else None
    kept = drawn(6, 6, seed=2) if masked else None
    y, lse = attending.attend(np, q, k, v, bias, kept, 0.5, causal)
    wanted, wanted_lse = plain_attending.attend(np, q, k, v, bias, kept, 0.5, causal)
    np.testing.assert_allclose(lse, wanted_lse, atol=1e-12)
    np.testing.assert_allclose(y, wanted, atol=1e-12 * size)
    scores = q @ k.swapaxes(-1, -2) * 0.5 + (bias if masked else 0)
    scores = np.where(np.tri(6), scores, -np.inf) if causal else scores
    blind = np.isinf(scores).all(-1)
    assert not lse[blind].any() and not y[blind].any()
    exact = np.logaddexp.reduce(scores[~blind], axis=-1)
    np.testing.assert_allclose(lse[~blind][:, 0], exact, rtol=1e-12, atol=1e-12)
    shares = np.exp(scores - lse) * (1 if kept is None else kept)
    np.testing.assert_allclose(y, shares @ v, atol=1e-12 * size)
    assert y.strides == q.copy("K").strides  # heads side by side
    assert y.swapaxes(1, 2).flags.c_contiguous


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dropping", [False, True])
@pytest.mark.parametrize("wants", [(True, True, True, False, False), (True, False, True, False, False), (True,) * 5])
@pytest.mark.parametrize("keys", [6, 4, 9])
def test_attention_gradients_by_blocks(tiny_blocks, keys, dropping, masked, causal, wants):
    q, k, v = (drawn(7, n, 8, seed=n).reshape(7, n, 2, 4).swapaxes(1, 2) for n in (6, keys, keys + 20))
    v = v[..., :keys, :]
    kept = drawn(6, keys, seed=2) if dropping else np.ones((6, keys)) if wants[4] else None
    bias = np.where(drawn(7, 1, 6, keys, seed=1) > 0.5, -np.inf, 0) if masked or wants[3] else None
    y, lse = attending.attend(np, q, k, v, bias, kept, 0.5, causal)
    g = drawn(*y.shape, seed=3)
    found = attending.attend_grads(np, g, q, k, v, bias, kept, y, lse, 0.5, causal, wants)
    wanted = plain_attending.attend_grads(np, g, q, k, v, bias, kept, y, lse, 0.5, causal, wants)
    assert [a is not None for a in found] == list(wants)
    for a, b in zip(found, wanted, strict=True):
        if a is not None:
            np.testing.assert_allclose(a, b, atol=1e-13)
    if wants == (True, True, True, False, False):
        assert all(a.swapaxes(1, 2).flags.c_contiguous for a in (found[0], found[1]))  # heads side by side


def test_attention_passes_nan_on():
    k = drawn(1, 3, 2)
    q = k.copy()
    q[0, 1, 0] = np.nan
    y, _ = attending.attend(np, q, k, k, None, None, 1.0, True)
    assert np.isnan(y[0, 1]).all() and np.isfinite(y[0, ::2]).all()


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_in_float32(tiny_blocks, approximate):
    x = np.concatenate([np.linspace(-12, 12, 5001), [0.0, -0.0, 1e-30, -1e-30, 1e12, -1e12]]).astype("float32")
    x = np.stack([x, x[::-1]]).T  # not contiguous
    y, slope = gating.gelu(np, x, approximate)
    wanted, wanted_slope = plain_gating.gelu(np, x.astype("float64"), approximate)
    assert y.dtype == slope.dtype == "float32"
    np.testing.assert_allclose(y, wanted, rtol=2e-7, atol=1e-6)
    np.testing.assert_allclose(slope, wanted_slope, atol=3e-6)
    assert all(np.isnan(part) for part in gating.gelu(np, np.float32([np.nan]), approximate))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_the_slope_of_gelu(approximate):
    x, step = np.linspace(-6, 6, 101), 1e-6
    _, slope = gating.gelu(np, x, approximate)
    above, below = (plain_gating.gelu(np, x + d, approximate)[0] for d in (step, -step))
    np.testing.assert_allclose(slope, (above - below) / (2 * step), atol=1e-8)
