"""Schedules made of schedules: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, set_value, values_of
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composed(LRScheduler):
    """A schedule that holds others of the same optimiser."""

    _schedulers: Sequence[LRScheduler]

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        who = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{who} at index {i} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{who} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
                    f"specified when calling `step`, but got one at index {i} in the given schedulers sequence."
                )
            optimizer = optimizer or scheduler.optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{who} expects all schedulers to belong to the same optimizer, but got scheduler "
                    f"{type(scheduler).__name__} at index {i} has {scheduler.optimizer}, which is different from "
                    f"{type(optimizer).__name__}."
                )

    def _update_lr(self, epoch: int | None = None) -> None:
        """Begin anew, where this schedule's turn comes in another."""
        _reset(self.optimizer)
        _rewind(self)
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """Return every attribute but the optimiser, and the state dicts of the schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the attributes back, and those of each schedule.

        Raises: ValueError where there are not as many schedules; nothing is changed then.
        """
        given = state_dict["_schedulers"]
        if len(given) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state dict has {len(given)} schedulers; wanted "
                f"{len(self._schedulers)}"
            )
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for scheduler, kept in zip(self._schedulers, given):
            scheduler.load_state_dict(kept)


class SequentialLR(_Composed):
    """One schedule after another; each begins with its epoch 0 where the one before ends.

    Args:
        optimizer: whose rate to set.
        schedulers: schedules of this optimiser.
        milestones: the epochs at which the second begins, the third, ...
        last_epoch: see `LRScheduler`.

    Raises: ValueError where there is none, one of another optimiser, a `ReduceLROnPlateau`, or not one milestone
        fewer than schedules; TypeError for what is no schedule.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler, but got no scheduler.")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each has made its first step when it was made.
        _reset(optimizer)
        self.recursive_undo()
        self._begin()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take one step back in every schedule held, and in those that they hold."""
        held = self if sched is None else sched
        if hasattr(held, "_schedulers"):
            for scheduler in held._schedulers:
                self.recursive_undo(scheduler)
        elif hasattr(held, "last_epoch"):
            held.last_epoch -= 1

    def _begin(self) -> None:
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _initial_step(self) -> None:
        self.last_epoch = 0
        self._begin()

    def step(self) -> None:  # type: ignore[override]
        """Go to the next epoch, of the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Composed):
    """Several schedules at once: each changes the rate that the one before has set.

    Args:
        schedulers: schedules of one optimiser.
        optimizer: that optimiser; by default that of the first schedule.

    Raises: ValueError where there is none, one of another optimiser, or a `ReduceLROnPlateau`; TypeError for what is
        no schedule.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError(
                f"{type(self).__name__} expects at least one scheduler to be chained, but got no scheduler."
            )
        self._check(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer or schedulers[0].optimizer
        self._last_lr = values_of(self.optimizer, "lr")

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = values_of(self.optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Let every schedule go to its next epoch."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = values_of(self.optimizer, "lr")


def _rewind(scheduler: LRScheduler) -> None:
    if isinstance(scheduler, _Composed):
        for held in scheduler._schedulers:
            _rewind(held)
    else:
        scheduler.last_epoch = -1


def _reset(optimizer: Optimizer) -> None:
    for group in optimizer.param_groups:
        set_value(group, "lr", group["initial_lr"])
