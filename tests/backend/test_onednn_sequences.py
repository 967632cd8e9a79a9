"""oneDNN's kernels over sequences beside NumPy's: attention, LSTM; and Muon's products in bfloat16."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.backend import cpu, onednn
from autograd_core.backend.onednn import attending
from autograd_core.backends import mkldnn
from autograd_core.errors import GraphError
from tests.backend.arrays import LAYOUTS, close, draw

pytestmark = pytest.mark.skipif(not mkldnn.is_available(), reason="oneDNN is not installed: the extra fast")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# ---- attention ----

ATTENDING = (True, True, True, False, False)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dropping", [False, True])
@pytest.mark.parametrize("block", [1 << 23, 1 << 17])  # all examples at a time, and two
@pytest.mark.parametrize("cut", [False, True])
def test_attention(
    cut: bool, block: int, dropping: bool, causal: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "BLOCK_BYTES", block)
    heads = draw(rng, 5, 48, 3, 3, 16)  # as cut out of one projection
    q, k, v = (heads[:, :, i].swapaxes(1, 2) for i in range(3))
    k, v = k[:, :, :40], v[:, :, :40]
    if not cut:
        q, k, v = map(np.ascontiguousarray, (q, k, v))
    kept = draw(rng, 3, 48, 40) if dropping else None
    wanted, lse = cpu.attend(np, q, k, v, None, kept, 0.25, causal)
    found, nothing = onednn.attend(np, q, k, v, None, kept, 0.25, causal)
    assert nothing is None
    close(found, wanted)
    assert found.strides == wanted.strides
    g = draw(rng, *wanted.shape)
    wanted = cpu.attend_grads(np, g, q, k, v, None, kept, wanted, lse, 0.25, causal, ATTENDING)
    rest = q, k, v, None, kept, found, None, 0.25, causal
    for a, b, source in zip(onednn.attend_grads(np, g, *rest, ATTENDING)[:3], wanted[:3], (q, k, v), strict=True):
        close(a, b)
        assert a.strides == np.empty_like(source).strides
    with mkldnn.flags(enabled=False):  # switched off since
        for a, b in zip(onednn.attend_grads(np, g, *rest, ATTENDING)[:3], wanted[:3], strict=True):
            close(a, b)


def test_attention_with_a_mask_and_over_long_sequences_is_numpys(rng: np.random.Generator) -> None:
    q = draw(rng, 2, 2, 160, 8)
    assert onednn.attend(np, q, q, q, None, None, 1.0, True)[1] is not None
    q = q[:, :, :100]
    assert onednn.attend(np, q, q, q, None, None, 1.0, True)[1] is None
    assert onednn.attend(np, q, q, q, np.zeros((100, 100), np.float32), None, 1.0, True)[1] is not None
    assert onednn.attend(np, *[q.astype(float)] * 3, None, None, 1.0, True)[1] is not None


# ---- bfloat16 ----


@pytest.mark.skipif(not onednn.multiplies_bfloat16(np), reason="this processor does not multiply bfloat16")
@pytest.mark.parametrize("shape", [(24, 48), (20, 50), (130, 260)])
def test_newton_schulz(shape: tuple[int, int], rng: np.random.Generator) -> None:
    m, n = shape
    x = draw(rng, *shape)
    x = x / np.sqrt((x * x).sum())
    cpu.round_to_bfloat16(np, x)
    results = []
    for kernels in (cpu, onednn):
        given, spare = x.copy(), np.empty(m * n, np.float32)
        found, free = kernels.newton_schulz(np, given, spare, np.empty((m, m), np.float32), (3.4445, -4.775, 2.0315), 5)
        assert {found.ctypes.data, free.ctypes.data} == {given.ctypes.data, spare.ctypes.data}
        results.append(found)
    assert not np.any(results[1].view(np.uint32) & 0xFFFF)
    u, _, v = np.linalg.svd(x.astype(float), full_matrices=False)
    for found in results:  # singular values are near 1, not quite there, and each product is rounded
        values = np.diag(u.T @ found @ v.T)
        assert values.min() > 0.6 and values.max() < 1.3
    assert abs(results[0] - results[1]).max() < 0.02


# ---- recurrence ----

STEPS, BATCH, FEATURES, UNITS = 5, 16, 40, 72


def recurrent(rng: np.random.Generator, bias: bool = True) -> list:
    w_ih, w_hh = draw(rng, 4 * UNITS, FEATURES) / 8, draw(rng, 4 * UNITS, UNITS) / 8
    states = draw(rng, BATCH, UNITS), draw(rng, BATCH, UNITS)
    return [draw(rng, STEPS * BATCH, FEATURES), w_ih, draw(rng, 4 * UNITS) if bias else None, w_hh, None, *states]


def upstream(rng: np.random.Generator) -> tuple:
    return draw(rng, STEPS * BATCH, UNITS), draw(rng, BATCH, UNITS), draw(rng, BATCH, UNITS)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layout", ["in order", "transposed"])
def test_lstm(layout: str, bias: bool, reverse: bool, rng: np.random.Generator) -> None:
    args, g, sizes = recurrent(rng, bias), upstream(rng), (BATCH,) * STEPS
    own = [LAYOUTS[layout](a) if a is not None and a.ndim == 2 else a for a in args]
    wanted, found = cpu.lstm(np, *args, sizes, reverse), onednn.lstm(np, *own, sizes, reverse)
    assert type(found[-1]) is not type(wanted[-1])
    for a, b in zip(found[:3], wanted[:3], strict=True):
        close(a, b)
    x, w_ih, _, w_hh, w_hr, *_ = own
    g = [LAYOUTS[layout](a) for a in g]
    wanted = cpu.lstm_grads(np, g, x, w_ih, w_hh, w_hr, wanted[0], wanted[-1], (True,) * 8, sizes, reverse)
    for _ in range(2):  # what was kept serves again
        grads = onednn.lstm_grads(np, g, x, w_ih, w_hh, w_hr, found[0], found[-1], (True,) * 8, sizes, reverse)
        for a, b in zip(grads, wanted, strict=True):
            assert (a is None) is (b is None)
            if b is not None:
                close(a, b)


def test_lstm_switched_off_before_its_gradients(rng: np.random.Generator) -> None:
    args, g, sizes = recurrent(rng), upstream(rng), (BATCH,) * STEPS
    y, _, _, kept = onednn.lstm(np, *args, sizes, False)
    rest = args[0], args[1], args[3], None, y, kept, (True,) * 8, sizes, False
    quick = onednn.lstm_grads(np, g, *rest)
    with mkldnn.flags(enabled=False):
        for a, b in zip(onednn.lstm_grads(np, g, *rest), quick, strict=True):
            if b is not None:
                close(a, b)


def test_last_states_of_lstm_may_be_changed_before_backward(rng: np.random.Generator) -> None:
    layer = nn.LSTM(FEATURES, UNITS)
    x = ag.tensor(draw(rng, STEPS, BATCH, FEATURES))
    grads = []
    for change in (False, True):
        layer.zero_grad()
        y, states = layer(x)
        total = y.sum() + sum(s.sum() for s in states)
        if change:
            for s in states:
                s.detach().zero_()
        total.backward()
        grads.append([p.grad.numpy() for p in layer.parameters()])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_changed_output_of_lstm_is_named(rng: np.random.Generator) -> None:  # as by PyTorch
    y, _ = nn.LSTM(FEATURES, UNITS)(ag.tensor(draw(rng, STEPS, BATCH, FEATURES)))
    total = y.sum()
    y.detach().zero_()
    with pytest.raises(GraphError, match=r"'lstm', built at .* saved its output"):
        total.backward()


def test_packed_projected_and_small_sequences_are_numpys(rng: np.random.Generator) -> None:
    args = recurrent(rng)
    rows = BATCH * (STEPS - 1)
    kept = onednn.lstm(np, args[0][: rows + 1], *args[1:], (BATCH,) * (STEPS - 1) + (1,), False)[-1]
    assert type(kept) is list
    assert type(onednn.lstm(np, args[0][:1], *args[1:5], args[5][:1], args[6][:1], (1,), False)[-1]) is list
    w_hr, w_hh = draw(rng, 60, UNITS), args[3][:, :60]
    projected = args[0], args[1], args[2], w_hh, w_hr, args[5][:, :60], args[6]
    assert type(onednn.lstm(np, *projected, (BATCH,) * STEPS, False)[-1]) is list
