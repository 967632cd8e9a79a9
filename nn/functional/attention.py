"""Attention: averages of values, weighted by how well keys fit a query."""

from __future__ import annotations

import math

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend import host
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.attending import attend

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
    if dtype.itemsize == 2:  # one cast here instead of one for each use
        query, key, value = query.float(), key.float(), value.float()
    if enable_gqa:
        key, value = _shared_by(query, key), _shared_by(query, value)
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1] or 1)
    bias = None if attn_mask is None else _to_be_added(attn_mask, query)
    out = attend(query, key, value, bias, _kept(query, key, dropout_p), scale=scale, causal=is_causal)
    return out if out.dtype == dtype else out.to(dtype)


def _to_be_added(mask: Tensor, query: Tensor) -> Tensor:
    """Return a mask as numbers to be added to the scores: 0 where a key may be seen, else -inf."""
    if mask.dtype != ag.bool:
        return mask if mask.dtype == query.dtype else mask.to(query.dtype)
    return ag.where(mask, ag.zeros((), dtype=query.dtype, device=query.device), -math.inf)


def _kept(query: Tensor, key: Tensor, dropout_p: float) -> Tensor | None:
    """Return dropout's factor for each score, 0 or ``1 / (1 - dropout_p)``."""
    if dropout_p == 0.0:
        return None
    ahead = host.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    shape = (*ahead, query.shape[-2], key.shape[-2])
    return dropout(ag.ones(shape, dtype=query.dtype, device=query.device), dropout_p)


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
