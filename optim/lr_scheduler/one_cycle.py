"""The 1cycle policy."""

from __future__ import annotations

import math
from typing import Any, Literal

from ..optimizer import Optimizer
from .base import LRScheduler, Rate, check_optimizer, per_group
from .momentum import begin_cycling, set_momentum

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to ``max_lr``, then down to ``max_lr / div_factor / final_div_factor``.

    The momentum moves against the rate.  With ``three_phase`` the way down first goes back to the initial rate in
    as many steps as the way up took, and then to the lowest.  Step it after every batch.

    Args:
        optimizer: whose rate to set.
        max_lr: the highest rate, one or a list of one for each group.
        total_steps: how many steps the cycle has; else ``epochs * steps_per_epoch``.
        epochs: how many epochs there will be.
        steps_per_epoch: how many steps each has.
        pct_start: which part of the steps goes up.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: whether the momentum, or Adam's β1, moves too.
        base_momentum: the lowest momentum, one or a list.
        max_momentum: the highest momentum, likewise.
        div_factor: the highest rate over the first.
        final_div_factor: the first rate over the last.
        three_phase: see above.
        last_epoch: the number of the last step; see `LRScheduler`.

    Raises: ValueError for options outside their range, an optimiser without momentum, or a step after the last.
    Source: Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85, max_momentum: float | list[float] = 0.95, div_factor: float = 25.0,
        final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        highest = per_group("max_lr", optimizer, max_lr)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            begin_cycling(optimizer, base_momentum, max_momentum, last_epoch)
            self.use_beta1 = "betas" in optimizer.defaults
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, highest):
                first = rate / div_factor
                group.update(initial_lr=first, max_lr=rate, min_lr=first / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for step ``last_epoch``, and set its momentum."""
        self._current()
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        start, phase = self._phase()
        done = (self.last_epoch - start) / (phase["end_step"] - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], done))
            if self.cycle_momentum:
                momentum = self._between(group[phase["start_momentum"]], group[phase["end_momentum"]], done)
                set_momentum(self.optimizer, group, momentum)
        return rates

    def _phase(self) -> tuple[float, dict[str, Any]]:
        """Return the phase that the current step is in, and where it starts."""
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if self.last_epoch <= phase["end_step"]:
                return start, phase
            start = phase["end_step"]
        return start, self._schedule_phases[-1]

    def _between(self, start: Rate, end: Rate, done: float) -> Rate:
        if self._anneal_func_type == "linear":
            return (end - start) * done + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1)


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    if total_steps is not None:
        return _positive("total_steps", total_steps)
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    return _positive("epochs", epochs) * _positive("steps_per_epoch", steps_per_epoch)


def _positive(name: str, value: Any) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def _phases(up: float, total: int, three_phase: bool) -> list[dict[str, Any]]:
    """Return where each phase ends, and what the rate and the momentum go from and to, as options of the group."""
    ways = [("initial_lr", "max_lr", "max_momentum", "base_momentum")]
    if three_phase:
        ends = [float(up * total) - 1, float(2 * up * total) - 2, total - 1]
        ways.append(("max_lr", "initial_lr", "base_momentum", "max_momentum"))
        ways.append(("initial_lr", "min_lr", "max_momentum", "max_momentum"))
    else:
        ends = [float(up * total) - 1, total - 1]
        ways.append(("max_lr", "min_lr", "base_momentum", "max_momentum"))
    names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
    return [dict(zip(names, (end, *way))) for end, way in zip(ends, ways)]
