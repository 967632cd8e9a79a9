"""Reductions, running reductions, norms, differences and areas, beyond those of ``tests/function_table.py``."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import ALL, NUMBERS, bad, distinct, nonzero, positive, s
from tests.tables import function

NAN, INF = float("nan"), float("inf")
WHOLE = np.array([2, 0, 2])
OVER = (s((2, 3)), s((2, 3), 1), s((2, 3), 0, True), s((2, 2, 2), [0, 2]), s(()))
LINES = (s((2, 3), 1), s((5,), 0), s((2, 3), -2), s((0, 2), 1))


def holed(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers 0.2 from each other, every fourth of them NaN."""
    x = distinct(rng, shape)
    return np.where(np.arange(x.size).reshape(shape) % 4 == 1, NAN, x)


def out_of_range(name: str, *args: Any, **options: Any) -> Any:
    return (bad(IndexRangeError, rf"^{name}: Dimension out of range", *args, **options),)


def over(x: Any, dim: Any) -> Any:
    return None if dim is None or not x.ndim else tuple(dim) if isinstance(dim, list) else dim


def reduction(function: Any) -> Any:
    return lambda x, dim=None, keepdim=False: function(x, axis=over(x, dim), keepdims=keepdim)


# ---- references ----


def aminmax(x: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    return np.min(x, axis=dim, keepdims=keepdim), np.max(x, axis=dim, keepdims=keepdim)


def running(choose: Any, x: Any, dim: int) -> Any:
    values = choose.accumulate(x, dim)
    shape = [-1 if d == dim % x.ndim else 1 for d in range(x.ndim)]
    return values, np.maximum.accumulate(np.where(x == values, np.arange(x.shape[dim]).reshape(shape), 0), dim)


def logcumsumexp(x: Any, dim: int) -> Any:
    return np.log(np.cumsum(np.exp(x), dim))


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    dims = tuple(range(x.ndim)) if over(x, dim) is None else over(x, dim)
    return np.linalg.vector_norm(x, ord=ord, axis=dims, keepdims=keepdim) if x.ndim else np.abs(x)


def dist(x: Any, other: Any, p: Any = 2) -> Any:
    return vector_norm(np.asarray(x - other), p)


def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    sizes = np.linalg.vector_norm(x, ord=p, axis=tuple({0, 1} - {dim}), keepdims=True)
    return np.where(sizes > maxnorm, x * (maxnorm / (sizes + 1e-7)), x)


def diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    ends = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(x, n, dim, **ends)


def gradient(x: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> Any:
    steps = spacing if isinstance(spacing, list) else [spacing]
    found = np.gradient(x, *steps, axis=over(x, dim), edge_order=edge_order)
    return list(found) if isinstance(found, tuple) else [found]


def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    return np.trapezoid(y, x, dx, dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    from scipy.integrate import cumulative_trapezoid

    return cumulative_trapezoid(y, x, dx, dim)


ORDERS = (s((2, 3), 3), s((2, 3), INF, 0), s((2, 3), -INF, 1), s((2, 3), 0, 1), s((2, 3), 1.5, [0, 1], keepdim=True))
AREAS = (s((2, 4)), s((4, 2), dx=0.5, dim=0), s((2, 4), (4,)), s((2, 4), (2, 4)))

FUNCTIONS = [
    # ---- reductions ----
    function("aminmax", s((2, 3)), s((2, 3), dim=1), s((2, 3), dim=0, keepdim=True), domain=distinct, dtypes=NUMBERS,
        numpy=aminmax, errors=(bad(IndexRangeError, "^aminmax: .*non-zero size", (2, 0), dim=1),
        *out_of_range("aminmax", (2, 2), dim=2))),
    function("nansum", *OVER, domain=holed, numpy=reduction(np.nansum),
        errors=(bad(DTypeError, "^nansum: got dtype ag.complex128", np.ones(2) * 1j),)),
    function("nanmean", *OVER, domain=holed, numpy=reduction(np.nanmean),
        errors=(bad(DTypeError, "^nanmean: got dtype ag.int64", WHOLE),)),
    function("count_nonzero", s((2, 3)), s((2, 3), 1), s(WHOLE), s((2, 2, 2), [0, 2]), order=0, dtypes=ALL,
        numpy=lambda x, dim=None: np.count_nonzero(x, over(x, dim)), errors=out_of_range("sum", (2, 2), 2)),

    # ---- running ----
    function("cummax", *LINES, domain=distinct, dtypes=NUMBERS, numpy=functools.partial(running, np.maximum),
        errors=(*out_of_range("cummax", (2, 2), 2), bad(DTypeError, "^cummax: .* no order", np.ones(2) * 1j, 0))),
    function("cummin", *LINES, domain=distinct, dtypes=NUMBERS, numpy=functools.partial(running, np.minimum),
        errors=(*out_of_range("cummin", (2, 2), 2), bad(DTypeError, "^cummin: .* no order", np.ones(2) * 1j, 0))),
    function("logcumsumexp", *LINES, numpy=logcumsumexp, errors=(*out_of_range("logcumsumexp", (2, 2), 2),
        bad(DTypeError, "^logcumsumexp: got dtype ag.int64", WHOLE, 0))),

    # ---- norms ----
    function("linalg.vector_norm", s((2, 3)), s(()), s((2, 3), dim=1), *ORDERS, domain=nonzero, numpy=vector_norm,
        errors=(bad(DTypeError, "^vector_norm: got dtype ag.int64", WHOLE),
        bad(IndexRangeError, r"^vector_norm: cannot compute the inf norm .*\(2, 0\), dim 1", (2, 0), INF, 1),
        bad(DTypeError, "^vector_norm: dtype is ag.int64", (2,), dtype="int64"))),
    function("dist", s((2, 3), (3,)), s((3,), (3,), 1), s((3,), (3,), INF), numpy=dist, errors=(
        bad(ShapeError, "^sub: the shapes", (2,), (3,)),)),
    function("renorm", s((3, 2), 2, 0, 1.0), s((2, 3), 1, 1, 2.0), domain=nonzero, numpy=renorm, errors=(
        bad(ShapeError, "^renorm: input needs at least 2 dimensions, got 1", (3,), 2, 0, 1.0),
        bad(ShapeError, "^renorm: p is 0", (3, 2), 0, 0, 1.0),
        bad(ShapeError, "^renorm: expected maxnorm to be >= 0 but got -1", (3, 2), 2, 0, -1.0))),

    # ---- differences and areas ----
    function("diff", s((2, 4)), s((4, 2), 2, 0), s((3,), 5), s((2, 2), 1, 1, (2, 1), (2, 2)), numpy=diff, dtypes=ALL,
        errors=(bad(ShapeError, "^diff: input is 0-d", ()), bad(ShapeError, "^diff: order must be", (3,), -1),
        bad(ShapeError, r"^diff: prepend, input and append have shapes \(1,\) and \(2, 2\)", (2, 2), 1, 1, (1,)))),
    function("gradient", s((4,)), s((3, 4), spacing=0.5), s((3, 4), dim=1, edge_order=2), s((2, 3), dim=[0, 1]),
        s((3, 3), spacing=[2.0, 0.5]), numpy=gradient, errors=(
        bad(ShapeError, r"^gradient: dim 0 has 2 elements; wanted at least edge_order \+ 1 = 3", (2,), edge_order=2),
        bad(ShapeError, "^gradient: expected spacing for each of 2 dims, but got 1", (2, 3), spacing=[1.0]),
        bad(ShapeError, "^gradient: edge_order is 3; wanted 1 or 2", (4,), edge_order=3))),
    function("trapezoid", *AREAS, numpy=trapezoid, errors=(
        bad(ShapeError, "^trapezoid: there must be one `x` value for each sample point; got 3 for 4", (2, 4), (3,)),
        bad(DTypeError, "^trapezoid: got dtype ag.bool", np.array([True, False])))),
    function("trapz", *AREAS, numpy=trapezoid, errors=out_of_range("trapezoid", (2, 2), dim=2)),
    function("cumulative_trapezoid", *AREAS, domain=(nonzero, positive), numpy=cumulative_trapezoid, errors=(
        bad(ShapeError, "^cumulative_trapezoid: there must be one `x` value", (2, 4), (3,)),)),
]  # fmt: skip
