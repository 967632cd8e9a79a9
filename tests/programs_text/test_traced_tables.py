"""Every row of the op tables, traced: print -> parse -> print is the same, and the program does what the row does."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core.errors import ProgramError
from autograd_core.programs.program import Program
from tests.function_table import FUNCTIONS
from tests.op_table import ROWS
from tests.rows import Row, Sample, outputs
from tests.transforms.scalars import rows, scalar
from tests.trials import tensors

TRACED = [pytest.param(row, row.samples[0], id=row.name) for row in (*ROWS, *FUNCTIONS) if row.samples]


def traced(function: Any, xs: Any) -> Program:
    """Return the program of a function; skip visibly where the function asks for values or draws."""
    try:
        return Program.trace(function)(*xs)
    except ProgramError as error:
        if "not known" in str(error) or "random numbers" in str(error):
            pytest.skip(f"not for a program: {error}")
        raise


def check_text(p: Program) -> None:
    q = Program.parse(str(p), p.values)
    assert str(q) == str(p)
    assert q.listing == p.listing or "nan" in str(p)  # which equals nothing


@pytest.mark.parametrize(("row", "sample"), TRACED)
def test_a_row_as_a_program(row: Row, sample: Sample) -> None:
    dtype = "float64" if "float64" in row.dtypes else row.dtypes[0]
    args = [a.detach() if isinstance(a, ag.Tensor) else a for a in tensors(ag, sample.draw(row, dtype))]
    wanted = outputs(row.call(*args, **sample.options))
    if not all(isinstance(y, ag.Tensor) for y in wanted):
        pytest.skip("it returns no tensors")
    p = traced(lambda *xs: tuple(outputs(row.call(*xs, **sample.options))), args)
    check_text(p)
    given = [a for a in args if isinstance(a, ag.Tensor | list | tuple) and not is_shape(a)]
    for found, y in zip(p(*given), wanted, strict=True):
        assert found.dtype is y.dtype
        assert ag.allclose(found, y, equal_nan=True, rtol=1e-6, atol=1e-7)


def is_shape(value: Any) -> bool:
    return isinstance(value, list | tuple) and not any(isinstance(v, ag.Tensor) for v in value)


@rows
def test_the_gradient_of_a_row_as_a_program(row: Row, sample: Sample) -> None:
    function, xs = scalar(row, sample)
    p = traced(function, xs)
    if p.listing.result.dtype.is_complex:
        pytest.skip("a complex number has no gradient")
    q = p.grad([v.name for v in p.inputs])
    check_text(q)
    wanted = ag.func.grad(function, tuple(range(len(xs))))(*xs)
    for found, g in zip(q(*xs).values(), wanted, strict=True):
        assert ag.allclose(found, g, rtol=1e-5, atol=1e-7, equal_nan=True)
