"""Every row on the strict fake device, as if on a GPU: the CPU's values and gradients, and the host never waits."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from tests.fake_cupy import count_syncs, freeze
from tests.function_table import FUNCTIONS
from tests.op_table import ROWS
from tests.rows import Row, Sample
from tests.trials import Outcome, agree_outcomes, cases, differentiate, run, tensors


def moved(value: Any, cuda: Any) -> Any:
    """Return arguments or options with every array on the device."""
    if isinstance(value, ag.Tensor):
        there = value.detach().cuda()
        freeze(there._array)
        return there.requires_grad_(value.requires_grad)
    if isinstance(value, np.ndarray):
        return cuda.asarray(value)
    if isinstance(value, (list, tuple)):
        return type(value)(moved(v, cuda) for v in value)
    return {k: moved(v, cuda) for k, v in value.items()} if isinstance(value, dict) else value


def masked(options: dict[str, Any]) -> bool:
    """Whether a boolean mask is part of a key: how much it picks is in the data."""
    return any(isinstance(k, np.ndarray) and k.dtype == bool for k in options.get("key", ()))


@cases([*ROWS, *FUNCTIONS], lambda row: row.device and row.name != "transfer")
def test_device_gives_what_the_cpu_gives(cuda: Any, row: Row, sample: Sample) -> None:
    dtype = "float64" if "float64" in row.dtypes else row.dtypes[0]
    args = moved(tensors(ag, sample.draw(row, dtype)), cuda)
    options = moved(sample.options, cuda)
    with ag.device("cuda"), count_syncs() as waits:
        found = differentiate(ag, row.call, args, options, row.order)
    if not row.syncs and not masked(sample.options):
        assert waits == []
    for value in [*found.values, *found.first, *found.second]:
        if isinstance(value, ag.Tensor):
            assert type(value._array) is cuda.ndarray
            for saved in value.grad_fn.saved if value.grad_fn else ():
                assert type(saved) is cuda.ndarray
    agree_outcomes(Outcome(*map(back, found)), run(row, sample, dtype), row.tolerance)


def back(values: list[Any]) -> list[Any]:
    return [v.detach().cpu() if isinstance(v, ag.Tensor) else v for v in values]
