"""Batch rules and forward rules on the strict fake device, as if on a GPU: what they make lies there, as on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from tests.op_table import ROWS
from tests.ops.test_fake_device import moved
from tests.rows import Row, Sample, outputs
from tests.transforms.test_batch_computing import Case, pulled
from tests.transforms.test_forward_rules import directions
from tests.trials import array

# what is indexed by arrays in the metadata stays on the CPU in these samples
SAMPLES = [(row, row.samples[0]) for row in ROWS if row.device and row.name != "transfer"]
each_row = pytest.mark.parametrize(
    ("row", "sample"), [pytest.param(row, s, id=row.name) for row, s in SAMPLES if "key" not in s.options]
)


def check(function: Any, args: list[Any], cuda: Any) -> None:
    """Compare what a function gives on the device with what it gives on the CPU."""
    wanted = outputs(function(*args))
    with ag.device("cuda"):
        found = outputs(function(*moved(args, cuda)))
    for a, b in zip(found, wanted, strict=True):
        assert type(a._array) is cuda.ndarray
        np.testing.assert_allclose(array(a.cpu()), array(b), rtol=1e-10, atol=1e-10)


@each_row
def test_batches_on_the_device(cuda: Any, row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    differing = tuple(case.arrays)
    call, args = case.function(differing), case.stacked(differing)
    check(vmap(call), args, cuda)
    wanted = [differing.index(i) for i in case.differentiable(differing)]
    if row.order and wanted:
        check(vmap(pulled(call, wanted)), args, cuda)


@each_row
def test_tangents_on_the_device(cuda: Any, row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    given = tuple(case.arrays)
    call, args = case.function(given), case.at(0, given)
    moving = [given.index(i) for i in case.differentiable(given)]
    if not row.order or not moving:
        return

    def tangent(*both: Any) -> Any:
        xs, vs = both[: len(args)], both[len(args) :]

        def function(*own: Any) -> Any:
            values = dict(zip(moving, own, strict=True))
            return call(*[values.get(k, x) for k, x in enumerate(xs)])

        return jvp(function, tuple(xs[k] for k in moving), vs)[1]

    check(tangent, [*args, *directions([args[k] for k in moving], 5)], cuda)
