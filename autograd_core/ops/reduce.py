"""Reductions and running sums over dimensions.  ``dim`` is a sorted tuple of non-negative ints unless said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from math import inf, prod
from typing import Any

from autograd_core.backend.device import kernels_of, module_of
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.arithmetic import abs, keep
from autograd_core.ops.batching import along, spaced
from autograd_core.ops.dims import count, kept
from autograd_core.ops.functions import exp
from autograd_core.ops.index import gather, scatter_zeros
from autograd_core.ops.logic import sign
from autograd_core.ops.shape import broadcast_to, flip, reshape


@primitive(linear=True, dtypes="promote")
def sum(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False) -> Any:
    """Return the sum over ``dim``; integers and booleans are summed as int64."""
    if x.dtype.kind not in "fc":
        return x.sum(axis=dim, keepdims=keepdim, dtype=xp.int64)
    if len(dim) == x.ndim and not keepdim:
        return x.sum()
    if dim == (0,) and x.ndim == 2:
        y = kernels_of(xp).sum_rows(xp, x)
        return y.reshape(1, -1) if keepdim else y
    if x.size <= FEW:
        return x.sum(axis=dim, keepdims=keepdim)
    y = kernels_of(xp).sum_over(xp, x, dim)
    return y.reshape(kept(x.shape, dim)) if keepdim else y


FEW = 4096  # elements up to which NumPy's sum is as quick as a product
SMALL = 16384  # elements up to which a copy is cheaper than NumPy's broadcast view (0.6 against 2.5 us)


@primitive(linear=True)
def spread(xp: Any, x: Any, /, *, shape: tuple[int, ...], dim: tuple[int, ...]) -> Any:
    """Return a reduction's result repeated over ``dim`` up to ``shape``: the adjoint of ``sum``."""
    if x.shape:  # a sum over all dims is spread as it is
        x = x.reshape(kept(shape, dim))
    if prod(shape) > SMALL:
        return xp.broadcast_to(x, shape)
    out = xp.empty(shape, x.dtype)
    out[...] = x
    return out


def _spread_batch(size: int, flags: Sequence[bool], x: Any, *, shape: tuple[int, ...], dim: tuple[int, ...]) -> Any:
    x = reshape(x, shape=(size, *kept(shape, dim))) if x.ndim > 1 else spaced(x, len(shape))
    return broadcast_to(x, shape=(size, *shape))


spread.vjp(x=lambda g, x_shape, dim: reshape(sum(g, dim=dim), shape=x_shape))
spread.batch(_spread_batch)
sum.vjp(x=lambda g, x_shape, dim: spread(g, shape=x_shape, dim=dim))
sum.batch(along(sum, "dim"))


def gathering(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return the forward rule of a reduction, given its reverse rule: the sum of the changes times their slopes."""

    @wraps(rule)
    def tangent(t: Any, x: Any, y: Any, dim: tuple[int, ...], *rest: Any) -> Any:
        ones = wrap(module_of(y._array).ones(y.shape, y._array.dtype))
        return reshape(sum(t * rule(ones, x, y, dim, *rest), dim=dim), shape=y.shape)

    return tangent


@primitive(linear=True, dtypes="promote")
def mean(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False) -> Any:
    """Return the mean over ``dim``, summed in ``x``'s dtype; NaN where there is nothing to average."""
    n = count(x.shape, dim)
    return sum.primitive.forward(xp, x, dim=dim, keepdim=keepdim) / (n or xp.asarray(xp.nan, x.dtype))


mean.vjp(x=lambda g, x_shape, dim: spread(g * (1 / max(1, count(x_shape, dim))), shape=x_shape, dim=dim))
mean.batch(along(mean, "dim"))


@primitive(dtypes="promote", ordered=True)
def extremum(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False, largest: bool = True) -> Any:
    """Return the largest (or smallest) element over ``dim``, NaN where one is.  Ties share the gradient evenly."""
    return x.max(axis=dim, keepdims=keepdim) if largest else x.min(axis=dim, keepdims=keepdim)


def _share(g: Any, x: Any, y: Any, dim: tuple[int, ...]) -> Any:
    """Return ``g`` spread over the elements that are equal to the result, in even shares."""
    chosen = x == spread(y, shape=x.shape, dim=dim)
    return spread(g, shape=x.shape, dim=dim) * chosen / sum(chosen, dim=dim, keepdim=True)


extremum.vjp(x=_share)
extremum.jvp(x=gathering(_share))
extremum.batch(along(extremum, "dim"))


@primitive(dtypes="promote", ordered=True, outputs=("values", "indices"), fixed_outputs=("indices",))
def extreme(xp: Any, x: Any, /, *, dim: int, keepdim: bool = False, largest: bool = True) -> Any:
    """Return the largest (or smallest) element along ``dim`` and where it is first found, which takes the gradient."""
    indices = xp.expand_dims(x.argmax(axis=dim) if largest else x.argmin(axis=dim), dim)
    values = xp.take_along_axis(x, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _to_index(g: Any, indices: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    shape = kept(x_shape, (dim,))
    return scatter_zeros(reshape(g, shape=shape), reshape(indices, shape=shape), shape=x_shape, dim=dim)


def _at_index(t: Any, indices: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    places = reshape(indices, shape=kept(x_shape, (dim,)))
    return reshape(gather(t, places, dim=dim) if x_shape else t, shape=indices.shape)


extreme.vjp(x=lambda g, indices, x_shape, dim: _to_index(g, indices, x_shape, dim))
extreme.jvp(x=lambda t, indices, x_shape, dim: (_at_index(t, indices, x_shape, dim), None))
extreme.batch(along(extreme, "dim"))


@primitive(dtypes="promote", ordered=True)
def argextreme(xp: Any, x: Any, /, *, dim: int | None, keepdim: bool = False, largest: bool = True) -> Any:
    """Return where the largest (or smallest) element is first found, along ``dim`` or in the flattened tensor."""
    return x.argmax(axis=dim, keepdims=keepdim) if largest else x.argmin(axis=dim, keepdims=keepdim)


def _argextreme_batch(
    size: int, flags: Sequence[bool], x: Any, *, dim: int | None, keepdim: bool = False, largest: bool = True
) -> Any:
    if dim is not None:
        return along(argextreme, "dim")(size, flags, x, dim=dim, keepdim=keepdim, largest=largest)
    lines = reshape(x, shape=(size, prod(x.shape[1:])))
    y = argextreme(lines, dim=1, largest=largest)
    return reshape(y, shape=(size, *(1,) * (x.ndim - 1))) if keepdim else y


argextreme.batch(_argextreme_batch)


@primitive
def truth(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False, every: bool = False) -> Any:
    """Return whether any element over ``dim`` is nonzero, or ``every`` one."""
    return x.all(axis=dim, keepdims=keepdim) if every else x.any(axis=dim, keepdims=keepdim)


truth.batch(along(truth, "dim"))


@primitive(linear=True, dtypes="promote")
def cumsum(xp: Any, x: Any, /, *, dim: int) -> Any:
    """Return the running sum along ``dim``; integers and booleans are summed as int64."""
    kind = x.dtype if x.dtype.kind in "fc" else xp.int64
    return x.cumsum(axis=dim, dtype=kind) if x.ndim else x.astype(kind)


cumsum.vjp(x=lambda g, dim: flip(cumsum(flip(g, dims=(dim,)), dim=dim), dims=(dim,)) if g.ndim else g)
cumsum.batch(along(cumsum, "dim"))


@primitive(dtypes="float")
def logsumexp(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False) -> Any:
    """Return ``log(sum(exp(x)))`` over ``dim``, without overflow; -inf where there is nothing to sum."""
    top: Any = 0
    if x.size:
        top = x.real.max(axis=dim, keepdims=True)
        top = xp.where(xp.isfinite(top), top, 0)
    total = xp.log(xp.exp(x - top).sum(axis=dim, keepdims=True)) + top
    return total if keepdim else total.squeeze(dim)


def _logsumexp_rule(g: Any, x: Any, y: Any, dim: tuple[int, ...]) -> Any:
    return spread(g, shape=x.shape, dim=dim) * exp(x - spread(y, shape=x.shape, dim=dim))


logsumexp.vjp(x=_logsumexp_rule)
logsumexp.jvp(x=gathering(_logsumexp_rule))
logsumexp.batch(along(logsumexp, "dim"))


@primitive(dtypes="float")
def softmax(xp: Any, x: Any, /, *, dim: int) -> Any:
    """Return ``exp(x) / sum(exp(x))`` along ``dim``, without overflow."""
    return kernels_of(xp).softmax(xp, x, dim)


def _softmax_rule(g: Any, y: Any, dim: int) -> Any:
    if isinstance(y, Tensor):
        return y * (g - sum(g * y, dim=(dim,), keepdim=True))
    xp = module_of(y)
    return kernels_of(xp).softmax_grad(xp, g, y, dim)


softmax.vjp(x=_softmax_rule)
softmax.jvp(x=_softmax_rule)  # the matrix of its derivatives is symmetric
softmax.batch(along(softmax, "dim"))


@primitive(dtypes="float")
def log_softmax(xp: Any, x: Any, /, *, dim: int) -> Any:
    """Return ``x - log(sum(exp(x)))`` along ``dim``, without overflow."""
    return kernels_of(xp).log_softmax(xp, x, dim)


def _log_softmax_rule(g: Any, y: Any, dim: int) -> Any:
    if isinstance(y, Tensor):
        return g - exp(y) * sum(g, dim=(dim,), keepdim=True)
    xp = module_of(y)
    return kernels_of(xp).log_softmax_grad(xp, g, y, dim)


log_softmax.vjp(x=_log_softmax_rule)
log_softmax.jvp(x=lambda t, y, dim: t - sum(exp(y) * t, dim=(dim,), keepdim=True))
log_softmax.batch(along(log_softmax, "dim"))


@primitive(dtypes="float")
def norm(xp: Any, x: Any, /, *, dim: tuple[int, ...], keepdim: bool = False, p: float = 2.0) -> Any:
    """Return ``sum(|x|**p) ** (1/p)`` over ``dim`` of real numbers, and its limits for p 0, inf and -inf."""
    if p == 2:
        return xp.sqrt((x * x).sum(axis=dim, keepdims=keepdim))
    if p == 0:
        return (x != 0).sum(axis=dim, keepdims=keepdim, dtype=x.dtype)
    size = xp.abs(x)
    if p in (inf, -inf):
        return size.max(axis=dim, keepdims=keepdim) if p > 0 else size.min(axis=dim, keepdims=keepdim)
    return size.sum(axis=dim, keepdims=keepdim) if p == 1 else (size**p).sum(axis=dim, keepdims=keepdim) ** (1 / p)


def _norm_rule(g: Any, x: Any, y: Any, dim: tuple[int, ...], p: float) -> Any:
    """Return the subgradient that PyTorch chose: 0 where the norm is 0, even shares for the infinite norms."""
    if p == 2:
        size = spread(y, shape=x.shape, dim=dim)
        return spread(g, shape=x.shape, dim=dim) * keep(x / size, size != 0)
    if p in (0, 1):
        return (sign(x) if p else 0 * x) * spread(g, shape=x.shape, dim=dim)
    if p in (inf, -inf):
        return sign(x) * _share(g, abs(x), y, dim)
    if p < 1:
        return keep(sign(x) * abs(x) ** (p - 1), x != 0) * spread(g * y ** (1 - p), shape=x.shape, dim=dim)
    slope = sign(x) * abs(x) ** (p - 1) if p < 2 else x * abs(x) ** (p - 2)
    return slope * spread(keep(g / y ** (p - 1), y != 0), shape=x.shape, dim=dim)


norm.vjp(x=_norm_rule)
norm.jvp(x=gathering(_norm_rule))
norm.batch(along(norm, "dim"))
