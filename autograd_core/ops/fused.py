"""Fused primitives: compositions that are hot spots, with rules of their own.

Each one's composition stands in the tests as its reference, to second order.
"""

from __future__ import annotations

from typing import Any

from autograd_core.engine.primitive import primitive
from autograd_core.errors import IndexRangeError, ShapeError
from autograd_core.ops.arithmetic import square
from autograd_core.ops.dims import count
from autograd_core.ops.functions import rsqrt
from autograd_core.ops.reduce import mean, softmax, sum
from autograd_core.ops.shape import reshape


@primitive(
    dtypes="match", outputs=("y", "batch_mean", "batch_var"), fixed_outputs=("batch_mean", "batch_var"),
    residuals=("center", "rstd"),
)  # fmt: skip
def normalize(
    xp: Any, x: Any, weight: Any, bias: Any, /, *, dim: tuple[int, ...], shape: tuple[int, ...], eps: float
) -> Any:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` over ``dim``, and the (biased) statistics.

    ``weight`` and ``bias``, or None, are reshaped to ``shape``.  Shape: x's, then the reduced shape twice.
    Source: Ioffe & Szegedy 2015, algorithm 1.
    """
    n = count(x.shape, dim)
    center = x.sum(axis=dim, keepdims=True) / n
    y = x - center
    var = xp.square(y).sum(axis=dim, keepdims=True) / n
    rstd = 1 / xp.sqrt(var + eps)
    y *= rstd if weight is None else rstd * weight.reshape(shape)
    if bias is not None:
        y += bias.reshape(shape)
    return y, center.squeeze(dim), var.squeeze(dim), center, rstd


def _normalize_rule(
    g: Any, x: Any, weight: Any, weight_shape: Any, center: Any, rstd: Any, wants: tuple[bool, ...],
    dim: tuple[int, ...], shape: tuple[int, ...], eps: float,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Source: Ioffe & Szegedy 2015, section 3, with the sums shared between the three gradients."""
    n = count(x.shape, dim)
    standard = (x - center) * rstd
    bias_grad = weight_grad = None
    if weight is None:
        scaled = g
    else:
        over = tuple(i for i, s in enumerate(shape) if s == 1)
        bias_grad = reshape(sum(g, dim=over), shape=weight_shape)
        weight_grad = reshape(sum(g * standard, dim=over), shape=weight_shape)
        scaled = g * reshape(weight, shape=shape)
    if not wants[0]:
        return None, weight_grad, bias_grad
    pull = sum(scaled, dim=dim, keepdim=True) / n + standard * (sum(scaled * standard, dim=dim, keepdim=True) / n)
    return (scaled - pull) * rstd, weight_grad, bias_grad


normalize.joint_vjp(_normalize_rule)
normalize.residual(
    center=lambda x, dim: mean(x, dim=dim, keepdim=True),
    rstd=lambda x, dim, eps: rsqrt(mean(square(x - mean(x, dim=dim, keepdim=True)), dim=dim, keepdim=True) + eps),
)


@primitive(constants=("target",), residuals=("p",))
def cross_entropy(xp: Any, x: Any, target: Any, /, *, mean_over: int | None) -> Any:
    """Return ``log(sum(exp(x[i]))) - x[i, target[i]]`` summed over rows and divided by ``mean_over``; per row for None.

    Shape: x (N, C), target (N) of integers in [0, C) -> () or (N).
    Raises: IndexRangeError for a target outside the classes, ShapeError for other shapes.
    """
    if x.ndim != 2 or target.shape != x.shape[:1]:
        raise ShapeError(
            f"cross_entropy: input has shape {tuple(x.shape)} and target {tuple(target.shape)}; wanted (N, C) and (N)"
        )
    rows = xp.arange(x.shape[0])
    p = x - x.max(axis=1, keepdims=True)
    try:
        picked = p[rows, target]
    except IndexError:
        raise IndexRangeError(
            f"cross_entropy: target {int(target.max())} is out of bounds for {x.shape[1]} classes"
        ) from None
    xp.exp(p, out=p)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    loss = xp.log(total)[:, 0] - picked
    return loss if mean_over is None else loss.sum() / mean_over, p


def _cross_entropy_rule(g: Any, x: Any, p: Any, target: Any, mean_over: int | None) -> Any:
    g = reshape(g, shape=(-1, 1)) if mean_over is None else g / mean_over
    return minus_one_hot(p, target) * g


@primitive(constants=("target",))
def minus_one_hot(xp: Any, p: Any, target: Any, /) -> Any:
    """Return ``p`` with 1 taken from ``p[i, target[i]]``.  Shape: (N, C), (N) -> (N, C)."""
    out = p.copy()
    out[xp.arange(p.shape[0]), target] -= 1
    return out


minus_one_hot.vjp(p=lambda g: g)
cross_entropy.vjp(x=_cross_entropy_rule)
cross_entropy.residual(p=lambda x: softmax(x, dim=1))
