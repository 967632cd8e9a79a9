"""Attention: averages of values, weighted by how well keys fit a query."""

from __future__ import annotations

import math

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend.device import module_of
from autograd_core.engine.tensor import wrap
from autograd_core.errors import DTypeError, ShapeError

from .noise import dropout

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return ``softmax(scale * query @ key.T + mask) @ value``; ``scale`` is by default ``1 / sqrt(E)``.

    ``attn_mask``: True where a query may see a key, or numbers to be added; it broadcasts to ``(*, L, S)``.  A query
    that may see no key gives 0.  ``is_causal``: query i sees keys up to i.  ``dropout_p``: how many weights to drop,
    always.  ``enable_gqa``: each head of the keys and values serves several of the queries' in turn.

    Shape: query ``(*, L, E)``, key ``(*, S, E)``, value ``(*, S, V)`` -> ``(*, L, V)``.

    Raises: ShapeError where they do not fit, or both a mask and ``is_causal`` are given; DTypeError for another
        dtype of the mask.
    Source: Vaswani et al., Attention is all you need, eq. 1.
    """
    _check(query, key, value, attn_mask, is_causal)
    dtype = query.dtype
    if dtype.itemsize == 2:  # scores of half-precision numbers would be rounded before exp
        query, key, value = query.float(), key.float(), value.float()
    if enable_gqa:
        key, value = _shared_by(query, key), _shared_by(query, value)
    factor = query.shape[-1] ** -0.5 if scale is None and query.shape[-1] else scale
    scores = ag.matmul(query if factor is None else query * factor, key.transpose(-2, -1))
    if is_causal:
        scores = ag.masked_fill(scores, _later(scores), -math.inf)
    if attn_mask is None:
        return ag.matmul(dropout(ag.softmax(scores, -1), dropout_p), value).to(dtype)
    # a row without any key would be all -inf, and NaN after softmax: it sees every key, and its result is struck out
    hidden = ~attn_mask if attn_mask.dtype == ag.bool else attn_mask == -math.inf
    blind = hidden.all(-1, keepdim=True)
    if attn_mask.dtype == ag.bool:
        scores = ag.masked_fill(scores, hidden & ~blind, -math.inf)
    else:
        scores = scores + ag.masked_fill(attn_mask, blind, 0.0)
    weights = dropout(ag.softmax(scores, -1), dropout_p)
    return ag.masked_fill(ag.matmul(weights, value), blind, 0.0).to(dtype)


def _later(scores: Tensor) -> Tensor:
    """Return where a key comes after the query, of scores (*, L, S)."""
    queries, keys = scores.shape[-2:]
    xp = module_of(scores._array)
    return wrap(xp.arange(keys) > xp.arange(queries)[:, None])


def _shared_by(query: Tensor, given: Tensor) -> Tensor:
    """Return keys or values with each head repeated until there are as many as the query's."""
    heads, shared = query.shape[-3], given.shape[-3]
    if not shared or heads % shared:
        raise ShapeError(
            f"scaled_dot_product_attention: enable_gqa: query has {heads} heads and key or value {shared}; "
            f"wanted a divisor"
        )
    if heads == shared:
        return given
    *ahead, _, length, width = given.shape
    many = given.unsqueeze(-3).expand(*ahead, shared, heads // shared, length, width)
    return many.reshape(*ahead, heads, length, width)


def _check(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None, is_causal: bool) -> None:
    shapes = [tuple(t.shape) for t in (query, key, value)]
    if any(len(shape) < 2 for shape in shapes) or shapes[0][-1] != shapes[1][-1] or shapes[1][-2] != shapes[2][-2]:
        raise ShapeError(
            f"scaled_dot_product_attention: got query {shapes[0]}, key {shapes[1]}, value {shapes[2]}; "
            f"wanted (*, L, E), (*, S, E) and (*, S, V), all of them at least 2 dimensional"
        )
    if not query.dtype == key.dtype == value.dtype:
        raise DTypeError(
            f"scaled_dot_product_attention: Expected query, key, and value to have the same dtype, but got "
            f"{query.dtype}, {key.dtype} and {value.dtype}"
        )
    if attn_mask is None:
        return
    if is_causal:
        raise ShapeError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if attn_mask.dtype not in (ag.bool, query.dtype, ag.float32):
        raise DTypeError(
            f"scaled_dot_product_attention: Expected attn_mask dtype to be bool or to match query dtype, but got "
            f"{attn_mask.dtype} and {query.dtype}"
        )
