"""A recipe for training a network, from a look at the data to an ensemble, on Fashion-MNIST; docs/recipe.md tells it.

Six steps, each of which must hold before the next makes sense: 1 look at the data; 2 skeleton and dumb baselines;
3 overfit one batch, then a small set; 4 regularise; 5 tune; 6 squeeze out.  The test images are used in the last alone.

Source: Karpathy, A Recipe for Training Neural Networks, 2019.

    python examples/recipe.py
"""

from __future__ import annotations

import math
from argparse import Namespace
from typing import Any

from _common import begin, options, save_table
from _data import fashion
from _recipe import bars, draw, percent, scatter, sheet

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset, transforms
from autograd_core.training import History, Loop, Schedule, accuracy

CHANGE = transforms.RandomCrop(28, padding=1)  # a shift by up to a pixel; no flips, as all shoes point to the left
Examples, Settings = tuple[Tensor, Tensor], dict[str, float]  # standardised images and labels; lr and dropout


class Augmenting(Loop):
    """Trains on images that are changed at random each time."""

    def train_step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Change the images first."""
        return super().train_step(CHANGE(inputs), targets)


def network(dropout: float = 0.0) -> nn.Module:
    """Return two strided convolutions with batch norm, and a linear layer: 21 000 weights."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Dropout(dropout), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip


def train(
    model: nn.Module, data: Examples, validation: Examples | None, epochs: int, lr: float = 2e-3, decay: float = 0.0,
    augment: bool = False, cycle: bool = False,
) -> History:  # fmt: skip
    """Train with AdamW, at a constant rate or at one that rises and falls to zero in one cycle."""
    optimiser = optim.AdamW(model.parameters(), lr, weight_decay=decay)
    batches = DataLoader(TensorDataset(*data), min(100, len(data[0])), shuffle=True)
    loop = (Augmenting if augment else Loop)(model, F.cross_entropy, optimiser, metrics={"accuracy": accuracy})
    if cycle:
        schedule = optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=epochs * len(batches))
        loop.callbacks.append(Schedule(schedule, every="batch"))
    return loop.fit(batches, epochs, None if validation is None else [validation])


def baselines(chosen: Namespace, data: Examples, validation: Examples, epochs: int) -> str:
    """2: the loss before training, and what is reached without inputs and without hidden layers."""
    with ag.no_grad():
        before = F.cross_entropy(network()(validation[0]), validation[1]).item()
    found = {
        "inputs all zero": train(network(), *((0 * x, y) for x, y in (data, validation)), epochs),
        "linear model": train(nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10)), data, validation, epochs),
        "network": train(network(), data, validation, epochs),
    }
    alike = {"ten classes alike: ln 10": History(epoch=[*range(1, epochs + 1)], val_loss=[math.log(10)] * epochs)}
    draw(chosen, "-2-baselines", ("Validation loss", "val_loss", found | alike), ("Accuracy", "val_accuracy", found))
    return f"first loss {before:.3f} (ln 10 is {math.log(10):.3f}); validation: {percent(found)}"


def overfit(chosen: Namespace, data: Examples, validation: Examples, epochs: int) -> str:
    """3: the loss of one batch goes to zero, and a small set is learnt by heart."""
    one, small = (train(network(), (data[0][:n], data[1][:n]), validation, epochs) for n in (32, 500))
    parts = (("training", "train_accuracy"), ("validation", "val_accuracy"))
    both = {name: History(epoch=small["epoch"], accuracy=small[column]) for name, column in parts}
    draw(chosen, "-3-overfit", ("One batch of 32", "train_loss", {"training": one}), ("500 images", "accuracy", both))
    return f"one batch: loss {one.last('train_loss'):.1e} after {epochs} steps; 500 images: {percent(both, 'accuracy')}"


def regularise(chosen: Namespace, data: Examples, validation: Examples, epochs: int, more: Examples) -> str:
    """4: more data, and one thing at a time against learning by heart, all for as many steps."""
    found = {
        "nothing": train(network(), data, validation, epochs),
        "weight decay": train(network(), data, validation, epochs, decay=0.3),
        "dropout": train(network(0.5), data, validation, epochs),
        "augmentation": train(network(), data, validation, epochs, augment=True),
        "all the data": train(network(), more, validation, max(1, epochs * len(data[0]) // len(more[0]))),
    }
    draw(chosen, "-4-regularise", ("Training loss", "train_loss", found), ("Validation loss", "val_loss", found))
    return f"validation: {percent(found)}"


def tune(chosen: Namespace, data: Examples, validation: Examples, epochs: int, trials: int) -> tuple[str, Settings]:
    """5: settings at random, the learning rate on a logarithmic scale; it falls to zero in each trial."""
    tried = [{"lr": 10 ** (2.5 * u.item() - 4), "dropout": 0.6 * v.item()} for u, v in ag.rand(trials, 2)]
    histories = [train(network(t["dropout"]), data, validation, epochs, t["lr"], cycle=True) for t in tried]
    reached = [history.last("val_accuracy") for history in histories]
    scatter(chosen, "-5-tune", tried, reached)
    best = tried[reached.index(max(reached))]
    words = ", ".join(f"{name} {value:.2g}" for name, value in best.items())
    return f"validation: {100 * min(reached):.1f} % to {100 * max(reached):.1f} %, the best with {words}", best


def squeeze(chosen: Namespace, data: Examples, test: Examples, epochs: int, best: Settings, members: int) -> str:
    """6: all the data and a longer training, an ensemble, and test-time augmentation."""
    models = [network(best["dropout"]) for _ in range(members + 1)]
    for i, model in enumerate(models):  # the first one is trained for a quarter of the time
        train(model, data, None, epochs if i else epochs // 4, best["lr"], augment=True, cycle=True)
    with ag.no_grad():
        plain = [model.eval()(test[0]).softmax(1) for model in models]
    changed = [transforms.test_time(model, test[0], CHANGE, samples=8) for model in models[1:]]
    found = {
        f"{epochs // 4} epochs": plain[0], f"{epochs} epochs": plain[1], f"{epochs} epochs, shifted 8 ways": changed[0],
        f"{members} models": ag.stack(plain[1:]).mean(0), f"{members} models, 8 ways": ag.stack(changed).mean(0),
    }  # fmt: skip
    errors = {name: 100 - 100 * accuracy(probabilities, test[1]) for name, probabilities in found.items()}
    return bars(chosen, "", errors)  # the last figure is recipe.png


def main(chosen: Namespace) -> None:
    """Go through the six steps, each with its figure and its number."""
    raw = fashion(chosen)
    mean, deviation = raw.x.mean(), raw.x.std()
    seen = f"{sheet(chosen, '-1-data', raw.x, raw.y)}; mean {mean:.3f}, standard deviation {deviation:.3f}"
    x, test = (raw.x - mean) / deviation, ((raw.test_x - mean) / deviation, raw.test_y)
    few, held = (300, 150) if chosen.quick else (10_000, 5_000)
    validation, most = (x[-held:], raw.y[-held:]), (x[:-held], raw.y[:-held])
    data, scale = (x[:few], raw.y[:few]), 1 if chosen.quick else 3

    def done(step: Any, *details: Any) -> Any:
        ag.manual_seed(chosen.seed)  # what a step gives does not depend on those before
        return step(chosen, *details)

    steps = {"1 look at the data": seen, "2 baselines": done(baselines, data, validation, 2 * scale)}
    steps["3 overfit"] = done(overfit, data, validation, 10 * scale)
    steps["4 regularise"] = done(regularise, data, validation, 4 * scale, most)
    steps["5 tune"], best = done(tune, data, validation, 2 * scale, 3 * scale)
    steps["6 squeeze out"] = done(squeeze, (x, raw.y), test, 4 * scale, best, 3)
    save_table(chosen, [{"step": step, "found": found} for step, found in steps.items()])


if __name__ == "__main__":
    main(begin(options(__doc__), [("sklearn.metrics", "scikit-learn")]))
