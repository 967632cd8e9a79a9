"""How many multiply-adds a layer takes for a call."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from ..base.module import Module

__all__ = ["multiply_adds"]

Arguments = dict[str, Any]  # of a call of ``forward``, by name
Rule = Callable[[Any, Arguments, Any], int]


def multiply_adds(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> int | None:
    """Return the multiply-adds of a call of ``module`` itself, without those of the modules that it calls.

    | layer | multiply-adds |
    |---|---|
    | linear | outputs × ``in_features`` |
    | bilinear | outputs × ``in1_features * (in2_features + 1)`` |
    | convolution | outputs × weights of one output channel |
    | transposed convolution | inputs × weights of one input channel |
    | recurrent | steps of all sequences × weights |
    | attention | its four projections, and ``2 * L * S * embed_dim`` for scores and means, per example |
    | batch normalisation | 1 per element |
    | other normalisation | 2 per element, and 1 for the scale |
    | PReLU | 1 per element |

    Everything else that has no parameters of its own counts as 0: additions, comparisons, exponentials.  None: a
    module with parameters of its own that is not in this table.
    """
    for kind, rule in _rules():
        if isinstance(module, kind):
            return rule(module, inspect.signature(module.forward).bind(*args, **kwargs).arguments, output)
    return None if any(True for _ in module.parameters(recurse=False)) else 0


@cache
def _rules() -> list[tuple[Any, Rule]]:
    import nn  # not at the top: this package is part of it
    from nn.conv import _ConvNd
    from nn.norm import _BatchNorm, _InstanceNorm

    return [
        (nn.Linear, lambda layer, given, y: y.numel() * layer.in_features),
        (nn.Bilinear, lambda layer, given, y: y.numel() * layer.in1_features * (layer.in2_features + 1)),
        (_ConvNd, _convolution),
        (nn.RNNBase, _recurrent),
        (nn.RNNCellBase, _cell),
        (nn.MultiheadAttention, _attention),
        (_BatchNorm, lambda layer, given, y: y.numel()),
        ((nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, _InstanceNorm), _normalisation),
        (nn.PReLU, lambda layer, given, y: y.numel()),
        ((nn.Embedding, nn.EmbeddingBag), lambda layer, given, y: 0),
    ]


def _convolution(layer: Any, given: Arguments, y: Any) -> int:
    cells = given["input"] if layer.transposed else y
    return int(cells.numel() * math.prod(layer.weight.shape[1:]))


def _recurrent(layer: Any, given: Arguments, y: Any) -> int:
    weights = sum(w.numel() for w in layer._flat_weights if w.ndim == 2)
    steps = given["input"].data  # also of packed sequences
    return int(weights * math.prod(steps.shape[:-1]))


def _cell(layer: Any, given: Arguments, y: Any) -> int:
    weights = layer.weight_ih.numel() + layer.weight_hh.numel()
    return int(weights * math.prod(given["input"].shape[:-1]))


def _attention(layer: Any, given: Arguments, y: Any) -> int:
    query, key, width = given["query"], given["key"], layer.embed_dim
    dim = 1 if layer.batch_first and query.ndim == 3 else 0
    n, queries, keys = query.shape[1 - dim] if query.ndim == 3 else 1, query.shape[dim], key.shape[dim]
    projections = queries * 2 * width + keys * (layer.kdim + layer.vdim)
    attended = keys + int(layer.bias_k is not None) + int(layer.add_zero_attn)
    return int(n * width * (projections + 2 * queries * attended))


def _normalisation(layer: Any, given: Arguments, y: Any) -> int:
    return int(y.numel() * (2 + int(layer.weight is not None)))
