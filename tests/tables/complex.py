"""Complex numbers: made, taken apart, conjugated; and what is another function for them than for real ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import Row, bad, complex_numbers, positive, real, s
from tests.tables import function

ANY = (s((2, 3)), s(()), s((0, 2)))
PAIRS = (s((2, 3), (2, 3)), s((2, 1), (3,)), s((), ()))
NAMED = "Expected both inputs to be Float or Double tensors of one dtype but got"


def pairs(x: Any) -> Any:
    return np.stack([x.real, x.imag], -1)


def joined(x: Any) -> Any:
    return x[..., 0] + 1j * x[..., 1]


def sgn(x: Any) -> Any:
    return x / np.where(x == 0, 1, np.abs(x))


PRIMITIVES = [
    Row("view_as_real", *ANY[:2], domain=complex_numbers, linear=(0,), numpy=pairs),
    Row("view_as_complex", s((3, 2)), s((2,)), linear=(0,), numpy=joined),
]

FUNCTIONS = [
    function("complex", *PAIRS, numpy=lambda a, b: a + 1j * b, errors=(
        bad(DTypeError, f"^complex: {NAMED} ag.float64 and ag.int64", (2,), np.array([1, 2])),
        bad(DTypeError, f"^complex: {NAMED} ag.float64 and float", (2,), 1.0))),
    function("polar", *PAIRS, domain=(positive, real), numpy=lambda a, b: a * np.exp(1j * b), errors=(
        bad(DTypeError, f"^polar: {NAMED} ag.int64 and ag.float64", np.array([1, 2]), (2,)),)),
    function("view_as_complex", s((3, 2)), s((2,)), numpy=joined, errors=(
        bad(DTypeError, "^view_as_complex: is only supported for float and double", np.array([1, 2])),
        bad(ShapeError, r"^view_as_complex: .*last dimension of size 2; got shape \(2, 3\)", (2, 3)))),
    function("view_as_real", *ANY[:2], domain=complex_numbers, numpy=pairs, errors=(
        bad(DTypeError, "^view_as_real: is only supported for complex tensors; got ag.float64", np.ones(2)),)),
    function("real", *ANY, domain=complex_numbers),
    function("imag", *ANY, domain=complex_numbers, errors=(
        bad(DTypeError, "^imag: is not implemented for tensors with non-complex dtypes; got ag.float64", np.ones(2)),)),
    function("angle", *ANY, domain=complex_numbers),
    function("sgn", *ANY, domain=complex_numbers, numpy=sgn),
    function("conj", *ANY, domain=complex_numbers),
    function("conj_physical", *ANY, domain=complex_numbers, numpy=np.conj),
    function("resolve_conj", *ANY, domain=complex_numbers, numpy=lambda x: x),
    function("resolve_neg", *ANY, domain=complex_numbers, numpy=lambda x: x),
    function("is_conj", *ANY, domain=complex_numbers, numpy=lambda x: False, order=0),
    function("is_neg", *ANY, domain=complex_numbers, numpy=lambda x: False, order=0),
]  # fmt: skip
