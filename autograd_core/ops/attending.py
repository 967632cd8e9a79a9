"""Attention as one primitive.  Its composition stands in the tests as its reference, to second order."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend.device import kernels_of, module_of
from autograd_core.backend.shared.attending import attend_grads, later
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.arithmetic import keep, where
from autograd_core.ops.contract import matmul
from autograd_core.ops.reduce import extremum, softmax


@primitive(broadcasts=True, dtypes="match", ordered=True, residuals=("shares",))
def attend(
    xp: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, /, *, scale: float, causal: bool = False
) -> tuple[Any, Any]:
    """Return ``(softmax(scale * q @ k.T + bias) * kept) @ v``, 0 for a query that sees no key.

    ``causal``: query i sees keys up to i.  ``bias``, -inf where a key is not seen, and ``kept``, the factors of
    dropout, may be None.  Shape: (*, L, E), (*, S, E), (*, S, V), twice what broadcasts to (*, L, S) -> (*, L, V).

    Source: Vaswani et al. 2017, equation 1.
    """
    return kernels_of(xp).attend(xp, q, k, v, bias, kept, scale, causal)


def _attend_rule(
    g: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, y: Any, shares: Any, wants: tuple[bool, ...], scale: float,
    causal: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the five gradients; ``bias`` and ``causal`` are named for the shares' sake."""
    find = attend_grads if isinstance(q, Tensor) else kernels_of(module_of(q)).attend_grads
    return find(g, q, k, v, kept, y, shares, scale, wants)


def _shares(q: Any, k: Any, bias: Any, scale: float, causal: bool) -> Any:
    """Return the softmax as a composition."""
    scores = matmul(q, k.swapaxes(-1, -2)) * scale
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = where(wrap(later(module_of(scores._array), *scores.shape[-2:])), -math.inf, scores)
    if not scores.shape[-1]:
        return softmax(scores, dim=scores.ndim - 1)
    # a row without any key would be all -inf, and NaN after softmax
    blind = extremum(scores, dim=(scores.ndim - 1,), keepdim=True) == -math.inf
    return keep(softmax(where(blind, 0.0, scores), dim=scores.ndim - 1), ~blind)


attend.joint_vjp(_attend_rule)
attend.residual(shares=_shares)
