"""Schedules: closed forms, PyTorch's numbers, order of calls, resuming."""

from __future__ import annotations

import copy
import math
import warnings

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler

CASES = {
    "StepLR": ({"step_size": 3, "gamma": 0.5}, lambda t: 0.5 ** (t // 3)),
    "MultiStepLR": ({"milestones": [2, 5, 5, 11], "gamma": 0.3}, lambda t: 0.3 ** sum(t >= m for m in (2, 5, 5, 11))),
    "ExponentialLR": ({"gamma": 0.9}, lambda t: 0.9**t),
    "CosineAnnealingLR": ({"T_max": 4}, lambda t: (1 + math.cos(math.pi * t / 4)) / 2),
    "LambdaLR": ({"lr_lambda": lambda t: 1 / (1 + t)}, lambda t: 1 / (1 + t)),
}
every = pytest.mark.parametrize("name", CASES)


def make(name, api=ag, package=optim, lrs=(0.1, 2.0), **options):
    groups = [{"params": [api.ones(1, requires_grad=True)], "lr": lr} for lr in lrs]
    optimizer = package.SGD(groups, lr=1.0)
    return getattr(package.lr_scheduler, name)(optimizer, **{**CASES[name][0], **options}), optimizer


def follow(scheduler, optimizer, steps):
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        rates.append(scheduler.get_last_lr())
    return np.array(rates)


@every
def test_closed_form(name):
    rates = follow(*make(name), 15)
    expected = [[lr * CASES[name][1](t) for lr in (0.1, 2.0)] for t in range(16)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-15)


def test_cosine_to_a_smallest_rate():
    rates = follow(*make("CosineAnnealingLR", eta_min=0.05, T_max=5), 20)[:, 0]
    expected = [0.05 + 0.05 * (1 + math.cos(math.pi * t / 5)) / 2 for t in range(21)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@every
def test_same_numbers_and_state_as_there(torch, name):
    mine, yours = make(name), make(name, torch, torch.optim)
    np.testing.assert_allclose(follow(*mine, 15), follow(*yours, 15), rtol=1e-14)
    a, b = mine[0].state_dict(), yours[0].state_dict()
    assert a.keys() == b.keys()
    assert {k: v for k, v in a.items() if k != "_last_lr"} == {k: v for k, v in b.items() if k != "_last_lr"}


@every
def test_resuming_from_state_dicts(name):
    (scheduler, optimizer) = make(name)
    follow(scheduler, optimizer, 4)
    saved = copy.deepcopy((scheduler.state_dict(), optimizer.state_dict()))
    again, other = make(name, lrs=(5.0, 6.0))
    again.load_state_dict(saved[0])
    other.load_state_dict(saved[1])
    assert again.last_epoch == 4
    np.testing.assert_array_equal(follow(scheduler, optimizer, 8), follow(again, other, 8))


@every
def test_resuming_at_an_epoch(name):
    scheduler, optimizer = make(name)
    follow(scheduler, optimizer, 4)
    again = getattr(lr_scheduler, name)(optimizer, **CASES[name][0], last_epoch=3)
    assert again.last_epoch == 4
    with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\]"):
        make(name, last_epoch=3)


@every
def test_a_tensor_rate_is_written_in_place(name):
    lr = ag.tensor(0.5)
    scheduler, optimizer = make(name, lrs=(lr,))
    for t in range(6):
        np.testing.assert_allclose(lr.item(), 0.5 * CASES[name][1](t), rtol=1e-5, atol=1e-7)
        optimizer.step()
        scheduler.step()
        assert optimizer.param_groups[0]["lr"] is lr
        assert scheduler.get_last_lr()[0] is not lr


@pytest.mark.parametrize("name", ["StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR"])
def test_going_to_an_epoch(name):
    scheduler, optimizer = make(name)
    optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter"):
        scheduler.step(3)
    np.testing.assert_allclose(scheduler.get_last_lr()[0], 0.1 * CASES[name][1](3), rtol=1e-12)


def test_order_of_steps():
    scheduler, optimizer = make("StepLR")
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`") as caught:
        scheduler.step()
    assert caught[0].filename == __file__
    scheduler.step()  # told once
    scheduler, optimizer = make("StepLR")
    optimizer.step()
    later = lr_scheduler.ExponentialLR(optimizer, 0.9)
    scheduler.step()
    later.step()
    scheduler, optimizer = make("StepLR")
    optimizer.step = lambda: None
    with pytest.warns(UserWarning, match="has been overridden"):
        scheduler.step()


def test_two_schedules_act_together():
    first, optimizer = make("StepLR")
    second = lr_scheduler.ExponentialLR(optimizer, 0.9)
    for t in range(8):
        np.testing.assert_allclose(optimizer.param_groups[0]["lr"], 0.1 * 0.5 ** (t // 3) * 0.9**t, rtol=1e-12)
        optimizer.step()
        first.step()
        second.step()


def test_asking_for_the_rate():
    scheduler, _ = make("StepLR")
    with pytest.warns(UserWarning, match="get_last_lr"):
        scheduler.get_lr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scheduler.get_last_lr() == [0.1, 2.0]


def test_functions_per_group():
    scheduler, optimizer = make("LambdaLR", lr_lambda=[lambda t: t, lambda t: 2])
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.1, 4.0]
    with pytest.raises(ValueError, match="Expected 2 lr_lambdas, but got 1"):
        make("LambdaLR", lr_lambda=[lambda t: 1.0])


class Decay:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, epoch):
        return self.factor**epoch


def test_functions_with_a_state_are_saved():
    scheduler, _ = make("LambdaLR", lr_lambda=[Decay(0.5), math.exp])
    saved = scheduler.state_dict()
    assert saved["lr_lambdas"] == [{"factor": 0.5}, None]
    again, _ = make("LambdaLR", lr_lambda=[Decay(0.1), math.exp])
    again.load_state_dict(saved)
    assert again.lr_lambdas[0].factor == 0.5
    assert saved["lr_lambdas"] == [{"factor": 0.5}, None]


def test_what_is_no_optimiser():
    with pytest.raises(TypeError, match="list is not an Optimizer"):
        lr_scheduler.StepLR([], 1)
    with pytest.raises(NotImplementedError):
        lr_scheduler.LRScheduler(make("StepLR")[1])
