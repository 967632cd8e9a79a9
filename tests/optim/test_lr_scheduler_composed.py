"""Schedules that stand beside, behind and inside each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler
from tests.optim.schedules import BOTH, LECTURES, NESTED, SINGLE, WARM, each, follow, in_turn, optimizer_of

CHAINS = {**SINGLE, **LECTURES}


@pytest.mark.parametrize(
    "name", ["step", "multi-step", "constant", "linear", "exponential", "polynomial", "cosine", "e^-kt", "1/sqrt(t)"]
)
def test_two_schedules_act_together(name):
    """What each alone makes of the rate, both make together."""
    one = follow(CHAINS[name](lr_scheduler, optimizer_of()), 5)
    optimizer = optimizer_of()
    first, second = CHAINS[name](lr_scheduler, optimizer), lr_scheduler.InverseTimeLR(optimizer, 0.5)
    for t in range(5):
        expected = [lr / (1 + 0.5 * t) for lr, _ in one[t]]
        np.testing.assert_allclose([g["lr"] for g in optimizer.param_groups], expected, rtol=1e-12, atol=1e-15)
        optimizer.step()
        first.step()
        second.step()


@each(NESTED)
def test_what_is_composed_is_as_good_as_its_parts(make):
    """In another schedule, a composed one does what it does alone, from its epoch 0."""
    alone = follow(make(lr_scheduler, optimizer_of()), 9)
    wrapped = in_turn(make, at=[])(lr_scheduler, optimizer_of())
    later = in_turn(SINGLE["exponential"], make, at=[4])(lr_scheduler, optimizer_of())
    assert follow(wrapped, 9) == alone
    assert follow(later, 13)[4:] == alone


def test_chained_in_turn():
    rates = follow(NESTED["in turn, chained"](lr_scheduler, optimizer_of()), 12)
    expected = [0.025] * 4 + [0.1]  # constant
    expected += [0.1 * min(1, (1 + 2 * t / 5) / 3) * 0.5 ** (t // 3) for t in range(8)]
    np.testing.assert_allclose([groups[0][0] for groups in rates], expected, rtol=1e-12)


@each(WARM)
def test_warm_up_and_then_from_the_beginning(make):
    scheduler = make(lr_scheduler, optimizer_of())
    start = scheduler._schedulers[0].start_factor
    rates = follow(scheduler, 14)
    for t in range(5):
        np.testing.assert_allclose(rates[t][1][0], 2.0 * (start + (1 - start) * t / 5), rtol=1e-12)
    name = {"CosineAnnealingLR": "cosine", "StepLR": "step"}[type(scheduler._schedulers[1]).__name__]
    alone = follow(SINGLE[name](lr_scheduler, optimizer_of()), 9)
    np.testing.assert_allclose(rates[5:], alone, rtol=1e-12, atol=1e-15)


def test_no_warnings_however_they_are_nested():
    """Warnings are errors here; the optimiser has stepped before each step."""
    for make in (BOTH | NESTED | WARM).values():
        follow(make(lr_scheduler, optimizer_of()), 3)


def test_a_state_dict_for_other_schedules():
    two = BOTH["from the second"](lr_scheduler, optimizer_of())
    three = BOTH["in turn"](lr_scheduler, optimizer_of())
    before = three.state_dict()
    with pytest.raises(ValueError, match=r"SequentialLR\.load_state_dict: the state dict has 2 schedulers; wanted 3"):
        three.load_state_dict(two.state_dict())
    assert three.state_dict() == before


def compositions(api, package):
    optimizer, other = optimizer_of(api, package), optimizer_of(api, package)
    schedules = package.lr_scheduler
    step, elsewhere = schedules.StepLR(optimizer, 2), schedules.StepLR(other, 2)
    plateau = schedules.ReduceLROnPlateau(optimizer)
    yield lambda: schedules.SequentialLR(optimizer, [], [])
    yield lambda: schedules.SequentialLR(optimizer, [step, plateau], [3])
    yield lambda: schedules.SequentialLR(optimizer, [step, optimizer], [3])
    yield lambda: schedules.SequentialLR(optimizer, [step, elsewhere], [3])
    yield lambda: schedules.SequentialLR(optimizer, [step, step], [])
    yield lambda: schedules.ChainedScheduler([])
    yield lambda: schedules.ChainedScheduler([step, plateau])
    yield lambda: schedules.ChainedScheduler([step, object()])
    yield lambda: schedules.ChainedScheduler([elsewhere, step])
    yield lambda: schedules.ChainedScheduler([step], other)


def test_refusals_as_there(torch):
    for mine, yours in zip(compositions(ag, optim), compositions(torch, torch.optim), strict=True):
        with pytest.raises((TypeError, ValueError)) as expected:
            yours()
        with pytest.raises(expected.type) as found:
            mine()
        assert str(found.value) == str(expected.value)


def test_warm_up_of_what_cannot_follow():
    optimizer = optimizer_of()
    with pytest.raises(ValueError, match="WarmupLR does not support `ReduceLROnPlateau`"):
        lr_scheduler.WarmupLR(lr_scheduler.ReduceLROnPlateau(optimizer), 3)
    with pytest.raises(TypeError, match="WarmupLR at index 0 should have `optimizer`"):
        lr_scheduler.WarmupLR(math, 3)
    with pytest.raises(ValueError, match="WarmupLR: got warmup_steps=0; wanted at least 1"):
        lr_scheduler.WarmupLR(lr_scheduler.StepLR(optimizer, 2), 0)
