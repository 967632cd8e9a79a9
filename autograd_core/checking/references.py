"""What primitives are in NumPy's terms, from their definitions: what ``python -m autograd_core.checking`` compares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.generator import Stream
from autograd_core.checking.window_references import (
    adjoint,
    avg_pool,
    conv,
    conv_input_grad,
    conv_weight_grad,
    fold,
    max_pool,
    max_pool_places,
    unfold,
)

__all__ = ["REFERENCES"]

Reference = Callable[..., Any]


def over(function: Reference) -> Reference:
    """Return a reduction of NumPy's that takes ``dim`` and ``keepdim``."""
    return lambda x, *, dim, keepdim=False: function(x, axis=dim, keepdims=keepdim)


# ---- arithmetic ----


def sigmoid(x: Any) -> Any:
    """Return ``1 / (1 + e**-x)``."""
    return 1 / (1 + host.exp(-x))


def erf(x: Any) -> Any:
    """Return the error function."""
    return host.vectorize(math.erf)(x)


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """Return ``x * P(X <= x)`` of a normal X, or its approximation."""
    cubic = (2 / math.pi) ** 0.5 * (x + 0.044715 * x**3)
    return x * (1 + (host.tanh(cubic) if approximate == "tanh" else erf(x / 2**0.5))) / 2


def clamp(x: Any, *, low: Any = None, high: Any = None) -> Any:
    """Return ``x`` between two bounds."""
    return host.clip(x, low, high)


def integer_pair(a: Any, b: Any, *, name: str) -> Any:
    """Return NumPy's function of that name."""
    return getattr(host, name)(a, b)


def special_function(x: Any, *, name: str) -> Any:
    """Return SciPy's function of what is that name here."""
    from scipy import special

    modified = name.replace("modified_bessel_", "").replace("bessel_", "")
    names = {"lgamma": "gammaln", "digamma": "psi", "scaled_k0": "k0e", "scaled_k1": "k1e"}
    return getattr(special, names.get(modified, modified))(x)


def special_pair(a: Any, b: Any, *, name: str) -> Any:
    """Return NumPy's or SciPy's function of what is that name here."""
    from scipy import special

    names = {"igamma": "gammainc", "igammac": "gammaincc"}
    return getattr(host if hasattr(host, name) else special, names.get(name, name))(a, b)


# ---- reductions ----


def extremum(x: Any, *, dim: Any, keepdim: bool = False, largest: bool = True) -> Any:
    """Return the largest or smallest element."""
    return (x.max if largest else x.min)(axis=dim, keepdims=keepdim)


def argextreme(x: Any, *, dim: Any, keepdim: bool = False, largest: bool = True) -> Any:
    """Return where it stands."""
    return (x.argmax if largest else x.argmin)(axis=dim, keepdims=keepdim)


def softmax(x: Any, *, dim: Any) -> Any:
    """Return ``e**x / sum(e**x)``."""
    return host.exp(x) / host.exp(x).sum(dim, keepdims=True)


def cross_entropy(x: Any, target: Any, *, ignore_index: int, average: bool) -> Any:
    """Return ``-log softmax(x)[target]`` of each row, or the mean of those that count."""
    counted = target != ignore_index
    loss = -host.log(softmax(x, dim=1))[host.arange(len(x)), target * counted] * counted
    return loss.sum() / counted.sum() if average else loss


def normalize(x: Any, weight: Any, bias: Any, *, dim: Any, shape: Any, eps: float) -> Any:
    """Return the normalised values, the mean and the variance."""
    y = (x - x.mean(dim, keepdims=True)) / host.sqrt(x.var(dim, keepdims=True) + eps)
    return y * weight.reshape(shape) + bias.reshape(shape), x.mean(dim), x.var(dim)


def attend(q: Any, k: Any, v: Any, bias: Any, kept: Any, *, scale: float, causal: bool = False) -> Any:
    """Return ``softmax(q k' * scale + bias) * kept @ v``."""
    scores = q @ k.swapaxes(-1, -2) * scale + (0 if bias is None else bias)
    scores = host.where(host.tri(*scores.shape[-2:]), scores, -math.inf) if causal else scores
    return softmax(scores, dim=-1) * (1 if kept is None else kept) @ v


# ---- shapes and indices ----


def written(x: Any, v: Any, *, key: Any) -> Any:
    """Return ``x`` after ``x[key] = v``."""
    out = x.copy()
    out[key] = v
    return out


def replace_view(x: Any, v: Any, *, view: Any, meta: Any) -> Any:
    """Return ``x`` after a write of ``v`` into a view of it."""
    out = x.copy()
    view.forward(host, out, **meta)[...] = v
    return out


def gather(x: Any, index: Any, *, dim: int) -> Any:
    """Return ``y[i, j] = x[index[i, j], j]``."""
    keys = list(host.indices(index.shape))
    keys[dim] = index
    return x[tuple(keys)]


def draw(given: Any, *, of: str, dtype: Any, size: Any = (), numbers: Any = (), device: Any = None) -> Any:
    """Return what NumPy draws from there, and where it has come to."""
    position, *parameters = given
    stream = Stream(0)
    stream.set_state(position.tobytes())
    at = {"uniform": "random", "normal": "standard_normal"}.get(of, of)
    y = getattr(stream.draw, at)(*parameters, *numbers, *([] if parameters else [size]))
    return host.asarray(y, dtype), host.frombuffer(stream.state(), "uint8")


def running_argextreme(x: Any, *, dim: int, largest: bool = True) -> Any:
    """Return where the largest or smallest element so far stands, line by line."""
    pick = host.argmax if largest else host.argmin
    return host.apply_along_axis(lambda line: [pick(line[: k + 1]) for k in range(len(line))], dim, x)


def scatter_extreme(x: Any, src: Any, index: Any, *, dim: int, largest: bool) -> Any:
    """Return ``x`` with what ``src`` brings to each place where that is more, or less."""
    out, keys = x.copy(), list(host.indices(index.shape))
    keys[dim] = index
    (host.maximum if largest else host.minimum).at(out, tuple(keys), src[tuple(map(slice, index.shape))])
    return out


def strided(x: Any, *, size: Any, steps: Any, start: int = 0) -> Any:
    """Return the elements ``x[..., start + i * steps[0] + j * steps[1] + ...]``."""
    places = start + sum(i * step for i, step in zip(host.indices(size), steps, strict=True))
    return x[..., places]


def resample(x: Any, *, dim: int, rule: Any, adjoint: bool = False) -> Any:
    """Return what lies between the elements, on straight lines: of the kind 'linear' alone."""
    _, inputs, outputs, step, centre = rule
    at = (host.arange(outputs) + centre) * step - centre
    matrix = host.stack([host.interp(at, host.arange(inputs), unit) for unit in host.eye(inputs)], 1)
    return host.moveaxis(host.tensordot(matrix.T if adjoint else matrix, x, (1, dim)), 0, dim)


# ---- layers of cells ----


def scan(cell: Any, x: Any, states: list[Any], sizes: Any, reverse: bool) -> Any:
    """Apply a cell to the packed sequences, step after step, and to the states of those that go on."""
    ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
    outputs: dict[int, Any] = {}
    for k in range(len(sizes))[:: -1 if reverse else 1]:
        n = sizes[k]
        moved = cell(x[ends[k] - n : ends[k]], *[s[:n] for s in states])
        states = [host.concatenate([new, s[n:]]) for new, s in zip(moved, states, strict=True)]
        outputs[k] = moved[0]
    return host.concatenate([outputs[k] for k in range(len(sizes))]), *states


def lstm(
    x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, *, sizes: Any, reverse: bool = False
) -> Any:  # fmt: skip
    """Return the outputs and last states of one layer of long short-term memory."""

    def cell(x: Any, h: Any, c: Any) -> list[Any]:
        i, f, g, o = host.split(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * host.tanh(g)
        h = sigmoid(o) * host.tanh(c)
        return [h if w_hr is None else h @ w_hr.T, c]

    return scan(cell, x, [h, c], sizes, reverse)


def gru(x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, *, sizes: Any, reverse: bool = False) -> Any:
    """Return the outputs and last state of one layer of gated recurrent units."""

    def cell(x: Any, h: Any) -> list[Any]:
        (r, z, n), (s, y, m) = (host.split(a, 3, 1) for a in (x @ w_ih.T + b_ih, h @ w_hh.T + b_hh))
        stay = sigmoid(z + y)
        return [(1 - stay) * host.tanh(n + sigmoid(r + s) * m) + stay * h]

    return scan(cell, x, [h], sizes, reverse)


def rnn(
    x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, *, nonlinearity: str, sizes: Any, reverse: bool = False
) -> Any:
    """Return the outputs and last state of one plain recurrent layer, with tanh."""
    return scan(lambda x, h: [host.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)], x, [h], sizes, reverse)


# ---- Fourier transforms ----


def rfft(x: Any, *, dims: Any, norm: Any = "backward", doubled: bool = False) -> Any:
    """Return NumPy's, what stands for two frequencies doubled."""
    return _halves(host.fft.rfftn(x, axes=dims, norm=norm), x.shape[dims[-1]], dims[-1], 2.0 if doubled else 1.0)


def irfft(x: Any, *, dims: Any, n: int, norm: Any = "backward", halved: bool = False) -> Any:
    """Return NumPy's, what stands for two frequencies halved before."""
    x = _halves(x, n, dims[-1], 0.5 if halved else 1.0)
    return host.fft.irfftn(x, [*(x.shape[d] for d in dims[:-1]), n], dims, norm)


def _halves(x: Any, n: int, dim: int, factor: float) -> Any:
    weights = host.asarray([1.0 if i in (0, n / 2) else factor for i in range(x.shape[dim])])
    return x * weights.reshape(-1, *(1,) * (x.ndim - 1 - dim))


# What NumPy has not under the primitive's own name and with its own metadata.
REFERENCES: dict[str, Reference] = {
    "sub": host.subtract, "mul": host.multiply, "div": host.divide, "pow": host.power, "atan2": host.arctan2,
    "neg": host.negative, "eq": host.equal, "ne": host.not_equal, "lt": host.less, "le": host.less_equal,
    "gt": host.greater, "ge": host.greater_equal, "bitwise_not": host.invert, "atan": host.arctan,
    "asin": host.arcsin, "acos": host.arccos, "asinh": host.arcsinh, "acosh": host.arccosh, "atanh": host.arctanh,
    "keep": lambda x, mask: host.where(mask, x, 0), "clamp": clamp, "rsqrt": lambda x: x**-0.5, "sigmoid": sigmoid,
    "erf": erf, "gelu": gelu, "softplus": lambda x: host.log1p(host.exp(x)), "silu": lambda x: x * sigmoid(x),
    "relu": lambda x: host.maximum(x, 0), "leaky_relu": lambda x, *, slope: host.where(x > 0, x, x * slope),
    "whole": lambda x, *, name: getattr(host, name)(x), "integer_pair": integer_pair,
    "special_function": special_function, "special_pair": special_pair,
    "binary_cross_entropy": lambda x, t: -t * host.log(x) - (1 - t) * host.log(1 - x),
    "sum": over(host.sum), "mean": over(host.mean), "extremum": extremum, "argextreme": argextreme,
    "extreme": lambda x, **at: (extremum(x, **at), argextreme(x, **at)),
    "truth": lambda x, *, every=False, **at: over(host.all if every else host.any)(x, **at),
    "cumsum": lambda x, *, dim: host.cumsum(x, dim), "softmax": softmax,
    "log_softmax": lambda x, *, dim: host.log(softmax(x, dim=dim)),
    "logsumexp": lambda x, **at: host.log(over(host.sum)(host.exp(x), **at)),
    "norm": lambda x, *, dim, p=2.0: host.linalg.vector_norm(x, ord=p, axis=dim),
    "spread": lambda x, *, shape, dim: adjoint(lambda y: y.sum(dim).reshape(x.shape), x, shape),
    "sum_to": lambda x, *, shape: adjoint(lambda y: host.broadcast_to(y, x.shape), x, shape),
    "reshape": host.reshape, "permute": lambda x, *, dims: x.transpose(dims), "clone": host.copy,
    "detach": lambda x, *, tangent=False: x, "draw": draw,
    "cast": lambda x, *, dtype: x.astype(dtype), "cat": lambda xs, *, dim: host.concatenate(xs, dim),
    "pad": lambda x, *, widths, value=0.0: host.pad(x, widths, constant_values=value),
    "roll": lambda x, *, shifts, dims: host.roll(x, shifts, dims), "transfer": lambda x, *, device: x,
    "band": lambda x, *, diagonal=0, upper=False: (host.triu if upper else host.tril)(x, diagonal),
    "diagonal": lambda x, *, offset=0: host.diagonal(x, offset, -2, -1), "strided": strided, "resample": resample,
    "getitem": lambda x, *, key: x[key], "setitem": written, "replace_view": replace_view, "gather": gather,
    "argsort": lambda x, *, dim, descending=False: host.argsort(-x if descending else x, axis=dim, stable=True),
    "running_argextreme": running_argextreme,
    "search": lambda x, v, *, right=False: host.searchsorted(x, v, "right" if right else "left"),
    "put_zeros": lambda v, *, shape, key: adjoint(lambda x: x[key], v, shape),
    "scatter_zeros": lambda v, i, *, shape, dim: adjoint(
        lambda x: gather(x, i, dim=dim), v[tuple(map(slice, i.shape))], shape),
    "scatter_extreme": scatter_extreme, "linear": lambda x, w, b: x @ w.T + b, "conv": conv,
    "conv_input_grad": conv_input_grad, "conv_weight_grad": conv_weight_grad, "unfold": unfold, "fold": fold,
    "avg_pool": avg_pool, "max_pool": max_pool, "max_pool_places": max_pool_places,
    "avg_pool_grad": lambda u, *, input_size, **at: adjoint(
        lambda x: avg_pool(x, **at), u, (*u.shape[:2], *input_size)),
    "normalize": normalize, "cross_entropy": cross_entropy, "attend": attend, "lstm": lstm, "gru": gru, "rnn": rnn,
    "minus_one_hot": lambda p, target: p - host.eye(p.shape[1])[target],
    "solve": lambda a, b, *, triangle="", unit=False: host.linalg.solve(
        host.tril(a) if triangle == "lower" else host.triu(a) if triangle else a, b),
    "det": lambda a, *, cofactors=False: host.linalg.det(a)[..., None, None] * host.linalg.inv(a).swapaxes(-1, -2)
        if cofactors else host.linalg.det(a),
    "slogdet": host.linalg.slogdet, "cholesky": lambda a, *, triangle="L": host.linalg.cholesky(a),
    "qr": lambda a, *, complete=False: host.linalg.qr(a),
    "eigh": lambda a, *, triangle="L": host.linalg.eigh(a, triangle),
    "svd": lambda a, *, full_matrices=False: host.linalg.svd(a, full_matrices),
    "view_as_real": lambda x: host.stack([x.real, x.imag], -1),
    "view_as_complex": lambda x: x[..., 0] + 1j * x[..., 1],
    "fft": lambda x, *, dims, norm="backward", inverse=False:
        (host.fft.ifftn if inverse else host.fft.fftn)(x, axes=dims, norm=norm),
    "rfft": rfft, "irfft": irfft,
}  # fmt: skip
