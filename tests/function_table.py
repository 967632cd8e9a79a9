"""The table of public functions that are made of primitives: one row each, as in ``tests/op_table.py``.

The NumPy reference is the function of that name in ``tests/plain.py``, or else NumPy's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests import twins
from tests.op_table import BACK, LINE, MASK, RIGHT
from tests.rows import ALL, NUMBERS, Row, bad, broken, distinct, nonzero, real, s
from tests.tables import function, gathered

DIMS = (s((2, 3)), s((2, 3), 1), s((2, 3), -2, keepdim=True), s((2, 2, 2), dim=(0, -1)), s(()), s((2, 3), [0, 1]))
VARIANCE = (*DIMS[:4], s((2, 3), 1, correction=0), s((2, 3), 0, False))
PAIRED = (s((2, 3)), s((2, 3), 1, keepdim=True), s((2, 3), 0, correction=0))
FIRST = (s((2, 3), 1), s((2, 3), -2, keepdim=True), s((), 0), s((0, 2), 1))
LINES = (s((2, 3), 1), s((2, 3), -2), s((), 0), s((0, 2), 1))
SORTED = (s((2, 3)), s((2, 3), 0), s((2, 3), 1, True), s(()))
TWICE, FOUND = np.array([1, 1, 0]), np.array([[1]])
INF = float("inf")
EQUATIONS = (
    ("ij,jk->ik", (2, 3), (3, 2)), ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("i,j", (2,), (3,)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)), ("...i,i->...", (2, 2, 3), (3,)), ("ij,ij->", (2, 3), (2, 3)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 1)), ("ijk->k", (2, 2, 3)), ("i,i,i->i", (3,), (3,), (3,)),
    ("ij,kj->ikj", (2, 1), (3, 2)),
)  # fmt: skip


def out_of_range(name: str, *args: Any) -> Any:
    return bad(IndexRangeError, rf"^{name}: Dimension out of range \(expected .* \[-2, 1\], but got 2\)", *args)


# fmt: off
BAD = {
    "add": [bad(ShapeError, r"^add: the shapes of input \(2,\) and other \(3,\)", (2,), (3,)),
            bad(DTypeError, "^add: got an argument of type list", (2,), [1.0, 2.0])],
    "div": [bad(DTypeError, "^div: rounding_mode is 'up'; wanted None, 'trunc'", (2,), (2,), rounding_mode="up")],
    "clamp": [bad(DTypeError, "^clamp: At least one of 'min' or 'max' must not be None", (2,))],
    "where": [bad(DTypeError, "^where: condition is float; wanted a boolean Tensor", 1.0, (2,), (2,)),
              bad(DTypeError, "^where: got one of input and other; wanted both or neither", MASK, (2, 3))],
    "softmax": [out_of_range("softmax", (2, 2), 2)],
    "log_softmax": [out_of_range("log_softmax", (2, 2), 2)],
    "sum": [out_of_range("sum", (2, 2), 2),
            bad(ShapeError, r"^sum: a dim appears multiple times in the list of dims \(0, 0\)", (2, 2), [0, 0]),
            bad(DTypeError, "^sum: got an unexpected keyword argument 'dims'", (2, 2), dims=0)],
    "mean": [bad(DTypeError, "^mean: .*Got: ag.int64", BACK), out_of_range("mean", (2, 2), 2)],
    "var": [bad(DTypeError, "^var: got dtype ag.int64", BACK), out_of_range("var", (2, 2), 2)],
    "std": [out_of_range("std", (2, 2), 2)],
    "amax": [bad(IndexRangeError, r"^amax: .*non-zero size; got shape \(2, 0\), dim 1", (2, 0), 1)],
    "amin": [bad(IndexRangeError, r"^amin: .*non-zero size; got shape \(2, 0\), dim 1", (2, 0), 1)],
    "max": [bad(IndexRangeError, "^max: Expected reduction dim to have non-zero size", (2, 0)),
            out_of_range("max", (2, 2), 2)],
    "min": [bad(IndexRangeError, "^min: Expected reduction dim to have non-zero size", (2, 0)),
            out_of_range("min", (2, 2), 2)],
    "argmax": [out_of_range("argmax", (2, 2), 2)],
    "argmin": [out_of_range("argmin", (2, 2), 2)],
    "any": [out_of_range("any", (2, 2), 2)],
    "all": [out_of_range("all", (2, 2), 2)],
    "logsumexp": [out_of_range("logsumexp", (2, 2), 2)],
    "cumsum": [out_of_range("cumsum", (2, 2), 2)],
    "cumprod": [out_of_range("cumprod", (2, 2), 2)],
    "prod": [out_of_range("prod", (2, 2), 2)],
    "norm": [bad(ShapeError, "^norm: p is 'max'; wanted 'fro', 'nuc' or a number", (2, 2), "max"),
             bad(DTypeError, "^norm: got dtype ag.int64", BACK)],
    "reshape": [bad(ShapeError, r"^reshape: shape '\[4, -1\]' is invalid for input of size 6", (2, 3), [4, -1])],
    "permute": [bad(ShapeError, r"^permute: dims \(0, 0\) are no permutation", (2, 3), [0, 0])],
    "transpose": [out_of_range("transpose", (2, 2), 0, 2)],
    "t": [bad(ShapeError, r"^t: t\(\) expects a tensor with <= 2 dimensions, but self is 3D", (2, 2, 2))],
    "movedim": [bad(ShapeError, "^movedim: source .* and destination .* must be as many", (2, 3), [0, 1], [1])],
    "broadcast_to": [bad(ShapeError, r"^expand: .*size \(2, 2\) must match the existing size \(3,\)", (3,), [2, 2])],
    "broadcast_tensors": [bad(ShapeError, r"^broadcast_shapes: the shapes \(2,\), \(3,\) do not", (2,), (3,))],
    "unsqueeze": [bad(IndexRangeError, r"^unsqueeze: .*\[-3, 2\], but got 3", (2, 2), 3)],
    "flatten": [bad(ShapeError, "^flatten: .* start_dim 1 cannot come after end_dim 0", (2, 2), 1, 0)],
    "unflatten": [bad(ShapeError, r"^unflatten: .*\[4\] don't multiply up to the size of dim 1", (2, 6), 1, [4])],
    "cat": [bad(ShapeError, r"^cat: .*in dimension 0.*\(2, 3\) but got \(1, 2\) for tensor number 1", [(2, 3), (1, 2)]),
            bad(DTypeError, "^cat: tensors is Tensor; wanted a list or tuple of Tensors", (2,)),
            bad(DTypeError, "^cat: element 1 of tensors is float", [(2,), 1.0])],
    "stack": [bad(ShapeError, r"^stack: .*equal size, but got \[2\] at entry 0 and \[3\] at entry 1", [(2,), (3,)])],
    "narrow": [bad(IndexRangeError, r"^narrow: start \(3\) \+ length \(2\) exceeds .*\(4\)", (4,), 0, 3, 2)],
    "select": [bad(IndexRangeError, r"^select: index 4 out of range .*\(4, 2\) at dimension 0", (4, 2), 0, 4)],
    "split": [bad(ShapeError, r"^split: .*sum exactly to 4 .*but got split_sizes=\[1, 2\]", (4,), [1, 2])],
    "chunk": [bad(ShapeError, "^chunk: chunk expects `chunks` to be greater than 0, got: 0", (4,), 0)],
    "flip": [out_of_range("flip", (2, 2), [2])],
    "roll": [bad(ShapeError, "^roll: shifts and dimensions must align. shifts: 2, dims: 1", (2, 3), [1, 2], [0])],
    "tril": [bad(ShapeError, r"^tril: input tensor must have at least 2 dimensions; got shape \(3,\)", (3,))],
    "triu": [bad(ShapeError, r"^triu: input tensor must have at least 2 dimensions; got shape \(3,\)", (3,))],
    "gather": [bad(IndexRangeError, "^gather: index 2 is out of bounds for dimension with size 2", (2, 3), 0, LINE),
               bad(DTypeError, "^gather: index has dtype ag.float64", (2, 3), 0, (2, 3)),
               bad(ShapeError, "^gather: Index tensor must have the same number of dimensions", (2, 3), 0, TWICE)],
    "scatter_add": [bad(IndexRangeError, "^scatter_add: index 2 is out of bounds", (2, 3), 0, LINE, (2, 2)),
                    bad(ShapeError, "^scatter_add: Size does not match at .* src", (3, 4), 0, LINE, (1, 2))],
    "scatter": [bad(IndexRangeError, "^scatter: index 2 is out of bounds", (2, 3), 0, LINE, (2, 2))],
    "index_select": [bad(ShapeError, r"^index_select: Index .* vector; got shape \(2, 2\)", (3, 4), 0, LINE),
                     bad(IndexRangeError, "^index_select: index 2 is out of bounds", (2, 2), 0, BACK)],
    "index_add": [bad(IndexRangeError, "^index_add: index 2 is out of bounds", (2, 2), 0, BACK, (3, 2))],
    "masked_fill": [bad(DTypeError, "^masked_fill: mask is ag.int64; masked_fill only supports", (2, 2), LINE, 0.0),
                    bad(ShapeError, r"^masked_fill: value has shape \(1,\)", (2, 3), MASK, (1,))],
    "diagonal": [bad(ShapeError, "^diagonal: diagonal dimensions cannot be identical 0, 0", (2, 2), 0, 0, 0)],
    "diag": [bad(ShapeError, r"^diag: Supports 1D or 2D tensors. Got 3D", (2, 2, 2))],
    "trace": [bad(ShapeError, r"^trace: expected a matrix, but got shape \(3,\)", (3,))],
    "argsort": [out_of_range("argsort", (2, 2), 2)],
    "sort": [out_of_range("sort", (2, 2), 2)],
    "topk": [bad(IndexRangeError, r"^topk: selected index k=4 out of range for shape \(2, 3\), dim -1", (2, 3), 4)],
    "matmul": [bad(ShapeError, r"^matmul: .*cannot be multiplied \(2x3 and 2x3\)", (2, 3), (2, 3)),
               bad(ShapeError, "^matmul: mat1 and mat2 shapes cannot be multiplied", (), (2,)),
               bad(DTypeError, "^matmul: got float for an argument; wanted a Tensor", (2, 3), 2.0),
               bad(DTypeError, "^matmul: the arguments have dtypes ag.float64 and ag.int64", (2, 2), LINE)],
    "mm": [bad(ShapeError, r"^mm: mat2 must be a 2D tensor; got shape \(3,\)", (2, 3), (3,))],
    "bmm": [bad(ShapeError, r"^bmm: batch sizes differ: \(2, 2, 3\) and \(1, 3, 2\)", (2, 2, 3), (1, 3, 2))],
    "mv": [bad(ShapeError, r"^mv: vec must be a 1D tensor; got shape \(3, 1\)", (2, 3), (3, 1))],
    "dot": [bad(ShapeError, r"^dot: .*expected tensor \(2,\) and src \(3,\)", (2,), (3,))],
    "outer": [bad(ShapeError, r"^outer: input must be a 1D tensor; got shape \(2, 2\)", (2, 2), (2,))],
    "tensordot": [bad(ShapeError, r"^tensordot: contracted .* have sizes \[3\] and \[2\]", (2, 3), (2, 3), 1)],
    "einsum": [bad(ShapeError, "^einsum: the equation 'ij,jk' has 2 operands, but 1 were given", "ij,jk", (2, 3)),
               bad(ShapeError, "^einsum: label 'j' of 'ij,jk' has size 2 .* but 3 before", "ij,jk", (2, 3), (2, 2)),
               bad(ShapeError, r"^einsum: operand 'ijk' of 'ijk' does not fit .*\(2, 3\)", "ijk", (2, 3)),
               bad(ShapeError, "^einsum: the result 'il' .* names one no operand has", "ij->il", (2, 3))],
}


def row(name: str, *samples: Any, **columns: Any) -> Row:
    return function(name, *samples, errors=tuple(BAD.get(name, ())), **columns)


FUNCTIONS = [
    # ---- elementwise ----
    row("add", *RIGHT, s((2,), (2,), alpha=3), s((2,), 2, alpha=0.5)),
    row("sub", *RIGHT, s((2,), (2,), alpha=3)),
    row("rsub", *RIGHT, s((2,), (2,), alpha=3)),
    row("div", *RIGHT, *(s((2, 3), (3,), rounding_mode=mode) for mode in ("floor", "trunc")), domain=nonzero),
    row("clamp", s((2, 3), -0.5, 0.5), s((2, 3), max=0.1), s((2, 3), (3,), (2, 1)), s((3,), (3,)), domain=distinct),
    row("clamp_min", s((2, 3), 0.1), s((2, 3), (3,)), domain=distinct),
    row("clamp_max", s((2, 3), 0.1), s((2, 3), (3,)), domain=distinct),
    row("where", s(MASK, (2, 3), (3,)), s(MASK, (), 2.0), s(MASK, (1, 3), (2, 1))),
    row("reciprocal", s((2, 3)), s(()), s((0, 2)), domain=nonzero, dtypes=ALL, numpy=lambda x: 1 / x),
    *(row(name, s((2, 3)), s(()), s((0, 2)), domain=broken, dtypes=NUMBERS) for name in ("floor", "ceil", "trunc")),
    row("lerp", s((2, 3), (2, 3), 0.3), s((2, 3), (3,), (2, 1))),
    row("addcmul", s((2, 3), (2, 3), (3,)), s((3,), (3,), (3,), value=0.5)),
    row("addcdiv", s((2, 3), (2, 3), (3,)), s((3,), (3,), (3,), value=0.5), domain=(real, real, nonzero)),
    row("isclose", s((2, 3), (3,)), s((3,), (3,), rtol=0.5, atol=0.5), order=0),
    row("allclose", s((2, 3), (3,)), s((3,), (3,), rtol=9.0, atol=9.0), order=0, syncs=True),
    row("equal", s((2, 3), (2, 3)), s(BACK, BACK), order=0, syncs=True),
    row("softmax", *LINES),
    row("log_softmax", *LINES),

    # ---- reductions ----
    row("sum", *DIMS, dtypes=ALL),
    row("mean", *DIMS),
    row("var", *VARIANCE),
    row("std", *VARIANCE),
    row("var_mean", *PAIRED),
    row("std_mean", *PAIRED),
    row("amax", *DIMS[:5], domain=distinct, torch=twins.amax),
    row("amin", *DIMS[:5], domain=distinct, torch=twins.amin),
    row("max", s((2, 3)), *FIRST, s((2, 3), (3,)), domain=distinct, dtypes=NUMBERS),
    row("min", s((2, 3)), *FIRST, s((2, 3), (3,)), domain=distinct, dtypes=NUMBERS),
    row("argmax", s((2, 3)), *FIRST, domain=distinct, order=0),
    row("argmin", s((2, 3)), *FIRST, domain=distinct, order=0),
    row("any", *DIMS, order=0, dtypes=ALL),
    row("all", *DIMS, order=0, dtypes=ALL),
    row("logsumexp", s((2, 3), 1), s((2, 3), [0, 1]), s((2, 3), -1, keepdim=True), s((), 0)),
    row("cumsum", *LINES, dtypes=NUMBERS),
    row("cumprod", *LINES, s((7,), 0), dtypes=NUMBERS),
    row("prod", s((2, 3)), *FIRST, s((7,)), s((2, 0), 1), dtypes=NUMBERS),
    row("norm", *(s((2, 3), *p) for p in ((), (1,), (3, 1), (INF, 0, True), (-INF, 0), (2.5, [0, 1]), ("fro", -1))),
        domain=nonzero),

    # ---- shapes ----
    row("reshape", s((2, 3), [3, -1]), s((2, 3), [6]), s((), [1]), s((0, 2), [2, 0])),
    row("permute", s((2, 3), [1, 0]), s((2, 1, 3), [-1, 0, 1])),
    row("transpose", s((2, 3), 0, 1), s((2, 1, 3), -1, 0), s((), 0, -1)),
    row("t", s((2, 3)), s((3,)), s(())),
    row("movedim", s((2, 1, 3), 0, 2), s((2, 1, 3), [0, 1], [-1, 0])),
    row("broadcast_to", s((2, 1), [2, 3]), s((3,), [2, -1]), s((), [2])),
    row("broadcast_tensors", s((2, 1), (3,)), s((), (2,), (3, 1))),
    row("broadcast_shapes", s([2, 1], [3]), s([], [2, 3]), order=0, torch=None),
    row("squeeze", s((1, 3, 1)), s((1, 3, 1), 0), s((1, 3), 1), s((1, 3, 1), [0, -1])),
    row("unsqueeze", s((2, 3), 0), s((2, 3), -1), s((), 0)),
    row("flatten", s((2, 3, 2)), s((2, 3, 2), 1), s((2, 3, 2), 0, -2), s(())),
    row("unflatten", s((2, 6), 1, [2, 3]), s((6, 2), 0, [-1, 2])),
    row("cat", s([(2, 3), (1, 3)]), s([(2, 1), (2, 2)], -1), s([(2,), (0,)])),
    row("stack", s([(2, 3), (2, 3)]), s([(2,), (2,)], -1), s([(), ()])),
    row("hstack", s([(2, 3), (2, 1)]), s([(2,), ()])),
    row("vstack", s([(2, 3), (1, 3)]), s([(2,), (2,)])),
    row("atleast_1d", s(()), s((2,))),
    row("narrow", s((4, 2), 0, 1, 2), s((2, 4), -1, -3, 2)),
    row("select", s((4, 2), 0, 1), s((2, 4), 1, -1)),
    row("split", s((6, 2), 2), s((5, 2), 2), s((2, 4), [1, 3], 1)),
    row("chunk", s((6, 2), 3), s((5,), 2), s((2, 4), 2, -1)),
    row("unbind", s((2, 3)), s((2, 3), 1)),
    row("tile", s((2, 3), [2]), s((2,), [2, 1, 3]), s((2, 3), [0, 1])),
    row("flip", s((2, 3), [0]), s((2, 3), [0, -1])),
    row("roll", s((2, 3), 1), s((2, 3), 1, 0), s((2, 3), [1, -1], [0, 1])),
    row("tril", s((3, 3)), s((2, 3), 1)),
    row("triu", s((3, 3)), s((2, 3), -1)),

    # ---- indexing ----
    row("gather", s((3, 4), 0, LINE), s((2, 3), -1, LINE), s((3,), 0, BACK), s((), 0, np.array([0, 0]))),
    row("take_along_dim", s((2, 3), LINE, 1), s((2, 3), FOUND, 0), s((2, 3), np.array([5, 0]))),
    row("scatter_add", s((3, 4), 0, LINE, (2, 2)), s((2, 3), 1, LINE, (2, 3)), s((3,), 0, TWICE, (3,)),
        torch=twins.scatter_add),
    row("scatter", s((3, 4), 0, LINE, (2, 3)), s((2, 3), 1, LINE, value=2.0), torch=twins.scatter),
    row("index_select", s((3, 4), 0, BACK), s((2, 3), -1, BACK)),
    row("index_add", s((3, 4), 0, BACK, (3, 4)), s((2, 3), 1, TWICE, (2, 3), alpha=0.5)),
    row("masked_fill", s((2, 3), MASK, 2.0), s((2, 3), MASK, ()), s((3,), MASK, 0.0)),
    row("masked_select", s((2, 3), MASK), s((3,), MASK), syncs=True),
    row("nonzero", s(MASK), s(LINE), order=0, syncs=True),
    row("diagonal", s((3, 3)), s((2, 3), 1), s((2, 3, 2), 0, 0, -1), s((2, 3), -1)),
    row("diag", s((3,)), s((3,), 1), s((2, 3)), s((3, 2), -1)),
    row("trace", s((3, 3)), s((2, 3))),
    row("argsort", *SORTED, domain=distinct, order=0),
    row("sort", *SORTED, domain=distinct),
    row("topk", s((2, 3), 2), s((4, 2), 3, 0), s((2, 3), 1, 1, False), domain=distinct),

    # ---- products ----
    row("matmul", s((2, 3), (3, 2)), s((3,), (3,)), s((2, 3), (3,)), s((3,), (2, 3, 2)), s((2, 2, 3), (3, 2)),
        s((2, 2, 3), (3,)), s((2, 1, 2, 3), (2, 3, 1)), s((2, 0), (0, 2))),
    row("mm", s((2, 3), (3, 2))),
    row("bmm", s((2, 2, 3), (2, 3, 1))),
    row("mv", s((2, 3), (3,))),
    row("dot", s((3,), (3,))),
    row("outer", s((2,), (3,)), s((0,), (2,))),
    row("addmm", s((2, 2), (2, 3), (3, 2)), s((2,), (2, 3), (3, 2), beta=0.5, alpha=2)),
    row("tensordot", s((2, 3), (2, 3)), s((2, 3), (3, 2), 1), s((2, 3), (4, 2), [[0], [1]]), s((2,), (3,), 0)),
    row("einsum", *(s(*args) for args in EQUATIONS)),
]
# fmt: on

FUNCTIONS += gathered("FUNCTIONS")
