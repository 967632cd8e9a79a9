"""Attention as one primitive.  Its composition stands in the tests as its reference, to second order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core.backend.device import kernels_of, module_of
from autograd_core.backend.shared.attending import grads_by_shares, later
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.arithmetic import added, where
from autograd_core.ops.batching import leading, whole
from autograd_core.ops.contract import matmul
from autograd_core.ops.functions import exp, log
from autograd_core.ops.reduce import extremum, sum


@primitive(broadcasts=True, dtypes="match", ordered=True, residuals=("lse",))
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
    g: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, y: Any, lse: Any, wants: tuple[bool, ...], scale: float,
    causal: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the five gradients."""
    if isinstance(q, Tensor):
        shares = exp(_scores(q, k, bias, scale, causal) - lse)
        return grads_by_shares(g, q, k, v, kept, y, shares, scale, wants)
    xp = module_of(q)
    return kernels_of(xp).attend_grads(xp, g, q, k, v, bias, kept, y, lse, scale, causal, wants)


def _scores(q: Any, k: Any, bias: Any, scale: float, causal: bool) -> Any:
    scores = matmul(q, k.swapaxes(-1, -2)) * scale
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = where(wrap(later(module_of(scores._array), *scores.shape[-2:])), -math.inf, scores)
    return scores


def _lse(q: Any, k: Any, bias: Any, scale: float, causal: bool) -> Any:
    """Return the logarithm of the sums as a composition; 0 for a query that sees no key."""
    scores = _scores(q, k, bias, scale, causal)
    last = (scores.ndim - 1,)
    if not scores.shape[-1]:
        return sum(scores, dim=last, keepdim=True)
    top = extremum(scores, dim=last, keepdim=True).detach()  # a constant: the result does not depend on it
    blind = top == -math.inf
    top = where(blind, 0.0, top)
    total = sum(exp(scores - top), dim=last, keepdim=True)
    return log(where(blind, 1.0, total)) + top


def _attend_change(
    t: tuple[Any, ...], q: Any, k: Any, v: Any, bias: Any, kept: Any, lse: Any, scale: float, causal: bool
) -> Any:
    """Return the sum of what the arguments' tangents bring, of which None are zero."""
    q_change, k_change, v_change, bias_change, kept_change = t
    shares = exp(_scores(q, k, bias, scale, causal) - lse)
    slope = added(
        None if q_change is None else matmul(q_change, k.swapaxes(-1, -2)) * scale,
        None if k_change is None else matmul(q, k_change.swapaxes(-1, -2)) * scale,
        bias_change,
    )
    if slope is not None:
        slope = shares * slope
        slope = slope - shares * sum(slope, dim=(slope.ndim - 1,), keepdim=True)
    if kept is not None:
        slope = added(None if slope is None else slope * kept, None if kept_change is None else shares * kept_change)
        shares = shares * kept
    return added(
        None if slope is None else matmul(slope, v), None if v_change is None else matmul(shares, v_change)
    )  # fmt: skip


def _attend_batch(
    size: int, flags: Sequence[bool], q: Any, k: Any, v: Any, bias: Any, kept: Any, **meta: Any
) -> Any:
    if flags[4] and not flags[0]:  # the factors of dropout have no more dims than the queries
        q, flags = whole(size, q, False), (True, *flags[1:])
    return leading(attend, 2, 2, 2, 2, 2)(size, flags, q, k, v, bias, kept, **meta)


attend.joint_vjp(_attend_rule)
attend.joint_jvp(_attend_change)
attend.batch(_attend_batch)
attend.residual(lse=_lse)
