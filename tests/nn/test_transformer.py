"""Attention and transformers beyond the table: initial values, masks, copies, what they refuse."""

from __future__ import annotations

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from tests.nn.twin import array, close, draw, pair


def test_multihead_attention_starts_as_pytorchs():
    ag.manual_seed(0)
    layer = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = math.sqrt(6 / (64 + 192))
    assert 0.98 * bound < float(layer.in_proj_weight.abs().max()) <= bound
    assert not array(layer.in_proj_bias).any() and not array(layer.out_proj.bias).any()
    assert 0.7 < float(layer.bias_k.std()) / math.sqrt(2 / 128) < 1.4
    assert (layer.head_dim, layer.kdim, layer.vdim, layer.dropout, layer.batch_first) == (16, 64, 64, 0.0, False)
    separate = nn.MultiheadAttention(4, 2, kdim=3)
    assert separate.in_proj_weight is None and tuple(separate.k_proj_weight.shape) == (4, 3)


def test_transformer_starts_with_xaviers_weights():
    ag.manual_seed(0)
    network = nn.Transformer(16, 2, 1, 1, 48)
    bound = math.sqrt(6 / (16 + 48))
    assert 0.9 * bound < float(network.encoder.layers[0].linear1.weight.abs().max()) <= bound
    assert array(network.encoder.layers[0].linear1.bias).any()  # biases stay as Linear draws them


def test_layers_of_a_stack_are_copies():
    layer = nn.TransformerEncoderLayer(4, 2, 5)
    stack = nn.TransformerEncoder(layer, 2)
    first, second = stack.layers
    assert first.linear1.weight is not second.linear1.weight and first.linear1.weight is not layer.linear1.weight
    close(first.linear1.weight, second.linear1.weight)


@pytest.mark.parametrize("activation", ["relu", "gelu", F.gelu, F.tanh, nn.SiLU()])
def test_activations_copies_and_pickles(activation):
    layer = nn.TransformerEncoderLayer(4, 2, 5, 0.0, activation).double()
    x = ag.tensor(draw((3, 2, 4)))
    y = layer(x)
    function = getattr(F, activation) if isinstance(activation, str) else activation
    h = layer.norm1(x + layer.self_attn(x, x, x)[0])
    close(y, layer.norm2(h + layer.linear2(function(layer.linear1(h)))))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        close(other(x), y)


@pytest.mark.parametrize("mask", ["bool", "float", "none", "other"])
def test_causal_masks_are_seen(monkeypatch, mask):
    later = np.triu(np.ones((3, 3), bool), 1)
    masks = {"bool": later, "float": np.where(later, -np.inf, 0), "none": None, "other": np.where(later, -1.0, 0)}
    given = None if masks[mask] is None else ag.tensor(masks[mask])
    told = []
    attend = nn.MultiheadAttention.forward
    monkeypatch.setattr(
        nn.MultiheadAttention, "forward", lambda *a, **k: (told.append(k["is_causal"]), attend(*a, **k))[1]
    )
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 5, 0.0).double(), 1)
    x = ag.tensor(draw((3, 2, 4)))
    y = encoder(x, given)
    assert told == [mask in ("bool", "float")]
    close(y, encoder(x, given, is_causal=False))


def test_generate_square_subsequent_mask(torch):
    make, theirs = nn.Transformer.generate_square_subsequent_mask, torch.nn.Transformer.generate_square_subsequent_mask
    close(make(3), theirs(3))
    assert make(2, dtype=ag.float64).dtype is ag.float64 and make(2).dtype is ag.float32


def test_padding_does_not_change_what_is_seen():
    layer = nn.TransformerEncoderLayer(4, 2, 5, 0.0, batch_first=True).double()
    x = ag.tensor(draw((2, 3, 4)))
    padded = ag.cat([x, ag.full((2, 2, 4), 9.0, dtype=ag.float64)], 1)
    mask = ag.tensor([[False] * 3 + [True] * 2] * 2)
    close(layer(padded, src_key_padding_mask=mask)[:, :3], layer(x))


def test_dropout_of_attention():
    ag.manual_seed(0)
    q = ag.ones(1, 50, 2)
    v = ag.eye(60).unsqueeze(0)  # so that the result is the weights
    shares = F.scaled_dot_product_attention(q, ag.ones(1, 60, 2), v, dropout_p=0.25)
    kept = array(shares) != 0
    np.testing.assert_allclose(array(shares)[kept], 1 / 60 / 0.75, rtol=1e-5)
    assert 0.7 < kept.mean() < 0.8
    layer = nn.MultiheadAttention(4, 2, dropout=0.5)
    x = ag.ones(3, 2, 4)
    assert (array(layer(x, x, x)[1]) == 0).any()
    assert (array(layer.eval()(x, x, x)[1]) != 0).all()


def test_second_derivatives_of_fused_attention(torch):
    from torch.nn.attention import SDPBackend, sdpa_kernel

    ours, theirs = pair(torch, lambda n: n.TransformerEncoderLayer(4, 2, 5, 0.0, "gelu"))
    found = []
    with sdpa_kernel(SDPBackend.MATH):  # the one that has them
        for lib, layer in ((ag, ours), (torch, theirs)):
            x = lib.tensor(draw((3, 2, 4)), requires_grad=True)
            mask = lib.triu(lib.ones(3, 3), 1) > 0
            wanted = [x, *layer.parameters()]
            first = lib.autograd.grad((layer(x, mask, is_causal=True) ** 2).sum(), wanted, create_graph=True)
            found.append(lib.autograd.grad(sum((g * g).sum() for g in first), wanted))
    for mine, yours in zip(*found, strict=True):
        close(mine, yours, 1e-9)


def test_masks_of_two_kinds_warn():
    layer = nn.MultiheadAttention(4, 2)
    x = ag.ones(3, 2, 4)
    with pytest.warns(UserWarning, match="Support for mismatched key_padding_mask and attn_mask is deprecated") as seen:
        layer(x, x, x, ag.zeros(2, 3, dtype=ag.bool), attn_mask=ag.zeros(3, 3))
    assert len(seen) == 1


def test_nested_tensors_are_no_concern():
    layer = nn.TransformerEncoderLayer(4, 2, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nn.TransformerEncoder(layer, 1).enable_nested_tensor


def test_what_does_not_fit_is_refused():
    x, network = ag.ones(3, 2, 4), nn.Transformer(4, 2, 1, 1, 5)
    attention = nn.MultiheadAttention(4, 2)
    cases = [
        (ValueError, lambda: nn.MultiheadAttention(0, 2), "must be greater than 0, got embed_dim=0 and num_heads=2"),
        (AssertionError, lambda: nn.MultiheadAttention(4, 3), "embed_dim must be divisible by num_heads; got 4 and 3"),
        (RuntimeError, lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), "should be relu/gelu, not tanh"),
        (RuntimeError, lambda: network(x, ag.ones(3, 1, 4)), "batch number of src and tgt must be equal; got 2 and 1"),
        (RuntimeError, lambda: network(x, ag.ones(3, 2, 5)), "must be equal to d_model, 4; got 4 and 5"),
        (RuntimeError, lambda: attention(x, x, x, is_causal=True), "Need attn_mask if specifying the is_causal hint"),
        (AssertionError, lambda: attention(x[0, 0], x, x), "query should be unbatched 2D or batched 3D"),
        (AssertionError, lambda: attention(x, x[0], x[0]), "For 3-D query, expected key and value to be 3-D"),
        (AssertionError, lambda: attention(x, x, x, ag.zeros(3, 2) > 0), r"has shape (3, 2); expected (N, S), (2, 3)"),
        (AssertionError, lambda: attention(x, x, x, ag.zeros(3) > 0), "expected key_padding_mask to be 2-D"),
        (RuntimeError, lambda: attention(x, x, x, attn_mask=ag.zeros(3, 2)), "but should be (3, 3)"),
        (AssertionError, lambda: attention(x, x, x, attn_mask=ag.zeros(3, 3).long()), "only bool and floating types"),
    ]
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)
