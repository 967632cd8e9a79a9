"""Recurrent layers whose sequences are shared among threads, against the same layers in one piece."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.backend import cpu
from autograd_core.backend.cpu.sequences import row_blocks, sequence_parts
from autograd_core.backend.cpu.threads import set_thread_count, thread_count

LAYERS = {
    "lstm": lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True),
    "projected": lambda: nn.LSTM(3, 4, proj_size=2, bidirectional=True),
    "gru": lambda: nn.GRU(3, 4, num_layers=2, bidirectional=True),
    "tanh": lambda: nn.RNN(3, 4, bidirectional=True),
    "relu": lambda: nn.RNN(3, 4, nonlinearity="relu", bias=False),
}
LENGTHS = {"padded": [4] * 5, "packed": [6, 3, 3, 2, 1]}


def results(layer, lengths):
    """Return the outputs, the last states, and all gradients."""
    layer.zero_grad()
    rng = np.random.default_rng(0)
    own = [ag.tensor(rng.normal(size=(n, 3)).astype(np.float32), requires_grad=True) for n in lengths]
    y, last = layer(nn.utils.rnn.pack_sequence(own))
    parts = [y.data, *(last if isinstance(last, tuple) else (last,))]
    sum((part * ag.linspace(-1, 1, part.shape[-1])).square().sum() for part in parts).backward()
    return [*(part.detach() for part in parts), *(p.grad for p in layer.parameters()), *(x.grad for x in own)]


@pytest.mark.parametrize("parts", [2, 4])
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_parts_agree_with_the_whole(monkeypatch, make, lengths, parts):
    layer = make()
    whole = results(layer, lengths)
    monkeypatch.setattr(cpu, "sequence_parts", lambda batch, weights: parts)
    monkeypatch.setattr(cpu, "row_blocks", lambda rows, each: 2 if rows % 2 == 0 else 1)
    for found, wanted in zip(results(layer, lengths), whole, strict=True):
        np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-5, atol=1e-6)


def test_only_much_work_is_shared():
    before = thread_count()
    try:
        set_thread_count(2)
        assert sequence_parts(32, 512 * 257) == 2
        assert sequence_parts(32, 64 * 32) == 1
        assert sequence_parts(2, 4096 * 1024) == 1
        set_thread_count(1)
        assert sequence_parts(32, 512 * 257) == 1
    finally:
        set_thread_count(before)


def test_blocks_of_rows_are_small_but_not_too_small():
    assert row_blocks(512, 257 * 16) == 4
    assert row_blocks(128, 512 * 16) == 2
    assert row_blocks(16, 9 * 4) == 1
    assert row_blocks(4096, 1025 * 64) == 1  # 32 rows would already be too much
    assert row_blocks(514, 257 * 16) == 1  # 257 rows cannot be halved
