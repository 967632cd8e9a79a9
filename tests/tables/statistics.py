"""Medians, quantiles, covariances and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import bad, distinct, positive, real, s
from tests.tables import function
from tests.tables.reductions import INF, NAN, WHOLE, holed, out_of_range

TIMES, SHARES = np.array([1, 2, 0]), np.array([0.5, 1.0, 0.25])
EDGES = np.array([-1.0, 0.0, 0.5, 2.0])
PICKED = (s((5,)), s((2, 4)), s((2, 3), 1), s((4, 2), 0, True), s((), 0))
LEVELS = np.array([0.1, 0.3, 0.7])
REPEATED = np.array([[3, 1, 3, 1], [2, 2, 5, 4]])
MODES = ("linear", "lower", "higher", "midpoint", "nearest")
QUANTILES = (s((5,), 0.4), s((2, 4), LEVELS, 1), s((4, 2), 0.25, 0, True), s((2, 3), LEVELS),
    *(s((6,), 0.37, interpolation=mode) for mode in MODES))  # fmt: skip

# ---- references ----


def by_line(pick: Any) -> Any:
    """Return the function that takes from each line along a dim, or from all elements, what is at ``pick(line)``."""

    def reference(x: Any, dim: int | None, keepdim: bool) -> Any:
        if dim is None:
            return x.reshape(-1)[pick(x.reshape(-1))]
        places = np.apply_along_axis(pick, dim, np.atleast_1d(x))
        values = np.take_along_axis(np.atleast_1d(x), np.expand_dims(places, dim), dim).squeeze(dim)
        return [np.expand_dims(v, dim) if keepdim else v for v in (values, places)]

    return reference


def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    def pick(line: Any) -> Any:
        unknown = np.isnan(line)
        return unknown.argmax() if unknown.any() else np.argsort(line)[(len(line) - 1) // 2]

    return by_line(pick)(x, dim, keepdim)


def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    return by_line(lambda line: np.argsort(line)[max(len(line) - 1 - np.isnan(line).sum(), 0) // 2])(x, dim, keepdim)


def kthvalue(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    return by_line(lambda line: np.argsort(line)[k - 1])(x, dim, keepdim)


def mode(x: Any, dim: int = -1, keepdim: bool = False) -> Any:
    def pick(line: Any) -> Any:
        values, counts = np.unique(line, return_counts=True)
        return np.flatnonzero(line == values[counts.argmax()])[-1]

    return by_line(pick)(x, dim, keepdim)


def quantile(name: str) -> Any:
    def reference(x: Any, q: Any, dim: Any = None, keepdim: bool = False, interpolation: str = "linear") -> Any:
        return getattr(np, name)(x, q, axis=dim, keepdims=keepdim, method=interpolation)

    return reference


def cov(x: Any, fweights: Any = None, aweights: Any = None, correction: int = 1) -> Any:
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def histc(x: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    limits = (min, max) if min < max else (x.min(), x.max())
    return np.histogram(x, bins, limits)[0].astype(x.dtype)


def histogram(x: Any, bins: Any, weight: Any = None, range: Any = None, density: bool = False) -> Any:
    hist, edges = np.histogram(x, bins, range, density, weight)
    return hist.astype(x.dtype), edges


def histogramdd(x: Any, bins: Any, weight: Any = None, range: Any = None, density: bool = False) -> Any:
    limits = None if range is None else np.reshape(range, (-1, 2))
    hist, edges = np.histogramdd(x, bins, limits, density, weight)
    return [hist.astype(x.dtype), *edges]


# ---- forms in which every tensor is positional ----


def weighted_cov(lib: Any) -> Any:
    return lambda x, fweights=None, aweights=None, **options: lib.cov(
        x, fweights=fweights, aweights=aweights, **options
    )


def weighted(lib: Any, name: str) -> Any:
    def call(x: Any, bins: Any, weight: Any = None, **options: Any) -> Any:
        hist, edges = getattr(lib, name)(x, bins, weight=weight, **options)
        return [hist, *edges] if isinstance(edges, tuple) else [hist, edges]

    return call


def positional(name: str, form: Any, *samples: Any, **columns: Any) -> Any:
    """A row whose weights, keywords in PyTorch, are drawn as tensors."""
    import autograd_core as ag

    row = function(name, *samples, torch=lambda torch, *args, **options: form(torch)(*args, **options), **columns)
    row.call = form(ag)
    return row


FUNCTIONS = [
    function("median", *PICKED, s(np.array([[1.0, NAN, 0.0], [2.0, 3.0, 1.0]]), 1), domain=distinct, numpy=median,
        dtypes=("float64",), errors=(bad(IndexRangeError, "^median: .*non-zero size", (2, 0), 1),
        *out_of_range("median", (2, 2), 2))),
    function("nanmedian", *PICKED, s(np.array([[NAN, NAN], [2.0, 1.0]]), 1), domain=holed, numpy=nanmedian,
        dtypes=("float64",), errors=(bad(IndexRangeError, "^nanmedian: .*non-zero size", (2, 0), 1),)),
    function("kthvalue", s((5,), 2), s((2, 4), 4, 1), s((4, 2), 1, 0, True), s((), 1), domain=distinct,
        numpy=kthvalue, errors=(bad(IndexRangeError, "^kthvalue: selected number k 4 out of range", (3,), 4),)),
    function("mode", s((2, 3)), s((4, 2), 0, True), s(REPEATED), s(REPEATED, 0), s(np.array([2, 1, 2])), numpy=mode,
        domain=distinct, errors=(bad(IndexRangeError, "^mode: .*non-zero size", (2, 0), 1),)),
    function("quantile", *QUANTILES, domain=(distinct,), numpy=quantile("quantile"), errors=(
        bad(DTypeError, "^quantile: input has dtype ag.int64", WHOLE, 0.5),
        bad(ShapeError, r"^quantile: q must be in the range \[0, 1\] but got 2", (3,), 2.0),
        bad(ShapeError, "^quantile: interpolation is 'cubic'", (3,), 0.5, interpolation="cubic"),
        bad(ShapeError, "^quantile: input tensor must be non-empty", (0,), 0.5)), dtypes=("float64",)),
    function("nanquantile", *QUANTILES, domain=(holed,), dtypes=("float64",), numpy=quantile("nanquantile"),
        errors=(bad(DTypeError, "^nanquantile: q is str", (3,), "half"),)),

    # ---- covariances ----
    positional("cov", weighted_cov, s((2, 4)), s((5,)), s((2, 3), correction=0), s((2, 3), TIMES),
        s((2, 3), None, SHARES), s((2, 3), TIMES, SHARES), numpy=cov, dtypes=("float64",), errors=(
        bad(ShapeError, r"^cov: input has shape \(2, 2, 2\); wanted two or fewer", (2, 2, 2)),
        bad(ShapeError, r"^cov: fweights has shape \(3,\); wanted \(4,\)", (2, 4), TIMES),
        bad(DTypeError, "^cov: fweights has dtype ag.float64; wanted an integer", (2, 3), SHARES),
        bad(ShapeError, "^cov: aweights cannot be negative", (2, 3), None, -SHARES))),
    function("corrcoef", s((2, 4)), s((3, 5)), s((4,)), numpy=np.corrcoef, errors=(
        bad(ShapeError, "^corrcoef: input has shape .* wanted two or fewer", (2, 2, 2)),)),

    # ---- histograms ----
    function("bincount", s(WHOLE), s(WHOLE, (3,)), s(WHOLE, None, 5), order=0, dtypes=("float64",), syncs=True,
        numpy=lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength), errors=(
        bad(DTypeError, "^bincount: got dtype ag.float64; wanted integers", (3,)),
        bad(ShapeError, "^bincount: only supports 1-d non-negative", np.array([-1, 2])),
        bad(ShapeError, r"^bincount: weights have shape \(2,\)", WHOLE, (2,)),
        bad(ShapeError, "^bincount: minlength should be >= 0", WHOLE, None, -1))),
    function("histc", s((2, 5), 4), s((9,), 3, -1, 1), s((4,)), numpy=histc, order=0, syncs=True, errors=(
        bad(DTypeError, "^histc: got dtype ag.int64", WHOLE), bad(ShapeError, "^histc: bins must be > 0", (3,), 0),
        bad(ShapeError, r"^histc: range of \[2.0, 1.0\]", (3,), 4, 2.0, 1.0),
        bad(ShapeError, "^histc: range of .* is not finite", np.array([INF, 1.0])))),
    positional("histogram", lambda lib: weighted(lib, "histogram"), s((9,), 4), s((3, 3), EDGES), s((9,), 4, (9,)),
        s((9,), 3, range=(-1.0, 1.0), density=True), s((9,), EDGES, (9,), density=True), domain=(real, positive),
        numpy=histogram, order=0, syncs=True, dtypes=("float64",), errors=(
        bad(DTypeError, "^histogram: bins are ag.int64", (3,), WHOLE),
        bad(ShapeError, "^histogram: bins must be > 0", (3,), 0),
        bad(ShapeError, r"^histogram: weight is ag.float64\[2\]; wanted one for each of \[3\]", (3,), 2, (2,)),
        bad(ShapeError, "^histogram: range has 1 numbers; wanted 2", (3,), 2, range=(1.0,)))),
    positional("histogramdd", lambda lib: weighted(lib, "histogramdd"), s((7, 2), [2, 3]), s((7, 2), 3),
        s((7, 2), [EDGES, EDGES], (7,), density=True), s((7, 2), [2, 2], range=[-1.0, 1.0, -2.0, 2.0]),
        domain=(real, positive), numpy=histogramdd, order=0, syncs=True, dtypes=("float64",), errors=(
        bad(ShapeError, r"^histogramdd: input has shape \(3,\); wanted at least two", (3,), 2),
        bad(ShapeError, "^histogramdd: bins are for 1 dimensions; wanted 2", (3, 2), [2]))),
]  # fmt: skip
