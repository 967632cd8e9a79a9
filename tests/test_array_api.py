"""The array API's namespace against NumPy's, which is one too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import array_api as xp

STANDARD = """
e inf nan newaxis pi bool complex64 complex128 float32 float64 int8 int16 int32 int64 uint8 arange asarray empty
empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu zeros zeros_like astype can_cast
finfo iinfo isdtype result_type abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift
bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor
floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp
logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real
reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc take take_along_axis matmul
matrix_transpose tensordot vecdot broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat
reshape roll squeeze stack tile unstack argmax argmin count_nonzero nonzero searchsorted where unique_all unique_counts
unique_inverse unique_values argsort sort cumulative_prod cumulative_sum max mean min prod std sum var all any diff
""".split()  # noqa: SIM905  https://data-apis.org/array-api/2024.12/API_specification; uint16 to uint64 are no dtypes here

A = np.array([[1.0, -2.0, 3.0], [0.5, 2.0, -1.5]])
B = np.array([[2.0, 1.0, 0.5], [1.5, -1.0, 2.0]])
I = np.array([[3, 1, 2], [1, 0, 3]])  # noqa: E741
V = np.array([3, 1, 2, 3, 1])
UNARY = (
    "abs ceil conj cos cosh exp expm1 floor isfinite isinf isnan negative positive real reciprocal round sign "
    "signbit sin sinh square tan tanh trunc atan asinh logical_not matrix_transpose"
)
POSITIVE = "sqrt log log1p log2 log10"
BINARY = (
    "add atan2 copysign divide equal greater greater_equal hypot less less_equal logaddexp maximum minimum multiply "
    "nextafter not_equal subtract remainder floor_divide logical_and logical_or logical_xor vecdot"
)
BITS = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift"
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, (A,), {}) for name in UNARY.split()),
    *((name, (abs(A),), {}) for name in POSITIVE.split()),
    *((name, (A, B), {}) for name in BINARY.split()),
    *((name, (I, I), {}) for name in BITS.split()),
    *((name, (A,), {"axis": axis, "keepdims": keep})
      for name in ("sum", "mean", "max", "min", "prod", "std", "var", "all", "any", "count_nonzero")
      for axis, keep in ((None, False), (0, True), ((0, 1), False))),
    *((name, (A,), {"axis": 1}) for name in ("argmax", "argmin", "sort", "argsort", "diff")),
    ("arange", (3,), {}), ("arange", (1, 7, 2), {}), ("eye", (2, 3), {"k": 1}), ("linspace", (0.0, 1.0, 5), {}),
    ("full", ((2,), 3.0), {}), ("tril", (A,), {"k": 1}), ("triu", (A,), {"k": 1}), ("meshgrid", (V, V), {}),
    ("asarray", (A,), {"copy": True}), ("clip", (A, -1.0, 1.0), {}), ("pow", (abs(A), 2.0), {}),
    ("bitwise_invert", (I,), {}), ("matmul", (A, B.T.copy()), {}), ("tensordot", (A, B), {"axes": 2}),
    ("concat", ([A, B],), {"axis": 1}), ("concat", ([A, B],), {"axis": None}), ("expand_dims", (A,), {"axis": 1}),
    ("flip", (A,), {}), ("flip", (A,), {"axis": 1}), ("moveaxis", (A, 0, 1), {}), ("permute_dims", (A, (1, 0)), {}),
    ("repeat", (A, 2), {"axis": 1}), ("roll", (A, 1), {"axis": 1}), ("stack", ([A, B],), {"axis": 1}),
    ("tile", (A, (2, 1)), {}), ("unstack", (A,), {"axis": 1}), ("broadcast_to", (A, (2, 2, 3)), {}),
    ("broadcast_arrays", (A, B[0]), {}), ("reshape", (A, (3, 2)), {}), ("squeeze", (A[None], 0), {}),
    ("take", (A, V[1:3] - 1), {"axis": 1}), ("take_along_axis", (A, I[:, :1] % 3), {"axis": 1}),
    ("nonzero", (I,), {}), ("searchsorted", (np.sort(V), V), {"side": "right"}), ("where", (A > 0, A, B), {}),
    ("unique_counts", (V,), {}), ("unique_inverse", (V,), {}), ("unique_all", (V,), {}),
    ("cumulative_sum", (A,), {"axis": 1}), ("cumulative_sum", (V,), {"include_initial": True}),
    ("cumulative_prod", (A,), {"axis": 0}), ("astype", (A, "int64"), {}),
]  # fmt: skip


def test_every_name_of_the_standard_is_there() -> None:
    assert [name for name in STANDARD if not hasattr(xp, name)] == []


def tensors(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return ag.from_numpy(value.copy())
    return [tensors(v) for v in value] if isinstance(value, list) else value


def arrays(value: Any) -> list[Any]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [v.numpy() if isinstance(v, ag.Tensor) else np.asarray(v) for v in values]


@pytest.mark.parametrize(("name", "args", "options"), CALLS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CALLS)])
def test_functions_give_what_numpys_do(name: str, args: Any, options: Any) -> None:
    if not hasattr(np, name):
        pytest.skip(f"this NumPy has no {name}")
    ours = arrays(getattr(xp, name)(*map(tensors, args), **options))
    wanted = arrays(getattr(np, name)(*args, **options))
    assert len(ours) == len(wanted)
    for a, b in zip(ours, wanted):
        assert a.shape == b.shape and a.dtype.kind == b.dtype.kind
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_dtypes() -> None:
    x = ag.ones(2, dtype=ag.float64)
    assert xp.isdtype(x.dtype, ("integral", "real floating")) and not xp.isdtype(x.dtype, "bool")
    assert xp.isdtype(ag.uint8, "unsigned integer") and xp.isdtype(ag.complex64, ag.complex64)
    assert xp.result_type(x, ag.float32) is ag.float64 and xp.result_type(ag.int8, ag.uint8) is ag.int16
    assert xp.astype(x, ag.float64) is not x and xp.astype(x, ag.float64, copy=False) is x


def test_sets_may_come_in_any_order() -> None:
    assert sorted(xp.unique_values(ag.tensor([3, 1, 2, 3, 1])).tolist()) == [1, 2, 3]


def test_gradients_flow_and_mistakes_are_named() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    (xp.sum(xp.permute_dims(x, (1, 0)) * 2, axis=0) ** 2).sum().backward()
    assert x.grad is not None and x.grad[0, 0].item() == 24
    with pytest.raises(ValueError, match=r"^squeeze: axis is 0 and the shape \(2, 3\); wanted dimensions of length 1"):
        xp.squeeze(x, 0)
    with pytest.raises(ValueError, match=r"^cumulative_sum: axis is None and x has 2 dimensions; wanted an axis"):
        xp.cumulative_sum(x)
