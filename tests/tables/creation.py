"""Tensors made from numbers, and the conversions that are methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import ALL, Row, bad, s
from tests.tables import function

ANY = (s((2, 3)), s(()), s((0, 2)))
NEGATIVE = "Trying to create tensor with negative dimension: "


def made(name: str, *samples: Any, **columns: Any) -> Row:
    """The row of a function that makes a tensor: nothing to differentiate."""
    return function(name, *samples, order=0, **columns)


def cast(name: str, kind: str, **columns: Any) -> Row:
    """The row of a method that converts to a dtype; what rounds cannot be checked by finite differences."""
    order = 2 if kind == "float64" else 0
    columns.setdefault("dtypes", ("float64", "int64", "bool") if order or "int" in kind else ("int64", "bool"))
    return function(f"Tensor.{name}", *ANY, numpy=lambda x: x.astype(kind), order=order, **columns)


def zeroed(*samples: Any) -> Row:
    """The row of ``zero_``, on a copy."""
    row = function("Tensor.zero_", *samples, order=0, numpy=np.zeros_like, torch=lambda t, x: x.detach() * 0)
    row.call = lambda x: x.detach().clone().zero_()
    return row


FUNCTIONS = [
    # ---- filled ----
    made("zeros", s([2, 3]), s(2, 3), s([]), s([2], pin_memory=False),
         numpy=lambda *n, **_: np.zeros(n[0] if isinstance(n[0], (list, np.ndarray)) else n),
         errors=(bad(ShapeError, rf"^zeros: {NEGATIVE}\(-1, 2\)", -1, 2), bad(DTypeError, "^zeros: got the sizes", 2.5),
                 bad(DTypeError, "^zeros: layout is 'sparse'; wanted ag.strided", 2, layout="sparse"))),
    made("ones", s([2, 3]), s(2), numpy=lambda n: np.ones(n)),
    made("full", s([2, 3], 7), s([2], 1.5), s([], True), s([2], 0),
         errors=(bad(DTypeError, "^full: argument 'fill_value' must be a number; got str", [2], "1"),
                 bad(ShapeError, rf"^full: {NEGATIVE}", [-2], 1.0))),
    made("scalar_tensor", s(3), s(2.5), s(True), numpy=np.asarray,
         errors=(bad(DTypeError, "^scalar_tensor: value 1j cannot be converted to type ag.float32", 1j),)),
    made("eye", s(3), s(2, 3), s(0), errors=(bad(ShapeError, "^eye: got n=-1, m=None; wanted", -1),)),
    *(made(f"{name}_like", *ANY, dtypes=ALL) for name in ("zeros", "ones")),
    made("full_like", s((2, 3), 7), s((), 1.0),
         errors=(bad(DTypeError, "^full_like: .*must be a number", (2,), None),)),
    made("Tensor.new_zeros", s((2,), 2, 3), s((2,), [2]), dtypes=ALL,
         numpy=lambda x, *n: np.zeros(n if len(n) > 1 else n[0])),
    made("Tensor.new_ones", s((2,), 2, 3), s((2,), [2]), dtypes=ALL,
         numpy=lambda x, *n: np.ones(n if len(n) > 1 else n[0]),
         errors=(bad(ShapeError, rf"^new_ones: {NEGATIVE}", (2,), -1),)),
    made("Tensor.new_full", s((2,), [2, 3], 7), s((), [2], 1.5), numpy=lambda x, n, v: np.full(n, v)),
    function("fill", s((2, 3), 2.0), s((), 1), s((2, 2), ()), numpy=lambda x, v: np.full_like(x, v)),
    function("detach", s((2, 3)), s(()), order=0, numpy=lambda x: x, dtypes=ALL),
    zeroed(s((2, 3)), s(())),

    # ---- in rows ----
    made("arange", s(4), s(1, 4), s(4, 0, -2), s(3.0), s(0, 1, 0.25), s(0), s(2, 9, 2.5),
         errors=(bad(ShapeError, "^arange: upper bound and lower bound inconsistent with step sign: 0, -1, 1", -1),
                 bad(ShapeError, "^arange: .*step must be nonzero", 0, 3, 0),
                 bad(DTypeError, "^arange: got str; wanted a number or a 0-d Tensor", "3"),
                 bad(ShapeError, "^arange: unsupported range: 0 -> inf", float("inf")))),
    made("linspace", s(0, 1, 5), s(3, -1, 4), s(2, 3, 1), s(0, 1, 0), s(np.array(0.0), 1, 3),
         tolerance=1e-6, syncs=True,
         errors=(bad(ShapeError, "^linspace: steps is -1; wanted a non-negative int", 0, 1, -1),
                 bad(DTypeError, "^linspace: steps is 2.5; wanted an int", 0, 1, 2.5),
                 bad(ShapeError, "^linspace: only supports 0-dimensional tensors", (2,), 1, 3))),
    made("logspace", s(0, 2, 3), s(0, 3, 4, 2), s(1, -1, 2, base=3.5), s(0, 1, 0), tolerance=1e-6,
         numpy=lambda start, end, n, base=10.0: np.logspace(start, end, n, base=base),
         errors=(bad(ShapeError, "^logspace: steps is -2", 0, 1, -2),)),
    made("tril_indices", s(3, 3), s(2, 3, 1), s(3, 2, -1), s(0, 2),
         numpy=lambda n, m, k=0: np.stack(np.tril_indices(n, k, m)),
         errors=(bad(ShapeError, "^tril_indices: row and col must be non-negative, got -1 and 2", -1, 2),)),
    made("triu_indices", s(3, 3), s(2, 3, 1), s(3, 2, -1), s(0, 2),
         numpy=lambda n, m, k=0: np.stack(np.triu_indices(n, k, m)),
         errors=(bad(ShapeError, "^triu_indices: row and col must be non-negative, got 1 and -2", 1, -2),)),

    # ---- converted ----
    function("Tensor.to", s((2, 3), copy=True), s((), "cpu"), numpy=lambda x, *_, **__: x, dtypes=ALL, device=False,
             errors=(bad(DTypeError, "^to: got an unexpected keyword argument 'dtipe'", (2,), dtipe=1),)),
    function("Tensor.item", s(()), s((1, 1)), order=0, numpy=lambda x: x.item(), dtypes=ALL, syncs=True,
             errors=(bad(ShapeError, r"^item: a Tensor with 2 elements .* cannot be converted to Scalar", (2,)),)),
    cast("double", "float64"), cast("float", "float32"), cast("half", "float16"), cast("long", "int64"),
    cast("int", "int32"), cast("short", "int16"), cast("char", "int8"), cast("byte", "uint8", dtypes=("bool",)),
    cast("bool", "bool"),
]  # fmt: skip
