"""Schedules against PyTorch's: numbers, state dicts both ways, resuming, rates as Tensors, signatures."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler
from tests import fake_cupy
from tests.optim.schedules import ALL, BOTH, LECTURES, LRS, SINGLE, each, follow, optimizer_of, options_of
from tests.optim.test_device import cuda  # noqa: F401

FUNCTIONS = {"lr_lambdas", "_scale_fn_custom"}  # which a state dict leaves out


@each(BOTH)
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_same_numbers_and_state_as_there(torch, make, name):
    mine = make(lr_scheduler, optimizer_of(name=name))
    yours = make(torch.optim.lr_scheduler, optimizer_of(torch, torch.optim, name))
    np.testing.assert_allclose(follow(mine, 18), follow(yours, 18), rtol=1e-13, atol=1e-16)
    close(mine.state_dict(), yours.state_dict())
    assert mine.optimizer.param_groups[0].keys() == yours.optimizer.param_groups[0].keys()


def close(mine, yours):
    """Check that two state dicts have the same names and, but for rounding, the same values."""
    if isinstance(yours, dict):
        assert mine.keys() == yours.keys()
        for key, value in yours.items():
            close(mine[key], value)
    elif isinstance(yours, list):
        assert len(mine) == len(yours)
        for a, b in zip(mine, yours):
            close(a, b)
    elif isinstance(yours, float):
        assert mine == pytest.approx(yours, rel=1e-13, abs=1e-16)
    else:
        assert mine == yours


@each(BOTH)
def test_state_dicts_go_from_one_to_the_other(torch, make):
    """Five steps there, five here; and the other way about."""
    sides = (ag, optim), (torch, torch.optim)
    for (a, first), (b, second) in (sides, sides[::-1]):
        begun = make(first.lr_scheduler, optimizer_of(a, first))
        follow(begun, 5)
        going_on = make(second.lr_scheduler, optimizer_of(b, second))
        going_on.load_state_dict(copy.deepcopy(begun.state_dict()))
        going_on.optimizer.load_state_dict(copy.deepcopy(begun.optimizer.state_dict()))
        np.testing.assert_allclose(follow(going_on, 5), follow(begun, 5), rtol=1e-13, atol=1e-16)


@each(ALL)
def test_resuming_from_state_dicts(make):
    """A schedule made anew and loaded goes on with the same bits."""
    scheduler = make(lr_scheduler, optimizer_of())
    follow(scheduler, 7)
    saved = pickle.loads(pickle.dumps((scheduler.state_dict(), scheduler.optimizer.state_dict())))
    again = make(lr_scheduler, optimizer_of(lrs=(5.0, 6.0)))
    again.load_state_dict(saved[0])
    again.optimizer.load_state_dict(saved[1])
    kept = copy.deepcopy(saved[0])
    assert follow(scheduler, 6) == follow(again, 6)
    assert saved[0] == kept  # loading took copies


@each(SINGLE | LECTURES)
def test_resuming_at_an_epoch(make):
    scheduler = make(lr_scheduler, optimizer_of())
    follow(scheduler, 4)
    before = options_of(scheduler.optimizer)
    again = make(lr_scheduler, scheduler.optimizer, last_epoch=3)
    assert again.last_epoch == 4
    jumps = isinstance(again, lr_scheduler.StepLR | lr_scheduler.MultiStepLR | lr_scheduler.ConstantLR)
    if not jumps and getattr(again, "T_mult", 1) == 1:  # PyTorch's jump again, and forget how long a period is
        np.testing.assert_allclose(options_of(scheduler.optimizer), before, rtol=1e-13)
    with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\] when resuming scheduler"):
        make(lr_scheduler, optimizer_of(), last_epoch=3)


@each(SINGLE)
def test_resuming_at_an_epoch_as_there(torch, make):
    seen = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        scheduler = make(package.lr_scheduler, optimizer_of(api, package))
        follow(scheduler, 4)
        seen.append(follow(make(package.lr_scheduler, scheduler.optimizer, last_epoch=3), 8))
    np.testing.assert_allclose(*seen, rtol=1e-13, atol=1e-16)


@each(ALL)
def test_a_tensor_rate_is_written_in_place(make):
    """And neither the schedule nor what it says shares memory with it."""
    rates = [ag.tensor(lr, dtype=ag.float64) for lr in LRS]
    scheduler, plain = make(lr_scheduler, optimizer_of(lrs=rates)), make(lr_scheduler, optimizer_of())
    for _ in range(9):
        said = scheduler.get_last_lr()
        assert [group["lr"] for group in scheduler.optimizer.param_groups] == rates
        np.testing.assert_allclose([r.item() for r in rates], plain.get_last_lr(), rtol=1e-6, atol=1e-12)
        for group, rate, last in zip(scheduler.optimizer.param_groups, rates, said, strict=True):
            assert group["lr"] is rate
            assert last is not rate
        follow(plain, 1)
        scheduler.optimizer.step()
        scheduler.step()
        np.testing.assert_array_equal([last.item() for last in said], [last.item() for last in said])
    held = [x for x in vars(scheduler).values() if isinstance(x, list)]
    assert not any(x is rate for part in held for x in part for rate in rates)


@each(BOTH)
def test_tensor_rates_as_there(torch, make):
    seen = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        rates = [api.tensor(lr, dtype=api.float64) for lr in LRS]
        scheduler = make(package.lr_scheduler, optimizer_of(api, package, lrs=rates))
        steps = []
        for _ in range(12):
            scheduler.optimizer.step()
            scheduler.step()
            steps.append([rate.item() for rate in rates])
        seen.append(steps)
    np.testing.assert_allclose(*seen, rtol=1e-13, atol=1e-16)


@each(ALL)
def test_tensor_rates_on_a_gpu(cuda, make):  # noqa: F811
    """They are set there, without the host waiting; rates of one element may have dimensions."""
    rates = [ag.tensor(0.1, dtype=ag.float64, device=cuda), ag.tensor([2.0], dtype=ag.float64, device=cuda)]
    scheduler, plain = make(lr_scheduler, optimizer_of(lrs=rates)), make(lr_scheduler, optimizer_of())
    for _ in range(9):
        follow(plain, 1)
        scheduler.optimizer.step()
        with fake_cupy.forbid_sync():
            scheduler.step()
        np.testing.assert_allclose([r.cpu().item() for r in rates], plain.get_last_lr(), rtol=1e-6, atol=1e-12)


def test_tensors_of_another_library_in_a_state_dict(torch):
    theirs = optimizer_of(torch, torch.optim, lrs=[torch.tensor(0.5)])
    begun = torch.optim.lr_scheduler.ExponentialLR(theirs, 0.5)
    theirs.step()
    begun.step()
    again = lr_scheduler.ExponentialLR(optimizer_of(lrs=[ag.tensor(0.5)]), 0.9)
    again.load_state_dict(begun.state_dict())
    assert isinstance(again.base_lrs[0], ag.Tensor)
    assert (again.last_epoch, again.gamma, again.get_last_lr()[0].item()) == (1, 0.5, 0.25)


CLOSED = {k: v for k, v in SINGLE.items() if hasattr(v(lr_scheduler, optimizer_of()), "_get_closed_form_lr")}


@each(CLOSED | LECTURES)
def test_going_to_an_epoch(make):
    """By the closed form, which is what stepping there gives."""
    there, stepped = make(lr_scheduler, optimizer_of()), make(lr_scheduler, optimizer_of())
    for epoch in range(1, 10):
        there.optimizer.step()
        with pytest.warns(UserWarning, match="epoch parameter"):
            there.step(epoch)
        follow(stepped, 1)
        np.testing.assert_allclose(there.get_last_lr(), stepped.get_last_lr(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("mult", [1, 2, 3])
def test_restarts_between_epochs(torch, mult):
    seen = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        optimizer = optimizer_of(api, package)
        scheduler = package.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=mult, eta_min=1e-10)
        steps = []
        for epoch in (0, 0.1, 0.2, 1.3, None, 17.5, 18.5, 29.5, None, 30.5, 50, 80, 3, None, 12.25):
            scheduler.step(epoch)
            steps.append([*scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i, scheduler.last_epoch])
        seen.append(steps)
    np.testing.assert_allclose(*seen, rtol=1e-13)
    with pytest.raises(ValueError, match="Expected non-negative epoch, but got -1"):
        scheduler.step(-1)


def test_names_and_signatures(torch):
    """All of PyTorch's are there, and called alike; `step`, `get_lr`, `state_dict` too."""
    missing = [name for name in torch.optim.lr_scheduler.__all__ if not hasattr(lr_scheduler, name)]
    assert missing == []
    for name in (*torch.optim.lr_scheduler.__all__, "_LRScheduler"):
        mine, yours = getattr(lr_scheduler, name), getattr(torch.optim.lr_scheduler, name)
        assert signature(mine) == signature(yours), name
        for method in ("step", "get_lr", "get_last_lr", "state_dict", "load_state_dict"):
            assert signature(getattr(mine, method)) == signature(getattr(yours, method)), (name, method)
    assert lr_scheduler.EPOCH_DEPRECATION_WARNING == torch.optim.lr_scheduler.EPOCH_DEPRECATION_WARNING


def signature(function):
    return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]


def test_pickled_and_copied_schedules_go_on():
    for name in ("step", "triangular2", "one cycle", "in turn"):
        scheduler = BOTH[name](lr_scheduler, optimizer_of())
        follow(scheduler, 3)
        again, copied = pickle.loads(pickle.dumps(scheduler)), copy.deepcopy(scheduler)
        expected = follow(scheduler, 5)
        assert follow(again, 5) == expected
        assert follow(copied, 5) == expected
