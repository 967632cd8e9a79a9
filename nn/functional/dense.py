"""Linear layers."""

from __future__ import annotations

from autograd_core import Tensor
from autograd_core.ops.contract import linear as _linear


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``input @ weight.T + bias``.

    Shape: input ``(*, in_features)``, weight ``(out_features, in_features)`` -> ``(*, out_features)``.
    """
    if input.ndim == 2:
        return _linear(input, weight, bias)
    rows = input.reshape(-1, input.shape[-1])
    return _linear(rows, weight, bias).reshape(*input.shape[:-1], weight.shape[0])
