"""Rows of reading and writing at indices, keys and masks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, IndexRangeError, IndexTypeError, ShapeError
from tests.rows import ALL, FLOATS, NUMBERS, Row, bad, distinct, nonzero, s
from tests.tables import function

BACK, LINE, TWICE = np.array([2, 0, 2]), np.array([[0, 2], [1, 1]]), np.array([1, 1, 0])
ONCE = np.array([2, 0])
MASK = np.array([[True, False, True], [False, False, True]])
REDUCE: dict[str, Any] = {"sum": np.add, "prod": np.multiply, "mean": np.add, "amax": np.maximum, "amin": np.minimum}


# ---- NumPy references ----


def places(index: Any, dim: int) -> Any:
    """Return the key of the elements at ``index`` along ``dim``."""
    key = list(np.indices(index.shape))
    key[dim] = index
    return tuple(key)


def scatter_reduce(x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
    if not x.ndim:
        return scatter_reduce(x[None], 0, index, src, reduce, include_self)[0]
    out, counts, key = x.copy(), np.ones_like(x), places(index, dim)
    part = src[tuple(map(slice, index.shape))]
    if not include_self:
        out[key] = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}[reduce]
        counts[key] = 0
    REDUCE[reduce].at(out, key, part)
    np.add.at(counts, key, 1)
    return out / counts if reduce == "mean" else out


def scatter_extreme(x: Any, src: Any, index: Any, *, dim: int, largest: bool) -> Any:
    return scatter_reduce(x, dim, index, src, "amax" if largest else "amin")


def written(x: Any, key: Any, value: Any, accumulate: bool = False) -> Any:
    out = x.copy()
    if accumulate:
        np.add.at(out, key, value)
    else:
        out[key] = value
    return out


def along(x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * (dim % x.ndim), index) if x.ndim else ()


def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool = True) -> Any:
    line = index.reshape([-1 if k == dim else 1 for k in range(x.ndim)])
    return scatter_reduce(x, dim, np.broadcast_to(line, source.shape), source, reduce, include_self)


def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    return written(x.reshape(-1), index.reshape(-1), source.reshape(-1), accumulate).reshape(x.shape)


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    x, mask = np.broadcast_arrays(x, mask)
    return written(x, mask, source.reshape(-1)[: mask.sum()])


def torch_index_reduce(torch: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "index_reduce.*is in beta", UserWarning)
        return torch.index_reduce(*args, **options)


def torch_extreme(torch: Any, x: Any, src: Any, index: Any, *, dim: int, largest: bool) -> Any:
    corner = src[tuple(slice(n) for n in index.shape)]
    return torch.scatter_reduce(x, dim, index, corner, "amax" if largest else "amin")


PRIMITIVES = [
    Row("scatter_extreme", s((3, 4), (2, 2), LINE, dim=0, largest=True), s((2, 3), (2, 2), LINE, dim=1, largest=False),
        s((4,), (3,), BACK, dim=0, largest=True), s((3, 4), (3, 3), LINE, dim=0, largest=True), domain=distinct,
        numpy=scatter_extreme, torch=torch_extreme, dtypes=NUMBERS),
]  # fmt: skip

REDUCED = [
    s(*args, reduce, **options)
    for reduce in ("sum", "prod", "mean", "amax", "amin")
    for args, options in ((((3, 4), 0, LINE, (2, 2)), {}), (((2, 3), -1, LINE, (2, 2)), {"include_self": False}))
] + [s((), 0, np.array([0, 0]), (2,), "sum")]
SLICES = [
    s(*args, reduce, **options)
    for reduce in ("prod", "mean", "amax", "amin")
    for args, options in ((((3, 4), 0, BACK, (3, 4)), {}), (((2, 3), 1, TWICE, (2, 3)), {"include_self": False}))
]


# fmt: off
FUNCTIONS = [
    function("Tensor.__getitem__", s((3, 4), 1), s((3, 4), (slice(None), None, -1)), s((3, 4), BACK),
             s((2, 3), MASK), s((3, 4), slice(0, 3, 2)), numpy=lambda x, key: x[key],
             syncs=True,
             errors=(bad(IndexRangeError, "^getitem: index 3 is out of bounds for axis 0 with size 3", (3,), 3),
                     bad(IndexTypeError, "^getitem: an index is a float; tensors used as indices must be", (3,), 1.5))),
    function("scatter_reduce", *REDUCED, domain=distinct, numpy=scatter_reduce,
             torch=lambda torch, x, dim, index, src, reduce, **o: torch.scatter_reduce(
                 x, dim, index, src[tuple(slice(n) for n in index.shape)], reduce, **o),
             errors=(bad(DTypeError, "^scatter_reduce: reduce is 'max'; wanted one of sum", (2,), 0, BACK, (3,), "max"),
                     bad(IndexRangeError, "^scatter_reduce: index 2 is out", (2, 2), 0, LINE, (2, 2), "sum"),
                     bad(ShapeError, "^scatter_reduce: Size does not match at dimension 1: .* no larger than src",
                         (3, 4), 0, LINE, (2, 1), "sum"),
                     bad(DTypeError, "^scatter_reduce: Expected self.dtype to be equal to src.dtype",
                         (3, 4), 0, LINE, LINE, "sum"))),
    function("index_copy", s((3, 4), 0, ONCE, (2, 4)), s((2, 3), -1, ONCE, (2, 2)), s((), 0, np.array([0]), ()),
             dtypes=ALL,
             numpy=lambda x, dim, index, source: written(x, along(x, dim, index), source),
             errors=(bad(ShapeError, r"^index_copy: source tensor shape must match .*wanted \[2, 4\]",
                         (3, 4), 0, ONCE, (3, 4)),
                     bad(IndexRangeError, "^index_copy: index 2 is out of bounds for dimension with size 2",
                         (2, 2), 0, ONCE, (2, 2)))),
    function("index_fill", s((3, 4), 0, BACK, 2.0), s((2, 3), -1, BACK, ()), s((3,), 0, np.array([-1]), 0.5),
             s((), 0, np.array(0), 1.0),
             numpy=lambda x, dim, index, value: written(x, along(x, dim, index), value),
             errors=(bad(ShapeError, r"^index_fill: .*0-dimensional value;.* shape \(1,\)", (3,), 0, BACK, (1,)),
                     bad(DTypeError, r"^index_fill: value cannot be converted to type .*; got 1j", (3,), 0, BACK, 1j),
                     bad(IndexRangeError, "^index_fill: index 2 is out of bounds", (2,), 0, BACK, 1.0))),
    function("index_put", s((3, 4), [ONCE], (2, 4)), s((3, 4), [LINE, np.array([1, 3])], ()),
             s((3, 4), [BACK, TWICE], (3,), True), s((2, 3), [MASK], (), True),
             s((3, 4), [BACK], (4,), accumulate=True),
             numpy=lambda x, indices, *rest, **o: written(x, tuple(indices), *rest, **o),
             syncs=True,
             errors=(bad(DTypeError, "^index_put: indices is no tuple of Tensors", (3,), BACK, (3,)),
                     bad(DTypeError, "^index_put: Expected self.dtype to be equal to values.dtype", (3,), [BACK], BACK),
                     bad(ShapeError, r"^expand: The expanded size", (3,), [BACK], (2,), True),
                     bad(IndexRangeError, "^setitem: index 2 is out of bounds", (2,), [BACK], (3,)))),
    function("index_reduce", *SLICES, domain=nonzero, numpy=index_reduce, torch=torch_index_reduce,
             errors=(bad(DTypeError, "^index_reduce: reduce is 'sum'; wanted one of prod", (3,), 0, BACK, (3,), "sum"),
                     bad(ShapeError, r"^index_reduce: source tensor shape must match self tensor shape",
                         (3, 4), 0, BACK, (3,), "prod"))),
    function("take", s((2, 3), LINE), s((4,), np.array([-1, 0])), s((), np.array([[0]])), dtypes=ALL, linear=(0,),
             errors=(bad(IndexRangeError, "^take: index 9 is out of bounds for .* size 6", (2, 3), np.array(9)),
                     bad(DTypeError, "^take: index has dtype ag.float64; Expected", (3,), (2,)))),
    function("put", s((2, 3), ONCE, (2,)), s((2, 3), LINE, (2, 2), True), s((4,), np.array([-1]), (1,)),
             numpy=put,
             errors=(bad(IndexRangeError, "^put: Expected source and index to have the same number", (3,), ONCE, (3,)),
                     bad(IndexRangeError, "^put: index 2 is out of bounds", (2,), ONCE, (2,)))),
    function("masked_scatter", s((2, 3), MASK, (4,)), s((3,), MASK, (2, 3)), s((2, 3), MASK[0], (4,)),
             numpy=masked_scatter,
             errors=(bad(ShapeError, "^masked_scatter: Number of elements of source < number", (2, 3), MASK, (2,)),
                     bad(DTypeError, "^masked_scatter: mask is ag.int64; .*only supports boolean", (3,), BACK, (3,)))),
    function("argwhere", s(MASK), s(LINE), s(np.array(3)), dtypes=FLOATS[:1], order=0, syncs=True),
]
# fmt: on
