"""Rectifiers: ReLU, leaky ReLU, PReLU and maxout compared, and units that die.

ReLU passes nothing below zero, and a unit that is below zero for every example gets no gradient and never returns:
expect the number of such dead units to grow with the learning rate (of Adam, whose steps are bounded; plain SGD is at
NaN before many die).  Leaky ReLU keeps a slope there, PReLU learns it (He et al. found large slopes in the first layer
and small ones deeper), and maxout learns the whole convex function as the largest of several lines, for as many times
the weights.  Differences in accuracy are small on an easy task with a good learning rate, and large with a bad one.

Source: He et al., Delving deep into rectifiers, 2015, section 2.1 (ImageNet, 14 layers, top-1 error: ReLU 33.82 %,
PReLU with one slope per layer 32.71 %, per channel 32.64 %) and table 1 (slopes); Goodfellow et al., Maxout networks,
2013, figure 1; Stanford CS231n 2016, lecture 5 (dead units).

    python examples/rectifiers.py
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.insight.plot import style

WIDTH = 128


def linear(before: int, units: int, activation: nn.Module, slope: float = 0.0) -> list[nn.Module]:
    """Return a linear layer with He's weights for a rectifier of this slope, and the rectifier."""
    layer = nn.Linear(before, units)
    nn.init.kaiming_normal_(layer.weight, a=slope)
    return [layer, activation]


KINDS: dict[str, Callable[[int, int], list[nn.Module]]] = {
    "ReLU": lambda i, o: linear(i, o, nn.ReLU()),
    "leaky ReLU, 0.01": lambda i, o: linear(i, o, nn.LeakyReLU(0.01), 0.01),
    "leaky ReLU, 0.25": lambda i, o: linear(i, o, nn.LeakyReLU(0.25), 0.25),
    "PReLU, one slope": lambda i, o: linear(i, o, nn.PReLU(), 0.25),
    "PReLU, per unit": lambda i, o: linear(i, o, nn.PReLU(o), 0.25),
    "maxout, 2 pieces": lambda i, o: [nn.Maxout(i, o, 2)],
}


def network(kind: str, inputs: int) -> nn.Sequential:
    """Return three hidden layers of one kind of unit."""
    hidden = [layer for before in (inputs, WIDTH, WIDTH) for layer in KINDS[kind](before, WIDTH)]
    return nn.Sequential(*hidden, nn.Linear(WIDTH, 10))


def train(model: nn.Module, data: Split, epochs: int, optimizer: optim.Optimizer) -> float:
    """Train on batches of 100; return the accuracy on the test images in per cent."""
    metrics = {"accuracy": ag.training.accuracy}
    loop = ag.training.Loop(model, F.cross_entropy, optimizer, metrics=metrics, allow_nan=True)
    loop.fit(DataLoader(TensorDataset(data.x, data.y), batch_size=100, shuffle=True), epochs)
    return 100 * loop.evaluate(DataLoader(TensorDataset(data.test_x, data.test_y), batch_size=1000))["accuracy"]


def compare(chosen: argparse.Namespace, data: Split, seeds: int, axes: Any, slopes: Any) -> list[dict[str, object]]:
    """Train each kind from several seeds, draw the accuracies and PReLU's slopes, and return the table's rows."""
    rows, last = [], data.x.shape[1]
    for place, kind in enumerate(KINDS):
        found = []
        for seed in range(chosen.seed, chosen.seed + seeds):
            ag.manual_seed(seed)
            model = network(kind, last)
            optimizer = optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
            found.append(train(model, data, chosen.epochs, optimizer))
        axes.plot(found, [place] * seeds, "o", color=COLOURS[place % 4], alpha=0.7)
        mean, spread = sum(found) / seeds, max(found) - min(found)
        axes.plot(mean, place, "|", color=COLOURS[2], markersize=18)
        learned = [layer.weight.detach() for layer in model if isinstance(layer, nn.PReLU)]
        weights = sum(p.numel() for p in model.parameters())
        row = {"units": kind, "parameters": weights, "test accuracy (%)": mean, "max - min": spread}
        rows.append(row | {"slopes by layer": ", ".join(f"{slope.mean().item():.2f}" for slope in learned)})
        if kind == "PReLU, per unit":
            slopes.violinplot([slope.cpu().numpy() for slope in learned], showmeans=True)
            slopes.axhline(0.25, color=style.GREY, linestyle=":", label="before training")
    axes.set(yticks=range(len(KINDS)), ylim=(len(KINDS) - 0.5, -0.5))
    axes.set_yticklabels(KINDS)
    label(axes, "Accuracy", "test accuracy (%)", note=f"{chosen.epochs} epochs; points: {seeds} seeds, bar: mean")
    slopes.set_xticks([1, 2, 3])
    label(slopes, "What PReLU learns", "hidden layer", "slope below zero", f"one per unit, {WIDTH} units in a layer")
    return rows


@ag.no_grad()
def below_zero(model: nn.Sequential, x: Tensor) -> float:
    """Return the share of hidden units, in per cent, that are below zero for every example; NaN after divergence."""
    dead = []
    for layer in model[:-1]:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            dead.append((x <= 0).all(0))
    return 100 * ag.cat(dead).float().mean().item() if x.isfinite().all() else math.nan


def dying(chosen: argparse.Namespace, data: Split, rates: list[float], axes: Any) -> list[dict[str, object]]:
    """Train at each learning rate, draw how many units are below zero for all images; return the table's rows."""
    rows: list[dict[str, object]] = [{"learning rate": rate} for rate in rates]
    for kind, colour in zip(("ReLU", "leaky ReLU, 0.01", "leaky ReLU, 0.25"), COLOURS):
        for row, rate in zip(rows, rates):
            ag.manual_seed(chosen.seed)
            model = network(kind, data.x.shape[1])
            optimizer = optim.Adam(model.parameters(), lr=rate)
            row[f"{kind}: test (%)"] = train(model, data, max(1, chosen.epochs // 3), optimizer)
            row[f"{kind}: below 0 (%)"] = below_zero(model, data.x)
        axes.plot(rates, [row[f"{kind}: below 0 (%)"] for row in rows], "o-", color=colour, label=kind)
    axes.set_xscale("log")
    note = "below zero for every image, after training with Adam"
    label(axes, "Dead units", "learning rate", "hidden units (%)", note)
    return rows


def convex(axes: Any, steps: int) -> None:
    """Fit x^2 with one maxout unit of 2, 3 and 5 lines, and draw them."""
    x = ag.linspace(-1.5, 1.5, 121)[:, None]
    axes.plot(x.cpu().numpy(), (x * x).cpu().numpy(), ":", color=style.GREY, label="x²")
    # starts that lose no line, or one of the five: a line below the others everywhere gets no gradient, and stays there
    for (pieces, seed), colour in zip(((2, 0), (3, 2), (5, 3)), COLOURS):
        ag.manual_seed(seed)
        unit = nn.Maxout(1, 1, pieces)
        optimizer = optim.Adam(unit.parameters(), lr=0.03)
        for _ in range(steps):
            loss = F.mse_loss(unit(x), x * x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        axes.plot(x.cpu().numpy(), unit(x).detach().cpu().numpy(), color=colour, label=f"{pieces} lines")
    label(axes, "Maxout learns its activation", "x", "output", "one unit fitted to a parabola")


def main() -> None:
    """Run the comparisons; write picture and tables."""
    parser = options(__doc__, epochs=10)
    parser.add_argument("--images", type=int, default=10_000, help="training images (default: 10000)")
    chosen = begin(parser)
    data = fashion(chosen)
    mean, deviation = data.x.mean(), data.x.std()
    x, test_x = (((images - mean) / deviation).flatten(1) for images in (data.x[: chosen.images], data.test_x))
    data = Split(x, data.y[: chosen.images], test_x, data.test_y)
    rates, seeds = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1], 3
    if chosen.quick:
        rates, seeds, chosen.epochs = [0.001, 0.1], 1, 3
    page, (accuracies, slopes, parabola, deaths) = panels(2, 2, width=5.2, height=3.3)
    rows = compare(chosen, data, seeds, accuracies, slopes)
    convex(parabola, 200 if chosen.quick else 1500)
    dead = dying(chosen, data, rates, deaths)
    save_figure(chosen, page)
    save_table(chosen, rows)
    save_table(chosen, dead, "-dead")


if __name__ == "__main__":
    main()
