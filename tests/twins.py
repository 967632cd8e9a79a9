"""The primitives of this project that PyTorch has under another name or form.  Each gets ``torch`` as ``t``."""

from __future__ import annotations

from typing import Any

import numpy as np


def key_of(t: Any, key: Any) -> Any:
    """Return a key with its arrays as PyTorch's tensors."""
    return tuple(t.as_tensor(k) if isinstance(k, np.ndarray) else k for k in key)


def adjoint(t: Any, function: Any, u: Any, shape: Any) -> Any:
    """Return the adjoint of a linear ``function`` of a tensor of ``shape``, applied to ``u``."""
    x = t.zeros(shape, dtype=u.dtype, requires_grad=True)
    return t.autograd.grad(function(x), x, u, create_graph=True)[0]


# ---- elementwise ----


def where(t: Any, condition: Any, a: Any, b: Any) -> Any:
    return t.where(condition, a, b)


def clamp(t: Any, x: Any, *, low: Any = None, high: Any = None) -> Any:
    return t.clamp(x, low, high)


# ---- reductions ----


def over(name: str) -> Any:
    """Return a reduction for which ``dim=()`` means none."""
    return lambda t, x, *, dim, keepdim=False: getattr(t, name)(x, dim, keepdim) if dim else getattr(t, name)(x)


def extremum(t: Any, x: Any, *, dim: Any, keepdim: bool = False, largest: bool = True) -> Any:
    return over("amax" if largest else "amin")(t, x, dim=dim, keepdim=keepdim)


def truth(t: Any, x: Any, *, dim: Any, keepdim: bool = False, every: bool = False) -> Any:
    return over("all" if every else "any")(t, x, dim=dim, keepdim=keepdim)


def amax(t: Any, x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return t.amax(x, dim, keepdim)


def amin(t: Any, x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return t.amin(x, dim, keepdim)


def spread(t: Any, x: Any, *, shape: Any, dim: Any) -> Any:
    return x.reshape([1 if i in dim else n for i, n in enumerate(shape)]).expand(shape)


def norm(t: Any, x: Any, *, dim: Any, keepdim: bool = False, p: float = 2.0) -> Any:
    return t.linalg.vector_norm(x, p, dim or None, keepdim)


def extreme(t: Any, x: Any, *, dim: int, keepdim: bool = False, largest: bool = True) -> Any:
    return (t.max if largest else t.min)(x, dim, keepdim)


def argextreme(t: Any, x: Any, *, dim: int | None, keepdim: bool = False, largest: bool = True) -> Any:
    return (t.argmax if largest else t.argmin)(x, dim, keepdim)


def broadcast_to(t: Any, x: Any, *, shape: Any) -> Any:
    return t.broadcast_to(x, shape)


def sum_to(t: Any, x: Any, *, shape: Any) -> Any:
    return x.sum_to_size(shape)


def cast(t: Any, x: Any, *, dtype: Any) -> Any:
    return x.to(getattr(t, dtype.name))


def pad(t: Any, x: Any, *, widths: Any) -> Any:
    return t.nn.functional.pad(x, [n for w in reversed(widths) for n in w])


# ---- indexing ----


def getitem(t: Any, x: Any, *, key: Any) -> Any:
    return x[key_of(t, key)]


def put_zeros(t: Any, v: Any, *, shape: Any, key: Any) -> Any:
    return adjoint(t, lambda x: x[key_of(t, key)], v, shape)


def setitem(t: Any, x: Any, v: Any, *, key: Any) -> Any:
    out = x.clone()
    out[key_of(t, key)] = v
    return out


def gather(t: Any, x: Any, index: Any, *, dim: int) -> Any:
    return t.gather(x, dim, index)


def scatter_zeros(t: Any, src: Any, index: Any, *, shape: Any, dim: int) -> Any:
    return scatter_add(t, t.zeros(shape, dtype=src.dtype), dim, index, src)


def corner(src: Any, index: Any) -> Any:
    """Return what of ``src`` the index reaches: PyTorch cannot differentiate the rest."""
    return src[tuple(slice(n) for n in index.shape)]


def scatter_add(t: Any, x: Any, dim: int, index: Any, src: Any) -> Any:
    return t.scatter_add(x, dim, index, corner(src, index))


def scatter(t: Any, x: Any, dim: int, index: Any, src: Any = None, value: Any = None) -> Any:
    return x.scatter(dim, index, value) if src is None else x.scatter(dim, index, corner(src, index))


# ---- windows: PyTorch has a function per number of spatial dimensions ----


def _by_rank(t: Any, name: str, x: Any) -> Any:
    return getattr(t.nn.functional, f"{name}{x.ndim - 2}d")


def conv(t: Any, x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    return _by_rank(t, "conv", x)(x, w, b, **options)


def conv_input_grad(t: Any, u: Any, w: Any, *, input_size: Any, **options: Any) -> Any:
    shape = (u.shape[0], w.shape[1] * options["groups"], *input_size)
    x = t.zeros(shape, dtype=u.dtype, requires_grad=True)
    return t.autograd.grad(conv(t, x, w, **options), x, u, create_graph=True)[0]


def conv_weight_grad(t: Any, u: Any, x: Any, *, kernel_size: Any, **options: Any) -> Any:
    shape = (u.shape[1], x.shape[1] // options["groups"], *kernel_size)
    return adjoint(t, lambda w: conv(t, x, w, **options), u, shape)


def unfold(t: Any, x: Any, **options: Any) -> Any:
    return t.nn.functional.unfold(x, **options)


def fold(t: Any, columns: Any, **options: Any) -> Any:
    return t.nn.functional.fold(columns, **options)


def max_pool(t: Any, x: Any, **options: Any) -> Any:
    return _by_rank(t, "max_pool", x)(x, **options), None


def avg_pool(t: Any, x: Any, *, divisor_override: Any, **options: Any) -> Any:
    extra = {} if divisor_override is None else {"divisor_override": divisor_override}
    return _by_rank(t, "avg_pool", x)(x, **options, **extra)


def avg_pool_grad(t: Any, u: Any, *, input_size: Any, **options: Any) -> Any:
    return adjoint(t, lambda x: avg_pool(t, x, **options), u, (*u.shape[:2], *input_size))


# ---- fused ----


def normalize(t: Any, x: Any, weight: Any, bias: Any, *, dim: Any, shape: Any, eps: float) -> Any:
    var, mean = t.var_mean(x, dim, correction=0, keepdim=True)
    y = (x - mean) / t.sqrt(var + eps)
    y = y if weight is None else y * weight.reshape(shape)
    y = y if bias is None else y + bias.reshape(shape)
    return y, mean.squeeze(dim).detach(), var.squeeze(dim).detach()  # the statistics have no gradient


def cross_entropy(t: Any, x: Any, target: Any, *, ignore_index: int, average: bool) -> Any:
    reduction = "mean" if average else "none"
    return t.nn.functional.cross_entropy(x, target, ignore_index=ignore_index, reduction=reduction)


def cross_entropy_of_primitives(t: Any, x: Any, target: Any, *, ignore_index: int, average: bool) -> Any:
    loss = -t.log_softmax(x, 1)[t.arange(len(x)), target] * (target != ignore_index)
    return loss.sum() / (target != ignore_index).sum() if average else loss


def minus_one_hot(t: Any, p: Any, target: Any) -> Any:
    return p - t.nn.functional.one_hot(target, p.shape[1])
