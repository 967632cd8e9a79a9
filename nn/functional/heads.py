"""Attention with several heads: projections into the heads, attention in each, a projection of the results."""

from __future__ import annotations

import math
import warnings

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import AssertedError, ShapeError

from .attention import scaled_dot_product_attention
from .dense import linear
from .noise import dropout
from .padding import pad

__all__ = ["multi_head_attention_forward"]

NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Return ``concat(head_1, ..., head_H) @ out_proj_weight.T + out_proj_bias`` and the weights of the attention.

    ``head_i`` is attention between the i-th parts of the projected query, key and value.  The projections' weights
    are ``in_proj_weight``, one above the other, or the three separate ones.  ``bias_k`` and ``bias_v`` are one more
    key and value, and so are the zeros of ``add_zero_attn``.  ``static_k`` and ``static_v`` are taken instead of the
    projected ones.  Masks are True where a key must not be seen, or numbers to be added.  ``is_causal`` is a hint
    that ``attn_mask`` is causal.  The weights are None unless ``need_weights``, and the mean over heads if
    ``average_attn_weights``.

    Shape: query ``(L, N, E)``, key and value ``(S, N, E)``, or all without N; key_padding_mask ``(N, S)``, attn_mask
    ``(L, S)`` or ``(N * H, L, S)`` -> ``(L, N, E)`` and ``(N, L, S)`` or ``(N, H, L, S)``.

    Raises: AssertedError, a ShapeError, where they do not fit.
    Source: Vaswani et al., Attention is all you need, section 3.2.2.
    """
    batched = _batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    n, width = query.shape[1:]
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    _check_masks(attn_mask, key_padding_mask, is_causal)
    causal = is_causal and key_padding_mask is None and not need_weights  # attention then needs no mask
    mask = None if causal else _of_attention(attn_mask, query, key, num_heads)
    padding = None if key_padding_mask is None else _to_be_added("key_padding_mask", key_padding_mask, query)
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    if bias_k is not None or bias_v is not None:
        k, v = _with_biases(k, v, bias_k, bias_v, static_k is not None or static_v is not None)
        mask, padding = _one_more(mask), _one_more(padding)
    q = _in_heads(q, num_heads)
    k = _in_heads(k, num_heads) if static_k is None else _static("static_k", static_k, q)
    v = _in_heads(v, num_heads) if static_v is None else _static("static_v", static_v, q)
    if add_zero_attn:
        zeros = ag.zeros(n, num_heads, 1, width // num_heads, dtype=k.dtype, device=k.device)
        k, v = ag.cat((k, zeros), 2), ag.cat((v, zeros), 2)
        mask, padding = _one_more(mask), _one_more(padding)
    mask = _merged(mask, padding, k)
    p = dropout_p if training else 0.0
    if need_weights:
        out, shares = _with_weights(q, k, v, mask, p)
        shares = shares.mean(1) if average_attn_weights else shares
    else:
        out, shares = scaled_dot_product_attention(q, k, v, mask, p, causal), None
    out = linear(out.permute(2, 0, 1, 3).reshape(query.shape), out_proj_weight, out_proj_bias)
    if batched:
        return out, shares
    return out.squeeze(1), None if shares is None else shares.squeeze(0)


def _with_biases(
    k: Tensor, v: Tensor, bias_k: Tensor | None, bias_v: Tensor | None, static: bool
) -> tuple[Tensor, Tensor]:
    """Return keys and values with one more of each.  Shape: (S, N, E) -> (S + 1, N, E)."""
    if bias_k is None or bias_v is None:
        raise AssertedError(f"{NAME}: bias_k is set but bias_v is None, or the other way round")
    if static:
        raise AssertedError(f"{NAME}: bias cannot be added to static key or value")
    one = (1, *k.shape[1:])
    return ag.cat((k, bias_k.expand(one))), ag.cat((v, bias_v.expand(one)))


def _with_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float) -> tuple[Tensor, Tensor]:
    scores = ag.matmul(q * math.sqrt(1.0 / q.shape[-1]), k.transpose(-2, -1))
    shares = dropout(ag.softmax(scores if mask is None else scores + mask, -1), p)
    return ag.matmul(shares, v), shares


# ---- projections ----


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weights: Tensor | tuple[Tensor | None, ...] | None, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Return query, key and value projected, the three at once where they are one tensor."""
    if isinstance(weights, Tensor):
        if query is key and key is value:
            return ag.chunk(linear(query, weights, bias), 3, -1)
        weights = ag.chunk(weights, 3)
    given = [] if weights is None else [w for w in weights if w is not None]
    if len(given) != 3:
        raise AssertedError(f"{NAME}: a projection's weight is None; wanted in_proj_weight, or the three separate ones")
    biases = (None, None, None) if bias is None else ag.chunk(bias, 3)
    return tuple([linear(x, w, b) for x, w, b in zip((query, key, value), given, biases, strict=True)])


def _in_heads(x: Tensor, num_heads: int) -> Tensor:
    """Return a view of the heads apart: (L, N, E) -> (N, H, L, E / H)."""
    length, n, width = x.shape
    return x.reshape(length, n, num_heads, width // num_heads).permute(1, 2, 0, 3)


def _static(name: str, given: Tensor, q: Tensor) -> Tensor:
    n, heads, _, width = q.shape
    if (given.shape[0], given.shape[2]) != (n * heads, width):
        raise AssertedError(
            f"{NAME}: {name} has shape {tuple(given.shape)}; expecting (N * H, S, E / H), ({n * heads}, S, {width})"
        )
    return given.reshape(n, heads, -1, width)


# ---- masks ----


def _of_attention(mask: Tensor | None, query: Tensor, key: Tensor, num_heads: int) -> Tensor | None:
    """Return ``attn_mask`` as numbers to be added, of shape (L, S) or (N, H, L, S)."""
    if mask is None:
        return None
    length, n, _ = query.shape
    keys = key.shape[0]
    wanted = (length, keys) if mask.ndim == 2 else (n * num_heads, length, keys)
    if tuple(mask.shape) != wanted:
        raise AssertedError(
            f"{NAME}: The shape of the {mask.ndim}D attn_mask is {tuple(mask.shape)}, but should be {wanted}."
        )
    mask = _to_be_added("attn_mask", mask, query)
    return mask if mask.ndim == 2 else mask.reshape(n, num_heads, length, keys)


def _to_be_added(name: str, mask: Tensor, like: Tensor) -> Tensor:
    if mask.dtype == ag.bool:
        return ag.masked_fill(ag.zeros(*mask.shape, dtype=like.dtype, device=like.device), mask, -math.inf)
    if not mask.dtype.is_floating_point:
        raise AssertedError(f"{NAME}: only bool and floating types of {name} are supported; got {mask.dtype}")
    return mask


def _one_more(mask: Tensor | None) -> Tensor | None:
    """Return a mask that lets one more key be seen."""
    return None if mask is None else pad(mask, (0, 1))


def _merged(mask: Tensor | None, padding: Tensor | None, k: Tensor) -> Tensor | None:
    """Return the sum of both masks, that of the keys as (N, 1, 1, S)."""
    if padding is None:
        return mask
    wanted = (k.shape[0], k.shape[2])
    if tuple(padding.shape) != wanted:
        raise AssertedError(f"{NAME}: key_padding_mask has shape {tuple(padding.shape)}; expected (N, S), {wanted}")
    padding = padding.reshape(wanted[0], 1, 1, wanted[1])
    return padding if mask is None else mask + padding


# ---- what fits ----


def _batched(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, num_heads: int
) -> bool:
    """Return whether there is a dimension of examples; raise where the arguments do not agree on it."""
    ndim = query.ndim
    if ndim not in (2, 3):
        raise AssertedError(f"{NAME}: query should be unbatched 2D or batched 3D tensor but received a {ndim}-D one")
    if (key.ndim, value.ndim) != (ndim, ndim):
        raise AssertedError(
            f"{NAME}: For {ndim}-D query, expected key and value to be {ndim}-D but found {key.ndim}-D and "
            f"{value.ndim}-D"
        )
    if padding is not None and padding.ndim != ndim - 1:
        raise AssertedError(
            f"{NAME}: For {ndim}-D query, expected key_padding_mask to be {ndim - 1}-D but found {padding.ndim}-D"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise AssertedError(f"{NAME}: expected attn_mask to be 2-D or 3-D but found {mask.ndim}-D")
    return ndim == 3


def _check_masks(attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool) -> None:
    if is_causal and attn_mask is None:
        raise ShapeError(f"{NAME}: Need attn_mask if specifying the is_causal hint.")
    if attn_mask is not None and key_padding_mask is not None and attn_mask.dtype != key_padding_mask.dtype:
        warnings.warn(
            "Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for both instead.",
            stacklevel=5,
        )


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, width: int, num_heads: int, separate: bool) -> None:
    if query.shape[2] != width:
        raise AssertedError(f"{NAME}: was expecting embedding dimension of {width}, but got {query.shape[2]}")
    if width % num_heads:
        raise AssertedError(f"{NAME}: embed_dim {width} not divisible by num_heads {num_heads}")
    dims = 2 if separate else 3
    if key.shape[:dims] != value.shape[:dims]:
        raise AssertedError(f"{NAME}: key shape {tuple(key.shape)} does not match value shape {tuple(value.shape)}")
