"""Every schedule with the options that change its formula, on optimisers of either side."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import autograd_core as ag
import optim

Maker = Callable[[Any, Any], Any]  # (lr_scheduler, optimizer) -> a schedule
LRS = (0.1, 2.0)


def plain(name: str, **options: Any) -> Maker:
    """Return a maker of one schedule; a function among its options is called with nothing to give the option."""
    return lambda package, optimizer, **more: getattr(package, name)(optimizer, **options, **more)


def chained(*makers: Maker) -> Maker:
    return lambda package, optimizer: package.ChainedScheduler([make(package, optimizer) for make in makers])


def in_turn(*makers: Maker, at: list[int]) -> Maker:
    return lambda package, optimizer: package.SequentialLR(optimizer, [make(package, optimizer) for make in makers], at)


# Those that a program can take up again at an epoch.
SINGLE: dict[str, Maker] = {
    "lambda": plain("LambdaLR", lr_lambda=lambda t: 1 / (1 + t)),
    "lambdas": plain("LambdaLR", lr_lambda=[lambda t: t, lambda t: 2]),
    "multiplicative": plain("MultiplicativeLR", lr_lambda=lambda t: 0.9 + 0.01 * t),
    "step": plain("StepLR", step_size=3, gamma=0.5),
    "multi-step": plain("MultiStepLR", milestones=[2, 5, 5, 11], gamma=0.3),
    "constant": plain("ConstantLR", factor=0.25, total_iters=4),
    "linear": plain("LinearLR"),
    "linear down": plain("LinearLR", start_factor=1.0, end_factor=0.0, total_iters=7),
    "exponential": plain("ExponentialLR", gamma=0.9),
    "polynomial": plain("PolynomialLR", total_iters=6, power=2.0),
    "cosine": plain("CosineAnnealingLR", T_max=4),
    "cosine to a rate": plain("CosineAnnealingLR", T_max=5, eta_min=0.05),
    "restarts": plain("CosineAnnealingWarmRestarts", T_0=3, eta_min=0.01),
    "longer restarts": plain("CosineAnnealingWarmRestarts", T_0=2, T_mult=2),
    "triangular": plain("CyclicLR", base_lr=0.01, max_lr=[0.1, 0.3], step_size_up=3, step_size_down=4),
    "triangular2": plain("CyclicLR", base_lr=[0.01, 0.02], max_lr=0.1, step_size_up=2, mode="triangular2"),
    "exp_range": plain("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, mode="exp_range", gamma=0.9),
    "a scale of one's own": plain(
        "CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda x: 1 / x, cycle_momentum=False
    ),
    "scaled by steps": plain(
        "CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda x: 0.9**x, scale_mode="iterations"
    ),
    "one cycle": plain("OneCycleLR", max_lr=[1.0, 3.0], total_steps=20),
    "one cycle in three phases": plain("OneCycleLR", max_lr=1.0, epochs=4, steps_per_epoch=5, three_phase=True),
    "one cycle, straight": plain(
        "OneCycleLR", max_lr=1.0, total_steps=20, anneal_strategy="linear", pct_start=0.5, div_factor=10.0,
        base_momentum=[0.5, 0.6], max_momentum=0.8,
    ),
    "one cycle without momentum": plain("OneCycleLR", max_lr=1.0, total_steps=20, cycle_momentum=False),
}  # fmt: skip
COMPOSED: dict[str, Maker] = {
    "chained": chained(SINGLE["constant"], SINGLE["exponential"], SINGLE["multi-step"]),
    "cosine and warm-up": chained(SINGLE["linear"], SINGLE["cosine"]),
    "in turn": in_turn(SINGLE["linear"], SINGLE["cosine"], SINGLE["exponential"], at=[5, 9]),
    "from the second": in_turn(SINGLE["constant"], SINGLE["step"], at=[0]),
    "restarts in turn": in_turn(SINGLE["polynomial"], SINGLE["restarts"], at=[4]),
}
NESTED: dict[str, Maker] = {  # which PyTorch refuses, or begins one epoch late
    "in turn, in turn": in_turn(in_turn(SINGLE["linear"], SINGLE["step"], at=[3]), SINGLE["exponential"], at=[7]),
    "chained, in turn": in_turn(chained(SINGLE["linear"], SINGLE["step"]), SINGLE["exponential"], at=[6]),
    "in turn, chained": in_turn(SINGLE["constant"], chained(SINGLE["linear"], SINGLE["step"]), at=[5]),
    "deep": in_turn(
        SINGLE["step"],
        in_turn(
            SINGLE["linear"], chained(in_turn(SINGLE["constant"], SINGLE["cosine"], at=[2]), SINGLE["step"]), at=[2]
        ),
        at=[3],
    ),
}
BOTH = SINGLE | COMPOSED
LECTURES: dict[str, Maker] = {  # not in PyTorch
    "e^-kt": plain("ExponentialDecayLR", k=0.3),
    "1/t": plain("InverseTimeLR", k=0.5),
    "1/sqrt(t)": plain("InverseSquareRootLR", warmup_steps=4),
    "Transformer": plain("InverseSquareRootLR", warmup_steps=5, d_model=16),
    "cosine after warm-up": plain("WarmupCosineLR", warmup_steps=4, total_steps=12, end_factor=0.1),
}
WARM: dict[str, Maker] = {
    "warm-up": lambda package, optimizer: package.WarmupLR(SINGLE["cosine"](package, optimizer), 5, 0.2),
    "warm-up from nothing": lambda package, optimizer: package.WarmupLR(SINGLE["step"](package, optimizer), 5),
}
ALL = BOTH | NESTED | LECTURES | WARM


def each(cases: dict[str, Maker]) -> Any:
    """Run a test for every case of a table."""
    return pytest.mark.parametrize("make", cases.values(), ids=cases)


def optimizer_of(api: ModuleType = ag, package: ModuleType = optim, name: str = "SGD", lrs: Any = LRS) -> Any:
    """Return an optimiser of either side with one group for each rate."""
    groups = [{"params": [api.ones(1, requires_grad=True)], "lr": lr} for lr in lrs]
    return getattr(package, name)(groups, lr=1.0)


def options_of(optimizer: Any) -> list[list[Any]]:
    """Return what schedules set: each group's rate, and its momentum or β1."""
    return [[g["lr"], g.get("momentum", g.get("betas", [0.0])[0])] for g in optimizer.param_groups]


def follow(scheduler: Any, steps: int) -> list[list[list[Any]]]:
    """Return what the schedule sets now and in each of the next steps."""
    optimizer = scheduler.optimizer
    seen = [options_of(optimizer)]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        seen.append(options_of(optimizer))
        assert scheduler.get_last_lr() == [lr for lr, _ in seen[-1]]
    return seen
