"""Python's operators with the tensor on the right, and other names of operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError
from tests.rows import DISCRETE, FLOATS, NUMBERS, Row, bad, nonzero, positive, real, s
from tests.tables import function

BITS, MASK = np.array([12, 10, 5]), np.array([6, 3, 1])


def right(name: str, numpy: Any, **columns: Any) -> Row:
    """An operator whose right operand is the tensor that is asked."""
    kind = (bad(DTypeError, r"wanted a Tensor or a number|wanted at least one Tensor", (2,), "text"),)
    columns = {"domain": nonzero, "dtypes": FLOATS, "errors": kind} | columns
    return function(f"Tensor.{name}", s((2, 3), 2.0), s((2,), 3), s((2, 3), (3,)), numpy=numpy, **columns)


def bits(name: str, numpy: Any, **columns: Any) -> Row:
    """The same of integers and booleans."""
    return function(f"Tensor.{name}", s(BITS, MASK), s(BITS, 3), order=0, dtypes=("int64",), numpy=numpy,
        errors=(bad(DTypeError, ": .*", (2,), (2,)),), **columns)  # fmt: skip


FUNCTIONS = [
    right("__radd__", lambda a, b: b + a),
    right("__rsub__", lambda a, b: b - a),
    right("__rmul__", lambda a, b: b * a),
    right("__rdiv__", lambda a, b: b / a),
    right("__rtruediv__", lambda a, b: b / a),
    right("__rpow__", lambda a, b: b**a, domain=(real, positive)),
    right("__rmod__", lambda a, b: b % a, torch=None),  # PyTorch cannot differentiate it
    bits("__rand__", np.bitwise_and),
    bits("__ror__", np.bitwise_or),
    bits("__rxor__", np.bitwise_xor),
    bits("__lshift__", np.left_shift, torch=lambda t, a, b: a << b),
    bits("__rshift__", np.right_shift, torch=lambda t, a, b: a >> b),
    bits("__rlshift__", lambda a, b: np.left_shift(b, a), torch=lambda t, a, b: b << a),
    bits("__rrshift__", lambda a, b: np.right_shift(b, a), torch=lambda t, a, b: b >> a),
    function("Tensor.where", s((2, 3), np.array([True, False, True]), 2.0), numpy=lambda x, c, y: np.where(c, x, y),
        dtypes=NUMBERS),
    function("true_divide", s((2, 3), (3,)), s((3,), 2), domain=nonzero, dtypes=(*FLOATS, *DISCRETE)),
]  # fmt: skip
