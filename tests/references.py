"""Plain NumPy references for what NumPy has no function for: windows by loops, and a few formulas."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any, *, dim: int) -> Any:
    return np.exp(x) / np.exp(x).sum(dim, keepdims=True)


def logsumexp(x: Any, *, dim: Any, keepdim: bool = False) -> Any:
    return np.log(np.exp(x).sum(dim, keepdims=keepdim))


def log_softmax(x: Any, *, dim: int) -> Any:
    return np.log(softmax(x, dim=dim))


def norm(x: Any, *, dim: Any, keepdim: bool = False, p: float = 2.0) -> Any:
    return np.linalg.vector_norm(x, ord=p, axis=dim, keepdims=keepdim) if dim else np.abs(x)


def normalize(x: Any, weight: Any, bias: Any, *, dim: Any, shape: Any, eps: float) -> Any:
    y = (x - x.mean(dim, keepdims=True)) / np.sqrt(x.var(dim, keepdims=True) + eps)
    y = y * (1 if weight is None else weight.reshape(shape)) + (0 if bias is None else bias.reshape(shape))
    return y, x.mean(dim), x.var(dim)


def cross_entropy(x: Any, target: Any, *, ignore_index: int, average: bool) -> Any:
    loss = -log_softmax(x, dim=1)[np.arange(len(x)), target] * (target != ignore_index)
    return loss.sum() / (target != ignore_index).sum() if average else loss


def minus_one_hot(p: Any, target: Any) -> Any:
    return p - np.eye(p.shape[1])[target]


def spread(x: Any, *, shape: Any, dim: Any) -> Any:
    return np.broadcast_to(x.reshape([1 if i in dim else n for i, n in enumerate(shape)]), shape)


def sum_to(x: Any, *, shape: Any) -> Any:
    lead = x.ndim - len(shape)
    ones = tuple(lead + i for i, n in enumerate(shape) if n == 1)
    return x.sum((*range(lead), *ones), keepdims=True).reshape(shape)


# ---- reductions under this project's names for NumPy's keywords ----


def over(function: Any) -> Any:
    """Return a NumPy reduction that takes ``dim`` and ``keepdim``."""

    def reduced(x: Any, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        axis = tuple(dim) if isinstance(dim, list) else dim
        return function(x, axis=axis, keepdims=keepdim, **options)

    return reduced


def extremum(x: Any, *, dim: Any, keepdim: bool = False, largest: bool = True) -> Any:
    return over(np.max if largest else np.min)(x, dim, keepdim)


def truth(x: Any, *, dim: Any, keepdim: bool = False, every: bool = False) -> Any:
    return over(np.all if every else np.any)(x, dim, keepdim)


def extreme(x: Any, *, dim: int, keepdim: bool = False, largest: bool = True) -> Any:
    index = argextreme(x, dim=dim, keepdim=True, largest=largest)
    both = np.take_along_axis(x, index, dim), index
    return both if keepdim else tuple(v.squeeze(dim) for v in both)


def argextreme(x: Any, *, dim: int | None, keepdim: bool = False, largest: bool = True) -> Any:
    return (np.argmax if largest else np.argmin)(x, axis=dim, keepdims=keepdim)


def put_zeros(v: Any, *, shape: Any, key: Any) -> Any:
    out = np.zeros(shape, v.dtype)
    np.add.at(out, key, v)
    return out


def setitem(x: Any, v: Any, *, key: Any) -> Any:
    out = x.copy()
    out[key] = v
    return out


def replace_view(x: Any, v: Any, *, view: Any, meta: Any) -> Any:
    out = x.copy()
    view.forward(np, out, **meta)[...] = v
    return out


def gather(x: Any, index: Any, *, dim: int) -> Any:
    out = np.zeros(index.shape, x.dtype)
    for at in np.ndindex(index.shape):
        out[at] = x[(*at[:dim], index[at], *at[dim + 1 :])]
    return out


def scatter_zeros(src: Any, index: Any, *, shape: Any, dim: int) -> Any:
    out = np.zeros(shape, src.dtype)
    for at in np.ndindex(index.shape):
        out[(*at[:dim], index[at], *at[dim + 1 :])] += src[at]
    return out


# ---- windows: (place of the window, the elements it covers in the padded array) ----


def windows(places: Any, kernel: Any, stride: Any, dilation: Any) -> Iterator[tuple[Any, Any]]:
    for at in np.ndindex(*places):
        key = [slice(i * s, i * s + d * (k - 1) + 1, d) for i, s, d, k in zip(at, stride, dilation, kernel)]
        yield (..., *at), (..., *key)


def bordered(x: Any, padding: Any, value: float = 0.0, extra: Any = None) -> Any:
    after = [p + e for p, e in zip(padding, extra or [0] * len(padding))]
    return np.pad(x, [(0, 0), (0, 0), *zip(padding, after)], constant_values=value)


def inner(x: Any, padding: Any, size: Any) -> Any:
    return x[(..., *(slice(p, p + n) for p, n in zip(padding, size)))]


def places_of(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool = False) -> list[int]:
    places = []
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation):
        room = n + 2 * p - d * (k - 1) - 1
        count = room // s + 1
        places.append(count + (ceil_mode and room % s > 0 and count * s < n + p))
    return places


def conv(x: Any, w: Any, b: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    padded = bordered(x, padding)
    places = places_of(x.shape[2:], w.shape[2:], stride, padding, dilation)
    out = np.zeros((len(x), len(w), *places), x.dtype)
    for at, key in windows(places, w.shape[2:], stride, dilation):
        for g, (xs, ws) in enumerate(zip(np.split(padded[key], groups, 1), np.split(w, groups))):
            rows = slice(g * len(ws), (g + 1) * len(ws))
            pair = [part.reshape(len(part), -1) for part in (xs, ws)]
            out[(slice(None), rows, *at[1:])] = pair[0] @ pair[1].T
    return out if b is None else out + b.reshape(-1, *[1] * len(places))


def conv_input_grad(u: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    out = bordered(np.zeros((len(u), w.shape[1] * groups, *input_size), u.dtype), padding)
    for at, key in windows(u.shape[2:], w.shape[2:], stride, dilation):
        parts = zip(np.split(u[at], groups, 1), np.split(w, groups))
        out[key] += np.concatenate([np.tensordot(us, ws, 1) for us, ws in parts], 1)
    return inner(out, padding, input_size)


def conv_weight_grad(u: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    padded = bordered(x, padding)
    out = np.zeros((u.shape[1], x.shape[1] // groups, *kernel_size), u.dtype)
    for at, key in windows(u.shape[2:], kernel_size, stride, dilation):
        parts = zip(np.split(u[at], groups, 1), np.split(padded[key], groups, 1))
        out += np.concatenate([np.tensordot(us.T, xs, 1) for us, xs in parts])
    return out


def unfold(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    padded = bordered(x, padding)
    places = places_of(x.shape[2:], kernel_size, stride, padding, dilation)
    columns = [padded[key].reshape(len(x), -1) for _, key in windows(places, kernel_size, stride, dilation)]
    return np.stack(columns, -1)


def fold(columns: Any, *, output_size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    channels = columns.shape[1] // math.prod(kernel_size)
    out = bordered(np.zeros((len(columns), channels, *output_size), columns.dtype), padding)
    places = places_of(output_size, kernel_size, stride, padding, dilation)
    for column, (_, key) in enumerate(windows(places, kernel_size, stride, dilation)):
        out[key] += columns[:, :, column].reshape(len(columns), channels, *kernel_size)
    return inner(out, padding, output_size)


def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    places = places_of(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    padded = bordered(x, padding, -np.inf, stride)
    out, which = np.zeros((*x.shape[:2], *places), x.dtype), np.zeros((*x.shape[:2], *places), int)
    for at, key in windows(places, kernel_size, stride, dilation):
        flat = padded[key].reshape(*x.shape[:2], -1)
        out[at], which[at] = flat.max(-1), flat.argmax(-1)
    return out, which


def max_pool_places(which: Any, *, input_size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    out = np.zeros(which.shape, int)
    for at in np.ndindex(which.shape):
        offset = np.unravel_index(int(which[at]), kernel_size)
        where = [i * s + o * d - p for i, s, o, d, p in zip(at[2:], stride, offset, dilation, padding)]
        out[at] = np.ravel_multi_index(where, input_size)
    return out


def _average_weights(size: Any, options: dict[str, Any]) -> Iterator[tuple[Any, Any, float]]:
    """Yield for each window its place, its elements in the padded array, and one over what it divides by."""
    kernel, stride, padding = options["kernel_size"], options["stride"], options["padding"]
    once = [1] * len(kernel)
    places = places_of(size, kernel, stride, padding, once, options["ceil_mode"])
    counted = np.ones([n + 2 * p for n, p in zip(size, padding)])
    if not options["count_include_pad"]:
        counted[:] = 0
        counted[tuple(slice(p, p + n) for n, p in zip(size, padding))] = 1
    for at, key in windows(places, kernel, stride, once):
        yield at, key, 1 / (options["divisor_override"] or counted[key[1:]].sum())


def avg_pool(x: Any, **options: Any) -> Any:
    padded = bordered(x, options["padding"], extra=options["stride"])
    over = tuple(range(2, x.ndim))
    found = [(at, padded[key].sum(over) * weight) for at, key, weight in _average_weights(x.shape[2:], options)]
    out = np.zeros((*x.shape[:2], *(n + 1 for n in found[-1][0][1:])), x.dtype)
    for at, value in found:
        out[at] = value
    return out


def avg_pool_grad(u: Any, *, input_size: Any, **options: Any) -> Any:
    blank = np.zeros((*u.shape[:2], *input_size), u.dtype)
    out = bordered(blank, options["padding"], extra=options["stride"])
    for at, key, weight in _average_weights(input_size, options):
        out[key] += (u[at] * weight).reshape(*u.shape[:2], *[1] * len(input_size))
    return inner(out, options["padding"], input_size)


def shares(size: Any, count: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the windows of adaptive pooling: their places, and what they cover."""
    cuts = [[(i * n // c, -(-(i + 1) * n // c)) for i in range(c)] for n, c in zip(size, count)]
    for at in itertools.product(*map(range, count)):
        yield (..., *at), (..., *(slice(*cuts[d][i]) for d, i in enumerate(at)))


def adaptive_avg_pool(x: Any, *, output_size: Any) -> Any:
    out = np.zeros((*x.shape[:2], *output_size), x.dtype)
    for at, key in shares(x.shape[2:], output_size):
        out[at] = x[key].mean(tuple(range(2, x.ndim)))
    return out


def draw(given: Any, *, of: str, dtype: Any, size: Any = (), numbers: Any = ()) -> Any:
    """Return what NumPy draws at the beginning of the stream that belongs to seed 0, and where that ends."""
    stream = np.random.Philox(0)
    generator, state = np.random.Generator(stream), given[0].copy()
    if of == "permutation":
        y = generator.permutation(size[0])
    else:
        y = {"uniform": generator.random, "normal": generator.standard_normal}[of](size, dtype=dtype)
    words, s = state.view(np.uint64), stream.state
    words[:10] = [*s["state"]["counter"], *s["state"]["key"], *s["buffer"]]
    words[10:] = s["buffer_pos"], s["has_uint32"], s["uinteger"]
    return np.asarray(y, dtype), state
