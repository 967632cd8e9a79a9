"""Normalisation on the CPU: of large arrays by blocks that stay in the cache, shared among threads.

A block's temporaries take no memory that counts; the blocks do not depend on the threads, so neither does the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import normalizing

__all__ = ["batch_norm_grads", "layer_norm_grads", "normalize"]

Array = Any
Wants = tuple[bool, ...]

_BLOCK = 1 << 17  # elements: a block and what is computed of it stay in the cache
_FEW = 1 << 19  # elements: for fewer, a second thread costs more than it brings


def normalize(
    xp: ModuleType, x: Array, weight: Array, bias: Array, *, dim: tuple[int, ...], shape: tuple[int, ...], eps: float
) -> tuple[Array, Array, Array, Array]:
    """Do ``normalize`` of ``backend.shared.normalizing``."""
    if x.size < _FEW:
        if dim == (0,) and x.ndim == 2 and x.size and x.dtype.char in "fd":
            return _normalize_columns(x, weight, bias, eps)
        return normalizing.normalize(xp, x, weight, bias, dim=dim, shape=shape, eps=eps)
    y = np.empty_like(x)
    if 0 in dim:
        return y, *_normalize_together(x, y, weight, bias, dim, shape, eps)
    reduced = [1 if d in dim else n for d, n in enumerate(x.shape)]
    found = [y, *(np.empty(reduced, x.dtype) for _ in range(3))]

    def work(at: slice) -> None:
        block = normalizing.normalize(xp, x[at], weight, bias, dim=dim, shape=shape, eps=eps)
        for whole, part in zip(found, block):
            whole[at] = part

    _share(x, work)
    return tuple(found)


def _normalize_columns(x: Array, weight: Array, bias: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """Do ``normalize`` of the columns of a small matrix, where what counts is the number of calls of NumPy's.

    Measured, (60, 100): 13 us, where the general way takes 27.
    """
    mean, small = _constants(len(x), eps, x.dtype)
    center = mean.dot(x)
    y = x - center
    var = mean.dot(y * y)
    rstd = np.reciprocal(np.sqrt(var + small))
    y *= rstd if weight is None else rstd * weight
    if bias is not None:
        y += bias
    return y, center[None], var[None], rstd[None]


@lru_cache(maxsize=64)
def _constants(n: int, eps: float, dtype: Any) -> tuple[Array, Array]:
    """Return the vector whose product with a column is its mean, and ``eps`` as the operand that is quickest."""
    return np.full(n, 1 / n, dtype), np.asarray(eps, dtype)


def _normalize_together(
    x: Array, y: Array, weight: Array, bias: Array, dim: tuple[int, ...], shape: tuple[int, ...], eps: float
) -> tuple[Array, Array, Array]:
    """Fill ``y``, whose statistics are taken over the blocks too; return mean, variance and ``1 / sqrt(var + eps)``."""
    total, n = normalizing.total, x.size // np.prod([s for d, s in enumerate(x.shape) if d not in dim])
    center = total(np, x, dim) / n

    def deviate(at: slice) -> Array:
        part = np.subtract(x[at], center, out=y[at])
        return total(np, part * part, dim)

    var = sum(_share(x, deviate)) / n
    rstd = 1 / np.sqrt(var + eps, dtype=x.dtype)
    scale = rstd if weight is None else rstd * weight.reshape(shape)

    def rescale(at: slice) -> None:
        y[at] *= scale
        if bias is not None:
            y[at] += bias.reshape(shape)

    _share(x, rescale)
    return center, var, rstd


def batch_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: Wants
) -> tuple[Array, Array, Array]:
    """Do ``batch_norm_grads`` of ``backend.shared.normalizing``."""
    if x.size < _FEW:
        if x.ndim == 2 and x.size and x.dtype is g.dtype and x.dtype.char in "fd":
            return _column_grads(g, x, weight, center, rstd, wants)
        return normalizing.batch_norm_grads(xp, g, x, weight, center, rstd, wants)
    total, dim, n = normalizing.total, (0, *range(2, x.ndim)), x.size // x.shape[1]
    x_grad = np.empty_like(x)

    def add_up(at: slice) -> tuple[Array, Array]:
        product = np.subtract(x[at], center)
        product *= g[at]
        return total(np, g[at], dim), total(np, product, dim)

    g_sum, gx_sum = (sum(sums) for sums in zip(*_share(x, add_up), strict=True))
    slope, shift = gx_sum * (rstd * rstd) / -n, g_sum / n
    scale = rstd if weight is None else rstd * weight.reshape(rstd.shape)

    def fill(at: slice) -> None:
        part = np.subtract(x[at], center, out=x_grad[at])
        part *= slope
        part += g[at]
        part -= shift
        part *= scale

    if wants[0]:
        _share(x, fill)
    weight_grad = (gx_sum * rstd).reshape(-1) if wants[1] else None
    bias_grad = g_sum.reshape(-1) if wants[2] else None
    return x_grad if wants[0] else None, weight_grad, bias_grad


def _column_grads(g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: Wants) -> tuple[Any, Any, Any]:
    """Do ``batch_norm_grads`` of the columns of a small matrix, as ``_normalize_columns``.

    Measured, (60, 100): 13 us, where the general way takes 17, and half as much again after other work.
    """
    ones, share = _ones_and_share(len(x), x.dtype)
    rstd = rstd[0]
    centered = x - center[0]
    bias_grad, weight_grad = ones.dot(g), ones.dot(g * centered)
    weight_grad *= rstd
    if wants[0]:
        slope = weight_grad * rstd
        slope *= share
        centered *= slope
        centered += g
        centered += bias_grad * share
        centered *= rstd if weight is None else rstd * weight
    return centered if wants[0] else None, weight_grad if wants[1] else None, bias_grad if wants[2] else None


@lru_cache(maxsize=64)
def _ones_and_share(n: int, dtype: Any) -> tuple[Array, Array]:
    """Return the vector whose product with a column is its sum, and ``-1 / n`` as the operand that is quickest."""
    return np.ones(n, dtype), np.asarray(-1 / n, dtype)


def layer_norm_grads(
    xp: ModuleType, g: Array, x: Array, weight: Array, center: Array, rstd: Array, wants: Wants
) -> tuple[Array, Array, Array]:
    """Do ``layer_norm_grads`` of ``backend.shared.normalizing``."""
    if x.size < _FEW:
        return normalizing.layer_norm_grads(xp, g, x, weight, center, rstd, wants)
    x_grad = np.empty_like(x)

    def work(at: slice) -> list[Array]:
        rows, *sums = normalizing.layer_norm_grads(xp, g[at], x[at], weight, center[at], rstd[at], wants)
        if rows is not None:
            x_grad[at] = rows
        return sums

    sums = zip(*_share(x, work), strict=True)
    weight_grad, bias_grad = (None if found[0] is None else np.sum(found, axis=0) for found in sums)
    return x_grad if wants[0] else None, weight_grad, bias_grad


def _share(x: Array, work: Callable[[slice], Any]) -> list[Any]:
    """Return what ``work`` gives for each block of ``x``'s first dimension, in order."""
    step = max(1, _BLOCK * len(x) // x.size)
    blocks = [slice(i, i + step) for i in range(0, len(x), step)]
    found: list[Any] = [None] * len(blocks)

    def do(part: range) -> None:
        for i in part:
            found[i] = work(blocks[i])

    threads = min(thread_count(), len(blocks))
    run_parts(do, [range(t, len(blocks), threads) for t in range(threads)])
    return found
