"""Every function of the tables and its gradient, traced: ``simplify`` changes no value, all lines have a cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import ProgramError
from autograd_core.programs.program import Program
from autograd_core.transforms.reverse import grad
from autograd_core.transforms.trees import leaves_of
from tests.function_table import FUNCTIONS
from tests.op_table import ROWS
from tests.programs_text.generating import SOAK
from tests.rows import Row, Sample, outputs
from tests.trials import tensors

TABLES = [*ROWS, *FUNCTIONS]
REFUSED = r"the values of a tensor were asked for|decides? .*how many|random numbers are drawn"


def check(function: Callable[..., Any], args: list[Any]) -> None:
    try:
        program = Program.trace(function, "row")(*args)
    except ProgramError as error:
        assert re.search(REFUSED, str(error)), error
        return  # what no program can say, for it depends on values
    given = [x for x in leaves_of(args) if isinstance(x, ag.Tensor)]
    short = program.simplify()
    assert len(short.listing.lines) <= len(program.listing.lines)
    assert str(Program.parse(str(short))) == str(short)
    for a, b in zip(outputs(short(*given)), outputs(program(*given)), strict=True):
        if isinstance(a, ag.Tensor):
            assert a.dtype is b.dtype
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-14, atol=0)
    assert all(line.flops >= 0 for line in program.cost().lines)
    assert program.draw().source.count("line") >= len(program.listing.lines)


def drawn(row: Row, sample: Sample) -> list[Any]:
    return tensors(ag, sample.draw(row, "float64" if "float64" in row.dtypes else row.dtypes[0]), grad=False)


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row.name)
def test_values(row: Row) -> None:
    for sample in row.samples if SOAK else row.samples[:1]:
        check(lambda *args, s=sample: row.call(*args, **s.options), drawn(row, sample))


@pytest.mark.parametrize("row", [row for row in TABLES if row.order], ids=lambda row: row.name)
def test_gradients(row: Row) -> None:
    for sample in row.samples if SOAK else row.samples[:1]:
        args = drawn(row, sample)
        places = [i for i, x in enumerate(args) if isinstance(x, ag.Tensor) and x.dtype.category > 1]

        def size(*given: Any, s: Sample = sample) -> ag.Tensor:
            results = [y for y in outputs(row.call(*given, **s.options)) if isinstance(y, ag.Tensor)]
            floats = [y for y in results if y.dtype.category > 1]
            return sum((y.abs() if y.dtype.is_complex else y * y).sum() for y in floats)

        def slopes(*given: Any, own: Callable[..., ag.Tensor] = size, at: list[int] = places) -> list[ag.Tensor]:
            found = grad(lambda v: own(*[v.get(i, x) for i, x in enumerate(given)]))({i: given[i] for i in at})
            return list(found.values())

        if places:
            check(slopes, args)
