"""The schedules of lectures and papers: their formulas, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optim import lr_scheduler
from tests.optim.schedules import LECTURES, follow, optimizer_of

FORMULAS = {
    "e^-kt": lambda t: math.exp(-0.3 * t),
    "1/t": lambda t: 1 / (1 + 0.5 * t),
    "1/sqrt(t)": lambda t: min((t + 1) / 4, math.sqrt(4 / (t + 1))),
    "Transformer": lambda t: 16**-0.5 * min((t + 1) ** -0.5, (t + 1) * 5**-1.5),  # equation 3 of the paper
    "cosine after warm-up": lambda t: (
        t / 4 if t < 4 else 0.1 + 0.9 * (1 + math.cos(math.pi * min(t - 4, 8) / 8)) / 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LECTURES)
def test_formula(name):
    rates = follow(LECTURES[name](lr_scheduler, optimizer_of()), 20)
    expected = [[[lr * FORMULAS[name](t), 0.0] for lr in (0.1, 2.0)] for t in range(21)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-16)


def test_decay_by_e_is_exponential():
    optimizer = optimizer_of()
    one = follow(lr_scheduler.ExponentialDecayLR(optimizer, 0.2), 10)
    np.testing.assert_allclose(one, follow(lr_scheduler.ExponentialLR(optimizer_of(), math.exp(-0.2)), 10), rtol=1e-12)


REFUSED = [
    ("InverseSquareRootLR", {"warmup_steps": 0}, "got warmup_steps=0; wanted at least 1"),
    ("InverseSquareRootLR", {"d_model": 0}, "got d_model=0; wanted at least 1, or None"),
    ("WarmupCosineLR", {"warmup_steps": 0, "total_steps": 3}, "got warmup_steps=0; wanted at least 1"),
    ("WarmupCosineLR", {"warmup_steps": 3, "total_steps": 3}, "got total_steps=3; wanted more than 3 of warm-up"),
    ("WarmupCosineLR", {"warmup_steps": 1, "total_steps": 3, "start_factor": 2.0}, "got start_factor=2.0; wanted one"),
    ("WarmupCosineLR", {"warmup_steps": 1, "total_steps": 3, "end_factor": -1.0}, "got end_factor=-1.0; wanted one"),
]


@pytest.mark.parametrize(("name", "options", "message"), REFUSED)
def test_refusals(name, options, message):
    optimizer = optimizer_of()
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=f"^{name}: {message}"):
        getattr(lr_scheduler, name)(optimizer, **options)
    assert optimizer.state_dict() == before
