"""From scores to probabilities over one dimension: softmax and its kin."""

from __future__ import annotations

import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` over ``dim``.  Shape: any -> same; ``dtype`` casts first."""
    chosen = _implicit_dim("softmax", input, _stacklevel) if dim is None else dim
    return ag.softmax(input if dtype is None else input.to(dtype), chosen)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``softmax(-x)`` over ``dim``.  Shape: any -> same; ``dtype`` casts ``-x``."""
    chosen = _implicit_dim("softmin", input, _stacklevel + 1) if dim is None else dim
    negative = ag.neg(input)  # before the cast: unsigned integers wrap, as in PyTorch
    return ag.softmax(negative if dtype is None else negative.to(dtype), chosen)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``log(softmax(x))`` over ``dim``, without overflow.  Shape: any -> same; ``dtype`` casts first."""
    chosen = _implicit_dim("log_softmax", input, _stacklevel) if dim is None else dim
    return ag.log_softmax(input if dtype is None else input.to(dtype), chosen)


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    """Return the dimension that PyTorch takes where none is given, with its warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Return ``softmax((x + n) / tau)`` over ``dim``, ``n`` drawn from the Gumbel distribution.

    ``hard``: the largest becomes 1 and the others 0, with the gradient of the soft result.  ``eps`` does nothing, as
    in PyTorch.

    Shape: any -> same.

    Source: Jang et al., Categorical reparameterization with Gumbel-softmax, eq. 2.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=3)
    with ag.no_grad():
        drawn = -ag.log(-ag.log(ag.rand_like(logits)))
    soft = ag.softmax((logits + drawn) / tau, dim)
    if not hard:
        return soft
    index = ag.argmax(soft, dim, keepdim=True)
    chosen = ag.scatter(ag.zeros_like(logits), dim, index, 1.0)
    return chosen - soft.detach() + soft
