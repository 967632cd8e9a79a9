"""Floating-point operations of each primitive, from shapes alone.

Counted as is usual: an addition or a multiplication is one, and so is an elementwise function of one element, whatever
it takes; multiplying complex numbers counts as four.  Of decompositions the leading terms.
Source: Golub & Van Loan, Matrix Computations, 4th edition, chapters 4, 5 and 8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd_core.programs.ir import Application, Variable

Count = Callable[[Mapping[str, Any], Mapping[str, Any], Variable], float]  # arguments, options, first output

COUNTS: dict[str, Count] = {}


def flops(line: Application) -> int:
    """Return how many floating-point operations a line takes."""
    prim, first = line.entry, line.outputs[0]
    if prim.elementwise and prim.name != "cast":
        return first.size
    count = COUNTS.get(prim.name, _per_output)
    args = dict(zip(prim.args, line.args, strict=True))
    return round(count(args, {**prim.meta, **line.meta}, first))


def counts(*names: str) -> Callable[[Count], Count]:
    """Enter a function as the count of the primitives of these names."""

    def enter(count: Count) -> Count:
        COUNTS.update(dict.fromkeys(names, count))
        return count

    return enter


def _per_output(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return y.size


def _input(args: Mapping[str, Any]) -> Variable:
    return next(v for v in args.values() if isinstance(v, Variable))


def _per_input(times: float) -> Count:
    return lambda args, meta, y: times * _input(args).size


def _multiply_add(x: Variable) -> int:
    return 8 if x.dtype.is_complex else 2


# ---- moving elements takes none; reductions and sums at an index take one for each element read ----

MOVES = (
    "broadcast_to", "cast", "cat", "clone", "detach", "diagonal", "gather", "getitem", "pad", "permute", "reshape",
    "replace_view", "roll", "setitem", "spread", "strided", "transfer", "unfold", "view_as_complex", "view_as_real",
    "band", "max_pool_places",
)  # fmt: skip
COUNTS.update(dict.fromkeys(MOVES, lambda args, meta, y: 0))
SUMS = (
    "sum", "sum_to", "mean", "extremum", "extreme", "argextreme", "running_argextreme", "truth", "cumsum", "put_zeros",
    "scatter_zeros", "fold",
)  # fmt: skip
COUNTS.update(dict.fromkeys(SUMS, _per_input(1)))
COUNTS["scatter_extreme"] = lambda args, meta, y: args["src"].size
COUNTS["norm"] = _per_input(2)
COUNTS.update(dict.fromkeys(("softmax", "log_softmax", "logsumexp"), _per_input(4)))
COUNTS["draw"] = lambda args, meta, y: y.size
COUNTS["cross_entropy"] = _per_input(5)
COUNTS["normalize"] = _per_input(7)
COUNTS["minus_one_hot"] = lambda args, meta, y: args["target"].size


@counts("argsort")
def _sorted(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return y.size * math.log2(max(2, y.shape[meta["dim"]] if y.shape else 1))


@counts("search")
def _searched(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return y.size * math.log2(max(2, args["line"].shape[-1]))


# ---- products ----


@counts("matmul")
def _product(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return _multiply_add(y) * y.size * args["a"].shape[-1]


@counts("linear")
def _linear(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return _product({"a": args["x"]}, meta, y) + (y.size if args["b"] is not None else 0)


@counts("attend")
def _attended(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    keys, features = args["k"].shape[-2:]
    scores = math.prod(y.shape[:-1]) * keys
    return 2 * scores * (features + y.shape[-1]) + 4 * scores


@counts("conv")
def _conv(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return 2 * y.size * math.prod(args["w"].shape[1:]) + (y.size if args["b"] is not None else 0)


@counts("conv_input_grad")
def _conv_input_grad(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return 2 * args["u"].size * math.prod(args["w"].shape[1:])


@counts("conv_weight_grad")
def _conv_weight_grad(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    return 2 * args["u"].size * math.prod(y.shape[1:])


@counts("max_pool", "avg_pool", "avg_pool_grad")
def _pool(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    windows = args["u"].size if "u" in args else y.size
    return windows * math.prod(meta["kernel_size"])


@counts("lstm", "gru", "rnn")
def _recurrent(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    rows = args["x"].shape[0]
    weights = [args[name] for name in ("w_ih", "w_hh", "w_hr") if args.get(name) is not None]
    return rows * (2 * sum(w.size for w in weights) + 4 * args["w_hh"].shape[0])


# ---- matrices ----


def _matrices(x: Variable) -> tuple[int, int, int]:
    """Return how many matrices there are, and their longer and shorter side."""
    n, m = x.shape[-2:]
    return math.prod(x.shape[:-2]), max(n, m), min(n, m)


def _cubic(longer: float, cube: float) -> Count:
    """Return the count ``longer * m * n**2 + cube * n**3`` for each m x n matrix, m >= n."""

    def count(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
        many, m, n = _matrices(_input(args))
        return many * (longer * m * n**2 + cube * n**3) * _multiply_add(y) / 2

    return count


COUNTS |= {
    "cholesky": _cubic(0, 1 / 3), "det": _cubic(0, 2 / 3), "slogdet": _cubic(0, 2 / 3), "eigh": _cubic(0, 9),
    "qr": _cubic(4, -4 / 3), "svd": _cubic(14, 8),
}  # fmt: skip


@counts("solve")
def _solve(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    n = y.shape[-2]
    factor = 0 if meta["triangle"] else math.prod(args["a"].shape[:-2]) * n**3 * 2 / 3
    return (factor + (1 if meta["triangle"] else 2) * n * y.size) * _multiply_add(y) / 2


@counts("fft", "rfft", "irfft")
def _fourier(args: Mapping[str, Any], meta: Mapping[str, Any], y: Variable) -> float:
    x = _input(args)
    wide = x if x.size > y.size else y
    steps = sum(math.log2(max(1, wide.shape[d])) for d in meta["dims"])
    return (5 if x.dtype.is_complex and y.dtype.is_complex else 2.5) * wide.size * steps
