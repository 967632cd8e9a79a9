"""Attention with several heads."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import AssertedError

from . import functional as F
from . import init
from .attention_backends import SDPBackend as SDPBackend
from .attention_backends import sdpa_kernel as sdpa_kernel
from .base.module import Module
from .linear import Linear
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer, under the name that PyTorch shows for the last one of multi-head attention."""


class MultiheadAttention(Module):
    """Attend with several heads: ``concat(head_1, ..., head_H) @ out_proj.weight.T + out_proj.bias``.

    ``head_i = softmax(q_i @ k_i.T / sqrt(E / H)) @ v_i``, where ``q_i``, ``k_i`` and ``v_i`` are the i-th parts of the
    projected query, key and value.

    Shape: query ``(L, N, E)``, key ``(S, N, kdim)``, value ``(S, N, vdim)`` -> ``(L, N, E)`` and the weights
    ``(N, L, S)``; with ``batch_first`` N comes first, and without examples N is left out.  ``in_proj_weight``
    ``(3 * E, E)``, or ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight`` where kdim or vdim is not E.

    Source: Vaswani et al., Attention is all you need, section 3.2.2.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer with ``num_heads`` heads of ``embed_dim / num_heads`` numbers each.

        ``dropout``: how many weights are dropped in training.  ``add_bias_kv``: one more key and value, which are
        learnt.  ``add_zero_attn``: one more key and value, which are 0.

        Raises: ValueError where the sizes are not positive, or do not divide.
        """
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                f"instead"
            )
        if embed_dim % num_heads:
            raise AssertedError(f"embed_dim must be divisible by num_heads; got {embed_dim} and {num_heads}")
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        kind = {"device": device, "dtype": dtype}
        for name, shape in self._shapes(bias, add_bias_kv).items():
            self.register_parameter(name, None if shape is None else Parameter(ag.empty(shape, **kind)))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **kind)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _shapes(self, bias: bool, add_bias_kv: bool) -> dict[str, tuple[int, ...] | None]:
        """Return the shapes of the parameters in PyTorch's order; None for those that the layer has not."""
        width, same = self.embed_dim, self._qkv_same_embed_dim
        one_more = (1, 1, width) if add_bias_kv else None
        return {
            "in_proj_weight": (3 * width, width) if same else None,
            "q_proj_weight": None if same else (width, width),
            "k_proj_weight": None if same else (width, self.kdim),
            "v_proj_weight": None if same else (width, self.vdim),
            "in_proj_bias": (3 * width,) if bias else None,
            "bias_k": one_more,
            "bias_v": one_more,
        }

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the result and the weights of the attention, None unless ``need_weights``.

        Masks are True where a key must not be seen, or numbers to be added to the scores.  ``key_padding_mask``:
        ``(N, S)``.  ``attn_mask``: ``(L, S)`` or ``(N * H, L, S)``.  ``is_causal`` is a hint that ``attn_mask`` is
        causal.  ``average_attn_weights``: return the mean over the heads, else each head's weights, ``(N, H, L, S)``.

        Raises: ShapeError where sizes do not fit, or ``is_causal`` comes without a mask.
        """
        swap = self.batch_first and query.ndim == 3
        if swap:
            query, key, value = _swapped(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, None, None, average_attn_weights, is_causal,
        )  # fmt: skip
        return output.transpose(0, 1) if swap else output, weights


def _swapped(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the three with their first dimensions swapped; what was one tensor stays one, and is projected at once."""
    q = query.transpose(0, 1)
    k = q if key is query else key.transpose(0, 1)
    return q, k, k if value is key else value.transpose(0, 1)
