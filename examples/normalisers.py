"""Batch, layer, instance and group normalisation against the batch size.

Batch norm takes mean and variance over the batch and the image: the fewer values, the noisier they are, and the
farther from the running averages that a prediction uses.  The other three look at one example alone, so that the batch
size is nothing to them.  Here a small convolutional network learns Fashion-MNIST with batches of 32 down to 2, and a
learning rate in proportion.  Its images shrink to one pixel, so that the last batch norm sees one value of each image.
Expect its error to rise steeply at 2, and that of group norm to stay where it is.  A dashed line tells two faults
apart: the same networks, their running statistics measured again over large batches.

Source: Wu and He, Group Normalization, ECCV 2018: figure 1 and table 2 (ResNet-50 on ImageNet with batches of 32 to 2:
batch norm 23.6, 23.7, 24.8, 27.3 and 34.7 % error, group norm 24.1, 24.2, 24.0, 24.2 and 24.1 %), and table 1 (batches
of 32: layer norm 25.3 %, instance norm 28.4 %).

    python examples/normalisers.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "layer": lambda channels: nn.GroupNorm(1, channels),  # over all channels and the image
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "group": lambda channels: nn.GroupNorm(8, channels),
}
PAPER = {  # error in % on ImageNet
    "batch": {32: 23.6, 16: 23.7, 8: 24.8, 4: 27.3, 2: 34.7},
    "group": {32: 24.1, 16: 24.2, 8: 24.0, 4: 24.2, 2: 24.1},
    "layer": {32: 25.3},
    "instance": {32: 28.4},
}


def network(norm: str) -> nn.Sequential:
    """Return five strided convolutions, each with a norm, whose images shrink from 28 x 28 to 1 x 1."""
    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 32), (32, 64), (64, 64)):
        convolution = nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1, bias=False)
        layers += [convolution, NORMS[norm](after), nn.ReLU()]
    if norm == "instance":
        layers[-2] = nn.Identity()  # of one value, nothing would be left
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 10))


def error(outputs: ag.Tensor, targets: ag.Tensor) -> float:
    """Return how many per cent are wrong."""
    return 100 * (1 - ag.training.accuracy(outputs, targets))


def train(norm: str, size: int, data: Split, chosen: argparse.Namespace) -> ag.training.Loop:
    """Train with batches of ``size``; the seed, and so the first weights, are the same for all."""
    ag.manual_seed(chosen.seed)
    model = network(norm)
    optimiser = optim.SGD(model.parameters(), lr=0.1 * size / 32, momentum=0.9, weight_decay=1e-4)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=chosen.epochs)
    loop = ag.training.Loop(model, F.cross_entropy, optimiser, metrics={"error": error}, scheduler=schedule)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=size, shuffle=True)
    loop.fit(batches, chosen.epochs, DataLoader(TensorDataset(data.test_x, data.test_y), batch_size=500))
    return loop


def measured_again(loop: ag.training.Loop, size: int, data: Split) -> float:
    """Return the error after batch norm's mean and variance are averaged anew, over batches of ``size``."""
    loop.optimizer.zero_grad()
    optim.swa_utils.update_bn(DataLoader(TensorDataset(data.x, data.y), batch_size=size, shuffle=True), loop.model)
    return loop.evaluate(DataLoader(TensorDataset(data.test_x, data.test_y), batch_size=500))["error"]


def draw(chosen: argparse.Namespace, sizes: list[int], curves: dict[Any, list[float]], again: list[float]) -> None:
    """Draw the error against the batch size, and against time with batch and with group norm."""
    figure, (left, *others) = panels(1, 3, width=4.2, height=3.6)
    for norm, colour in zip(NORMS, COLOURS):
        left.plot(sizes, [curves[norm, size][-1] for size in sizes], "o-", color=colour, label=f"{norm} norm")
    left.plot(sizes, again, "o--", color=COLOURS[0], alpha=0.5, label="batch norm, measured again")
    left.set_xscale("log", base=2)
    left.set_xticks(sizes, [str(size) for size in sizes])
    left.invert_xaxis()
    label(left, "Error after training", "images in a batch", "test error (%)", loc="upper left")
    shared = [value for norm in ("batch", "group") for size in sizes for value in curves[norm, size]]
    for axes, norm in zip(others, ("batch", "group")):
        for size, colour in zip(sizes, COLOURS):
            axes.plot(range(1, chosen.epochs + 1), curves[norm, size], color=colour, label=f"batches of {size}")
        axes.set(ylim=(min(shared) - 1, max(shared) + 1), xticks=range(1, chosen.epochs + 1))
        label(axes, f"With {norm} norm", "epoch", "test error (%)")
    save_figure(chosen, figure)


def main() -> None:
    """Train each norm at each batch size; write picture and table."""
    parser = options(__doc__, epochs=3)
    parser.add_argument("--images", type=int, default=3000, help="training images (default: 3000)")
    chosen = begin(parser)
    data, sizes = fashion(chosen), [32, 16, 8, 4, 2]
    mean, deviation = data.x.mean(), data.x.std()
    if chosen.quick:
        sizes, chosen.epochs, chosen.images = [16, 2], 2, 300
    x, test_x = (data.x[: chosen.images] - mean) / deviation, (data.test_x[:2000] - mean) / deviation
    data = Split(x, data.y[: chosen.images], test_x, data.test_y[:2000])
    curves: dict[Any, list[float]] = {}
    again, rows = [], []
    for norm in NORMS:
        for size in sizes:
            loop = train(norm, size, data, chosen)
            curves[norm, size] = loop.history["val_error"]
            row = {"norm": norm, "batch": size, "test error (%)": loop.history.last("val_error")}
            row["training error (%)"] = loop.history.last("train_error")
            row["paper, ImageNet (%)"] = PAPER[norm].get(size, "")
            rows.append(row)
            if norm == "batch":
                again.append(measured_again(loop, 500, data))
    for row, value in zip(rows, again):
        row["measured again (%)"] = value
    draw(chosen, sizes, curves, again)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
