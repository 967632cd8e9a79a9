"""Attention, with one head and with several."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError
from tests import references as ref
from tests.rows import Row, bad, s
from tests.tables import function

SEEN = np.array([[True, False, True], [True, True, False]])
BLIND = np.array([[True, False, True], [False, False, False]])
QKV = ((2, 4), (3, 4), (3, 2))


def attention(
    q: Any, k: Any, v: Any, mask: Any = None, p: float = 0.0, is_causal: bool = False, scale: Any = None,
    enable_gqa: bool = False,
) -> Any:  # fmt: skip
    if enable_gqa:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
    scores = q @ k.swapaxes(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        mask = np.tri(*scores.shape[-2:], dtype=bool)
    if mask is None:
        return ref.softmax(scores, dim=-1) @ v
    scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    blind = np.isinf(scores).all(-1, keepdims=True)
    return np.where(blind, 0, ref.softmax(np.where(blind, 0, scores), dim=-1)) @ v


def several(q: Any, k: Any, v: Any, embed: int, heads: int, w: Any, b: Any, *rest: Any, **options: Any) -> Any:
    """The forms of the samples below: ``(L, N, E)``, no mask, and what is added to keys and values."""
    bias_k, bias_v, zero, _, w_out, b_out = rest[:6]
    wq, wk, wv = np.split(w, 3)
    bq, bk, bv = np.split(np.zeros(3 * embed) if b is None else b, 3)
    q, k, v = q @ wq.T + bq, k @ wk.T + bk, v @ wv.T + bv
    if bias_k is not None:
        k, v = (np.concatenate([x, np.repeat(bias, q.shape[1], 1)]) for x, bias in ((k, bias_k), (v, bias_v)))
    if zero:
        k, v = (np.concatenate([x, np.zeros_like(x[:1])]) for x in (k, v))
    parts = [x.reshape(*x.shape[:2], heads, -1).transpose(1, 2, 0, 3) for x in (q, k, v)]  # (N, H, L, E / H)
    out = attention(*parts).transpose(2, 0, 1, 3).reshape(q.shape) @ w_out.T + (0 if b_out is None else b_out)
    scores = parts[0] @ parts[1].swapaxes(-1, -2) * parts[0].shape[-1] ** -0.5
    shares = ref.softmax(scores, dim=-1)
    return out, shares.mean(1) if options.get("average_attn_weights", True) else shares


def attend(q: Any, k: Any, v: Any, bias: Any, kept: Any, *, scale: float, causal: bool = False) -> Any:
    scores = q @ k.swapaxes(-1, -2) * scale + (0 if bias is None else bias)
    scores = np.where(np.tri(*scores.shape[-2:]), scores, -np.inf) if causal else scores
    return ref.softmax(scores, dim=-1) * (1 if kept is None else kept) @ v


def composed(t: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, *, scale: float, causal: bool = False) -> Any:
    """The composition of the primitive, on either side."""
    scores = q @ k.transpose(-1, -2) * scale + (0 if bias is None else bias)
    if causal:
        scores = t.masked_fill(scores, t.triu(t.ones(scores.shape[-2:]), 1) > 0, -np.inf)
    return t.softmax(scores, -1) * (1 if kept is None else kept) @ v


EACH = ((2, 2, 4), (3, 2, 4), (3, 2, 4), 4, 2, (12, 4))
OUT = (False, 0.0, (4, 4), (4,))

PRIMITIVES = [
    Row("attend", s(*QKV, None, None, scale=0.5), s(*QKV, (2, 3), None, scale=1.0), s(*QKV, (1, 3), (2, 3), scale=0.3),
        s((2, 3, 4), (2, 2, 4), (2, 2, 2), None, (2, 3, 2), scale=0.5, causal=True),
        s((2, 2, 3, 4), (2, 2, 2, 4), (2, 2, 2, 4), (2, 1, 3, 2), None, scale=9.0),
        s((2, 1, 4), (1, 3, 4), (3, 2), (2, 1, 1, 3), None, scale=0.5), s((0, 2, 4), (0, 3, 4), (0, 3, 2), None, None,
        scale=1.0), numpy=attend, torch=composed, composition=lambda *args, **options: composed(ag, *args, **options)),
]

FUNCTIONS = [
    function("nn.functional.scaled_dot_product_attention", s(*QKV), s(*QKV, SEEN), s(*QKV, BLIND), s(*QKV, (2, 3)),
        s((2, 3, 4), (2, 2, 4), (2, 2, 2), is_causal=True), s((2, 2, 4), (1, 3, 4), (1, 3, 2), enable_gqa=True),
        s(*QKV, scale=0.3), numpy=attention, errors=(
            bad(ShapeError, "Explicit attn_mask should not be set when is_causal=True", *QKV, SEEN, is_causal=True),
            bad(ShapeError, r"^scaled_dot_product_attention: got query \(2, 4\), key \(3, 5\)", (2, 4), (3, 5), (3, 2)),
            bad(ShapeError, "enable_gqa: query has 3 heads and key or value 2", (3, 2, 4), (2, 3, 4), (2, 3, 4),
                enable_gqa=True),
            bad(DTypeError, "Expected attn_mask dtype to be bool or to match query dtype", *QKV, SEEN.astype("int64")),
            bad(DTypeError, "Expected query, key, and value to have the same dtype", (2, 4), np.ones((3, 4), "float32"),
                (3, 2)))),
    function("nn.functional.multi_head_attention_forward", s(*EACH, (12,), None, None, *OUT),
        s(*EACH, None, (1, 1, 4), (1, 1, 4), True, 0.0, (4, 4), None, average_attn_weights=False), numpy=several,
        errors=(
            bad(ShapeError, "was expecting embedding dimension of 3, but got 4", *EACH[:3], 3, 1, (9, 3), None, None,
                None, *OUT),
            bad(ShapeError, "embed_dim 4 not divisible by num_heads 3", *EACH[:4], 3, (12, 4), None, None, None, *OUT),
            bad(ShapeError, "bias_k is set but bias_v is None", *EACH, None, (1, 1, 4), None, *OUT),
            bad(AssertionError, "query should be unbatched 2D or batched 3D", (4,), *EACH[1:], None, None, None, *OUT),
            bad(ShapeError, "the three separate ones", *EACH[:5], None, None, None, None, *OUT),
            bad(ShapeError, "Need attn_mask if specifying the is_causal hint", *EACH, None, None, None, *OUT,
                is_causal=True),
            bad(ShapeError, r"The shape of the 2D attn_mask is \(2, 2\), but should be \(2, 3\)", *EACH, None, None,
                None, *OUT, True, None, True, (2, 2)))),
]  # fmt: skip
