"""Batch norm on MNIST: faster learning, steadier inputs, and little care for learning rate and initial weights.

First the experiment of the paper's figure 1: three hidden layers of 100 sigmoids, batches of 60, small Gaussian
weights, 50 000 steps, with and without batch norm.  With it the network is ahead at once and stays ahead; the inputs
of a sigmoid in its last hidden layer, as their 15th, 50th and 85th percentile, change less.

Then ReLU in place of the sigmoids, on 10 000 images: no batch norm, or one before or after each activation; a learning
rate times 1, 5 and 30; He's weights, and Gaussian ones that are too small and too large.  A scale of the weights
before batch norm cancels out, so bad weights and long steps do little harm, wherever it stands.

Source: Ioffe and Szegedy, "Batch Normalization", arXiv 1502.03167, section 4.1 and figure 1; section 4.2 for the
rates times 5 and 30 (there of Inception, on ImageNet).

    python examples/batch_norm.py [--data DIR] [--quick]
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, mnist

import autograd_core as ag
import nn
import nn.functional as F
import optim

BATCH, UNITS, LAYERS = 60, 100, 3
RATE, DEVIATION = 0.1, 0.1  # of the sigmoids' training and weights
FACTORS, SLOW = (1, 5, 30), 0.02  # the ReLUs' learning rates: SLOW times each factor
WEIGHTS = {"He": None, "Gaussian, 0.01": 0.01, "Gaussian, 0.5": 0.5}  # standard deviations
PLACES = {"without batch norm": None, "batch norm before": "before", "batch norm after": "after"}
PERCENTILES = (0.15, 0.5, 0.85)


class Point(NamedTuple):
    """What is seen at a step: the test accuracy, and percentiles of the inputs of one sigmoid."""

    step: int
    accuracy: float
    inputs: list[float]


def network(activation: type[nn.Module], place: str | None, deviation: float | None) -> nn.Sequential:
    """Return three hidden layers with weights of this standard deviation, or else He's; biases are 0."""
    layers: list[nn.Module] = [nn.Flatten()]
    width = 28 * 28
    for _ in range(LAYERS):
        norm = [nn.BatchNorm1d(UNITS)] if place else []
        layers += [nn.Linear(width, UNITS), *(norm if place == "before" else []), activation()]
        layers += norm if place == "after" else []
        width = UNITS
    model = nn.Sequential(*layers, nn.Linear(width, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
            nn.init.normal_(layer.weight, std=deviation or (2 / layer.in_features) ** 0.5)
    return model


def train(model: nn.Sequential, data: Split, rate: float, steps: int, every: int) -> list[Point]:
    """Take steps of plain SGD; return what is seen after each ``every`` of them."""
    optimizer = optim.SGD(model.parameters(), lr=rate)
    seen = []
    for step in range(1, steps + 1):
        batch = ag.randint(0, len(data.x), (BATCH,))
        loss = F.cross_entropy(model(data.x[batch]), data.y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0 or step == steps:
            seen.append(look(model, data, step))
    return seen


@ag.no_grad()
def look(model: nn.Sequential, data: Split, step: int) -> Point:
    """Return the test accuracy, and the percentiles of what reaches the first unit of the last activation."""
    model.eval()
    last = max(i for i, layer in enumerate(model) if isinstance(layer, (nn.Sigmoid, nn.ReLU)))
    inputs = model[:last](data.test_x)[:, 0]
    right = model(data.test_x).argmax(dim=1) == data.test_y
    model.train()
    return Point(step, 100 * right.float().mean().item(), inputs.quantile(ag.tensor(PERCENTILES)).tolist())


def figure_one(chosen: argparse.Namespace, data: Split, steps: int) -> dict[str, list[Point]]:
    """Train the sigmoids without and with batch norm, from the same weights and on the same batches."""
    runs = {}
    for name, place in {"without": None, "with": "before"}.items():
        ag.manual_seed(chosen.seed)
        runs[name] = train(network(nn.Sigmoid, place, DEVIATION), data, RATE, steps, steps // 100)
    return runs


def grid(chosen: argparse.Namespace, data: Split, steps: int) -> dict[str, dict[str, list[float]]]:
    """Return the last test accuracies of the ReLUs: by weights, by place, at each rate."""
    found: dict[str, dict[str, list[float]]] = {weights: {place: [] for place in PLACES} for weights in WEIGHTS}
    for weights, deviation in WEIGHTS.items():
        for name, place in PLACES.items():
            for factor in FACTORS:
                ag.manual_seed(chosen.seed)
                model = network(nn.ReLU, place, deviation)
                found[weights][name].append(train(model, data, SLOW * factor, steps, steps)[-1].accuracy)
    return found


def draw(chosen: argparse.Namespace, runs: dict[str, list[Point]], found: dict[str, dict[str, list[float]]]) -> None:
    """Draw the paper's figure above, the ReLUs at each rate below."""
    page, axes = panels(2, 3)
    for (name, seen), colour, inputs in zip(runs.items(), COLOURS, axes[1:]):
        steps = [point.step for point in seen]
        axes[0].plot(steps, [point.accuracy for point in seen], color=colour, label=f"{name} batch norm")
        low, middle, high = zip(*(point.inputs for point in seen))
        inputs.fill_between(steps, low, high, color=colour, alpha=0.2, linewidth=0, label="15 % to 85 %")
        inputs.plot(steps, middle, color=colour, label="median")
        label(inputs, f"A sigmoid's input, {name} batch norm", "step", "input", loc="lower right")
    ends = [end for inputs in axes[1:3] for end in inputs.get_ylim()]
    for inputs in axes[1:3]:
        inputs.set_ylim(min(ends) * 1.5, max(ends))
    axes[0].set_ylim(70, 100)
    label(axes[0], "Three layers of sigmoids", "step", "test accuracy, %", loc="lower right")
    for panel, (weights, by_place) in zip(axes[3:], found.items()):
        for (name, accuracies), colour, dash in zip(by_place.items(), COLOURS, ("o-", "s-", "^--")):
            panel.plot(range(len(FACTORS)), accuracies, dash, color=colour, label=name)
        panel.set_xticks(range(len(FACTORS)), [f"×{factor}" for factor in FACTORS])
        panel.set_ylim(0, 102)
        label(panel, f"ReLU, weights: {weights}", f"learning rate, times {SLOW}", "test accuracy, %", loc="best")
    save_figure(chosen, page)


def main() -> None:
    """Run both experiments; write table and picture."""
    chosen = begin(options(__doc__))
    data = mnist(chosen)
    runs = figure_one(chosen, data, 600 if chosen.quick else 50_000)
    few = Split(data.x[:10_000], data.y[:10_000], data.test_x, data.test_y)
    found = grid(chosen, few, 100 if chosen.quick else 840)
    rows = []
    for name, seen in runs.items():
        for point in (seen[9], seen[-1]):
            rows.append({"network": f"sigmoid, {name} batch norm, {point.step} steps", "test, %": point.accuracy})
    for weights, by_place in found.items():
        for name, accuracies in by_place.items():
            row = {f"×{factor}": value for factor, value in zip(FACTORS, accuracies)}
            rows.append({"network": f"ReLU, {weights}, {name}", **row})
    save_table(chosen, rows)
    draw(chosen, runs, found)


if __name__ == "__main__":
    main()
