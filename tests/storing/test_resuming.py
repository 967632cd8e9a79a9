"""A training goes on from a file bit for bit: every optimiser, every schedule, dropout's random numbers."""

from __future__ import annotations

import inspect
from contextlib import suppress

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from tests.optim.schedules import ALL, each, options_of
from tests.storing.alike import alike, reload

OPTIMISERS = sorted(
    name for name, kind in vars(optim).items()
    if inspect.isclass(kind) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer
)  # fmt: skip
OPTIONS = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "nesterov": True}, "Adam": {"amsgrad": True, "weight_decay": 0.1},
    "RMSprop": {"momentum": 0.9, "centered": True}, "LBFGS": {"line_search_fn": "strong_wolfe", "max_iter": 3},
}  # fmt: skip


def optimiser_of(name, net):
    params = [p for p in net.parameters() if p.ndim == 2] if name == "Muon" else net.parameters()
    if name == "Lookahead":
        return optim.Lookahead(optim.SGD(params, lr=0.1, momentum=0.9), k=2)
    return getattr(optim, name)(params, **OPTIONS.get(name, {}))


def begin(name):
    ag.manual_seed(1)
    net = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.4), nn.Linear(6, 2))
    optimiser = optimiser_of(name, net)
    return net, optimiser, optim.lr_scheduler.StepLR(optimiser, 2, 0.5)


def go_on(net, optimiser, scheduler, steps):
    for _ in range(steps):
        x, y = ag.randn(5, 4), ag.randn(5, 2)

        def closure(x=x, y=y):
            optimiser.zero_grad()
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            return loss

        optimiser.step(closure)
        scheduler.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_training_goes_on_bit_for_bit(name):
    run = begin(name)
    go_on(*run, 3)
    saved = {"states": [part.state_dict() for part in run], "rng": ag.get_rng_state()}
    found = reload(saved)
    go_on(*run, 4)
    after = ag.rand(2)
    other = begin(name)
    for part, state in zip(other, found["states"]):
        part.load_state_dict(state)
    ag.set_rng_state(found["rng"])
    go_on(*other, 4)
    assert alike(ag.rand(2), after)
    for mine, its in zip(run, other):
        assert alike(reload(mine.state_dict()), reload(its.state_dict()))


@each(ALL)
def test_a_schedule_goes_on(make):
    def new():
        optimiser = optim.SGD(
            [{"params": [ag.ones(1, requires_grad=True)], "lr": lr} for lr in (0.1, 2.0)], momentum=0.9
        )
        return optimiser, make(optim.lr_scheduler, optimiser)

    def steps(optimiser, schedule, count):
        seen = []
        for _ in range(count):
            optimiser.step()
            schedule.step()
            seen.append(options_of(optimiser))
        return seen

    run, other = new(), new()
    steps(*run, 5)
    found = reload([part.state_dict() for part in run])
    for part, state in zip(other, found):
        part.load_state_dict(state)
    assert steps(*run, 8) == steps(*other, 8)


def test_a_plateau_and_early_stopping_go_on():
    optimiser = optim.SGD([ag.ones(1, requires_grad=True)], lr=1.0)
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimiser, patience=1)
    for loss in (3.0, 2.0, 2.5):
        plateau.step(loss)
    other = optim.lr_scheduler.ReduceLROnPlateau(optim.SGD([ag.ones(1, requires_grad=True)], lr=1.0), patience=1)
    other.load_state_dict(reload(plateau.state_dict()))
    assert other.state_dict() == plateau.state_dict()
    net = nn.Linear(2, 1)
    stopping = optim.EarlyStopping("loss", patience=3, restore_best_weights=True)
    for loss in (2.0, 1.0, 1.5):
        with suppress(StopIteration):
            stopping.step(loss, net)
    again = optim.EarlyStopping("loss", patience=3, restore_best_weights=True)
    again.load_state_dict(reload(stopping.state_dict()))
    assert alike(reload(again.state_dict()), reload(stopping.state_dict()))


def test_a_refused_file_changes_nothing():
    net, optimiser, _ = run = begin("Adam")
    go_on(*run, 2)
    before = reload([net.state_dict(), optimiser.state_dict()])
    model = {"0.weight": np.zeros((6, 4)), "0.bias": np.zeros(7), "2.weight": np.zeros(1)}
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(reload(model))
    for part in (
        "Missing",
        "1.running_mean",
        'Unexpected key(s) in state_dict: "2.weight"',
        "size mismatch for 0.bias",
    ):
        assert part in str(error.value)
    state = reload(optimiser.state_dict())
    state["state"][0]["exp_avg"] = ag.zeros(3)
    with pytest.raises(ValueError, match="'exp_avg' of shape"):
        optimiser.load_state_dict(state)
    assert alike(reload([net.state_dict(), optimiser.state_dict()]), before)
