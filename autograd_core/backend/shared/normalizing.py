"""Batch, layer and group norm: elements brought to mean 0 and variance 1 over some dims, and the gradients of that."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.device import kernels_of

__all__ = ["batch_norm_grads", "layer_norm_grads", "normalize", "total"]


def normalize(
    xp: ModuleType, x: Any, weight: Any, bias: Any, *, dim: tuple[int, ...], shape: tuple[int, ...], eps: float
) -> tuple[Any, Any, Any, Any]:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias``, mean, (biased) variance and ``1 / sqrt(var + eps)``.

    ``weight`` and ``bias``, or None, are reshaped to ``shape``.  Shape: x's, then the reduced shape three times, with
    a length of 1 in each ``dim``.  Source: Ioffe & Szegedy 2015, algorithm 1.
    """
    if dim and dim[0] > 0 and dim[-1] == x.ndim - 1:
        x = xp.ascontiguousarray(x)  # of a convolution's channels-last output, rows are in pieces of a few elements
    n = math.prod([x.shape[d] for d in dim])
    center = total(xp, x, dim) / n
    y = x - center
    var = total(xp, y * y, dim) / n
    rstd = 1 / xp.sqrt(var + eps)
    y *= rstd if weight is None else rstd * weight.reshape(shape)
    if bias is not None:
        y += bias.reshape(shape)
    return y, center, var, rstd


def total(xp: ModuleType, x: Any, dim: tuple[int, ...]) -> Any:
    """Return the sum over ``dim``, which are kept with a length of 1."""
    if dim == (0,) and x.ndim == 2:
        return kernels_of(xp).sum_rows(xp, x)[None]
    return kernels_of(xp).sum_over(xp, x, dim).reshape([1 if d in dim else n for d, n in enumerate(x.shape)])


def batch_norm_grads(
    xp: ModuleType, g: Any, x: Any, weight: Any, center: Any, rstd: Any, wants: tuple[bool, ...]
) -> tuple[Any, Any, Any]:
    """Return the gradients of x, weight and bias, None where not wanted; ``weight`` may be None.

    Shape: g and x (N, C, *S), weight (C), center and rstd (1, C, 1, ...) -> (N, C, *S), (C), (C).
    Source: Ioffe & Szegedy 2015, section 3, with the sums shared between the three gradients.
    """
    dim, n = (0, *range(2, x.ndim)), x.size // x.shape[1]
    centered = x - center
    g_sum = total(xp, g, dim)
    gx_sum = total(xp, g * centered, dim)
    weight_grad = (gx_sum * rstd).reshape(-1) if wants[1] else None
    bias_grad = g_sum.reshape(-1) if wants[2] else None
    if not wants[0]:
        return None, weight_grad, bias_grad
    centered *= gx_sum * (rstd * rstd) / -n
    centered += g
    centered -= g_sum / n
    centered *= rstd if weight is None else rstd * weight.reshape(rstd.shape)
    return centered, weight_grad, bias_grad


def layer_norm_grads(
    xp: ModuleType, g: Any, x: Any, weight: Any, center: Any, rstd: Any, wants: tuple[bool, ...]
) -> tuple[Any, Any, Any]:
    """Return the gradients of x, weight and bias, None where not wanted; ``weight`` may be None.

    Shape: g and x (n, m), weight (m), center and rstd (n, 1) -> (n, m), (m), (m).
    Source: Ba et al. 2016, section 3; the sums over rows and over columns are products.
    """
    n, m = x.shape
    centered = x - center
    product = g * centered
    weight_grad = rstd.reshape(n) @ product if wants[1] else None
    bias_grad = xp.ones(n, g.dtype) @ g if wants[2] else None
    if not wants[0]:
        return None, weight_grad, bias_grad
    if weight is None:
        weight = xp.ones(m, g.dtype)
    centered *= (product @ weight)[:, None] * (rstd * rstd / -m)
    x_grad = xp.multiply(g, weight, out=product)
    x_grad += centered
    x_grad -= (g @ weight)[:, None] / m
    x_grad *= rstd
    return x_grad, weight_grad, bias_grad
