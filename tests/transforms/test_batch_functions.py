"""Public functions under ``vmap``: each row of the table in values and gradients, or refused in clear words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import vjp
from tests.function_table import FUNCTIONS
from tests.rows import Row, Sample, outputs
from tests.trials import array, tensors

# what has no batch of results: its values decide shapes, are Python's, or are written in place
REFUSED = {
    "ag.Tensor.item", "ag.Tensor.zero_", "ag.allclose", "ag.argwhere", "ag.as_strided", "ag.as_strided_scatter",
    "ag.bincount", "ag.equal", "ag.frexp", "ag.histc", "ag.histogram", "ag.histogramdd", "ag.isin",
    "ag.masked_select", "ag.nn.functional.ctc_loss", "ag.nn.functional.dropout2d", "ag.nn.functional.dropout3d",
    "ag.nn.functional.embedding_bag", "ag.nn.functional.fractional_max_pool2d",
    "ag.nn.functional.fractional_max_pool3d", "ag.nn.functional.grid_sample", "ag.nn.functional.one_hot", "ag.nonzero",
    "ag.unique", "ag.unique_consecutive", "ag.unravel_index",
}  # fmt: skip
SIZE = 2
SAMPLES = [(row, sample, i) for row in FUNCTIONS for i, sample in enumerate(row.samples[:2])]


class Case:
    """A sample whose arrays all differ between the examples."""

    def __init__(self, row: Row, sample: Sample) -> None:
        dtype = "float64" if "float64" in row.dtypes else row.dtypes[0]
        self.row, self.options = row, sample.options
        self.drawn = [sample.draw(row, dtype, salt) for salt in range(SIZE)]
        self.places = [i for i, a in enumerate(self.drawn[0]) if isinstance(a, np.ndarray)]
        self.moving = [k for k, i in enumerate(self.places) if self.drawn[0][i].dtype.kind in "fc"]

    def call(self, *own: Any) -> tuple[Any, ...]:
        """Return the tensors among the results, of one example's tensors."""
        args = tensors(ag, [a.copy() if isinstance(a, np.ndarray) else a for a in self.drawn[0]], grad=False)
        for i, v in zip(self.places, own, strict=True):
            args[i] = v
        return tuple(y for y in outputs(self.row.call(*args, **self.options)) if isinstance(y, ag.Tensor))

    def gradient(self, *own: Any) -> Any:
        """Return the gradient of the results, with fixed weights."""

        def function(*xs: Any) -> tuple[Any, ...]:
            moved = list(own)
            for k, x in zip(self.moving, xs, strict=True):
                moved[k] = x
            return tuple(y for y in self.call(*moved) if y.is_floating_point() or y.is_complex())

        ys, pull = vjp(function, *[own[k] for k in self.moving])
        return pull(tuple((ag.arange(y.numel()).reshape(y.shape) % 3 - 0.7).to(y.dtype) for y in ys))

    def check(self, function: Callable[..., Any], tolerance: float) -> None:
        """Compare a batch with its examples one by one."""
        own = [tensors(ag, [d[i].copy() for i in self.places], grad=False) for d in self.drawn]
        wanted = [function(*args) for args in own]
        found = vmap(function)(*[ag.stack(list(xs)) for xs in zip(*own)])
        for k, one in enumerate(wanted):
            assert len(found) == len(one)
            for a, b in zip(found, one):
                np.testing.assert_allclose(array(a)[k], array(b), rtol=tolerance, atol=tolerance)


def alike(case: Case) -> bool:
    """Whether the examples are tensors of one shape, whose results can be put together."""
    shapes = [[d[i].shape for i in case.places] for d in case.drawn]
    return bool(case.places) and shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("row", "sample"), [pytest.param(row, sample, id=f"{row.name}-{i}") for row, sample, i in SAMPLES]
)
def test_a_batch_is_each_example_by_itself(row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    if not alike(case):
        return
    try:
        case.check(case.call, 1e-8)
    except ag.errors.GraphError as error:
        assert row.name in REFUSED, error
        return
    if row.order and case.moving:
        case.check(case.gradient, 1e-6)
