"""A run with everything random in it, made the same way by each process that wants it; as a program, it is killed.

    python -m tests.training.runs FILE EPOCHS WORKERS
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, Dataset
from autograd_core.training import Callback, Checkpoint, EarlyStopping, History, Loop, Schedule

EPOCHS = 5


class Noisy(Dataset):
    """Points in two classes, moved a little each time one asks for them."""

    def __init__(self, count: int = 48) -> None:
        self.x = ag.randn(count, 6)
        self.y = (self.x[:, 0] > 0).long()

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int):
        return self.x[index] + 0.1 * ag.randn(6), self.y[index]


class KilledIn(Callback):
    """Kills the process within an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_batch_end(self, loop: Loop) -> None:
        if loop.epoch == self.epoch and loop.batch == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def share_right(outputs: ag.Tensor, targets: ag.Tensor) -> float:
    return (outputs.argmax(1) == targets).float().mean().item()


def made(path: Path, workers: int, *more: Callback, own_generator: bool = True) -> tuple[Loop, DataLoader, DataLoader]:
    """Return a loop that goes on from ``path``, and its loaders."""
    ag.manual_seed(3)
    data = Noisy()
    generator = ag.Generator().manual_seed(5) if own_generator else None
    batches = DataLoader(data, 8, shuffle=True, num_workers=workers, worker_type="thread", generator=generator)
    validation = DataLoader(data, 16, shuffle=True)
    model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    callbacks = [
        Checkpoint(path, resume=True),
        EarlyStopping("val_accuracy", patience=4, restore_best_weights=True),
        Schedule(optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=6 * EPOCHS), every="batch"),
        *more,
    ]
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    metrics = {"accuracy": share_right}
    loop = Loop(model, F.cross_entropy, optimizer, metrics=metrics, callbacks=callbacks, scheduler=schedule)
    return loop, batches, validation


def finished(path: Path, workers: int, **options: bool) -> tuple[Loop, History]:
    """Return the loop after all epochs, and its history without the time that it took."""
    loop, batches, validation = made(path, workers, **options)
    loop.fit(batches, EPOCHS, validation)
    return loop, History({name: values for name, values in loop.history.items() if name != "seconds"})


if __name__ == "__main__":
    file, epochs, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    loop, batches, validation = made(file, workers, KilledIn(epochs))
    loop.fit(batches, EPOCHS, validation)
