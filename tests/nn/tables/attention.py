"""Attention and transformers.  PyTorch's fused attention has no second derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.nn.tables import Layer, layer

LATER = np.triu(np.ones((3, 3), bool), 1)
PADDED = np.array([[False, False, True], [False, False, False]])
QKV = ((3, 2, 4), (3, 2, 4), (3, 2, 4))


def heads(*inputs: Any, call: dict[str, Any] | None = None, fused: bool = False, **made: Any) -> Layer:
    """A row of multi-head attention; without weights to return, it is fused."""
    options = {"need_weights": False, **(call or {})} if fused else call
    return layer(lambda nn: nn.MultiheadAttention(4, 2, **made), *inputs, options=options, second=not fused)


def block(name: str, *inputs: Any, call: dict[str, Any] | None = None, **made: Any) -> Layer:
    """A row of a layer of a transformer."""
    made = {"dim_feedforward": 5, "dropout": 0.0, **made}
    return layer(lambda nn: getattr(nn, name)(4, 2, **made), *inputs, options=call, second=False)


def stack(nn: Any, name: str, norm: bool, **made: Any) -> Any:
    """A stack of two layers, which are drawn alike."""
    inner = getattr(nn, f"{name}Layer")(4, 2, 5, 0.0, batch_first=True)
    return getattr(nn, name)(inner, 2, nn.LayerNorm(4) if norm else None, **made)


ENCODER, DECODER = "TransformerEncoderLayer", "TransformerDecoderLayer"
BATCHED, MEMORY = (2, 3, 4), (2, 2, 4)
CAUSAL = {"attn_mask": LATER, "is_causal": True}

LAYERS = {
    "multihead": heads(*QKV),
    "multihead-fused": heads(*QKV, fused=True),
    "multihead-no-bias": heads(*QKV, bias=False, call={"average_attn_weights": False}),
    "multihead-one-more": heads(*QKV, add_bias_kv=True, add_zero_attn=True, call={"key_padding_mask": PADDED}),
    "multihead-one-more-fused": heads(*QKV, add_bias_kv=True, add_zero_attn=True, fused=True, call={
        "attn_mask": LATER}),
    "multihead-widths": heads((3, 2, 4), (2, 2, 3), (2, 2, 5), kdim=3, vdim=5),
    "multihead-batch-first": heads((2, 3, 4), (2, 5, 4), (2, 5, 4), batch_first=True),
    "multihead-unbatched": heads((3, 4), (3, 4), (3, 4), call={"attn_mask": LATER}),
    "multihead-causal": heads(*QKV, call=CAUSAL),
    "multihead-causal-fused": heads(*QKV, call=CAUSAL, fused=True),
    "multihead-causal-padded": heads(*QKV, call={**CAUSAL, "key_padding_mask": PADDED}, fused=True),
    "multihead-mask-3d": heads(*QKV, call={"attn_mask": np.linspace(-1, 1, 36).reshape(4, 3, 3)}),
    "encoder-layer": block(ENCODER, (3, 2, 4)),
    "encoder-layer-norm-first": block(ENCODER, BATCHED, norm_first=True, batch_first=True, activation="gelu",
        bias=False),
    "encoder-layer-masks": block(ENCODER, (3, 2, 4), layer_norm_eps=1e-3, call={
        "src_mask": LATER, "src_key_padding_mask": PADDED}),
    "decoder-layer": block(DECODER, (3, 2, 4), (2, 2, 4)),
    "decoder-layer-norm-first": block(DECODER, BATCHED, MEMORY, norm_first=True, batch_first=True, call={
        "tgt_mask": LATER, "tgt_is_causal": True, "memory_mask": LATER[:, :2]}),
    "encoder": layer(lambda nn: stack(nn, "TransformerEncoder", True, enable_nested_tensor=False), BATCHED, options={
        "mask": LATER}, second=False),
    "decoder": layer(lambda nn: stack(nn, "TransformerDecoder", False), BATCHED, MEMORY, options={
        "tgt_mask": np.where(LATER, -np.inf, 0)}, second=False),
    "transformer": layer(
        lambda nn: nn.Transformer(4, 2, 1, 1, 5, 0.0, batch_first=True), MEMORY, BATCHED, second=False),
}  # fmt: skip
