"""The layers of which transformers are stacked: attention and a network per position, each beside a skip connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core import Tensor

from . import functional as F
from .attention import MultiheadAttention
from .base.module import Module
from .dropout import Dropout
from .example_norm import LayerNorm
from .linear import Linear

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]

Activation = Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, Activation] = {"relu": F.relu, "gelu": F.gelu}


class _TransformerLayer(Module):
    """Blocks beside skip connections: one per attention in ``attentions``, then a network of two linear layers."""

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer for ``d_model`` features, with ``nhead`` heads and ``dim_feedforward`` hidden units.

        ``activation``: ``"relu"``, ``"gelu"`` or a function.  ``batch_first``: inputs are ``(N, L, E)``.
        ``norm_first``: normalise what enters a block, instead of its sum with the skip connection.

        Raises: RuntimeError for another name of an activation.
        """
        super().__init__()
        kind = {"device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **kind)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **kind)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for i in blocks:
            setattr(self, f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **kind))
        for i in blocks:
            setattr(self, f"dropout{i}", Dropout(dropout))
        if isinstance(activation, str):
            if activation not in ACTIVATIONS:
                raise RuntimeError(f"activation should be relu/gelu, not {activation}")
            activation = ACTIVATIONS[activation]
        self.activation = activation

    def _beside(self, x: Tensor, norm: Module, block: Activation) -> Tensor:
        """Return the sum of a block and its skip connection, normalised before or after."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))

    def _attend(self, attention: Module, x: Tensor, memory: Tensor, *masks: Any) -> Tensor:
        """Return what ``x`` finds in ``memory``; masks: attn_mask, key_padding_mask, is_causal."""
        attn_mask, key_padding_mask, is_causal = masks
        found: Tensor = attention(
            x, memory, memory, key_padding_mask=key_padding_mask, need_weights=False, attn_mask=attn_mask,
            is_causal=is_causal,
        )[0]  # fmt: skip
        return found

    def _feed_forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return hidden


class TransformerEncoderLayer(_TransformerLayer):
    """Let each position attend to all, then transform it: ``x = norm1(x + attention(x))``, ``norm2(x + network(x))``.

    With ``norm_first``: ``x = x + attention(norm1(x))``, ``x + network(norm2(x))``.

    Shape: ``(L, N, d_model)``, or ``(N, L, d_model)`` with ``batch_first``, or ``(L, d_model)`` -> same.

    Source: Vaswani et al., Attention is all you need, section 3.1; Xiong et al., On layer normalization in the
    transformer architecture, figure 1, for ``norm_first``.
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the layer's output; masks are those of ``MultiheadAttention``."""
        x = self._beside(src, self.norm1, lambda x: self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self._beside(x, self.norm2, self._ff_block)

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        found: Tensor = self.dropout1(self._attend(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))
        return found

    def _ff_block(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout2(self._feed_forward(x))
        return out


class TransformerDecoderLayer(_TransformerLayer):
    """Let each position attend to the target, then to the encoder's memory, then transform it.

    ``x = norm1(x + attention(x))``, ``x = norm2(x + attention(x, memory))``, ``norm3(x + network(x))``; with
    ``norm_first`` each block's input is normalised instead.

    Shape: tgt ``(T, N, d_model)``, memory ``(S, N, d_model)``, or both with N first or without N -> tgt's.

    Source: Vaswani et al., Attention is all you need, section 3.1.
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the layer's output; masks are those of ``MultiheadAttention``."""
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        others = (memory_mask, memory_key_padding_mask, memory_is_causal)
        x = self._beside(tgt, self.norm1, lambda x: self._sa_block(x, *own))
        x = self._beside(x, self.norm2, lambda x: self._mha_block(x, memory, *others))
        return self._beside(x, self.norm3, self._ff_block)

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        found: Tensor = self.dropout1(self._attend(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))
        return found

    def _mha_block(
        self, x: Tensor, mem: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        found = self._attend(self.multihead_attn, x, mem, attn_mask, key_padding_mask, is_causal)
        out: Tensor = self.dropout2(found)
        return out

    def _ff_block(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout3(self._feed_forward(x))
        return out
