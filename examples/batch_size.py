"""Batch size: full-batch, mini-batch and stochastic descent; and which learning rate goes with which batch size.

First the paths of the three on a problem of two weights: the full batch goes straight down, one example at a time
wanders and does not settle.  Then the loss on 5 000 digits against epochs, where small batches win since they take more
steps, and against seconds, where the mini-batch wins: a step with one example costs nearly as much as one with many.
Last, accuracies after equal epochs for each batch size and rate: expect them equal where the rate grows as the batch
does (the linear scaling rule), up to the rate that is too high at any size; beyond, large batches fall behind.

Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.1; LeCun et al., "Efficient BackProp", 1998.

    python examples/batch_size.py
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, mnist

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor

ANCHOR = 64  # the batch size from whose best rate, and from a sixteenth of it, the rule goes up and down


def network() -> nn.Module:
    """Return one hidden layer of 100 ReLUs."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 100), nn.ReLU(), nn.Linear(100, 10))


def learn(model: nn.Module, optimizer: optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    """Pass once over the examples in shuffled batches, and return the seconds of processor time that it took."""
    start = time.process_time()
    for batch in ag.randperm(len(x)).split(size):
        optimizer.zero_grad()
        F.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
    return time.process_time() - start


def draw_paths(axes: Any, steps: int = 120) -> None:
    """Draw where three batch sizes go on the loss of two weights, least squares over 256 examples."""
    x = ag.randn(256, 2) @ ag.tensor([[1.0, 0.0], [0.5, 0.4]])
    y = x @ ag.tensor([1.5, -1.0]) + 0.7 * ag.randn(256)
    grid = ag.stack(ag.meshgrid(ag.linspace(-2, 3, 81), ag.linspace(-2.5, 2, 81), indexing="xy"), -1)  # (81, 81, 2)
    heights = ((grid @ x.T - y) ** 2).mean(-1)
    axes.contour(*grid.numpy().transpose(2, 0, 1), heights, np.geomspace(0.5, 20, 12), colors="#CBD5E1", linewidths=1)
    for size, colour in ((1, COLOURS[1]), (16, COLOURS[0]), (256, COLOURS[2])):
        w = ag.tensor([-1.5, 1.5], requires_grad=True)
        optimizer, path = optim.SGD([w], lr=0.12), [w.tolist()]
        for _ in range(steps):
            batch = ag.randperm(256)[:size]
            optimizer.zero_grad()
            ((x[batch] @ w - y[batch]) ** 2).mean().backward()
            optimizer.step()
            path.append(w.tolist())
        axes.plot(*zip(*path), ".-", color=colour, linewidth=1.2, markersize=3, label=f"batches of {size}")
    axes.grid(False)
    label(axes, "Paths", "first weight", "second weight", f"{steps} steps of rate 0.12")


def draw_losses(by_epoch: Any, by_second: Any, data: Split, effort: float) -> None:
    """Draw the training loss of three batch sizes, each with a rate that suits it, against epochs and seconds."""
    runs = {len(data.x): (0.5, 150), 100: (0.2, 20), 1: (0.01, 4)}  # batch size -> rate, epochs
    for (size, (rate, epochs)), colour in zip(runs.items(), (COLOURS[2], COLOURS[0], COLOURS[1])):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=rate)
        seconds, losses = [], []
        for _ in range(max(2, round(effort * epochs))):
            seconds.append(learn(model, optimizer, data.x, data.y, size))
            with ag.no_grad():
                losses.append(F.cross_entropy(model(data.x), data.y).item())
        look = {"color": colour, "marker": ".", "markersize": 4, "label": f"batches of {size}, rate {rate}"}
        by_epoch.plot(range(1, len(losses) + 1), losses, **look)
        by_second.plot(np.cumsum(seconds), losses, **look)
    for axes, unit in ((by_epoch, "epoch"), (by_second, "second")):
        axes.set(xscale="log", yscale="log", ylim=(None, 9))  # room for the legend
        axes.yaxis.set_minor_formatter("")
        label(axes, f"Loss by {unit}", f"{unit}s", "training loss", f"{len(data.x)} digits", loc="upper right")


def sweep(data: Split, sizes: list[int], rates: list[float], epochs: int, seeds: range) -> tuple[Any, Any]:
    """Return mean test accuracies in % (sizes, rates), and the median seconds of an epoch (sizes), of plain SGD."""
    accuracies = np.zeros((len(seeds), len(sizes), len(rates)))
    seconds = np.zeros((*accuracies.shape, epochs))
    for run, i, j in np.ndindex(accuracies.shape):
        ag.manual_seed(seeds[run])
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=rates[j])
        seconds[run, i, j] = [learn(model, optimizer, data.x, data.y, sizes[i]) for _ in range(epochs)]
        with ag.no_grad():
            accuracies[run, i, j] = 100 * ag.training.accuracy(model(data.test_x), data.test_y)
    return accuracies.mean(axis=0), np.median(seconds, axis=(0, 2, 3))


def draw_sweep(axes: list[Any], sizes: list[int], rates: list[float], accuracies: Any, seconds: Any) -> list[Any]:
    """Draw times and accuracies; return the table's rows, with each size's best rate and the rule's."""
    cost, heat, best = axes
    cost.semilogy(sizes, seconds, ".-", color=COLOURS[0])
    label(cost, "Time of an epoch", "batch size", "seconds of processor time")
    chosen = accuracies.argmax(axis=1)
    shown = heat.pcolormesh(np.log2(rates), np.log2(sizes), accuracies, cmap="Blues", vmin=accuracies.max() - 15)
    heat.figure.colorbar(shown, ax=heat, extend="min", label="test accuracy (%)")
    heat.plot(np.log2(rates)[chosen], np.log2(sizes), "o", color=COLOURS[1], label="best")
    heat.set_xlim(np.log2(rates[0]) - 0.5, np.log2(rates[-1]) + 0.5)
    heat.set_xticks(np.log2(rates)[::3], [f"{rate:.2g}" for rate in rates[::3]])
    heat.set_yticks(np.log2(sizes), sizes)
    best.plot(sizes, accuracies.max(axis=1), "o-", color=COLOURS[1], label="best rate")
    for share, dash in ((1, "--"), (16, ":")):
        start = rates[chosen[sizes.index(ANCHOR)]] / share
        rule = start * np.array(sizes) / ANCHOR
        at_rule = [np.interp(rate, rates, row, np.nan, np.nan) for rate, row in zip(rule, accuracies)]
        heat.plot(np.log2(rule), np.log2(sizes), dash, color=COLOURS[2], label=f"rule, {start:.2g} at {ANCHOR}")
        best.plot(sizes, at_rule, dash, color=COLOURS[2], label=f"rule, {start:.2g} at {ANCHOR}")
    label(heat, "Accuracy", "learning rate", "batch size", loc="upper left")
    best.set_ylim(accuracies.max() - 15, None)
    for panel in (cost, best):
        panel.set_xscale("log", base=2)
        panel.set_xticks(sizes, sizes)
    label(best, "Accuracy after equal epochs", "batch size", "test accuracy (%)", loc="lower left")
    columns = ("batch size", "seconds an epoch", "best rate", "accuracy (%)", "small rate by the rule", "its (%)")
    found = zip(sizes, seconds, np.array(rates)[chosen], accuracies.max(axis=1), rule, at_rule)
    return [dict(zip(columns, row)) for row in found]


def main() -> None:
    """Draw all panels, and write for each batch size its best rate and that of the rule."""
    chosen = begin(options(__doc__, epochs=5))
    data, few, runs = mnist(chosen), 5_000, 2
    sizes, rates = [2**k for k in range(3, 12)], [2.0**k for k in range(-8, 3)]
    if chosen.quick:
        few, sizes, rates, runs = 600, [16, 64, 256], rates[::2], 1
    figure, axes = panels(2, 3, 4.2, 3.4)
    draw_paths(axes[0])
    draw_losses(axes[1], axes[2], data._replace(x=data.x[:few], y=data.y[:few]), 0.5 if chosen.quick else 1.0)
    data = data._replace(x=data.x[:10_240], y=data.y[:10_240])  # a multiple of all sizes: no small batch at the end
    accuracies, seconds = sweep(data, sizes, rates, chosen.epochs, range(chosen.seed, chosen.seed + runs))
    rows = draw_sweep(axes[3:], sizes, rates, accuracies, seconds)
    save_figure(chosen, figure)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
