"""Every row's values: against NumPy always, against PyTorch where it is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.function_table import FUNCTIONS
from tests.op_table import ROWS
from tests.rows import Bad, Row, Sample, outputs
from tests.trials import agree, agree_outcomes, array, cases, run, run_torch, tensors

TABLES = [*ROWS, *FUNCTIONS]


def host_dtype(row: Row) -> str:
    """The dtype to compare values in: float64, or what the row takes."""
    return "float64" if "float64" in row.dtypes else row.dtypes[0]


@cases(TABLES, lambda row: row.numpy is not None)
def test_values_are_numpys(row: Row, sample: Sample) -> None:
    dtype = host_dtype(row)
    wanted = outputs(row.numpy(*sample.draw(row, dtype), **sample.options))
    agree(run(row, sample, dtype, order=0).values, wanted, row.tolerance, "value")


@cases(TABLES)
def test_values_and_gradients_are_pytorchs(torch: Any, row: Row, sample: Sample) -> None:
    agree_outcomes(run(row, sample, host_dtype(row)), run_torch(torch, row, sample, host_dtype(row)), row.tolerance)


@cases(TABLES)
def test_dtypes_are_pytorchs(torch: Any, row: Row, sample: Sample) -> None:
    call = row.torch_call(torch)
    if call is None:
        pytest.skip(f"PyTorch has no {row.name}")
    for dtype in row.dtypes:
        ours = outputs(row.call(*tensors(ag, sample.draw(row, dtype), grad=False), **sample.options))
        theirs = outputs(call(*tensors(torch, sample.draw(row, dtype), grad=False), **sample.options))
        for a, b in zip(ours, theirs):
            if hasattr(b, "dtype"):
                assert a.dtype.name == str(b.dtype).removeprefix("torch."), dtype
                # float32 is summed in other orders
                np.testing.assert_allclose(array(a), array(b), rtol=2e-5, atol=2e-5, err_msg=dtype)


@cases(TABLES, lambda row: "float32" in row.dtypes)
def test_float32_stays_float32_at_both_speeds(row: Row, sample: Sample) -> None:
    if "dtype" in sample.options:
        pytest.skip("the sample asks for another dtype")
    found = run(row, sample, "float32")
    for value in [*found.values, *found.first, *found.second]:
        if isinstance(value, ag.Tensor) and value.is_floating_point():
            assert value.dtype is ag.float32
    for x in plain_gradients(row, sample, "float32"):
        assert x is None or x.dtype in (ag.float32, ag.complex64)


def plain_gradients(row: Row, sample: Sample, dtype: str) -> list[Any]:
    from tests.trials import leaves, upstream

    args = tensors(ag, sample.draw(row, dtype))
    ys = [y for y in outputs(row.call(*args, **sample.options)) if getattr(y, "requires_grad", False)]
    if ys:
        ag.autograd.backward(ys, [w.detach() for w in upstream(ag, ys, 1)])
    return [x.grad for x in leaves(args)]


def failures(rows: list[Row]) -> Any:
    found = [pytest.param(row, bad, id=f"{row.name}-{i}") for row in rows for i, bad in enumerate(row.errors)]
    return pytest.mark.parametrize(("row", "bad"), found)


@failures(TABLES)
def test_bad_input_is_named(row: Row, bad: Bad) -> None:
    args = tensors(ag, bad.sample.draw(row))
    before = [array(a).copy() for a in args if isinstance(a, ag.Tensor)]
    with pytest.raises(bad.error, match=bad.match) as raised:
        row.call(*args, **bad.sample.options)
    assert isinstance(raised.value, RuntimeError)  # as PyTorch's are
    for a, b in zip((a for a in args if isinstance(a, ag.Tensor)), before):
        np.testing.assert_array_equal(array(a), b)
