"""Public functions in plain NumPy, under the names and signatures of this project, where NumPy has no such function."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests import references as ref


def axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


# ---- elementwise ----


def add(a: Any, b: Any, alpha: Any = 1) -> Any:
    return a + alpha * b


def sub(a: Any, b: Any, alpha: Any = 1) -> Any:
    return a - alpha * b


def rsub(a: Any, b: Any, alpha: Any = 1) -> Any:
    return b - alpha * a


def div(a: Any, b: Any, rounding_mode: str | None = None) -> Any:
    return {None: np.asarray, "floor": np.floor, "trunc": np.trunc}[rounding_mode](a / b)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


clamp_min, clamp_max, equal = np.maximum, np.minimum, np.array_equal


def lerp(a: Any, b: Any, weight: Any) -> Any:
    return a + weight * (b - a)


def addcmul(x: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return x + value * a * b


def addcdiv(x: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return x + value * a / b


def softmax(x: Any, dim: int) -> Any:
    return ref.softmax(x, dim=dim) if x.ndim else np.ones(())


def log_softmax(x: Any, dim: int) -> Any:
    return np.log(softmax(x, dim))


# ---- reductions ----

sum, any, all = ref.over(np.sum), ref.over(np.any), ref.over(np.all)
amax, amin = ref.over(np.max), ref.over(np.min)


def mean(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = 1) -> Any:
    return np.mean(x, axis=axes(dim), keepdims=keepdim)


def var(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = 1) -> Any:
    ddof = correction if unbiased is None else int(unbiased)
    return np.var(x, axis=axes(dim), ddof=ddof, keepdims=keepdim)


def std(*args: Any, **options: Any) -> Any:
    return np.sqrt(var(*args, **options))


def var_mean(*args: Any, **options: Any) -> Any:
    return var(*args, **options), mean(*args, **options)


def std_mean(*args: Any, **options: Any) -> Any:
    return std(*args, **options), mean(*args, **options)


def max(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    if isinstance(dim, np.ndarray):
        return np.maximum(x, dim)
    return np.max(x) if dim is None else (amax(x, dim, keepdim) if x.ndim else x, argmax(x, dim, keepdim))


def min(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    if isinstance(dim, np.ndarray):
        return np.minimum(x, dim)
    return np.min(x) if dim is None else (amin(x, dim, keepdim) if x.ndim else x, argmin(x, dim, keepdim))


def argmax(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.argmax(x, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0)


def argmin(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.argmin(x, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0)


def logsumexp(x: Any, dim: Any, keepdim: bool = False) -> Any:
    return ref.logsumexp(x, dim=axes(dim) if x.ndim else None, keepdim=keepdim)


def cumsum(x: Any, dim: int) -> Any:
    return np.cumsum(x, dim) if x.ndim else x


def cumprod(x: Any, dim: int) -> Any:
    return np.cumprod(x, dim) if x.ndim else x


def prod(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.prod(x, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0)


def norm(x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    dim = tuple(range(x.ndim)) if dim is None else axes(dim)
    return np.linalg.vector_norm(x, ord=2 if p == "fro" else p, axis=dim, keepdims=keepdim)


# ---- shapes ----

t, permute, movedim, unsqueeze = np.transpose, np.transpose, np.moveaxis, np.expand_dims
broadcast_tensors, cat = np.broadcast_arrays, np.concatenate


def transpose(x: Any, a: int, b: int) -> Any:
    return np.swapaxes(x, a, b) if x.ndim else x


def broadcast_to(x: Any, size: Any) -> Any:
    return np.broadcast_to(x, [n if n > -1 else x.shape[-1] for n in size])


def squeeze(x: Any, dim: Any = None) -> Any:
    return np.squeeze(x, axes(dim) if dim is None or isinstance(dim, list) or x.shape[dim] == 1 else ())


def flatten(x: Any, start: int = 0, end: int = -1) -> Any:
    return x.reshape([*x.shape[:start], -1, *x.shape[end:][1:]])


def unflatten(x: Any, dim: int, sizes: Any) -> Any:
    return x.reshape([*x.shape[:dim], *sizes, *x.shape[dim + 1 :]])


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    return np.take(x, np.arange(start, start + length), dim)


def select(x: Any, dim: int, index: int) -> Any:
    return np.take(x, index, dim)


def split(x: Any, size: Any, dim: int = 0) -> Any:
    return np.split(x, range(size, x.shape[dim], size) if isinstance(size, int) else np.cumsum(size)[:-1], dim)


def chunk(x: Any, chunks: int, dim: int = 0) -> Any:
    return split(x, -(-x.shape[dim] // chunks), dim)


def unbind(x: Any, dim: int = 0) -> Any:
    return list(np.moveaxis(x, dim, 0))


# ---- indexing ----


def gather(x: Any, dim: int, index: Any) -> Any:
    return ref.gather(np.atleast_1d(x), index, dim=dim % index.ndim)


def take_along_dim(x: Any, index: Any, dim: int | None = None) -> Any:
    if dim is not None:
        index = np.broadcast_to(index, [n if k != dim else index.shape[k] for k, n in enumerate(x.shape)])
    return np.take_along_axis(x, index, dim)


def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    return x + ref.scatter_zeros(src, index, shape=x.shape, dim=dim)


def scatter(x: Any, dim: int, index: Any, src: Any = None, value: Any = None) -> Any:
    out = x.copy()
    for at in np.ndindex(index.shape):
        out[(*at[:dim], index[at], *at[dim + 1 :])] = value if src is None else src[at]
    return out


def index_select(x: Any, dim: int, index: Any) -> Any:
    return np.take(x, index, dim)


def index_add(x: Any, dim: int, index: Any, source: Any, alpha: Any = 1) -> Any:
    return x + alpha * ref.put_zeros(source, shape=x.shape, key=(slice(None),) * dim + (index,))


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    return np.where(mask, value, x)


def masked_select(x: Any, mask: Any) -> Any:
    return np.broadcast_to(x, mask.shape)[mask]


nonzero = np.argwhere


def argsort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    return np.argsort(-x if descending else x, axis=dim, kind="stable") if x.ndim else np.array(0)


def sort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    index = argsort(x, dim, descending)
    return (np.take_along_axis(x, index, dim) if x.ndim else x), index


def topk(x: Any, k: int, dim: int = -1, largest: bool = True) -> Any:
    return [np.take(part, range(k), dim) for part in sort(x, dim, largest)]


# ---- products ----

mm = bmm = mv = np.matmul


def addmm(x: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    return beta * x + alpha * (a @ b)


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    return np.tensordot(a, b, dims)
