"""Attention: softmax of how well queries and keys agree, times the values."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend import host

CALM = 60.0  # scores between -CALM and CALM go into exp as they are, and can neither overflow nor vanish


def attend(xp: ModuleType, q: Any, k: Any, v: Any, bias: Any, kept: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    """Return ``(shares * kept) @ v`` and ``shares = softmax(scale * q @ k.T + bias)``, 0 for a query that sees no key.

    ``causal``: query i sees keys up to i.  ``bias`` and ``kept`` may be None, and broadcast.
    Shape: (*, L, E), (*, S, E), (*, S, V) -> (*, L, V) and (*, L, S).
    """
    shares = attention_shares(xp, q, k.swapaxes(-1, -2) * scale, bias, causal)
    return xp.matmul(shares if kept is None else shares * kept, v), shares


def attend_grads(
    g: Any, q: Any, k: Any, v: Any, kept: Any, y: Any, shares: Any, scale: float, wants: tuple[bool, ...]
) -> tuple[Any, ...]:
    """Return the gradients of q, k, v, bias and kept, None where not wanted; of arrays, or of Tensors.

    Source: Dao et al. 2022, FlashAttention, appendix B.2: the row sums of ``g * y`` are those of ``dP * P``.
    """
    dropped = shares if kept is None else shares * kept
    v_grad = dropped.swapaxes(-1, -2) @ g if wants[2] else None
    if not (wants[0] or wants[1] or wants[3] or wants[4]):
        return None, None, v_grad, None, None
    shares_grad = g @ v.swapaxes(-1, -2)
    kept_grad = shares_grad * shares if wants[4] else None
    if kept is not None:
        shares_grad = shares_grad * kept
    scores_grad = (shares_grad - (g * y).sum(-1, keepdims=True)) * shares
    q_grad = scores_grad @ k * scale if wants[0] else None
    k_grad = scores_grad.swapaxes(-1, -2) @ q * scale if wants[1] else None
    return q_grad, k_grad, v_grad, scores_grad if wants[3] else None, kept_grad


def attention_shares(xp: ModuleType, q: Any, keys: Any, bias: Any, causal: bool, out: Any = None) -> Any:
    """Return the softmax, in ``out`` if given; ``keys`` are transposed and scaled: (*, E, S)."""
    shares = xp.matmul(q, keys, out=out)
    if not shares.size:
        return shares
    calm = xp is host and bias is None and shares.min() > -CALM and shares.max() < CALM
    if bias is not None:
        shares = xp.add(shares, bias, out=out)
    if causal:
        shares += xp.where(later(xp, *shares.shape[-2:]), shares.dtype.type(-math.inf), shares.dtype.type(0))
    if not calm:
        top = shares.max(axis=-1, keepdims=True)
        shares -= top if bias is None else xp.where(top == -math.inf, 0, top)
    xp.exp(shares, out=shares)
    total = xp.matmul(shares, xp.ones((shares.shape[-1], 1), shares.dtype))  # quicker than a sum
    shares /= total if bias is None else xp.where(total == 0, 1, total)
    return shares


def later(xp: ModuleType, queries: int, keys: int) -> Any:
    """Return where a key comes after the query.  Shape: (L, S)."""
    return xp.arange(keys) > xp.arange(queries)[:, None]
