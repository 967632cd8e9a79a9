"""Formulas of rules whose source is not one line: kernels, joint rules, decompositions.

``g`` is the incoming gradient, ``y`` the output, the other names are arguments, options and residuals of the
primitive; of several outputs ``g[0]``, ``g[1]`` are the gradients in order.  What follows ``with`` names parts.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

Formulas = dict[str, str]  # argument -> what its gradient is

_SCALED = "with xhat = (x - mean(x)) * rstd"
_GATES = "with d the gradient of what enters the gates, from the last step back"
_STATES = "with d the gradient of what enters tanh or relu, from the last step back"


def _attend(options: dict[str, Any]) -> Formulas:
    bias = "" if options.get("bias", "given") is None else " + bias"  # arrays are not among the options
    p = f"p = softmax(scale * q @ k.T{bias})"
    kept, dropped = ("kept * ", "(p * kept).T") if "kept" not in options and "scale" in options else ("", "p.T")
    slope = f"p * ({kept}(g @ v.T) - rowsum(g * y))"
    return {
        "q": f"scale * s @ k, with s = {slope}, {p}",
        "k": f"scale * s.T @ q, with s = {slope}, {p}",
        "v": f"{dropped} @ g, with {p}",
        "bias": f"{slope}, with {p}",
        "kept": f"p * (g @ v.T), with {p}",
    }


def _clamp(options: dict[str, Any]) -> Formulas:
    low, high = options.get("low", 0), options.get("high", 0)  # where they are not known, both
    inside = {(True, False): "x <= high", (False, True): "x >= low"}.get((low is None, high is None))
    return {"x": f"where({inside or '(x >= low) & (x <= high)'}, g, 0)"}


def _gelu(options: dict[str, Any]) -> Formulas:
    if options.get("approximate", "none") == "tanh":
        slope = "(1 + t + x * (1 - t * t) * u) / 2, with t the tanh of gelu, u its inner slope"
        return {"x": f"g * {slope}"}
    return {"x": "g * (ndtr(x) + x * exp(-x * x / 2) / sqrt(2 * pi))"}


def _mean(options: dict[str, Any]) -> Formulas:
    whole = "g" in options and not options["g"].ndim
    along = "" if whole else f", dim={options.get('dim', 'dim')}"
    return {"x": f"expand(g / n, x.shape{along}), with n how many are averaged"}


def _norm(options: dict[str, Any]) -> Formulas:
    p = options.get("p")
    known = {0: "0 * g", 1: "g * sign(x)", 2: "g * x / y"}
    if p in known:
        return {"x": known[p]}
    if p in (inf, -inf):
        return {"x": "g * sign(x) * (abs(x) == y) / n, with n how many are as large"}
    return {"x": "g * sign(x) * (abs(x) / y) ** (p - 1)"}


def _cross_entropy(options: dict[str, Any]) -> Formulas:
    share = " / n, with n the targets counted" if options.get("average") else ""
    return {"x": f"g * (softmax(x) - one_hot(target)){share}"}


def _solve(options: dict[str, Any]) -> Formulas:
    part = {"lower": "tril", "upper": "triu"}.get(options.get("triangle", ""))
    whole = "-solve(a.T, g) @ y.T"
    beside = f", {1 if part == 'triu' else -1}" if options.get("unit") else ""  # a diagonal of ones is not read
    return {"a": f"{part}({whole}{beside})" if part else whole, "b": "solve(a.T, g)"}


def _recurrent(states: str, names: str) -> Formulas:
    """Return backpropagation through time, in terms of ``d``."""
    given = {
        "x": "d @ w_ih", "w_ih": "sum(d.T @ x)", "b_ih": "sum(d)", "w_hh": "sum(d.T @ h_before)", "b_hh": "sum(d)",
        "w_hr": "sum(dh.T @ h_before_projection)", "h": "d[first] @ w_hh", "c": "dc[first] * forget_gate[first]",
    }  # fmt: skip
    return {name: f"{given[name]}, {states}" for name in names.split()}


FORMULAS: dict[str, Formulas | Callable[[dict[str, Any]], Formulas]] = {
    "atan2": {"a": "g * b / (a * a + b * b)", "b": "-g * a / (a * a + b * b)"},
    "attend": _attend,
    "cat": {"xs": "the part of g that came from this one"},
    "cholesky": {"a": "inv(y).T @ (tril(p) + tril(p, -1).T) @ inv(y) / 2, with p = y.T @ g"},
    "clamp": _clamp,
    "conv_input_grad": {"u": "conv(g, w)"},
    "conv_weight_grad": {"u": "conv(x, g)"},
    "cross_entropy": _cross_entropy,
    "eigh": {
        "a": "vectors @ (diag(g[0]) + (x - x.T) / gaps / 2) @ vectors.T, with x = vectors.T @ g[1]",
    },
    "extreme": {"x": "zeros(x.shape).scatter(dim, indices, g)"},
    "extremum": {"x": "g * (x == y) / n, with n how many are equal to y"},
    "gather": {"x": "zeros(x.shape).scatter_add(dim, index, g)"},
    "gelu": _gelu,
    "getitem": {"x": "zeros(x.shape) with g added at [key]"},
    "gru": _recurrent(_GATES, "x w_ih b_ih w_hh b_hh h"),
    "log_softmax": {"x": "g - exp(y) * sum(g, dim, keepdim=True)"},
    "logsumexp": {"x": "g * exp(x - y)"},
    "lstm": _recurrent(_GATES, "x w_ih b_ih w_hh b_hh w_hr h c"),
    "max_pool": {"x": "zeros(x.shape) with g added where each window's maximum was"},
    "maximum": {"a": "where(a > b, g, where(a == b, g / 2, 0))", "b": "where(b > a, g, where(a == b, g / 2, 0))"},
    "mean": _mean,
    "minimum": {"a": "where(a < b, g, where(a == b, g / 2, 0))", "b": "where(b < a, g, where(a == b, g / 2, 0))"},
    "norm": _norm,
    "normalize": {
        "x": "rstd * (h - mean(h) - xhat * mean(h * xhat)), with h = g * weight, xhat = (x - mean(x)) * rstd",
        "weight": f"sum(g * xhat), {_SCALED}",
        "bias": "sum(g)",
    },
    "pad": {"x": "the part of g inside the padding"},
    "pow": {"a": "g * b * a ** (b - 1)", "b": "g * y * log(a)"},
    "qr": {"a": "(g[0] + q @ mirrored(m)) @ inv(r).T, with m = triu(g[1] @ r.T - q.T @ g[0])"},
    "replace_view": {"x": "g with the view's part set to 0", "v": "the view's part of g"},
    "rnn": _recurrent(_STATES, "x w_ih b_ih w_hh b_hh h"),
    "scatter_extreme": {
        "x": "g * (x == y) / n, with n how many are as large",
        "src": "gather(g / n, dim, index) * (src == gather(y, dim, index)), with n how many are as large",
    },
    "scatter_zeros": {"src": "put_corner(gather(g, dim, index), src.shape)"},
    "setitem": {"x": "g with [key] set to 0", "v": "g[key]"},
    "slogdet": {"a": "g[1][..., None, None] * inv(a).T"},
    "softmax": {"x": "y * (g - sum(g * y, dim, keepdim=True))"},
    "solve": _solve,
    "strided": {"x": "zeros(x.shape) with g added at the strided places"},
    "svd": {"a": "u @ (diag(g[1]) + m) @ vh, with m from g[0] and g[2] (Townsend 2016)"},
    "transfer": {"x": "g.to(x.device)"},
}  # fmt: skip


def by_hand(name: str, argument: str, options: dict[str, Any]) -> str | None:
    """Return the formula of a primitive's rule for ``argument``; None where its source is to be read."""
    known = FORMULAS.get(name, {})
    return (known(options) if callable(known) else known).get(argument)
