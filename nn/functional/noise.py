"""Random noise that regularises: dropout."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``; if ``training``.

    Shape: any -> same.  A floating dtype.

    Raises: ValueError where ``p`` is outside [0, 1].
    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting.
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0.0:
        return input
    keep = 1.0 - p
    with ag.no_grad():
        mask = ag.empty_like(input).bernoulli_(keep)
        if keep > 0.0:
            mask.div_(keep)
    return input.mul_(mask) if inplace else input * mask
