"""Callbacks: what a loop calls at fixed places, with itself as the argument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import optim
from optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

if TYPE_CHECKING:
    from autograd_core.training.loop import Loop

__all__ = ["Callback", "EarlyStopping", "Schedule"]


class Callback:
    """Base class of callbacks: override what you need.

    ``loop`` has ``model``, ``optimizer``, ``history``, ``epoch`` (how many have ended), ``batch`` (its number in the
    epoch, from 1), ``loss`` (of that batch, a tensor) and ``stop``: set to True, it ends the training after the epoch.
    """

    last = False  # whether to be called after the others, as a checkpoint, which has to see what they did

    def on_fit_start(self, loop: Loop) -> None:
        """Act before the first epoch."""

    def on_epoch_start(self, loop: Loop) -> None:
        """Act before an epoch's first batch."""

    def on_batch_end(self, loop: Loop) -> None:
        """Act after the optimiser's step of each batch."""

    def on_epoch_end(self, loop: Loop) -> None:
        """Act when the epoch's row is in the history."""

    def on_fit_end(self, loop: Loop) -> None:
        """Act at the end, also where that is an exception: close what is open."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state dict."""


class EarlyStopping(optim.EarlyStopping, Callback):
    """Stops the training when a column of the history has not improved for ``patience`` epochs.

    The arguments are those of `optim.EarlyStopping`.  With ``restore_best_weights``, the weights of the best epoch are
    put back also where the training ends by itself or by an exception.

        EarlyStopping("val_loss", patience=5, restore_best_weights=True)

    Raises: as `optim.EarlyStopping`; KeyError at the first epoch's end for a column that is not there.
    """

    def on_fit_start(self, loop: Loop) -> None:
        """Forget an earlier training, but for one that goes on."""
        if self.stopped_epoch is not None and not loop.stop:
            self.reset()

    def on_epoch_end(self, loop: Loop) -> None:
        """Judge the epoch."""
        if self.step(loop.history.row(), loop.model):
            loop.stop = True

    def on_fit_end(self, loop: Loop) -> None:
        """Put the best weights back."""
        if self.best_weights is not None:
            self.restore(loop.model)


class Schedule(Callback):
    """Steps a learning-rate schedule after every epoch, or after every batch.

    Args:
        scheduler: one of `optim.lr_scheduler`.
        every: ``"epoch"`` or ``"batch"``.
        monitor: the column that a `ReduceLROnPlateau` waits for; by default ``val_loss``, or ``train_loss`` where there
            is no validation.

    Raises: TypeError for what is no schedule; ValueError for another ``every``.
    """

    def __init__(self, scheduler: Any, every: Literal["epoch", "batch"] = "epoch", monitor: str | None = None) -> None:
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(f"Schedule: scheduler is {type(scheduler).__name__}; wanted one of optim.lr_scheduler")
        if every not in ("epoch", "batch"):
            raise ValueError(f"Schedule: got every={every!r}; wanted 'epoch' or 'batch'")
        if every == "batch" and isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError("Schedule: ReduceLROnPlateau waits for a number of the history; wanted every='epoch'")
        self.scheduler, self.every, self.monitor = scheduler, every, monitor

    def on_batch_end(self, loop: Loop) -> None:
        """Step, where that is to be after every batch."""
        if self.every == "batch":
            self.scheduler.step()

    def on_epoch_end(self, loop: Loop) -> None:
        """Step, where that is to be after every epoch."""
        if self.every == "epoch" and isinstance(self.scheduler, ReduceLROnPlateau):
            known = "val_loss" if "val_loss" in loop.history else "train_loss"
            self.scheduler.step(loop.history.last(self.monitor or known))
        elif self.every == "epoch":
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's state."""
        return self.scheduler.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state dict of the schedule."""
        self.scheduler.load_state_dict(dict(state_dict))
