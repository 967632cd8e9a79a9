"""Packed and padded sequences: ``nn.utils.rnn`` against PyTorch's, and recurrent layers on packed input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, both, close, draw, pair

LENGTHS = [2, 4, 1, 4]


def sequences(torch: Any, *rest: int) -> tuple[list[Any], list[Any]]:
    """Return sequences of ``LENGTHS`` as leaves of each side."""
    pairs = [both(torch, draw((n, *rest), k)) for k, n in enumerate(LENGTHS)]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def same(ours: Any, theirs: Any) -> None:
    """Check that two packed sequences, tuples, lists or tensors agree; also in their gradients' roots."""
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    elif theirs is None:
        assert ours is None
    else:
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
        close(ours, theirs)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("rest", [(), (3,), (2, 1)])
def test_there_and_back(torch, batch_first, rest):
    found = []
    for lib, n, xs in zip((ag, torch), (nn, torch.nn), sequences(torch, *rest), strict=True):
        rnn = n.utils.rnn
        padded = rnn.pad_sequence(xs, batch_first, 0.5)
        packed = rnn.pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
        again = rnn.pad_packed_sequence(packed, batch_first, -1.0, total_length=6)
        listed = [*rnn.unpack_sequence(packed), *rnn.unpad_sequence(padded + 0, again[1], batch_first)]
        weights = [lib.cos(lib.arange(y.numel(), dtype=y.dtype)).reshape(y.shape) for y in (again[0], *listed)]
        total = sum((y * w).sum() for y, w in zip((again[0], *listed), weights, strict=True))
        found.append((padded, packed, again, listed, lib.autograd.grad(total, xs)))
    same(*found)


def test_a_packed_sequence_is_pytorchs(torch):
    found = []
    for n, lib, xs in zip((nn, torch.nn), (ag, torch), sequences(torch, 2), strict=True):
        packed = n.utils.rnn.pack_sequence(xs, enforce_sorted=False)
        made = n.utils.rnn.PackedSequence((packed.data, packed.batch_sizes), None, packed.sorted_indices)
        kinds = [getattr(packed, k)() for k in ("double", "float", "half", "long", "int", "short", "char", "byte")]
        assert packed.double() is packed and packed.cpu() is packed and not packed.is_cuda and not packed.is_pinned()
        assert packed.to(lib.float64) is packed and isinstance(packed.to(lib.float32), n.utils.rnn.PackedSequence)
        assert packed._fields == ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
        plain = n.utils.rnn.pack_sequence(xs[1:2])
        found.append([packed, made, *kinds, plain])
    same(*found)


def test_padding_goes_to_either_side(torch):
    ours, theirs = sequences(torch, 2)
    for options in ({"padding_side": "left"}, {"padding_side": "right", "batch_first": True, "padding_value": 2.0}):
        same(nn.utils.rnn.pad_sequence(ours, **options), torch.nn.utils.rnn.pad_sequence(theirs, **options))
    same(nn.utils.rnn.pad_sequence(iter(ours)), torch.nn.utils.rnn.pad_sequence(theirs))
    indices = ag.tensor([2, 0, 1]), torch.tensor([2, 0, 1])
    same(*(n.utils.rnn.invert_permutation(p) for n, p in zip((nn, torch.nn), indices, strict=True)))


def test_unpadding_leaves_the_batch_as_it_is():
    padded = ag.zeros(4, 3, 2)
    nn.utils.rnn.unpad_sequence(padded, ag.tensor([1, 4, 2]))
    assert tuple(padded.shape) == (4, 3, 2)


LAYERS = {
    "rnn": lambda nn: nn.RNN(2, 3, 2, "relu", bidirectional=True),
    "lstm": lambda nn: nn.LSTM(2, 3, 2, bidirectional=True),
    "lstm-projected": lambda nn: nn.LSTM(2, 4, batch_first=True, proj_size=3),
    "gru": lambda nn: nn.GRU(2, 3, 2, bidirectional=True, bias=False),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("given", [False, True])
def test_layers_take_and_return_packed_sequences(torch, name, given):
    found = []
    layers = pair(torch, LAYERS[name])
    shapes = [(len(layers[0]._all_weights), 4, n) for n in layers[0]._features()]
    for layer, lib, n, xs in zip(layers, (ag, torch), (nn, torch.nn), sequences(torch, 2), strict=True):
        packed = n.utils.rnn.pack_sequence(xs, enforce_sorted=False)
        states = tuple(lib.tensor(draw(s, 7), requires_grad=True) for s in shapes)
        y, last = layer(packed, None if not given else states if len(states) == 2 else states[0])
        assert isinstance(y, n.utils.rnn.PackedSequence)
        outputs = [y.data, *(last if isinstance(last, tuple) else (last,))]
        leaves = [*xs, *layer.parameters(), *(states if given else ())]
        first = lib.autograd.grad(sum((o * o).sum() for o in outputs), leaves, create_graph=True)
        second = lib.autograd.grad(sum((g * g).sum() for g in first), leaves)
        found.append([y, last, first, second])
    same(*found)


def test_padding_does_not_change_what_a_sequence_gives(torch):
    layer, _ = pair(torch, lambda nn: nn.LSTM(2, 3, 2, bidirectional=True))
    xs, _ = sequences(torch, 2)
    y, (h, c) = layer(nn.utils.rnn.pack_sequence(xs, enforce_sorted=False))
    for k, alone in enumerate(nn.utils.rnn.unpack_sequence(y)):
        wanted, states = layer(xs[k])
        np.testing.assert_allclose(array(alone), array(wanted), rtol=1e-12)
        for state, one in zip((h, c), states, strict=True):
            np.testing.assert_allclose(array(state[:, k]), array(one), rtol=1e-12, atol=1e-15)


def test_what_does_not_fit_is_refused():
    rnn, x = nn.utils.rnn, ag.zeros(3, 2)
    cases = [
        (lambda: rnn.pack_padded_sequence(x, [2, 3]), "`lengths` array must be sorted in decreasing order"),
        (lambda: rnn.pack_padded_sequence(x, [3, 0]), "Length of all samples has to be greater than 0"),
        (lambda: rnn.pack_padded_sequence(x, [3]), "equal to batch_size, but got 1 and 2"),
        (lambda: rnn.pack_padded_sequence(x, [4, 1]), "Expected lengths of at most 3, the padded length; got 4"),
        (lambda: rnn.pack_padded_sequence(ag.zeros(0, 0), []), "Cannot pack empty tensors"),
        (lambda: rnn.pad_sequence([]), "received an empty list of sequences"),
        (lambda: rnn.pad_sequence(3), "Expected iterable for input sequences, but got arg of type: <class 'int'>"),
        (lambda: rnn.pad_sequence([x], padding_side="top"), "Expected padding_side to be one of left or right"),
        (lambda: rnn.pack_sequence([x[:1], x]), "must be sorted in decreasing order"),
        (lambda: nn.LSTM(3, 2)(rnn.pack_sequence([x])), "Expected 3, got 2"),
        (lambda: nn.LSTM(2, 2)(rnn.pack_sequence([x]), (ag.zeros(1, 2, 2),) * 2), r"hidden[0] size (1, 1, 2), got [1"),
    ]
    for call, message in cases:
        with pytest.raises(RuntimeError) as caught:
            call()
        assert message in str(caught.value)
    with pytest.raises(ValueError, match="total_length=2 and max sequence length being 3"):
        rnn.pad_packed_sequence(rnn.pack_sequence([x]), total_length=2)


def test_packed_sequences_on_a_gpu(cuda):
    rnn = nn.utils.rnn
    xs = [ag.tensor(draw((n, 2), k), device="cuda") for k, n in enumerate(LENGTHS)]
    packed = rnn.pack_sequence(xs, enforce_sorted=False)
    assert packed.is_cuda and packed.sorted_indices.is_cuda and packed.batch_sizes.device.type == "cpu"
    here = packed.cpu()
    assert not here.is_cuda and here.unsorted_indices.device.type == "cpu" and here.cuda().is_cuda
    layer = nn.GRU(2, 3, bidirectional=True, dtype=ag.float64)
    wanted, _ = layer(here)
    found, _ = layer.cuda()(packed)
    np.testing.assert_allclose(array(found.data.cpu()), array(wanted.data), rtol=1e-12)
    with pytest.raises(ValueError, match="batch_sizes should always be on CPU"):
        rnn.PackedSequence(packed.data, packed.batch_sizes.cuda())
    with pytest.raises(RuntimeError, match="'lengths' argument should be a 1D CPU int64 tensor"):
        rnn.pack_padded_sequence(rnn.pad_sequence(xs), ag.tensor(LENGTHS, device="cuda"))
