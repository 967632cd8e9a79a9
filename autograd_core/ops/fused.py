"""Fused primitives: compositions that are hot spots, with rules of their own.

Each one's composition stands in the tests as its reference, to second order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of, module_of
from autograd_core.backend.ranges import all_within, check_range
from autograd_core.backend.shared.gating import CUBIC, DENSITY, LINEAR, SQRT_HALF
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops.arithmetic import added, maximum, square, where
from autograd_core.ops.batching import also_of_none, inward, joined, parted, whole
from autograd_core.ops.dims import count
from autograd_core.ops.functions import erf, exp, log, log1p, rsqrt
from autograd_core.ops.logic import eq, ne
from autograd_core.ops.reduce import mean, softmax, sum
from autograd_core.ops.shape import cast, reshape
from autograd_core.ops.trigonometry import tanh


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
    y, center, var, rstd = kernels_of(xp).normalize(xp, x, weight, bias, dim=dim, shape=shape, eps=eps)
    return y, center.squeeze(dim), var.squeeze(dim), center, rstd


def _normalize_rule(
    g: Any, x: Any, weight: Any, weight_shape: Any, bias_shape: Any, center: Any, rstd: Any, wants: tuple[bool, ...],
    dim: tuple[int, ...], shape: tuple[int, ...], eps: float,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Source: Ioffe & Szegedy 2015, section 3, with the sums shared between the three gradients."""
    n = count(x.shape, dim)
    over = tuple([i for i, s in enumerate(shape) if s == 1])
    if over != dim:  # layer norm: the weight varies over what is averaged
        return _normalize_rule_of_rows(g, x, weight, weight_shape, bias_shape, center, rstd, wants, dim, over, shape)
    if len(shape) > 1 and dim == (0, *range(2, len(shape))) and not isinstance(x, Tensor):
        xp = module_of(x)
        return kernels_of(xp).batch_norm_grads(xp, g, x, weight, center, rstd, wants)
    centered = x - center
    g_sum = sum(g, dim=dim, keepdim=True)
    gx_sum = sum(g * centered, dim=dim, keepdim=True)
    weight_grad = reshape(gx_sum * rstd, shape=weight_shape) if wants[1] else None
    bias_grad = reshape(g_sum, shape=bias_shape) if wants[2] else None
    if not wants[0]:
        return None, weight_grad, bias_grad
    scale = rstd if weight is None else rstd * reshape(weight, shape=shape)
    # one expression, so that NumPy computes it in the memory of its first product
    return (centered * (gx_sum * (rstd * rstd) / -n) + g - g_sum / n) * scale, weight_grad, bias_grad


def _normalize_rule_of_rows(
    g: Any, x: Any, weight: Any, weight_shape: Any, bias_shape: Any, center: Any, rstd: Any, wants: tuple[bool, ...],
    dim: tuple[int, ...], over: tuple[int, ...], shape: tuple[int, ...],
) -> tuple[Any, Any, Any]:  # fmt: skip
    if over + dim == tuple(range(len(shape))) and not isinstance(x, Tensor):
        return _layer_norm_grads(g, x, weight, weight_shape, bias_shape, center, rstd, wants, dim, over)
    if not isinstance(x, Tensor):
        x, g = (module_of(x).ascontiguousarray(a) for a in (x, g))  # as in the kernel
    n = count(x.shape, dim)
    centered, scaled = x - center, g * rstd
    gx = scaled * centered
    weight_grad = reshape(sum(gx, dim=over), shape=weight_shape) if wants[1] else None
    bias_grad = reshape(sum(g, dim=over), shape=bias_shape) if wants[2] else None
    if not wants[0]:
        return None, weight_grad, bias_grad
    if weight is not None:
        spread = reshape(weight, shape=shape)
        scaled, gx = scaled * spread, gx * spread
    slope = sum(gx, dim=dim, keepdim=True) * (rstd * rstd) / -n
    return centered * slope + scaled - sum(scaled, dim=dim, keepdim=True) / n, weight_grad, bias_grad


def _layer_norm_grads(
    g: Any, x: Any, weight: Any, weight_shape: Any, bias_shape: Any, center: Any, rstd: Any, wants: tuple[bool, ...],
    dim: tuple[int, ...], over: tuple[int, ...],
) -> tuple[Any, Any, Any]:  # fmt: skip
    n, m = count(x.shape, over), count(x.shape, dim)
    xp = module_of(x)
    x_grad, weight_grad, bias_grad = kernels_of(xp).layer_norm_grads(
        xp, g.reshape(n, m), x.reshape(n, m), None if weight is None else weight.reshape(m), center.reshape(n, 1),
        rstd.reshape(n, 1), wants,
    )  # fmt: skip
    shaped = ((x_grad, x.shape), (weight_grad, weight_shape), (bias_grad, bias_shape))
    return tuple([None if a is None else a.reshape(shape) for a, shape in shaped])  # type: ignore[return-value]


def _normalize_change(
    t: tuple[Any, ...], x: Any, weight: Any, center: Any, rstd: Any, dim: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[Any, None, None]:
    x_change, weight_change, bias_change = t
    unit = (x - center) * rstd
    found = None
    if x_change is not None:
        found = x_change - mean(x_change, dim=dim, keepdim=True) - unit * mean(x_change * unit, dim=dim, keepdim=True)
        found = found * (rstd if weight is None else rstd * reshape(weight, shape=shape))
    scaled = None if weight_change is None else unit * reshape(weight_change, shape=shape)
    return added(found, scaled, None if bias_change is None else reshape(bias_change, shape=shape)), None, None


def _normalize_batch(
    size: int, flags: Sequence[bool], x: Any, weight: Any, bias: Any, *, dim: tuple[int, ...], shape: tuple[int, ...],
    eps: float,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Normalize with what is the same for all examples, and apply the others' weights and biases afterwards."""
    x_varies, weight_varies, bias_varies = flags
    ahead, over = (inward(dim), (1, *shape)) if x_varies else (dim, shape)
    fused = (None if weight_varies else weight), (None if weight_varies or bias_varies else bias)
    y, center, var = normalize(x, *fused, dim=ahead, shape=over, eps=eps)
    if weight_varies:
        y = y * reshape(weight, shape=(size, *shape))
    if bias is not None and fused[1] is None:
        y = y + reshape(bias, shape=((size if bias_varies else 1), *shape))
    return y, whole(size, center, x_varies), whole(size, var, x_varies)


normalize.joint_vjp(_normalize_rule)
normalize.joint_jvp(_normalize_change)
normalize.batch(_normalize_batch)
normalize.residual(
    center=lambda x, dim: mean(x, dim=dim, keepdim=True),
    rstd=lambda x, dim, eps: rsqrt(mean(square(x - mean(x, dim=dim, keepdim=True)), dim=dim, keepdim=True) + eps),
)


@primitive(constants=("target",), residuals=("slope",))
def cross_entropy(xp: Any, x: Any, target: Any, /, *, ignore_index: int, average: bool) -> Any:
    """Return ``log(sum(exp(x[i]))) - x[i, target[i]]``: per row, or the mean over rows not to be ignored.

    Shape: x (N, C), target (N) of integers in [0, C), or ``ignore_index`` -> () or (N).
    Raises: IndexRangeError for a target outside the classes, ShapeError for other shapes.
    """
    if x.ndim != 2 or target.shape != x.shape[:1]:
        raise ShapeError(
            f"cross_entropy: input has shape {tuple(x.shape)} and target {tuple(target.shape)}; wanted (N, C) and (N)"
        )
    classes, scale, any_counts = _countable(xp, x, target, ignore_index, average)
    slope = kernels_of(xp).softmax(xp, x, 1)  # which less the one-hot target is the gradient
    at = xp.arange(x.shape[0]), classes
    p = slope[at]
    slope[at] = p - 1
    slope *= scale[:, None] if scale.ndim else scale
    loss = _surprise(xp, x, p, at) * scale
    if average:
        loss = loss.sum() if any_counts is None else loss.sum() / any_counts
    return loss, slope


SMALL = 1e-30  # a smaller probability may have lost digits, in float32


def _surprise(xp: Any, x: Any, p: Any, at: Any) -> Any:
    """Return ``-log(p)``, as a difference of logarithms where one of ``p``, the softmax at ``at``, is too small."""
    if xp is host and p.min(initial=1) > SMALL:
        return -xp.log(p)
    top = x.max(axis=1, keepdims=True)
    return xp.log(xp.exp(x - top).sum(axis=1)) - (x[at] - top[:, 0])


def _countable(xp: Any, x: Any, target: Any, ignore_index: int, average: bool) -> tuple[Any, Any, Any]:
    """Return the targets with 0 in place of those to ignore, the weight of each row in the result, and a divisor.

    The divisor is 0 where every row is ignored: their mean is 0 / 0, but none of them has a gradient.
    """
    n, classes = target.size, x.shape[1]
    if xp is host and n and not 0 <= ignore_index < classes and all_within(target, classes):
        return target, x.dtype.type(1 / n if average else 1), None
    counted = target != ignore_index
    target = xp.where(counted, target, 0)
    check_range("cross_entropy", target, classes, what="Target")
    scale = counted.astype(x.dtype)
    if not average:
        return target, scale, None
    count = scale.sum()
    return target, scale / xp.maximum(count, 1), xp.minimum(count, 1)


def _cross_entropy_rule(g: Any, x: Any, target: Any, slope: Any, ignore_index: int, average: bool) -> Any:
    return slope * (reshape(g, shape=(-1, 1)) if len(g.shape) else g)


def _cross_entropy_slope(x: Any, target: Any, ignore_index: int, average: bool) -> Any:
    counted = ne(target, ignore_index)
    scale = cast(counted, dtype=x._array.dtype)
    if average:
        scale = scale / maximum(sum(scale, dim=(0,)), 1)
    return minus_one_hot(softmax(x, dim=1), where(counted, target, 0)) * reshape(scale, shape=(-1, 1))


def _cross_entropy_change(t: Any, slope: Any, average: bool) -> Any:
    changes = sum(slope * t, dim=(1,))
    return sum(changes, dim=(0,)) if average else changes


@also_of_none
def _cross_entropy_batch(
    size: int, flags: Sequence[bool], x: Any, target: Any, *, ignore_index: int, average: bool
) -> Any:
    """Return the losses of all examples' rows, averaged example by example."""
    x, target = whole(size, x, flags[0]), whole(size, target, flags[1])
    losses = parted(cross_entropy(joined(x), joined(target), ignore_index=ignore_index, average=False), size)
    if not average:
        return losses
    counts = sum(cast(ne(target, ignore_index), dtype=losses._array.dtype), dim=(1,))
    return where(eq(counts, 0), math.nan, sum(losses, dim=(1,)) / maximum(counts, 1))


@primitive(constants=("target",))
def minus_one_hot(xp: Any, p: Any, target: Any, /) -> Any:
    """Return ``p`` with 1 taken from ``p[i, target[i]]``.  Shape: (N, C), (N) -> (N, C)."""
    out = p.copy()
    out[xp.arange(p.shape[0]), target] -= 1
    return out


@also_of_none
def _minus_one_hot_batch(size: int, flags: Sequence[bool], p: Any, target: Any) -> Any:
    return parted(minus_one_hot(joined(whole(size, p, flags[0])), joined(whole(size, target, flags[1]))), size)


minus_one_hot.vjp(p=lambda g: g)
minus_one_hot.jvp(p=lambda t: t)
minus_one_hot.batch(_minus_one_hot_batch)
cross_entropy.vjp(x=_cross_entropy_rule)
cross_entropy.jvp(x=_cross_entropy_change)
cross_entropy.batch(_cross_entropy_batch)
cross_entropy.residual(slope=_cross_entropy_slope)


@primitive(broadcasts=True, elementwise=True, dtypes="float", large=1 << 18)
def binary_cross_entropy(xp: Any, x: Any, target: Any, /) -> Any:
    """Return ``-(t * log(x) + (1 - t) * log(1 - x))``; each log is at least -100, so that 0 and 1 are allowed.

    Shape: broadcastable pair -> common shape.  NaN for an ``x`` outside [0, 1].
    """
    return (target - 1) * xp.maximum(xp.log1p(-x), -100) - target * xp.maximum(xp.log(x), -100)


binary_cross_entropy.vjp(
    x=lambda g, x, target: g * ((x - target) / maximum(x * (1 - x), 1e-12)),
    target=lambda g, x: g * (log1p(-x) - log(x)),
)


@primitive(elementwise=True, dtypes="float", ordered=True, residuals=("slope",))
def gelu(xp: Any, x: Any, /, *, approximate: str = "none") -> Any:
    """Return ``x * Phi(x)``, Phi the normal distribution function; ``approximate="tanh"``: a simpler one.

    A kernel whose slope costs a second pass leaves it, None, to ``gelu_grad``.

    Shape: any -> same.  Source: Hendrycks & Gimpel 2016, section 2.
    """
    return kernels_of(xp).gelu(xp, x, approximate)


def _gelu_slope(x: Any, approximate: str) -> Any:
    """Return the derivative, ``Phi(x) + x * Phi'(x)``."""
    if approximate == "none":
        return 0.5 * (1 + erf(x * SQRT_HALF)) + x * DENSITY * exp(x * x * -0.5)
    bent = tanh(x * (LINEAR + CUBIC * x * x))
    return 0.5 * (1 + bent) + 0.5 * x * (1 - bent * bent) * (LINEAR + 3 * CUBIC * x * x)


def _gelu_rule(g: Any, x: Any, slope: Any, approximate: str) -> Any:
    if slope is not None:
        return g * slope
    xp = module_of(x)
    return kernels_of(xp).gelu_grad(xp, g, x, approximate)


gelu.vjp(x=_gelu_rule)
gelu.residual(slope=_gelu_slope)
