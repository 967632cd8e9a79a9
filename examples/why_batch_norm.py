"""Why batch norm helps: the loss along the gradient is smoother, and the gradient can be trusted further.

Six hidden layers of 100 ReLUs learn Fashion-MNIST (10 000 images, batches of 128, SGD with a rate of 0.1), with and
without batch norm.  Every few steps we walk from the weights along the gradient of the batch, half a step to four steps
far, and note, as the paper does: between which values the loss of that batch moves (the loss landscape), how far the
gradient moves from where we started, as an l2 distance (gradient predictiveness), and the largest such distance per
distance walked ("effective" beta-smoothness).  Lower and narrower is better: with batch norm all three are, until the
training loss is so small that the network without it stands on a plain.

Source: Santurkar, Tsipras, Ilyas, Madry, "How Does Batch Normalization Help Optimization?", arXiv 1805.11604, section
3.1 and figure 4 (there of a VGG network on CIFAR-10).

    python examples/why_batch_norm.py [--data DIR] [--quick]
"""

from __future__ import annotations

import argparse
import copy
from typing import NamedTuple

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import fashion

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor

LAYERS, UNITS, BATCH, RATE = 6, 100, 128, 0.1
WALK = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)  # how far along the gradient, in steps of SGD
SMOOTHED = 10  # points of which the training loss shows the mean


class Point(NamedTuple):
    """What a walk along the gradient finds: lowest and highest loss, nearest and farthest gradient, smoothness."""

    step: int
    losses: tuple[float, float]
    distances: tuple[float, float]
    smoothness: float


def network(norm: bool) -> nn.Module:
    """Return hidden layers with He's weights, each with batch norm before its ReLU or none."""
    layers: list[nn.Module] = [nn.Flatten()]
    width = 28 * 28
    for _ in range(LAYERS):
        linear = nn.Linear(width, UNITS)
        nn.init.kaiming_normal_(linear.weight)
        nn.init.zeros_(linear.bias)
        layers += [linear, *([nn.BatchNorm1d(UNITS)] if norm else []), nn.ReLU()]
        width = UNITS
    return nn.Sequential(*layers, nn.Linear(width, 10))


def gradient(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, list[Tensor]]:
    """Return a batch's loss and its gradient, one tensor a parameter."""
    loss = F.cross_entropy(model(x), y)
    return loss.item(), list(ag.autograd.grad(loss, list(model.parameters())))


@ag.no_grad()
def move(model: nn.Module, direction: list[Tensor], distance: float) -> None:
    """Take a step against the direction."""
    for parameter, part in zip(model.parameters(), direction):
        parameter.sub_(part, alpha=distance)


def length(parts: list[Tensor]) -> float:
    """Return the l2 norm of all parts together."""
    return sum((part * part).sum().item() for part in parts) ** 0.5


def walk(model: nn.Module, start: list[Tensor], x: Tensor, y: Tensor, step: int) -> Point:
    """Look at loss and gradient along the gradient, on a copy: batch norm's running statistics stay as they are."""
    losses, distances, smoothness = [], [], []
    for far in WALK:
        there = copy.deepcopy(model)
        move(there, start, RATE * far)
        loss, found = gradient(there, x, y)
        losses.append(loss)
        distances.append(length([new - old for new, old in zip(found, start)]))
        smoothness.append(distances[-1] / (RATE * far * length(start)))
    return Point(step, (min(losses), max(losses)), (min(distances), max(distances)), max(smoothness))


def train(norm: bool, x: Tensor, y: Tensor, steps: int, every: int) -> tuple[list[float], list[Point]]:
    """Return the training loss of each step, and what walks found at each ``every`` of them."""
    model = network(norm)
    losses, points = [], []
    for step in range(steps):
        batch = ag.randint(0, len(x), (BATCH,))
        loss, direction = gradient(model, x[batch], y[batch])
        losses.append(loss)
        if step % every == 0:
            points.append(walk(model, direction, x[batch], y[batch], step))
        move(model, direction, RATE)
    return losses, points


def draw(chosen: argparse.Namespace, runs: dict[str, tuple[list[float], list[Point]]]) -> None:
    """Draw the training loss and the paper's three quantities over the steps."""
    page, (training, landscape, predictive, smooth) = panels(2, 2, 4.6, 3.3)
    for (name, (losses, points)), colour in zip(runs.items(), COLOURS):
        means = ag.tensor(losses).unfold(0, SMOOTHED, 1).mean(dim=1).tolist()
        training.plot(range(SMOOTHED - 1, len(losses)), means, color=colour, label=name)
        steps = [point.step for point in points]
        for axes, ranges in ((landscape, [p.losses for p in points]), (predictive, [p.distances for p in points])):
            axes.fill_between(steps, *zip(*ranges), color=colour, alpha=0.5, linewidth=0, label=name)
        smooth.plot(steps, [point.smoothness for point in points], color=colour, label=name)
    for axes in (training, landscape, predictive, smooth):
        axes.set_yscale("log")
    label(training, "Training loss", "step", "cross-entropy, nats", f"mean of {SMOOTHED} batches")
    label(landscape, "Loss landscape", "step", "cross-entropy, nats", "from half a step to four along the gradient")
    label(predictive, "Gradient predictiveness", "step", "l2 distance of the gradient", "over the same walk")
    label(smooth, "Effective smoothness", "step", "largest distance per distance walked", "over the same walk")
    save_figure(chosen, page)


def main() -> None:
    """Train both networks from the same seed, walk, and write table and picture."""
    chosen = begin(options(__doc__))
    data = fashion(chosen)
    x, y = (data.x[:10_000] - data.x.mean()) / data.x.std(), data.y[:10_000]
    runs = {}
    for name, norm in (("without batch norm", False), ("with batch norm", True)):
        ag.manual_seed(chosen.seed)
        runs[name] = train(norm, x, y, *((120, 4) if chosen.quick else (800, 5)))
    rows = []
    for name, (losses, points) in runs.items():
        later = points[len(points) // 5 :]  # after the first fifth
        row = {"loss, last steps": sum(losses[-50:]) / 50}
        row["loss along the gradient, highest"] = ag.tensor([p.losses[1] for p in later]).median().item()
        row["gradient's distance, farthest"] = ag.tensor([p.distances[1] for p in later]).median().item()
        row["smoothness"] = ag.tensor([p.smoothness for p in later]).median().item()
        rows.append({"network (medians over the steps)": name, **row})
    save_table(chosen, rows)
    draw(chosen, runs)


if __name__ == "__main__":
    main()
