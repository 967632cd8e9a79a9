"""Learning rates: too low, right, too high and crazy; and a range test that finds the right one.

One task: 10 000 images of Fashion-MNIST, a hidden layer of 100 ReLUs, SGD with momentum 0.9, batches of 100.  Expect a
rate that is too low to fall slowly, one that is too high to fall at once and then to stay up, since its steps jump over
the minimum, and a crazy one never to fall.  The range test raises the rate from batch to batch: the loss falls fastest
near the right rate and turns up where it is too high.  To check it, networks are trained at constant rates, too.
Schedules, which lower the rate in time, are compared in lr_schedules.py.

Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3 (the range test); Stanford's
CS231n, "Neural Networks 3" (the four loss curves).

    python examples/learning_rates.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset
from optim import lr_scheduler as schedules

FOUR = {"too low": 1e-3, "right": 3e-2, "too high": 0.3, "crazy": 10.0}
Make = Callable[[Any, int], Any]  # (optimizer, number of steps) -> schedule


class Trace(ag.training.Callback):
    """Writes down each batch's learning rate and loss."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.losses: list[float] = []

    def on_batch_end(self, loop: ag.training.Loop) -> None:
        """Read what the batch was learned with."""
        self.rates.append(loop.optimizer.param_groups[0]["lr"])
        self.losses.append(loop.loss.item())


class Outcome(NamedTuple):
    """Each batch's rate and loss, and the accuracy on the test images in the end."""

    rates: list[float]
    losses: list[float]
    accuracy: float


def train(data: Split, lr: float, epochs: int, seed: int, schedule: Make | None = None) -> Outcome:
    """Train one network, with a schedule that is stepped after every batch where there is one."""
    ag.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 100), nn.ReLU(), nn.Linear(100, 10))
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=100, shuffle=True)
    callbacks: list[Any] = [Trace()]
    if schedule is not None:
        made = schedule(optimizer, epochs * len(batches))
        plateau = isinstance(made, schedules.ReduceLROnPlateau)  # the one that waits for an epoch's loss
        callbacks.append(ag.training.Schedule(made, every="epoch" if plateau else "batch"))
    loop = ag.training.Loop(model, F.cross_entropy, optimizer, callbacks=callbacks, allow_nan=True)
    loop.fit(batches, epochs)
    correct = ag.training.accuracy(loop.predict(data.test_x), data.test_y)
    return Outcome(callbacks[0].rates, callbacks[0].losses, 100 * correct)


def smooth(values: list[float], keep: float = 0.95) -> Any:
    """Return the running average, corrected for its start at zero as Adam's are."""
    averages, mean = [], 0.0
    for t, value in enumerate(values, 1):
        mean = keep * mean + (1 - keep) * value
        averages.append(mean / (1 - keep**t))
    return np.array(averages)


def range_test(axes: Any, data: Split, seed: int, epochs: int) -> dict[str, float]:
    """Raise the rate from 1e-4 to 10, draw the loss, and return where it falls fastest and where it is least."""
    outcome = train(data, 1e-4, epochs, seed, lambda optimizer, n: schedules.ExponentialLR(optimizer, 1e5 ** (1 / n)))
    losses = smooth(outcome.losses, 0.9)
    lowest = int(losses.argmin())
    fastest = int(np.gradient(losses)[: lowest + 1].argmin())
    marks = {"falls fastest": outcome.rates[fastest], "lowest": outcome.rates[lowest]}
    axes.plot(outcome.rates, losses, color=COLOURS[0])
    for (name, rate), colour in zip(marks.items(), COLOURS[1:]):
        axes.axvline(rate, color=colour, linestyle="--", label=f"{name}, at {rate:.2g}")
    axes.set(xscale="log", ylim=(0, 2 * losses[0]))
    label(axes, "Range test", "learning rate, rising by the batch", "training loss, smoothed", f"{epochs} epochs")
    return marks


def main() -> None:
    """Draw four curves, the range test, and what each constant rate comes to; write a table of the rates."""
    chosen = begin(options(__doc__, epochs=15))
    data, images = fashion(chosen), 10_000
    if chosen.quick:
        images, chosen.epochs = 600, min(chosen.epochs, 8)
    data = Split(data.x[:images], data.y[:images], data.test_x, data.test_y)
    rates = [10 ** (k / 4) for k in range(-16, 5, 2 if chosen.quick else 1)]
    figure, (curves, test, sweep) = panels(1, 3, 4.4, 3.6)
    found = {rate: train(data, rate, chosen.epochs, chosen.seed) for rate in sorted({*rates, *FOUR.values()})}
    for (name, rate), colour in zip(FOUR.items(), COLOURS):
        curves.plot(smooth(found[rate].losses), color=colour, label=f"{name}, {rate:g}")
    curves.set(yscale="log", ylim=(None, 20))
    label(curves, "Four learning rates", "batches", "training loss, smoothed", f"{chosen.epochs} epochs")
    marks = range_test(test, data, chosen.seed, 20 if chosen.quick else 3)
    sweep.plot(list(found), [outcome.accuracy for outcome in found.values()], ".-", color=COLOURS[0])
    for rate, colour in zip(marks.values(), COLOURS[1:]):
        sweep.axvline(rate, color=colour, linestyle="--")
    sweep.set(xscale="log")
    label(sweep, "What each rate came to", "learning rate, constant", "test accuracy (%)", "dashed: of the range test")
    save_figure(chosen, figure)
    names = {rate: name for name, rate in FOUR.items()}
    ends = {rate: smooth(outcome.losses)[-1] for rate, outcome in found.items()}
    rows = [(rate, names.get(rate, ""), ends[rate], round(outcome.accuracy, 2)) for rate, outcome in found.items()]
    columns = ("learning rate", "which", "training loss", "test accuracy (%)")
    save_table(chosen, [dict(zip(columns, row)) for row in rows])
    print("range test: " + ", ".join(f"{name} at {rate:.3g}" for name, rate in marks.items()))


if __name__ == "__main__":
    main()
