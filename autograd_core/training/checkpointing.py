"""``Checkpoint``: a file from which a run goes on, bit for bit, after a crash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from autograd_core.storing.loading import load
from autograd_core.storing.saving import save
from autograd_core.training.callbacks import Callback

if TYPE_CHECKING:
    from autograd_core.training.loop import Loop

__all__ = ["Checkpoint"]


class Checkpoint(Callback):
    """Saves the loop's whole state into one file at the end of epochs.

    The file is replaced whole: after a crash there is the last one that was finished.  It holds weights, optimiser,
    schedules and other callbacks, the history, and the position in the random streams; see `Loop.state_dict`.

        loop = Loop(model, loss_fn, optimizer, callbacks=[Checkpoint("run.safetensors", resume=True)])
        loop.fit(loader, epochs=50)  # run the program again after a crash: it goes on to epoch 50

    Args:
        path: of the file.
        every: save after so many epochs, and after the last.
        monitor: a column of the history: save only when it is better than ever before.
        mode: whether the column is to fall (``"min"``) or to rise (``"max"``); ``"auto"`` goes by its name.
        resume: where the file is there and the loop has not trained yet, load it before the first epoch.

    Raises: ValueError for ``every`` below 1.
    """

    last = True

    def __init__(
        self, path: str | os.PathLike[str], every: int = 1, monitor: str | None = None,
        mode: Literal["auto", "min", "max"] = "auto", resume: bool = False,
    ) -> None:  # fmt: skip
        if every < 1:
            raise ValueError(f"Checkpoint: got every={every}; wanted 1 or more epochs")
        self.path, self.every, self.monitor, self.mode, self.resume = path, every, monitor, mode, resume

    def on_fit_start(self, loop: Loop) -> None:
        """Go on from the file."""
        if self.resume and loop.epoch == 0 and os.path.exists(self.path):
            loop.load_state_dict(load(self.path))

    def on_epoch_end(self, loop: Loop) -> None:
        """Save."""
        if self.monitor is not None:
            due = loop.history.best_epoch(self.monitor, self.mode) == loop.epoch
        else:
            due = loop.epoch % self.every == 0 or loop.epoch == loop.last_epoch or loop.stop
        if due:
            save(loop.state_dict(), self.path)
