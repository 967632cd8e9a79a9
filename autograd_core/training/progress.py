"""Progress of a training: a tqdm bar in a terminal, a line for each epoch elsewhere."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from autograd_core.training.callbacks import Callback

if TYPE_CHECKING:
    from autograd_core.training.loop import Loop

__all__ = ["progress_of"]


def progress_of(wanted: bool | None) -> list[Callback]:
    """Return what shows the progress.

    None: a bar where tqdm is installed and stderr is a terminal, else nothing; True: a bar there, else a line for each
    epoch; False: nothing.
    """
    if wanted is False:
        return []
    tqdm = _tqdm() if sys.stderr.isatty() else None
    if tqdm is not None:
        return [_Bar(tqdm)]
    return [_Lines()] if wanted else []


def _tqdm() -> Any:
    try:
        return importlib.import_module("tqdm").tqdm
    except ImportError:
        return None


class _Bar(Callback):
    """One bar over all batches of all epochs."""

    last = True  # a checkpoint says before how many epochs are left

    def __init__(self, tqdm: Any) -> None:
        self.tqdm = tqdm

    def on_fit_start(self, loop: Loop) -> None:
        """Open the bar."""
        length = getattr(loop.batches, "__len__", None)
        left = loop.last_epoch - loop.epoch
        self.bar = self.tqdm(total=left * length() if length else None, unit="batch", dynamic_ncols=True)

    def on_batch_end(self, loop: Loop) -> None:
        """Move on."""
        self.bar.update()

    def on_epoch_end(self, loop: Loop) -> None:
        """Show the epoch's numbers."""
        self.bar.set_postfix_str(summary(loop))

    def on_fit_end(self, loop: Loop) -> None:
        """Close the bar, where it stands."""
        self.bar.close()


class _Lines(Callback):
    """A line for each epoch, on stderr."""

    def on_epoch_end(self, loop: Loop) -> None:
        """Print the epoch's numbers."""
        print(summary(loop), file=sys.stderr, flush=True)


def summary(loop: Loop) -> str:
    """Return the last epoch in one line."""
    row = loop.history.row()
    seconds = row.pop("seconds")
    shown = "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "lr"))
    return f"epoch {loop.epoch}/{loop.last_epoch}  {shown}  {seconds:.1f} s"
