"""What schedules warn of and refuse, in PyTorch's words; and what functions of one's own they save."""

from __future__ import annotations

import math
import warnings

import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler
from tests.optim.schedules import optimizer_of

REFUSED = [
    ("LambdaLR", {"lr_lambda": [lambda t: 1.0]}), ("LambdaLR", {"lr_lambda": 0.9}),
    ("MultiplicativeLR", {"lr_lambda": [lambda t: 1.0]}), ("MultiplicativeLR", {"lr_lambda": 0.9}),
    ("MultiplicativeLR", {"lr_lambda": [0.9, 0.8]}), ("ConstantLR", {"factor": 1.5}), ("ConstantLR", {"factor": -0.5}),
    ("LinearLR", {"start_factor": 0}), ("LinearLR", {"start_factor": 1.5}), ("LinearLR", {"end_factor": -0.5}),
    ("LinearLR", {"end_factor": 1.5}), ("CosineAnnealingWarmRestarts", {"T_0": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1.5}), ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 1.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "eta_min": "0"}),
    ("CyclicLR", {"base_lr": [0.1], "max_lr": 1.0}), ("CyclicLR", {"base_lr": 0.1, "max_lr": [1.0, 2.0, 3.0]}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "mode": "square"}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "max_momentum": [0.9]}),
    ("OneCycleLR", {"max_lr": 1.0}), ("OneCycleLR", {"max_lr": 1.0, "total_steps": 0}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 1.5}), ("OneCycleLR", {"max_lr": 1.0, "epochs": 3}),
    ("OneCycleLR", {"max_lr": 1.0, "epochs": -1, "steps_per_epoch": 3}),
    ("OneCycleLR", {"max_lr": 1.0, "epochs": 1, "steps_per_epoch": 0}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 9, "pct_start": 1.1}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 9, "pct_start": 1}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 9, "anneal_strategy": "cosine"}),
    ("OneCycleLR", {"max_lr": [1.0], "total_steps": 9}),
    ("ReduceLROnPlateau", {"factor": 1.0}), ("ReduceLROnPlateau", {"mode": "low"}),
    ("ReduceLROnPlateau", {"threshold_mode": "low"}), ("ReduceLROnPlateau", {"min_lr": [0.1]}),
]  # fmt: skip
WITHOUT_MOMENTUM = [("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0}), ("OneCycleLR", {"max_lr": 1.0, "total_steps": 9})]


def answer(call):
    try:
        call()
    except Exception as error:
        return type(error), str(error)
    return None


NUMBERED = [f"{name}-{i}" for i, (name, _) in enumerate(REFUSED)]


@pytest.mark.parametrize(("name", "options"), REFUSED, ids=NUMBERED)
def test_options_are_refused_as_there(torch, name, options):
    answers = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        optimizer = optimizer_of(api, package)
        kind = getattr(package.lr_scheduler, name)
        answers.append(answer(lambda: kind(optimizer, **options)))  # noqa: B023
    assert answers[0] is not None
    assert answers[0][0] is answers[1][0]
    if name != "LambdaLR" or isinstance(options["lr_lambda"], list):  # there, an error of calling 0.9
        assert answers[0] == answers[1]


@pytest.mark.parametrize(("name", "options"), REFUSED, ids=NUMBERED)
def test_what_is_refused_changes_nothing(name, options):
    optimizer = optimizer_of()
    before = optimizer.state_dict()
    answer(lambda: getattr(lr_scheduler, name)(optimizer, **options))
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(("name", "options"), WITHOUT_MOMENTUM)
def test_momentum_of_an_optimiser_without_any(torch, name, options):
    answers = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        optimizer = optimizer_of(api, package, "Adagrad")
        kind = getattr(package.lr_scheduler, name)
        answers.append(answer(lambda: kind(optimizer, **options)))  # noqa: B023
        kind(optimizer, **options, cycle_momentum=False)
    assert answers[0] == answers[1]
    assert "must support momentum or beta1" in answers[0][1]


@pytest.mark.parametrize("name", ["StepLR", "CyclicLR", "OneCycleLR", "ReduceLROnPlateau", "LRScheduler"])
def test_what_is_no_optimiser(name):
    options = {"StepLR": (1,), "CyclicLR": (0.1, 1.0), "OneCycleLR": (1.0,)}.get(name, ())
    with pytest.raises(TypeError, match="list is not an Optimizer"):
        getattr(lr_scheduler, name)([], *options)


def test_a_base_without_a_formula():
    with pytest.raises(NotImplementedError):
        lr_scheduler.LRScheduler(optimizer_of())


def test_a_step_too_many():
    optimizer = optimizer_of()
    scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, 3)
    optimizer.step()
    for _ in range(3):
        scheduler.step()
    with pytest.raises(ValueError, match=r"Tried to step 4 times. The specified number of total steps is 3"):
        scheduler.step()


def test_order_of_steps(torch):
    texts = []
    for api, package in ((torch, torch.optim), (ag, optim)):
        scheduler = package.lr_scheduler.StepLR(optimizer_of(api, package), 3)
        with pytest.warns(UserWarning) as caught:
            scheduler.step()
        texts.append(str(caught[0].message))
        scheduler.step()  # told once
        scheduler = package.lr_scheduler.StepLR(optimizer_of(api, package), 3)
        scheduler.optimizer.step = lambda: None
        with pytest.warns(UserWarning) as overridden:
            scheduler.step()
        texts.append(str(overridden[0].message))
        with pytest.warns(UserWarning) as deprecated:
            scheduler.step(4)
        texts.append(str(deprecated[0].message))
    assert texts[:3] == texts[3:]
    assert "before `optimizer.step()`" in texts[0]
    assert caught[0].filename == overridden[0].filename == deprecated[0].filename == __file__


def test_no_warning_where_the_optimiser_has_stepped():
    optimizer = optimizer_of()
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    later = lr_scheduler.ExponentialLR(optimizer, 0.9)
    scheduler.step()
    later.step()


def test_a_step_of_ones_own_before_the_schedule():
    """It counts as the optimiser's step, and nothing keeps the optimiser alive."""
    optimizer = optimizer_of()
    calls = []
    optimizer.step = lambda: calls.append(1)
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    scheduler.step()
    assert calls == [1]
    optimizer = optimizer_of()
    optimizer.step = lambda: None
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()


def test_asking_for_the_rate():
    scheduler = lr_scheduler.StepLR(optimizer_of(), 3)
    with pytest.warns(UserWarning, match="get_last_lr") as caught:
        scheduler.get_lr()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scheduler.get_last_lr() == [0.1, 2.0]


def test_a_constant_of_nothing_comes_back():
    """PyTorch divides by zero there."""
    optimizer = optimizer_of()
    scheduler = lr_scheduler.ConstantLR(optimizer, 0.0, 2)
    for expected in ([0.0, 0.0], [0.0, 0.0], [0.1, 2.0], [0.1, 2.0]):
        assert scheduler.get_last_lr() == expected
        optimizer.step()
        scheduler.step()


class Decay:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, epoch):
        return self.factor**epoch


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR"])
def test_functions_with_a_state_are_saved(name):
    kind = getattr(lr_scheduler, name)
    saved = kind(optimizer_of(), [Decay(0.5), math.exp]).state_dict()
    assert saved["lr_lambdas"] == [{"factor": 0.5}, None]
    again = kind(optimizer_of(), [Decay(0.1), math.exp])
    again.load_state_dict(saved)
    assert again.lr_lambdas[0].factor == 0.5
    assert saved["lr_lambdas"] == [{"factor": 0.5}, None]


def test_a_scale_with_a_state_is_saved():
    made = [lr_scheduler.CyclicLR(optimizer_of(), 0.1, 1.0, scale_fn=Decay(f)) for f in (0.5, 0.1)]
    saved = made[0].state_dict()
    assert saved["_scale_fn_custom"] == {"factor": 0.5}
    made[1].load_state_dict(saved)
    assert made[1].scale_fn(2) == 0.25
