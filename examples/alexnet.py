"""AlexNet as published: counted layer by layer, one step of training at full size, and trained on a few photographs.

Five convolutions and three dense layers, with local response normalisation and overlapping pooling after the first two.
Convolutions 2, 4 and 5 see half of the channels each: the network was spread over two graphics cards.  Nearly all
weights are in the dense layers and nearly all multiplications in the convolutions, as the table shows.  One step at
227 x 227 pixels is measured, in seconds and memory; then the network learns to tell three classes of CIFAR-10,
enlarged, from a few hundred images: so few that it is the falling loss, not the accuracy, that counts.  It starts from
He's initial weights; with the published ones (normal, deviation 0.01) so short a training would not leave the plateau.

Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks (2012), "60
million parameters and 650,000 neurons", batches of 128; He et al., Delving deep into rectifiers, section 2.2.

    python examples/alexnet.py
"""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, cifar

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

SIDE = 227  # pixels; the paper says 224, from which its layers' sizes do not follow
CLASSES = {0: "airplane", 6: "frog", 1: "automobile"}


def alexnet(classes: int = 1000, part: int = 1) -> nn.Sequential:
    """Return the network; ``part`` divides its channels.  Shape: (N, 3, 227, 227) -> (N, classes)."""
    a, b, c, d, e, dense = (n // part for n in (96, 256, 384, 384, 256, 4096))
    normal: dict[str, Any] = {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2.0}  # mean of 5; the paper sums, with 1e-4
    return nn.Sequential(
        nn.Conv2d(3, a, 11, stride=4), nn.ReLU(), nn.LocalResponseNorm(**normal), nn.MaxPool2d(3, 2),
        nn.Conv2d(a, b, 5, padding=2, groups=2), nn.ReLU(), nn.LocalResponseNorm(**normal), nn.MaxPool2d(3, 2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(e * 6 * 6, dense), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(dense, dense), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(dense, classes),
    )  # fmt: skip


@ag.no_grad()
def counted(model: nn.Sequential) -> list[dict[str, Any]]:
    """Return a row for each layer with weights: how many, neurons, multiplications for one image."""
    rows: list[dict[str, Any]] = []
    x = ag.zeros(1, 3, SIDE, SIDE)
    for layer in model.eval():
        x = layer(x)
        if weights := sum(p.numel() for p in layer.parameters()):
            name = f"{type(layer).__name__.lower()} {len(rows) + 1}"
            places = x.shape[-2:].numel() if x.ndim == 4 else 1
            size = " x ".join(map(str, x.shape[1:]))
            rows.append({
                "layer": name, "output": size, "neurons": x.numel(), "weights": weights,
                "multiplications": layer.weight.numel() * places,
            })  # fmt: skip
    total = {name: sum(row[name] for row in rows) for name in ("neurons", "weights", "multiplications")}
    return [*rows, {"layer": "all", **total}]


def one_step(model: nn.Sequential, batch: int) -> dict[str, Any]:
    """Return the seconds of a step on random images with the published optimiser, and the most memory held so far."""
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    x, y = ag.randn(batch, 3, SIDE, SIDE), ag.randint(0, 1000, (batch,))
    start = time.perf_counter()
    loss = F.cross_entropy(model.train()(x), y)
    loss.backward()
    optimizer.step()
    seconds = time.perf_counter() - start
    row = {"images": batch, "loss": loss.item(), "seconds": seconds}
    if resource:  # its unit is the kilobyte, or on a Mac the byte
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
        row["peak memory, GB"] = peak
    return row


def photographs(data: Split, each: int) -> tuple[TensorDataset, TensorDataset]:
    """Return images of the three classes to learn from, so many of each, and a third as many to test; all enlarged."""
    made = []
    for images, labels, count in ((data.x, data.y, each), (data.test_x, data.test_y, each // 3)):
        places = [(labels == number).nonzero()[:count, 0] for number in CLASSES]
        large = F.interpolate(images[ag.cat(places)], size=(SIDE, SIDE), mode="bilinear")
        answers = ag.cat([ag.full((len(found),), i) for i, found in enumerate(places)])
        made.append(TensorDataset(4 * (large - data.x.mean((0, 2, 3), keepdim=True)), answers))
    return made[0], made[1]


def he(layer: nn.Module) -> None:
    """Give a layer He's initial weights and zero biases."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)


def draw(options: Any, rows: list[dict[str, Any]], history: Any, test: TensorDataset, scores: Tensor) -> None:
    """Write the picture: where weights and work are, the learning curves, some answers."""
    figure, (left, middle, right) = panels(1, 3, width=4.6, height=4.0)
    names, total = [row["layer"] for row in rows[:-1]], rows[-1]
    for shift, name, colour in ((-0.2, "weights", COLOURS[0]), (0.2, "multiplications", COLOURS[1])):
        share = [100 * row[name] / total[name] for row in rows[:-1]]
        left.barh([i + shift for i in range(len(names))], share, 0.4, color=colour, label=name)
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    label(left, "Where weights and work are", "share, %", note=f"{total['weights']:,} weights".replace(",", " "))
    for name, colour in (("train_loss", COLOURS[0]), ("val_loss", COLOURS[1])):
        middle.plot(history["epoch"], history[name], "o-", color=colour, label=name.replace("_", " "))
    middle.axhline(math.log(3), color=COLOURS[-1], linestyle=":", label="a guess: ln 3")
    label(middle, "Three classes, few images", "epoch", "cross-entropy, nats", note=f"{len(scores)} test images")
    some = ag.arange(0, len(scores), max(len(scores) // 12, 1))[:12]
    images = F.interpolate(test.tensors[0][some] / 4 + 0.45, size=(64, 64)).clip(0, 1)
    right.imshow(images.reshape(3, 4, 3, 64, 64).permute(0, 3, 1, 4, 2).reshape(192, 256, 3).numpy())
    kinds = list(CLASSES.values())
    for i, place in enumerate(some.tolist()):
        said, true = scores[place].argmax().item(), test.tensors[1][place].item()
        box = {"facecolor": "white", "pad": 1, "linewidth": 0}
        spot = (i % 4 * 64 + 2, i // 4 * 64 + 3)
        right.text(*spot, kinds[said], va="top", fontsize=7, color=COLOURS[int(said != true)], bbox=box)
    right.set_axis_off()
    label(right, "What it says", note="test images, enlarged for it; wrong answers in amber")
    save_figure(options, figure)


def main() -> None:
    """Count, measure and train; write the picture and the tables."""
    chosen = begin(options(__doc__, epochs=6))
    if chosen.quick:
        chosen.epochs = 3
    model = alexnet()
    rows = counted(model)
    save_table(chosen, rows)
    runs = [{"run": "one step at full size", **one_step(model, 4 if chosen.quick else 128)}]
    train, test = photographs(cifar(chosen), 18 if chosen.quick else 150)
    model = alexnet(classes=len(CLASSES), part=8 if chosen.quick else 1).apply(he)
    optimizer = optim.SGD(model.parameters(), lr=0.003, momentum=0.9, weight_decay=5e-4)
    loop = ag.training.Loop(model, F.cross_entropy, optimizer, metrics={"accuracy": ag.training.accuracy})
    start = time.perf_counter()
    history = loop.fit(DataLoader(train, 8 if chosen.quick else 32, shuffle=True), chosen.epochs, DataLoader(test, 32))
    runs.append({
        "run": f"{chosen.epochs} epochs, three classes", "images": len(train), "loss": history.last("train_loss"),
        "seconds": time.perf_counter() - start, "first loss": history["train_loss"][0],
        "test accuracy, %": 100 * history.last("val_accuracy"),
    })  # fmt: skip
    save_table(chosen, runs, "-runs")
    draw(chosen, rows, history, test, loop.predict(test.tensors[0], 32))


if __name__ == "__main__":
    main()
