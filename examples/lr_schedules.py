"""Every learning-rate schedule of ``optim.lr_scheduler``: its rate over time, and what it comes to on one task.

The task of learning_rates.py, with the same highest rate for all: 0.1, which is right to begin with and too high to
stay at.  Each schedule is stepped after every batch (``ReduceLROnPlateau`` after every epoch).  Expect all that end low
to gain one to three points of accuracy over the constant rate, and to differ little among themselves: that the rate
falls matters more than how.  What falls too early (``ExponentialDecayLR`` as it is here) stops learning, and ends short
of the others.

Source: Stanford's CS231n, "Neural Networks 3"; Smith, 2017 (cycles); Loshchilov and Hutter, 2017 (cosine, warm
restarts); Vaswani et al., 2017, section 5.3 (inverse square root); Smith and Topin, 2018 (one cycle).

    python examples/lr_schedules.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion
from learning_rates import Make, train

from optim import lr_scheduler as schedules

PEAK = 0.1  # the highest rate
SCHEDULES: dict[str, Make] = {
    "constant": lambda o, n: schedules.ConstantLR(o, 1.0),
    "ConstantLR": lambda o, n: schedules.ConstantLR(o, 0.2, n // 4),
    "StepLR": lambda o, n: schedules.StepLR(o, n // 4, 0.25),
    "MultiStepLR": lambda o, n: schedules.MultiStepLR(o, [n // 2, 3 * n // 4], 0.1),
    "LinearLR": lambda o, n: schedules.LinearLR(o, 1.0, 0.01, n),
    "PolynomialLR": lambda o, n: schedules.PolynomialLR(o, n, 2.0),
    "ExponentialLR": lambda o, n: schedules.ExponentialLR(o, 0.01 ** (1 / n)),
    "ExponentialDecayLR": lambda o, n: schedules.ExponentialDecayLR(o, 10 / n),
    "InverseTimeLR": lambda o, n: schedules.InverseTimeLR(o, 20 / n),
    "InverseSquareRootLR": lambda o, n: schedules.InverseSquareRootLR(o, n // 20),
    "CosineAnnealingLR": lambda o, n: schedules.CosineAnnealingLR(o, n),
    "CosineAnnealingWarmRestarts": lambda o, n: schedules.CosineAnnealingWarmRestarts(o, n // 7 + 1, 2),
    "WarmupLR": lambda o, n: schedules.WarmupLR(schedules.PolynomialLR(o, n - n // 5), n // 5),
    "WarmupCosineLR": lambda o, n: schedules.WarmupCosineLR(o, n // 10, n),
    "CyclicLR, triangular": lambda o, n: cyclic(o, n, "triangular"),
    "CyclicLR, triangular2": lambda o, n: cyclic(o, n, "triangular2"),
    "CyclicLR, exp_range": lambda o, n: cyclic(o, n, "exp_range", gamma=0.05 ** (1 / n)),
    "OneCycleLR": lambda o, n: schedules.OneCycleLR(o, PEAK, n + 1),
    "LambdaLR": lambda o, n: schedules.LambdaLR(o, lambda t: min(1, 3 * (1 - t / n))),
    "MultiplicativeLR": lambda o, n: schedules.MultiplicativeLR(o, lambda t: 1 - 5 / n if t > n // 4 else 1.0),
    "SequentialLR": lambda o, n: schedules.SequentialLR(
        o, [schedules.ConstantLR(o, 0.5, n), schedules.CosineAnnealingLR(o, n - n // 3)], [n // 3]
    ),
    "ChainedScheduler": lambda o, n: schedules.ChainedScheduler(
        [schedules.LinearLR(o, 0.1, 1.0, n // 5), schedules.ExponentialLR(o, 0.02 ** (1 / n))]
    ),
    "ReduceLROnPlateau": lambda o, n: schedules.ReduceLROnPlateau(o, factor=0.3, patience=1),
}


def cyclic(optimizer: Any, steps: int, mode: Any, gamma: float = 1.0) -> Any:
    """Return three cycles between a twentieth of the highest rate and that."""
    up = steps // 6
    return schedules.CyclicLR(optimizer, PEAK / 20, PEAK, up, mode=mode, gamma=gamma, cycle_momentum=False)


def main() -> None:
    """Train with every schedule, draw the rates, and write the accuracies."""
    chosen = begin(options(__doc__, epochs=15))
    data, images, runs = fashion(chosen), 10_000, 3
    if chosen.quick:
        images, runs, chosen.epochs = 600, 1, min(chosen.epochs, 8)
    data = Split(data.x[:images], data.y[:images], data.test_x, data.test_y)
    figure, axes = panels(6, 4, 3.0, 1.8, sharex=True, sharey=True)
    rows = []
    for panel, (name, schedule) in zip(axes, SCHEDULES.items()):
        found = [train(data, PEAK, chosen.epochs, chosen.seed + run, schedule) for run in range(runs)]
        accuracies = [outcome.accuracy for outcome in found]
        cost = np.mean([outcome.losses[-len(outcome.losses) // chosen.epochs :] for outcome in found])
        panel.plot(np.linspace(0, chosen.epochs, len(found[0].rates)), found[0].rates, color=COLOURS[0])
        panel.set(ylim=(0, 1.1 * PEAK))
        label(panel, name, note=f"test accuracy {np.mean(accuracies):.2f} %")
        row = {"schedule": name, "test accuracy (%)": round(np.mean(accuracies), 2)}
        if runs > 1:
            row["standard deviation"] = round(np.std(accuracies, ddof=1), 2)
        rows.append({**row, "loss in the last epoch": cost, "last rate": found[0].rates[-1]})
    for panel in axes[len(SCHEDULES) :]:
        panel.remove()
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("learning rate", fontsize=9)
    save_figure(chosen, figure)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
