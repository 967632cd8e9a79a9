"""Layer norm's gradients: of rows that were each brought to mean 0 and variance 1."""

from __future__ import annotations

from types import ModuleType
from typing import Any


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
