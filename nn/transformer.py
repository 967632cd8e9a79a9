"""Transformers: stacks of layers that encode a source and decode a target."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from . import functional as F
from . import init
from .base.module import Module
from .container import ModuleList
from .example_norm import LayerNorm
from .transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


class _Stack(Module):
    """Copies of a layer, one on the other, and perhaps a normalisation at the end."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def _through(self, x: Tensor, *memory: Tensor, **masks: Any) -> Tensor:
        for layer in self.layers:
            x = layer(x, *memory, **masks)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Stack ``num_layers`` copies of ``encoder_layer``, and ``norm`` after the last.

    Shape: that of the layer.

    Source: Vaswani et al., Attention is all you need, section 3.1.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        """Make a stack; ``enable_nested_tensor`` and ``mask_check`` change nothing, as there are no nested tensors."""
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Return the encoded source; masks are those of ``MultiheadAttention``.

        ``is_causal`` is a hint that ``mask`` is causal; by default that is seen from the mask.
        """
        causal = _is_causal(mask, is_causal)
        return self._through(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=causal)


class TransformerDecoder(_Stack):
    """Stack ``num_layers`` copies of ``decoder_layer``, and ``norm`` after the last.

    Shape: that of the layer.

    Source: Vaswani et al., Attention is all you need, section 3.1.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        """Make a stack."""
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the decoded target; masks are those of ``MultiheadAttention``.

        ``tgt_is_causal`` is a hint that ``tgt_mask`` is causal; by default that is seen from the mask.
        """
        return self._through(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=_is_causal(tgt_mask, tgt_is_causal),
            memory_is_causal=memory_is_causal,
        )  # fmt: skip


class Transformer(Module):
    """Encode a source and decode a target with it.

    Shape: src ``(S, N, d_model)``, tgt ``(T, N, d_model)``, or both with N first (``batch_first``) or without N ->
    tgt's.

    Source: Vaswani et al., Attention is all you need, figure 1.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any | None = None,
        custom_decoder: Any | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a network; the arguments are those of the layers, and how many there are.

        ``custom_encoder``, ``custom_decoder``: modules to use instead.
        """
        super().__init__()
        kind = {"device": device, "dtype": dtype}
        of_layers = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
        )  # fmt: skip
        norm = {"eps": layer_norm_eps, "bias": bias, **kind}
        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*of_layers, **kind)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, LayerNorm(d_model, **norm))
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*of_layers, **kind)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, LayerNorm(d_model, **norm))
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the decoded target; masks are those of ``MultiheadAttention``, the hints those of the stacks.

        Raises: RuntimeError where src and tgt differ in the number of examples, or have not ``d_model`` features.
        """
        examples = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[examples] != tgt.shape[examples]:
            raise RuntimeError(
                f"the batch number of src and tgt must be equal; got {src.shape[examples]} and {tgt.shape[examples]}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"the feature number of src and tgt must be equal to d_model, {self.d_model}; got {src.shape[-1]} and "
                f"{tgt.shape[-1]}"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        out: Tensor = self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip
        return out

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return a causal mask to be added: -inf above the diagonal, else 0.  Shape: ``(sz, sz)``."""
        return ag.triu(ag.full((sz, sz), -math.inf, dtype=dtype, device=device), 1)

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)


def _is_causal(mask: Tensor | None, is_causal: bool | None) -> bool:
    """Return whether a mask is causal: as the hint says, without one by looking at it, where no GPU makes us wait.

    The result is the same either way; attention that knows it is quicker.
    """
    if is_causal is not None or mask is None or mask.device.type != "cpu" or mask.ndim != 2:
        return bool(is_causal)
    causal = ag.ones(mask.shape, dtype=ag.bool).triu(1)
    if mask.dtype != ag.bool:
        causal = ag.masked_fill(ag.zeros(mask.shape, dtype=mask.dtype), causal, -math.inf)
    return mask.shape[0] == mask.shape[1] and ag.equal(mask, causal)
