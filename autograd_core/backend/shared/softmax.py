"""Softmax and its logarithm along one dimension, and their gradients."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of

CALM = 60.0  # numbers between -CALM and CALM go into exp as they are, and can neither overflow nor vanish


def softmax(xp: ModuleType, x: Any, dim: int) -> Any:
    """Return ``exp(x) / sum(exp(x))`` along ``dim``, without overflow."""
    if not x.size:
        return x.copy()
    if xp is host and _is_calm(x):
        y = xp.exp(x)
    else:
        y = x - x.max(axis=dim, keepdims=True)
        xp.exp(y, out=y)
    y /= _total(xp, y, dim)
    return y


def _is_calm(x: Any) -> bool:
    """Whether all numbers are: asked of their squares' sum, then of the extremes, in a twelfth of the time of rows'."""
    flat = x.reshape(-1)
    return bool(flat.dot(flat) < CALM * CALM or (x.min() > -CALM and x.max() < CALM))


def softmax_grad(xp: ModuleType, g: Any, y: Any, dim: int) -> Any:
    """Return the gradient of the softmax ``y``'s argument."""
    slope = g * y
    share = _total(xp, slope, dim)
    return xp.subtract(slope, share * y, out=slope)


def log_softmax(xp: ModuleType, x: Any, dim: int) -> Any:
    """Return ``x - log(sum(exp(x)))`` along ``dim``, without overflow."""
    if not x.size:
        return x.copy()
    y = x - x.max(axis=dim, keepdims=True)
    y -= xp.log(_total(xp, xp.exp(y), dim))
    return y


def log_softmax_grad(xp: ModuleType, g: Any, y: Any, dim: int) -> Any:
    """Return the gradient of the argument whose log-softmax is ``y``."""
    share = xp.exp(y)
    share *= _total(xp, g, dim)
    return xp.subtract(g, share, out=share)


def _total(xp: ModuleType, x: Any, dim: int) -> Any:
    """Return the sums along ``dim``, which stays."""
    if dim % x.ndim == x.ndim - 1:
        return kernels_of(xp).sum_ends(xp, x, (x.ndim - 1,))[..., None]
    return x.sum(axis=dim, keepdims=True)
