"""The table of public functions that are made of primitives: one row each, as in ``tests/op_table.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests import references as ref
from tests import twins
from tests.op_table import BACK, LINE, MASK, RIGHT, misfit
from tests.rows import ALL, FLOATS, NUMBERS, Row, bad, broken, distinct, nonzero, positive, real, s

ALIASES = {
    "absolute": "abs", "clip": "clamp", "concat": "cat", "divide": "div", "multiply": "mul", "negative": "neg",
    "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose", "true_divide": "div",
}  # fmt: skip

DIMS = (s((2, 3)), s((2, 3), 1), s((2, 3), -2, keepdim=True), s((2, 2, 2), dim=(0, -1)), s(()), s((2, 3), [0, 1]))
FIRST = (s((2, 3), 1), s((2, 3), -2, keepdim=True), s((), 0), s((0, 2), 1))
LINES = (s((2, 3), 1), s((2, 3), -2), s((), 0), s((0, 2), 1))
TWICE = np.array([1, 1, 0])


def out_of_range(name: str, *args: Any) -> Any:
    """The error column of a row that takes a dim."""
    return (bad(IndexRangeError, rf"^{name}: Dimension out of range \(expected .* \[-2, 1\], but got 2\)", *args),)


def spread_of(root: bool, x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = 1) -> Any:
    """Variance or standard deviation."""
    correction = correction if unbiased is None else int(unbiased)
    return ref.over(np.std if root else np.var)(x, dim, keepdim, ddof=correction)


def var(*args: Any, **options: Any) -> Any:
    return spread_of(False, *args, **options)


def std(*args: Any, **options: Any) -> Any:
    return spread_of(True, *args, **options)


def mean(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = 1) -> Any:
    return ref.over(np.mean)(x, dim, keepdim)


def prod(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.prod(x, axis=None if x.ndim == 0 else dim, keepdims=keepdim and x.ndim > 0)


def running(function: Any) -> Any:
    return lambda x, dim: function(x, dim) if x.ndim else x


def axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def norm(x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    dim = tuple(range(x.ndim)) if dim is None else axes(dim)
    return np.linalg.vector_norm(x, ord=2 if p == "fro" else p, axis=dim, keepdims=keepdim)


def extreme(value: Any, index: Any) -> Any:
    return lambda x, dim=None, keepdim=False: (
        value(x) if dim is None else (np.maximum if value is np.max else np.minimum)(x, dim) if isinstance(dim, np.ndarray)
        else (x, np.array(0)) if not x.ndim else ref.with_index(value, index)(x, dim, keepdim)
    )  # fmt: skip


def arg(function: Any) -> Any:
    return lambda x, dim=None, keepdim=False: function(x, axis=None if not x.ndim else dim, keepdims=keepdim and x.ndim > 0)


def order_of(x: Any, dim: int = -1, descending: bool = False) -> Any:
    if not x.ndim:
        return np.array(0)
    return np.argsort(-x if descending else x, axis=dim, kind="stable")


def ordered(x: Any, dim: int = -1, descending: bool = False) -> Any:
    index = order_of(x, dim, descending)
    return (np.take_along_axis(x, index, dim) if x.ndim else x), index


def topk(x: Any, k: int, dim: int = -1, largest: bool = True) -> Any:
    values, index = ordered(x, dim, largest)
    return np.take(values, range(k), dim), np.take(index, range(k), dim)


def scattered(x: Any, dim: int, index: Any, src: Any = None, value: Any = None) -> Any:
    out = x.copy()
    src = value if src is None else src
    for at in np.ndindex(index.shape):
        out[(*at[:dim], index[at], *at[dim + 1 :])] = src[at] if isinstance(src, np.ndarray) else src
    return out


def scatter_added(x: Any, dim: int, index: Any, src: Any) -> Any:
    return x + ref.scatter_zeros(src, index, shape=x.shape, dim=dim)


def index_added(x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
    return x + alpha * ref.put_zeros(source, shape=x.shape, key=(slice(None),) * dim + (index,))


def in_parts(x: Any, size: Any, dim: int = 0) -> Any:
    sizes = size if isinstance(size, list) else [size] * (x.shape[dim] // size)
    return np.split(x, np.cumsum(sizes)[: len(sizes) if sum(sizes) < x.shape[dim] else -1], dim)


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    return np.tensordot(a, b, dims)


# fmt: off
FUNCTIONS = [
    # ---- elementwise ----
    Row("ag.add", *RIGHT, s((2,), (2,), alpha=3), s((2,), 2, alpha=0.5), numpy=lambda a, b, alpha=1: a + alpha * b,
        errors=misfit("add", r"the shapes of a \(2,\) and b \(3,\)", (2,), (3,))),
    Row("ag.sub", *RIGHT, s((2,), (2,), alpha=3), numpy=lambda a, b, alpha=1: a - alpha * b),
    Row("ag.rsub", *RIGHT, s((2,), (2,), alpha=3), numpy=lambda a, b, alpha=1: b - alpha * a),
    Row("ag.div", *RIGHT, s((2, 3), (3,), rounding_mode="floor"), s((2, 3), (3,), rounding_mode="trunc"), domain=nonzero,
        numpy=lambda a, b, rounding_mode=None: {None: np.asarray, "floor": np.floor, "trunc": np.trunc}[rounding_mode](a / b),
        errors=(bad(DTypeError, "^div: rounding_mode is 'up'; wanted None, 'trunc' or 'floor'", (2,), (2,), rounding_mode="up"),)),
    Row("ag.clamp", s((2, 3), -0.5, 0.5), s((2, 3), max=0.1), s((2, 3), (3,), (2, 1)), s((3,), (3,)), domain=distinct,
        numpy=lambda x, min=None, max=None: np.clip(x, min, max),
        errors=(bad(DTypeError, "^clamp: At least one of 'min' or 'max' must not be None", (2,)),)),
    Row("ag.clamp_min", s((2, 3), 0.1), s((2, 3), (3,)), domain=distinct, numpy="maximum"),
    Row("ag.clamp_max", s((2, 3), 0.1), s((2, 3), (3,)), domain=distinct, numpy="minimum"),
    Row("ag.where", s(MASK, (2, 3), (3,)), s(MASK, (), 2.0), s(MASK, (1, 3), (2, 1)), numpy="where",
        errors=(bad(DTypeError, "^where: condition is float; wanted a boolean Tensor", 1.0, (2,), (2,)),
                bad(DTypeError, "^where: got one of input and other; wanted both or neither", MASK, (2, 3)))),
    Row("ag.lerp", s((2, 3), (2, 3), 0.3), s((2, 3), (3,), (2, 1)), numpy=lambda a, b, w: a + w * (b - a)),
    Row("ag.addcmul", s((2, 3), (2, 3), (3,)), s((3,), (3,), (3,), value=0.5), numpy=lambda x, a, b, value=1: x + value * a * b),
    Row("ag.addcdiv", s((2, 3), (2, 3), (3,)), s((3,), (3,), (3,), value=0.5), domain=(real, real, nonzero),
        numpy=lambda x, a, b, value=1: x + value * a / b),
    Row("ag.isclose", s((2, 3), (3,)), s((3,), (3,), rtol=0.5, atol=0.5), order=0, numpy="isclose"),
    Row("ag.allclose", s((2, 3), (3,)), s((3,), (3,), rtol=9.0, atol=9.0), order=0, numpy="allclose", syncs=True),
    Row("ag.equal", s((2, 3), (2, 3)), s(BACK, BACK), order=0, numpy="array_equal", syncs=True),
    Row("ag.softmax", *LINES, numpy=lambda x, dim: ref.softmax(x, dim=dim) if x.ndim else np.ones(()),
        errors=out_of_range("softmax", (2, 2), 2)),
    Row("ag.log_softmax", *LINES, numpy=lambda x, dim: ref.log_softmax(x, dim=dim) if x.ndim else np.zeros(()),
        errors=out_of_range("log_softmax", (2, 2), 2)),

    # ---- reductions ----
    Row("ag.sum", *DIMS, numpy=ref.over(np.sum), dtypes=ALL,
        errors=(*out_of_range("sum", (2, 2), 2), *misfit("sum", r"a dim appears multiple times in the list of dims \(0, 0\)", (2, 2), [0, 0]),
                bad(DTypeError, "^sum: got an unexpected keyword argument 'dims'", (2, 2), dims=0))),
    Row("ag.mean", *DIMS, numpy=ref.over(np.mean), errors=(bad(DTypeError, "^mean: .*Got: ag.int64", BACK),)),
    Row("ag.var", *DIMS[:4], s((2, 3), 1, correction=0), s((2, 3), 0, False), numpy=var, errors=(bad(DTypeError, "^var: got dtype ag.int64", BACK),)),
    Row("ag.std", *DIMS[:4], s((2, 3), 1, correction=0), s((2, 3), 0, False), numpy=std, errors=out_of_range("var", (2, 2), 2)),
    Row("ag.var_mean", s((2, 3)), s((2, 3), 1, keepdim=True), s((2, 3), 0, correction=0), numpy=lambda *a, **k: (var(*a, **k), mean(*a, **k))),
    Row("ag.std_mean", s((2, 3)), s((2, 3), 1, keepdim=True), s((2, 3), 0, correction=0), numpy=lambda *a, **k: (std(*a, **k), mean(*a, **k))),
    Row("ag.amax", s((2, 3)), *DIMS[1:4], s(()), domain=distinct, numpy=ref.over(np.max), torch=lambda t, x, dim=(), keepdim=False: t.amax(x, dim, keepdim),
        errors=(bad(IndexRangeError, r"^amax: Expected reduction dim to have non-zero size; got shape \(2, 0\), dim 1", (2, 0), 1),)),
    Row("ag.amin", s((2, 3)), *DIMS[1:4], s(()), domain=distinct, numpy=ref.over(np.min), torch=lambda t, x, dim=(), keepdim=False: t.amin(x, dim, keepdim),
        errors=(bad(IndexRangeError, r"^amin: Expected reduction dim to have non-zero size; got shape \(2, 0\), dim 1", (2, 0), 1),)),
    Row("ag.max", s((2, 3)), *FIRST, s((2, 3), (3,)), domain=distinct, numpy=extreme(np.max, np.argmax), dtypes=NUMBERS,
        errors=(bad(IndexRangeError, "^max: Expected reduction dim to have non-zero size", (2, 0)), *out_of_range("max", (2, 2), 2))),
    Row("ag.min", s((2, 3)), *FIRST, s((2, 3), (3,)), domain=distinct, numpy=extreme(np.min, np.argmin), dtypes=NUMBERS,
        errors=(bad(IndexRangeError, "^min: Expected reduction dim to have non-zero size", (2, 0)), *out_of_range("min", (2, 2), 2))),
    Row("ag.argmax", s((2, 3)), *FIRST, domain=distinct, numpy=arg(np.argmax), order=0, errors=out_of_range("argmax", (2, 2), 2)),
    Row("ag.argmin", s((2, 3)), *FIRST, domain=distinct, numpy=arg(np.argmin), order=0, errors=out_of_range("argmin", (2, 2), 2)),
    Row("ag.any", *DIMS, numpy=ref.over(np.any), order=0, dtypes=ALL, errors=out_of_range("any", (2, 2), 2)),
    Row("ag.all", *DIMS, numpy=ref.over(np.all), order=0, dtypes=ALL, errors=out_of_range("all", (2, 2), 2)),
    Row("ag.logsumexp", s((2, 3), 1), s((2, 3), [0, 1]), s((2, 3), -1, keepdim=True), s((), 0), numpy=lambda x, dim, keepdim=False: ref.logsumexp(x, dim=axes(dim) if x.ndim else None, keepdim=keepdim),
        errors=out_of_range("logsumexp", (2, 2), 2)),
    Row("ag.cumsum", *LINES, numpy=running(np.cumsum), dtypes=NUMBERS, errors=out_of_range("cumsum", (2, 2), 2)),
    Row("ag.cumprod", *LINES, s((7,), 0), numpy=running(np.cumprod), dtypes=NUMBERS, errors=out_of_range("cumprod", (2, 2), 2)),
    Row("ag.prod", s((2, 3)), *FIRST, s((7,)), s((2, 0), 1), numpy=prod, dtypes=NUMBERS, errors=out_of_range("prod", (2, 2), 2)),
    Row("ag.norm", s((2, 3)), s((2, 3), 1), s((2, 3), 3, 1), s((2, 3), float("inf"), 0, True), s((2, 3), -float("inf"), 0), s((2, 3), 2.5, [0, 1]), s((2, 3), "fro", -1),
        domain=nonzero, numpy=norm, errors=(bad(DTypeError, "^norm: p is 'nuc'; wanted 'fro' or a number", (2, 2), "nuc"), bad(DTypeError, "^norm: got dtype ag.int64", BACK))),

    # ---- shapes ----
    Row("ag.reshape", s((2, 3), [3, -1]), s((2, 3), [6]), s((), [1]), s((0, 2), [2, 0]), numpy="reshape",
        errors=misfit("reshape", r"shape '\[4, -1\]' is invalid for input of size 6 \(shape \(2, 3\)\)", (2, 3), [4, -1])),
    Row("ag.permute", s((2, 3), [1, 0]), s((2, 1, 3), [-1, 0, 1]), numpy="transpose", errors=misfit("permute", r"dims \(0, 0\) are no permutation", (2, 3), [0, 0])),
    Row("ag.transpose", s((2, 3), 0, 1), s((2, 1, 3), -1, 0), s((), 0, -1), numpy=lambda x, a, b: np.swapaxes(x, a, b) if x.ndim else x, errors=out_of_range("transpose", (2, 2), 0, 2)),
    Row("ag.t", s((2, 3)), s((3,)), s(()), numpy="transpose", errors=misfit("t", r"t\(\) expects a tensor with <= 2 dimensions, but self is 3D", (2, 2, 2))),
    Row("ag.movedim", s((2, 1, 3), 0, 2), s((2, 1, 3), [0, 1], [-1, 0]), numpy="moveaxis", errors=misfit("movedim", "source .* and destination .* must be as many", (2, 3), [0, 1], [1])),
    Row("ag.broadcast_to", s((2, 1), [2, 3]), s((3,), [2, -1]), s((), [2]), numpy=lambda x, size: np.broadcast_to(x, [n if n > -1 else x.shape[-1] for n in size]),
        errors=misfit("expand", r"The expanded size \(2, 2\) must match the existing size \(3,\) at non-singleton dimensions", (3,), [2, 2])),
    Row("ag.broadcast_tensors", s((2, 1), (3,)), s((), (2,), (3, 1)), numpy="broadcast_arrays", errors=misfit("broadcast_shapes", r"the shapes .*\(2,\).*\(3,\).* do not broadcast", (2,), (3,))),
    Row("ag.broadcast_shapes", s([2, 1], [3]), s([], [2, 3]), order=0, numpy="broadcast_shapes", torch=None),
    Row("ag.squeeze", s((1, 3, 1)), s((1, 3, 1), 0), s((1, 3), 1), s((1, 3, 1), [0, -1]), numpy=lambda x, dim=None: np.squeeze(x, axes(dim) if dim != 1 else ())),
    Row("ag.unsqueeze", s((2, 3), 0), s((2, 3), -1), s((), 0), numpy="expand_dims", errors=(bad(IndexRangeError, r"^unsqueeze: .*\[-3, 2\], but got 3", (2, 2), 3),)),
    Row("ag.flatten", s((2, 3, 2)), s((2, 3, 2), 1), s((2, 3, 2), 0, -2), s(()), numpy=lambda x, a=0, b=-1: x.reshape([*x.shape[:a], -1, *(x.shape[b:][1:])]),
        errors=misfit("flatten", r"flatten\(\) has invalid args: start_dim 1 cannot come after end_dim 0", (2, 2), 1, 0)),
    Row("ag.unflatten", s((2, 6), 1, [2, 3]), s((6, 2), 0, [-1, 2]), numpy=lambda x, d, sizes: x.reshape([*x.shape[:d], *sizes, *x.shape[d + 1:]]),
        errors=misfit("unflatten", r"Provided sizes \[4\] don't multiply up to the size of dim 1 \(6\)", (2, 6), 1, [4])),
    Row("ag.cat", s([(2, 3), (1, 3)]), s([(2, 1), (2, 2)], -1), s([(2,), (0,)]), numpy="concatenate",
        errors=(*misfit("cat", r"Sizes of tensors must match except in dimension 0. Expected shape like \(2, 3\) but got \(1, 2\) for tensor number 1", [(2, 3), (1, 2)]),
                bad(DTypeError, "^cat: tensors is Tensor; wanted a list or tuple of Tensors", (2,)), bad(DTypeError, "^cat: element 1 of tensors is float", [(2,), 1.0]))),
    Row("ag.stack", s([(2, 3), (2, 3)]), s([(2,), (2,)], -1), s([(), ()]), numpy="stack",
        errors=misfit("stack", r"stack expects each tensor to be equal size, but got \[2\] at entry 0 and \[3\] at entry 1", [(2,), (3,)])),
    Row("ag.hstack", s([(2, 3), (2, 1)]), s([(2,), ()]), numpy="hstack"),
    Row("ag.vstack", s([(2, 3), (1, 3)]), s([(2,), (2,)]), numpy="vstack"),
    Row("ag.atleast_1d", s(()), s((2,)), numpy="atleast_1d"),
    Row("ag.narrow", s((4, 2), 0, 1, 2), s((2, 4), -1, -3, 2), numpy=lambda x, d, start, n: np.take(x, np.arange(start, start + n), d),
        errors=(bad(IndexRangeError, r"^narrow: start \(3\) \+ length \(2\) exceeds dimension size \(4\)", (4,), 0, 3, 2),)),
    Row("ag.select", s((4, 2), 0, 1), s((2, 4), 1, -1), numpy=lambda x, d, i: np.take(x, i, d),
        errors=(bad(IndexRangeError, r"^select: index 4 out of range for tensor of size \(4, 2\) at dimension 0", (4, 2), 0, 4),)),
    Row("ag.split", s((6, 2), 2), s((5, 2), 2) , s((2, 4), [1, 3], 1), numpy=lambda x, n, d=0: np.split(x, range(n, x.shape[d], n) if isinstance(n, int) else np.cumsum(n)[:-1], d),
        errors=misfit("split", r"split_with_sizes expects split_sizes to sum exactly to 4 .*but got split_sizes=\[1, 2\]", (4,), [1, 2])),
    Row("ag.chunk", s((6, 2), 3), s((5,), 2), s((2, 4), 2, -1), numpy=lambda x, n, d=0: np.split(x, range(-(-x.shape[d] // n), x.shape[d], -(-x.shape[d] // n)), d),
        errors=misfit("chunk", "chunk expects `chunks` to be greater than 0, got: 0", (4,), 0)),
    Row("ag.unbind", s((2, 3)), s((2, 3), 1), numpy=lambda x, d=0: list(np.moveaxis(x, d, 0))),
    Row("ag.tile", s((2, 3), [2]), s((2,), [2, 1, 3]), s((2, 3), [0, 1]), numpy="tile"),
    Row("ag.flip", s((2, 3), [0]), s((2, 3), [0, -1]), numpy="flip", errors=out_of_range("flip", (2, 2), [2])),
    Row("ag.roll", s((2, 3), 1), s((2, 3), 1, 0), s((2, 3), [1, -1], [0, 1]), numpy="roll", errors=misfit("roll", "shifts and dimensions must align. shifts: 2, dims: 1", (2, 3), [1, 2], [0])),
    Row("ag.tril", s((3, 3)), s((2, 3), 1), numpy="tril", errors=misfit("tril", r"input tensor must have at least 2 dimensions; got shape \(3,\)", (3,))),
    Row("ag.triu", s((3, 3)), s((2, 3), -1), numpy="triu", errors=misfit("triu", r"input tensor must have at least 2 dimensions; got shape \(3,\)", (3,))),

    # ---- indexing ----
    Row("ag.gather", s((3, 4), 0, LINE), s((2, 3), -1, LINE), s((3,), 0, BACK), s((), 0, np.array([0, 0])), numpy=lambda x, d, i: ref.gather(np.atleast_1d(x), i, dim=d % i.ndim),
        errors=(bad(IndexRangeError, "^gather: index 2 is out of bounds for dimension with size 2", (2, 3), 0, LINE), bad(DTypeError, "^gather: index has dtype ag.float64", (2, 3), 0, (2, 3)),
                *misfit("gather", "Index tensor must have the same number of dimensions as input tensor", (2, 3), 0, BACK))),
    Row("ag.take_along_dim", s((2, 3), LINE, 1), s((2, 3), np.array([[1]]), 0), s((2, 3), np.array([5, 0])), numpy=lambda x, i, d=None: np.take_along_axis(x, i, d) if d is None or d else np.take_along_axis(x, np.broadcast_to(i, (1, 3)), 0)),
    Row("ag.scatter_add", s((3, 4), 0, LINE, (2, 2)), s((2, 3), 1, LINE, (2, 3)), s((3,), 0, TWICE, (3,)), numpy=scatter_added, torch=twins.scatter_add,
        errors=(bad(IndexRangeError, "^scatter_add: index 2 is out of bounds for dimension with size 2", (2, 3), 0, LINE, (2, 2)),
                *misfit("scatter_add", "Size does not match at some dimension", (3, 4), 0, LINE, (1, 2)))),
    Row("ag.scatter", s((3, 4), 0, LINE, (2, 3)), s((2, 3), 1, LINE, value=2.0), numpy=scattered, torch=twins.scatter, errors=(bad(IndexRangeError, "^scatter: index 2 is out of bounds", (2, 3), 0, LINE, (2, 2)),)),
    Row("ag.index_select", s((3, 4), 0, BACK), s((2, 3), -1, BACK), numpy=lambda x, d, i: np.take(x, i, d),
        errors=(*misfit("index_select", r"Index is supposed to be a vector; got shape \(2, 2\)", (3, 4), 0, LINE), bad(IndexRangeError, "^index_select: index 2 is out of bounds", (2, 2), 0, BACK))),
    Row("ag.index_add", s((3, 4), 0, BACK, (3, 4)), s((2, 3), 1, TWICE, (2, 3), alpha=0.5), numpy=index_added, errors=(bad(IndexRangeError, "^index_add: index 2 is out of bounds", (2, 2), 0, BACK, (3, 2)),)),
    Row("ag.masked_fill", s((2, 3), MASK, 2.0), s((2, 3), MASK, ()), s((3,), MASK, 0.0), numpy=lambda x, m, v: np.where(m, v, x),
        errors=(bad(DTypeError, "^masked_fill: mask is ag.int64; masked_fill only supports boolean masks", (2, 2), LINE, 0.0), *misfit("masked_fill", r"value has shape \(1,\)", (2, 3), MASK, (1,)))),
    Row("ag.masked_select", s((2, 3), MASK), s((3,), MASK), numpy=lambda x, m: np.broadcast_to(x, m.shape)[m], syncs=True),
    Row("ag.nonzero", s(MASK), s(LINE), numpy="argwhere", order=0, syncs=True),
    Row("ag.diagonal", s((3, 3)), s((2, 3), 1), s((2, 3, 2), 0, 0, -1), s((2, 3), -1), numpy=lambda x, *a: np.diagonal(x, *a), errors=misfit("diagonal", "diagonal dimensions cannot be identical 0, 0", (2, 2), 0, 0, 0)),
    Row("ag.diag", s((3,)), s((3,), 1), s((2, 3)), s((3, 2), -1), numpy="diag", errors=misfit("diag", r"Supports 1D or 2D tensors. Got 3D", (2, 2, 2))),
    Row("ag.trace", s((3, 3)), s((2, 3)), numpy="trace", errors=misfit("trace", r"expected a matrix, but got shape \(3,\)", (3,))),
    Row("ag.argsort", s((2, 3)), s((2, 3), 0), s((2, 3), 1, True), s(()), numpy=order_of, domain=distinct, order=0, errors=out_of_range("argsort", (2, 2), 2)),
    Row("ag.sort", s((2, 3)), s((2, 3), 0), s((2, 3), 1, True), s(()), numpy=ordered, domain=distinct, errors=out_of_range("argsort", (2, 2), 2)),
    Row("ag.topk", s((2, 3), 2), s((4, 2), 3, 0), s((2, 3), 1, 1, False), numpy=topk, domain=distinct, errors=(bad(IndexRangeError, r"^topk: selected index k=4 out of range for shape \(2, 3\), dim -1", (2, 3), 4),)),

    # ---- products ----
    Row("ag.matmul", s((2, 3), (3, 2)), s((3,), (3,)), s((2, 3), (3,)), s((3,), (2, 3, 2)), s((2, 2, 3), (3, 2)), s((2, 2, 3), (3,)), s((2, 1, 2, 3), (2, 3, 1)), s((2, 0), (0, 2)), numpy="matmul",
        errors=(*misfit("matmul", r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)", (2, 3), (2, 3)), *misfit("matmul", "mat1 and mat2 shapes cannot be multiplied", (), (2,)),
                bad(DTypeError, "^matmul: got float for an argument; wanted a Tensor", (2, 3), 2.0), bad(DTypeError, "^matmul: the arguments have dtypes ag.float64 and ag.int64", (2, 2), LINE))),
    Row("ag.mm", s((2, 3), (3, 2)), numpy="matmul", errors=misfit("mm", r"mat2 must be a 2D tensor; got shape \(3,\)", (2, 3), (3,))),
    Row("ag.bmm", s((2, 2, 3), (2, 3, 1)), numpy="matmul", errors=misfit("bmm", r"batch sizes differ: \(2, 2, 3\) and \(1, 3, 2\)", (2, 2, 3), (1, 3, 2))),
    Row("ag.mv", s((2, 3), (3,)), numpy="matmul", errors=misfit("mv", r"vec must be a 1D tensor; got shape \(3, 1\)", (2, 3), (3, 1))),
    Row("ag.dot", s((3,), (3,)), numpy="dot", errors=misfit("dot", r"inconsistent tensor size, expected tensor \(2,\) and src \(3,\)", (2,), (3,))),
    Row("ag.outer", s((2,), (3,)), s((0,), (2,)), numpy="outer", errors=misfit("outer", r"input must be a 1D tensor; got shape \(2, 2\)", (2, 2), (2,))),
    Row("ag.addmm", s((2, 2), (2, 3), (3, 2)), s((2,), (2, 3), (3, 2), beta=0.5, alpha=2), numpy=lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b)),
    Row("ag.tensordot", s((2, 3), (2, 3)), s((2, 3), (3, 2), 1), s((2, 3), (4, 2), [[0], [1]]), s((2,), (3,), 0), numpy=tensordot, errors=misfit("tensordot", r"contracted dimensions need to match, but have sizes \[3\] and \[2\]", (2, 3), (2, 3), 1)),
    Row("ag.einsum", *(s(*args) for args in (("ij,jk->ik", (2, 3), (3, 2)), ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)), ("...i,i->...", (2, 2, 3), (3,)),
        ("i,j", (2,), (3,)), ("ij,jk,kl->il", (2, 3), (3, 2), (2, 1)), ("ij,ij->", (2, 3), (2, 3)), ("ijk->k", (2, 2, 3)), ("i,i,i->i", (3,), (3,), (3,)), ("ij,kj->ikj", (2, 1), (3, 2)))), numpy="einsum",
        errors=(*misfit("einsum", "the equation 'ij,jk' has 2 operands, but 1 were given", "ij,jk", (2, 3)), *misfit("einsum", "label 'j' of 'ij,jk' has size 2 .* but 3 before", "ij,jk", (2, 3), (2, 2)),
                *misfit("einsum", r"operand 'ijk' of 'ijk' does not fit a tensor of shape \(2, 3\)", "ijk", (2, 3)), *misfit("einsum", "the result 'il' of 'ij->il' repeats a label or names one no operand has", "ij->il", (2, 3)))),
]
# fmt: on

for _row in FUNCTIONS:
    _row.call = getattr(ag, _row.name.removeprefix("ag."))
