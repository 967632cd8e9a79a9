"""Programs in the style of published PyTorch code run unchanged, and give PyTorch's numbers where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.programs import gradients, models, training

PROGRAMS: dict[str, Callable[[Any], list[float]]] = {
    name: program
    for module in (training, models, gradients)
    for name, program in vars(module).items()
    if getattr(program, "__module__", "") == module.__name__ and name not in ("numbers", "weights")
}
each = pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())


@each
def test_it_runs(program: Any) -> None:
    found = program(ag)
    assert np.isfinite(found).all() and found == program(ag)


@each
def test_it_gives_pytorchs_numbers(torch: Any, program: Any) -> None:
    np.testing.assert_allclose(program(ag), program(torch), rtol=2e-3, atol=1e-5)
