"""Attention: softmax of how well queries and keys agree, times the values.

The softmax is not kept for the gradients: they compute it again from the logarithm of each row's sum, as Dao et al.
2022, FlashAttention, do.  What a layer keeps then grows with the length of its sequences, not with its square.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.shared.softmax import CALM

ONLY_PRODUCTS = (True, True, True, False, False)  # the gradients of q, k and v are wanted, no others


def attend(xp: ModuleType, q: Any, k: Any, v: Any, bias: Any, kept: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    """Return ``(softmax(s) * kept) @ v`` and ``log(sum(exp(s)))`` for ``s = scale * q @ k.T + bias``.

    Both are 0 for a query that sees no key.  ``causal``: query i sees keys up to i.  ``bias`` and ``kept`` may be None,
    and broadcast.  Shape: (*, L, E), (*, S, E), (*, S, V) -> (*, L, V) and (*, L, 1).
    """
    weights, total, lse = attention_weights(xp, q, k.swapaxes(-1, -2) * scale, bias, 0 if causal else None)
    y = xp.matmul(weights if kept is None else weights * kept, v)
    y /= total
    return y, lse


def attention_weights(
    xp: ModuleType, q: Any, keys: Any, bias: Any, first: int | None, out: Any = None
) -> tuple[Any, Any, Any]:
    """Return the softmax times some factor of each row, the sums of its rows, and the ``lse`` of ``attend``.

    The first is in ``out`` if given; ``keys`` are transposed and scaled: (*, E, S).  ``first`` is the number of the
    first query where none sees a later key, None where each sees all.
    """
    weights = _scores(xp, q, keys, bias, out)
    calm = xp is host and bias is None and (not weights.size or (weights.min() > -CALM and weights.max() < CALM))
    hide(xp, weights, first)
    top = None
    if not calm and weights.shape[-1]:
        top = weights.max(axis=-1, keepdims=True)
        if bias is not None:
            top = xp.where(top == -math.inf, 0, top)
        weights -= top
    xp.exp(weights, out=weights)
    total = xp.matmul(weights, xp.ones((weights.shape[-1], 1), weights.dtype))  # quicker than a sum
    if bias is not None or not weights.shape[-1]:
        total = xp.where(total == 0, 1, total)
    lse = xp.log(total)
    return weights, total, lse if top is None else lse + top


def attention_shares(
    xp: ModuleType, q: Any, keys: Any, bias: Any, lse: Any, first: int | None, out: Any = None
) -> Any:
    """Return the softmax, in ``out`` if given, from the logarithms ``lse`` of the sums of its rows."""
    shares = _scores(xp, q, keys, bias, out)
    hide(xp, shares, first)
    shares -= lse
    return xp.exp(shares, out=shares)


def attend_grads(
    xp: ModuleType, g: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, y: Any, lse: Any, scale: float, causal: bool,
    wants: tuple[bool, ...],
) -> tuple[Any, ...]:  # fmt: skip
    """Return the gradients of q, k, v, bias and kept, None where not wanted."""
    shares = attention_shares(xp, q, k.swapaxes(-1, -2) * scale, bias, lse, 0 if causal else None)
    return grads_by_shares(g, q, k, v, kept, y, shares, scale, wants)


def grads_by_shares(
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


def _scores(xp: ModuleType, q: Any, keys: Any, bias: Any, out: Any) -> Any:
    scores = xp.matmul(q, keys, out=out)
    return scores if bias is None else xp.add(scores, bias, out=out)


def hide(xp: ModuleType, scores: Any, first: int | None) -> None:
    """Add -inf, in place, for the keys that come after a query; the first query has the number ``first``."""
    if first is not None:
        queries, keys = scores.shape[-2:]
        own = scores[..., first:]
        own += xp.where(later(xp, queries, keys - first), own.dtype.type(-math.inf), own.dtype.type(0))


def later(xp: ModuleType, queries: int, keys: int) -> Any:
    """Return where a key comes after the query.  Shape: (L, S)."""
    return xp.arange(keys) > xp.arange(queries)[:, None]
