"""Every row of the op table as a function to numbers, to be differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
from autograd_core.transforms.reverse import grad
from tests.op_table import ROWS
from tests.rows import Row, Sample, outputs
from tests.trials import leaves, put_back, tensors, upstream

Function = Callable[..., Any]
Tensors = tuple[Any, ...]

# the second sample of a row has other metadata, or broadcasts
SAMPLES = [(row, sample, i) for row in ROWS if row.order for i, sample in enumerate(row.samples[:2])]


def rows(test: Function) -> Any:
    """Parametrise a test over rows that have gradients."""
    found = [pytest.param(row, sample, id=f"{row.name}-{i}") for row, sample, i in SAMPLES]
    return pytest.mark.parametrize(("row", "sample"), found)(test)


def scalar(row: Row, sample: Sample) -> tuple[Function, Tensors]:
    """Return a weighted sum of what a row's call gives, as a function of its floats, and a point."""
    args = tensors(ag, sample.draw(row))
    ys = outputs(row.call(*args, **sample.options))
    smooth = [i for i, y in enumerate(ys) if y.requires_grad]
    if not smooth:
        pytest.skip("this sample has no gradient")
    weights = [w.detach() for w in upstream(ag, [ys[i] for i in smooth], 1)]

    def function(*xs: Any) -> Any:
        results = outputs(row.smooth(*put_back(args, xs), **sample.options))
        return dot(weights, [results[i] for i in smooth])

    return function, tuple(x.detach() for x in leaves(args))


def direction(xs: Any) -> Tensors:
    """Return fixed random numbers like ``xs``."""
    return tuple(v.detach() for v in upstream(ag, xs, 2))


def dot(xs: Any, ys: Any) -> Any:
    """Return <xs, ys>, complex numbers being points of the plane."""
    return sum((x.conj() * y).real.sum() for x, y in zip(xs, ys, strict=True))


def along(function: Function, vs: Tensors) -> Function:
    """Return how a function to numbers changes along a direction, by reverse mode."""
    return lambda *xs: dot(grad(function, tuple(range(len(vs))))(*xs), vs)
