"""Five optimisers on MNIST as in the paper on Adam: logistic regression, and a network with dropout.

The authors found Adam and SGD with Nesterov's momentum alike for logistic regression and AdaGrad behind them, and Adam
ahead of all in the network.  Expect the differences to be smaller: with a rate searched for each, AdaGrad keeps up with
Adam on both, SGD with Nesterov's momentum is last, and the other methods take turns from the tenth epoch on.

Shown is the training cost of each epoch, with dropout, as it was learned; batches of 128.  For logistic regression the
rates fall as 1/sqrt(t), except that of AdaGrad, which does so by itself, and each is the best of a grid, searched here
over one epoch; the L2 penalty, whose weight the paper does not give, is left out.  The network has the paper's two
layers of 1000 ReLUs, but 10 000 images and 20 epochs, not 60 000 and 200; its rates were the best of three for each
method, a factor of three apart, after four epochs.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, sections 6.1 and 6.2, figures 1 and 2.

    python examples/optimisers_mnist.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import mnist

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset

METHODS: dict[str, tuple[Any, str]] = {  # and the colours that they have in optimisers.py
    "AdaGrad": (optim.Adagrad, COLOURS[3]),
    "RMSProp": (optim.RMSprop, COLOURS[4]),
    "SGDNesterov": (partial(optim.SGD, momentum=0.9, nesterov=True), COLOURS[2]),
    "AdaDelta": (optim.Adadelta, COLOURS[6]),
    "Adam": (optim.Adam, COLOURS[5]),
}
LOGISTIC = ("AdaGrad", "SGDNesterov", "Adam")  # of figure 1
GRID = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
RATES = {"AdaGrad": 0.01, "RMSProp": 1e-3, "SGDNesterov": 0.1, "AdaDelta": 1.0, "Adam": 1e-3}  # of the network


def logistic() -> nn.Module:
    """Return multi-class logistic regression."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))


def network(width: int) -> nn.Module:
    """Return two hidden layers of ReLUs with dropout, of a fifth of the pixels too."""
    hidden = (nn.Linear(28 * 28, width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, width), nn.ReLU())
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.2), *hidden, nn.Dropout(0.5), nn.Linear(width, 10))


def train(
    make: Callable[[], nn.Module], name: str, rate: float, x: Tensor, y: Tensor, epochs: int, seed: int, decay: bool
) -> ag.training.History:
    """Return the training history of one method, the same weights, order and dropout for all."""
    ag.manual_seed(seed)
    model = make()
    optimizer = METHODS[name][0](model.parameters(), lr=rate)
    falling = optim.lr_scheduler.LambdaLR(optimizer, lambda t: (t + 1) ** -0.5)
    callbacks = [ag.training.Schedule(falling, every="batch")] if decay else []
    batches = DataLoader(TensorDataset(x, y), batch_size=128, shuffle=True)
    return ag.training.Loop(model, F.cross_entropy, optimizer, callbacks=callbacks).fit(batches, epochs)


def regress(name: str, x: Tensor, y: Tensor, chosen: argparse.Namespace) -> tuple[float, ag.training.History]:
    """Return the rate of the grid with the lowest cost in the first epoch, and the history with it."""
    run = partial(train, logistic, name, x=x, y=y, seed=chosen.seed, decay=name != "AdaGrad")
    rate = min(GRID, key=lambda rate: run(rate=rate, epochs=1).last("train_loss"))
    return rate, run(rate=rate, epochs=chosen.epochs)


def main() -> None:
    """Train everything, draw the costs, and write what they came to."""
    chosen = begin(options(__doc__, epochs=20))
    data, width = mnist(chosen), 1000
    if chosen.quick:
        chosen.epochs, width = min(chosen.epochs, 5), 100
    figure, axes = panels(1, 2, 5.2, 4.0)
    rows = []
    for name in LOGISTIC:
        rate, history = regress(name, data.x, data.y, chosen)
        rows.append((axes[0], "logistic regression", name, rate, history))
    for name, rate in RATES.items():
        x, y = data.x[:10_000], data.y[:10_000]
        history = train(partial(network, width), name, rate, x, y, chosen.epochs, chosen.seed, decay=False)
        rows.append((axes[1], "network with dropout", name, rate, history))
    for panel, _, name, rate, history in rows:
        panel.plot(history["epoch"], history["train_loss"], color=METHODS[name][1], label=f"{name}, {rate:g}")
    label(axes[0], "Logistic regression", "epoch", "training cost", f"{len(data.x)} images")
    label(axes[1], "Two hidden layers with dropout", "epoch", "training cost", f"{width} units each, {len(x)} images")
    axes[1].set_yscale("log")
    for panel in axes:
        panel.xaxis.get_major_locator().set_params(integer=True)
    save_figure(chosen, figure)
    save_table(chosen, [tabled(*row[1:]) for row in rows])


def tabled(model: str, name: str, rate: float, history: ag.training.History) -> dict[str, object]:
    """Return a row of the table."""
    costs = history["train_loss"]
    middle = len(costs) // 2
    seconds = sum(history["seconds"]) / len(costs)
    cost = {"first epoch": costs[0], f"epoch {middle}": costs[middle - 1], f"epoch {len(costs)}": costs[-1]}
    return {"model": model, "method": name, "rate": rate, **cost, "seconds an epoch": round(seconds, 2)}


if __name__ == "__main__":
    main()
