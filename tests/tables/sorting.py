"""Rows of sorting, searching in what is sorted, and sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import ALL, NUMBERS, Row, bad, distinct, s
from tests.tables import function

EDGES, VALUES = np.array([1.0, 2.0, 2.0, 5.0]), np.array([[2.0, 0.5, 7.0], [5.0, 1.0, np.nan]])
LINES = np.array([[1.0, 3.0, 3.0], [0.0, 2.0, 4.0]])
MANY, GRID = np.array([3, 1, 1, 2, 3, 3]), np.array([[1, 2, 1], [0, 2, 0], [1, 2, 1]])
RUNS = np.array([[1, 1, 2], [1, 1, 2], [3, 1, 2]])
OPTIONS = {"return_inverse": True, "return_counts": True}
COMPLEX = np.array([1j, 2.0])


def searchsorted(edges: Any, values: Any, right: bool = False, side: str = "left", out_int32: bool = False) -> Any:
    side = "right" if right else side
    lines = zip(edges, values) if edges.ndim > 1 else [(edges, values)]
    found = np.asarray([np.searchsorted(e, np.where(np.isnan(v), np.inf, v), side) for e, v in lines])
    return (found if edges.ndim > 1 else found[0]).astype("int32" if out_int32 else "int64")


def unique(x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None, **_: Any) -> Any:
    parts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    inverse = parts[1].reshape(x.shape if dim is None else -1)
    found = [parts[0], *([inverse] if return_inverse else []), *([parts[2]] if return_counts else [])]
    return found if len(found) > 1 else found[0]


def unique_consecutive(
    x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:  # fmt: skip
    rows = list(x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0))
    first = [i for i, row in enumerate(rows) if not i or (row != rows[i - 1]).any()]
    inverse = np.array([sum(f <= i for f in first) - 1 for i in range(len(rows))])
    values = np.array([rows[i] for i in first])
    found = [values if dim is None else np.moveaxis(values, 0, dim)]
    found += [inverse.reshape(x.shape if dim is None else -1)] if return_inverse else []
    found += [np.diff([*first, len(rows)])] if return_counts else []
    return found if len(found) > 1 else found[0]


def argsort(x: Any, *, dim: int, descending: bool = False) -> Any:
    return np.argsort(-x if descending else x, dim, kind="stable") if x.ndim else np.zeros((), int)


def running_argextreme(x: Any, *, dim: int, largest: bool = True) -> Any:
    pick = np.maximum if largest else np.minimum
    found = np.where(x == pick.accumulate(x, dim), np.indices(x.shape)[dim], 0)
    return np.maximum.accumulate(found, dim)


def torch_running(torch: Any, x: Any, *, dim: int, largest: bool = True) -> Any:
    return (torch.cummax if largest else torch.cummin)(x, dim).indices


# fmt: off
PRIMITIVES = [
    Row("argsort", s((2, 3), dim=1), s((3, 2), dim=0, descending=True), s((), dim=0), s((2, 0), dim=1),
        s(MANY, dim=0, descending=True), numpy=argsort, order=0, dtypes=NUMBERS,
        torch=lambda t, x, *, dim, descending=False: t.argsort(x, dim=dim, descending=descending, stable=True)),
    Row("search", s(EDGES, VALUES), s(EDGES, VALUES, right=True), s(LINES, VALUES), s(EDGES, np.array(2.0)),
        numpy=searchsorted, order=0, torch="searchsorted"),
    Row("running_argextreme", s((2, 3), dim=1), s((3, 2), dim=0, largest=False), s(MANY, dim=0), s((0, 2), dim=1),
        numpy=running_argextreme, order=0, dtypes=ALL, torch=torch_running),
]
FUNCTIONS = [
    function("msort", s((3, 2)), s((4,)), s(()), domain=distinct, numpy=lambda x: np.sort(x, 0) if x.ndim else x),
    function("searchsorted", s(EDGES, VALUES), s(EDGES, VALUES, right=True), s(LINES, VALUES, side="right"),
             s(EDGES, 2.0), s(LINES, VALUES, out_int32=True), s(np.array([1, 3]), 2), numpy=searchsorted, order=0,
             errors=(bad(ShapeError, "^searchsorted: side is 'up'; side can only be 'left' or", (3,), (2,), side="up"),
                     bad(ShapeError, "^searchsorted: side and right can't be set to opposites",
                         (3,), (2,), side="left", right=True),
                     bad(ShapeError, "^searchsorted: boundaries tensor should be 1 dimension or", (2, 3), (3, 2)),
                     bad(DTypeError, "^searchsorted: boundary tensor and input value tensor should have same dtype",
                         (3,), MANY))),
    function("bucketize", s(VALUES, EDGES), s(VALUES, EDGES, right=True), s(3, EDGES), s(MANY, EDGES), order=0,
             numpy=lambda x, edges, right=False: searchsorted(edges, np.asarray(x), right),
             errors=(bad(ShapeError, r"^bucketize: boundaries .* 1 dimension, but got dim\(2\)", (2,), (2, 2)),)),
    function("unique", s(MANY), s(GRID, **OPTIONS), s(GRID, dim=0, **OPTIONS), s(GRID, dim=-1),
             s(np.array(3), **OPTIONS),
             s(MANY, True, False, True), order=0, syncs=True,
             numpy=lambda x, *flags, **o: unique(x, **dict(zip(("s", "return_inverse", "return_counts"), flags)), **o),
             errors=(bad(DTypeError, "^unique: got dtype ag.complex128", COMPLEX),
                     bad(ShapeError, "^unique: There are 0 sized dimensions, and they aren't sel", (2, 0), dim=0))),
    function("unique_consecutive", s(MANY), s(RUNS, **OPTIONS), s(RUNS, dim=0, **OPTIONS), s(RUNS, dim=1),
             order=0, syncs=True, numpy=unique_consecutive,
             errors=(bad(DTypeError, "^unique_consecutive: got dtype ag.complex128", COMPLEX),)),
    function("isin", s(MANY, np.array([2, 3])), s(GRID, np.array([2.0])), s(MANY, 1), s(1, MANY),
             s(np.array([2, 5]), np.array([5, 1]), assume_unique=True, invert=True), order=0,
             errors=(bad(DTypeError, "^isin: got int and int; wanted a Tensor", 1, 1),
                     bad(DTypeError, "^isin: got list; wanted a Tensor or a number", (3,), [1]))),
]
# fmt: on
