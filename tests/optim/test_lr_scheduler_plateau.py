"""Rates that fall when a metric stops improving."""

from __future__ import annotations

import itertools

import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler
from tests.optim.schedules import optimizer_of

METRICS = [
    1.0,
    0.99,
    0.995,
    0.9899,
    0.9,
    0.91,
    0.92,
    0.93,
    0.89,
    0.95,
    0.8999,
    -1.0,
    -1.05,
    -1.2,
    float("nan"),
    0.0,
    0.0,
]
OPTIONS = [
    {"mode": mode, "threshold_mode": kind, "threshold": threshold, "patience": patience, "cooldown": cooldown}
    for mode, kind, threshold, (patience, cooldown) in itertools.product(
        ("min", "max"), ("rel", "abs"), (1e-4, 0.1), ((0, 0), (2, 1))
    )
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_as_there(torch, options):
    seen = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        scheduler = package.lr_scheduler.ReduceLROnPlateau(
            optimizer_of(api, package), factor=0.5, min_lr=[0.01, 0.6], **options
        )
        steps = []
        for metric in METRICS:
            scheduler.step(api.tensor(metric))
            steps.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.in_cooldown, scheduler.best))
        seen.append((repr(steps), repr(scheduler.state_dict())))
    assert seen[0] == seen[1]


def test_state_dicts_go_from_one_to_the_other(torch):
    there = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(torch, torch.optim), "max", patience=1)
    for metric in (0.5, 0.4):
        there.step(metric)
    here = lr_scheduler.ReduceLROnPlateau(optimizer_of())
    here.load_state_dict(there.state_dict())
    assert here.state_dict() == there.state_dict()
    here.step(0.3)
    assert here.get_last_lr() == [pytest.approx(0.01), pytest.approx(0.2)]


def test_a_change_too_small_is_not_made():
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer_of(lrs=(1e-8, 1.0)), patience=0)
    for _ in range(2):
        scheduler.step(1.0)
    assert scheduler.get_last_lr() == [1e-8, 0.1]


@pytest.mark.parametrize("lowest", [0, [1e-5, 1e-4]], ids=["one", "several"])
def test_a_group_added_later(lowest):
    optimizer = optimizer_of()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=lowest)
    scheduler.step(1.0)
    optimizer.add_param_group({"params": [ag.ones(1)], "lr": 4.0})
    if lowest == 0:
        scheduler.step(1.0)
        assert scheduler.get_last_lr()[2] == pytest.approx(0.4)
    else:
        with pytest.raises(RuntimeError, match=r"The number of param groups in the `optimizer` \(3\) differs from"):
            scheduler.step(1.0)


def test_a_tensor_rate():
    rate = ag.tensor(0.5)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer_of(lrs=(rate,)), patience=0)
    scheduler.step(1.0)
    scheduler.step(1.0)
    assert scheduler.optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.05)


def test_the_epoch_may_be_said():
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer_of())
    with pytest.warns(UserWarning, match="epoch parameter"):
        scheduler.step(1.0, 7)
    assert scheduler.last_epoch == 7
