"""Ways to regularise, side by side: penalties, dropout, noise, augmentation, early stopping and bagging.

A dense network of 270 000 weights learns a thousand images of Fashion-MNIST by heart, even where the label is wrong: a
fifth of them was drawn anew.  Each row adds one thing and is otherwise the same: plain gradient descent with batches
of 25.  Regularisation is to close the gap between training and test and, which is not the same, to raise the accuracy
on new images.  The penalties are proximal: after each step the weights are moved towards zero, where they stop.
Expect L1 and the elastic net to leave few weights away from zero, and L2 to make all of them smaller.

Source: Zou and Hastie, The elastic net, 2005; Srivastava et al., Dropout, JMLR 2014; Bishop, Training with noise, 1995;
Graves, Practical variational inference, 2011 (noise on weights); Neelakantan et al., Adding gradient noise, 2015;
Prechelt, Early stopping - but when?, 1998; Breiman, Bagging predictors, 1996.

    python examples/regularisation.py
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import count
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, Dataset, TensorDataset, transforms
from autograd_core.insight.plot import style
from autograd_core.training import EarlyStopping, Loop, accuracy, bagging
from nn.utils.parametrize import register_parametrization

WAYS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "L1": {"l1": 1e-3},
    "L2": {"l2": 2e-2},
    "elastic net": {"l1": 5e-4, "l2": 1e-2},
    "dropout 0.2": {"dropout": 0.2},
    "dropout 0.5": {"dropout": 0.5},
    "dropout 0.8": {"dropout": 0.8},
    "noise on inputs": {"inputs": 0.5},
    "noise on activations": {"activations": 0.5},
    "noise on weights": {"weights": 0.05},
    "noise on gradients": {"gradients": 3e-3},
    "augmentation": {"augment": True},
    "early stopping": {"patience": 5},
    "dropout, augmentation": {"dropout": 0.2, "augment": True},
}
CURVES = ("nothing", "L1", "dropout 0.5", "augmentation")


def network(dropout: float = 0, inputs: float = 0, activations: float = 0, weights: float = 0) -> nn.Sequential:
    """Return 784-256-256-10 with ReLU, a share of dropout, and noise of the given standard deviations."""
    layers: list[nn.Module] = [nn.Flatten(), nn.GaussianNoise(inputs)]
    for before, after in ((784, 256), (256, 256)):
        layers += [nn.Linear(before, after), nn.ReLU(), nn.GaussianNoise(activations), nn.Dropout(dropout)]
    model = nn.Sequential(*layers, nn.Linear(256, 10))
    for layer in model:
        if weights and isinstance(layer, nn.Linear):
            register_parametrization(layer, "weight", nn.GaussianNoise(weights))  # anew at each use
    return model


def train(
    data: Dataset[Any], validation: DataLoader | None, epochs: int, l1: float = 0, l2: float = 0, gradients: float = 0,
    augment: bool = False, patience: int = 0, **noise: float,
) -> Loop:  # fmt: skip
    """Train a network in one of the ways."""
    model = network(**noise)
    weights = [p for p in model.parameters() if p.ndim == 2]
    biases = [p for p in model.parameters() if p.ndim == 1]
    optimiser = optim.SGD([optim.penalized(weights, l1, l2, decoupled=True), {"params": biases}], lr=0.05)
    callbacks = [EarlyStopping("val_loss", patience, restore_best_weights=True)] if patience else []
    loop = Loop(model, F.cross_entropy, optimiser, metrics={"accuracy": accuracy}, callbacks=callbacks)
    if gradients:
        steps = count()
        noisy = lambda *_: nn.utils.add_gradient_noise_(model.parameters(), gradients, 0.55, next(steps))  # noqa: E731
        optimiser.register_step_pre_hook(noisy)
    if augment:
        change = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.RandomCrop(28, padding=2)])
        data = transforms.Transformed(data, change)
    loop.fit(DataLoader(data, batch_size=25, shuffle=True), epochs, validation)
    return loop


def log_likelihood(probabilities: ag.Tensor, targets: ag.Tensor) -> ag.Tensor:
    """Return the cross-entropy of what is already a probability."""
    return F.nll_loss(probabilities.log(), targets)


def judged(name: str, model: nn.Module, loss: Any, train: DataLoader, test: DataLoader) -> dict[str, object]:
    """Return a row of the table."""
    judge = Loop(model, loss, optim.SGD(model.parameters()), metrics={"accuracy": accuracy})
    known, new = judge.evaluate(train), judge.evaluate(test)
    weights = ag.cat([p.detach().flatten() for p in model.parameters() if p.ndim == 2])
    right = {"training (%)": 100 * known["accuracy"], "test (%)": 100 * new["accuracy"]}
    row = {"way": name, **right, "gap": right["training (%)"] - right["test (%)"], "test loss": new["loss"]}
    return {**row, "weights that are zero (%)": 100 * (weights == 0).float().mean().item()}


def draw(chosen: argparse.Namespace, rows: list[Any], losses: dict[str, list[float]], weights: dict[str, Any]) -> None:
    """Draw the gap of each way, the loss on new images over time, and what the penalties do to the weights."""
    figure, (gaps, curves, histogram) = panels(1, 3, width=4.3, height=4.4)
    places = range(len(rows), 0, -1)
    known, new = [row["training (%)"] for row in rows], [row["test (%)"] for row in rows]
    gaps.hlines(places, new, known, color=style.RULE, linewidth=3)
    gaps.plot(known, places, "o", color=COLOURS[1], label="training")
    gaps.plot(new, places, "o", color=COLOURS[0], label="test")
    gaps.set_yticks(places, [row["way"] for row in rows])
    label(gaps, "The gap", "accuracy (%)", loc="upper left", bbox_to_anchor=(-0.55, 1.14))
    for name, colour in zip(CURVES, COLOURS):
        curves.plot(range(1, len(losses[name]) + 1), losses[name], color=colour, label=name)
    label(curves, "Over time", "epoch", "validation loss (nats)")
    for (name, values), colour in zip(weights.items(), COLOURS):
        histogram.hist(values, bins=121, range=(-0.15, 0.15), histtype="step", log=True, color=colour, label=name)
    label(histogram, "Weights of the first layer", "weight", "how many")
    save_figure(chosen, figure)


def main() -> None:
    """Train in each way; write picture and table."""
    chosen = begin(options(__doc__, epochs=60))
    data, ways, images, members = fashion(chosen), tuple(WAYS), 1000, 10
    if chosen.quick:
        ways, images, members, chosen.epochs = CURVES, 100, 2, 60
    x, test_x = (data.x[:images] - 0.286) / 0.353, (data.test_x - 0.286) / 0.353
    y = ag.where(ag.rand(images) < 0.2, ag.randint(0, 10, (images,)), data.y[:images])
    known, held = TensorDataset(x, y), len(test_x) // 5
    validation = DataLoader(TensorDataset(test_x[:held], data.test_y[:held]), batch_size=1000)
    tests = DataLoader(known, batch_size=1000), DataLoader(TensorDataset(test_x[held:], data.test_y[held:]), 1000)
    rows, losses, weights = [], {}, {}
    for name in ways:
        ag.manual_seed(chosen.seed)
        loop = train(known, validation, chosen.epochs, **WAYS[name])
        rows.append(judged(name, loop.model, F.cross_entropy, *tests))
        losses[name] = loop.history["val_loss"]
        if name in ("nothing", "L1", "L2", "elastic net"):
            weights[name] = loop.model[2].weight.detach().flatten().numpy()
    ag.manual_seed(chosen.seed)
    learner, softmax = (lambda sample: train(sample, None, chosen.epochs).model), partial(F.softmax, dim=1)
    ensemble = bagging(learner, known, members, activation=softmax)
    rows.append(judged(f"bagging of {members}", ensemble, log_likelihood, *tests))
    draw(chosen, rows, losses, weights)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
