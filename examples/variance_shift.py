"""Why dropout and batch norm disagree: dropout before a batch norm shifts the variance between training and prediction.

In training, dropout adds variance to what follows, and the running variance of a batch norm learns it.  Prediction has
no dropout and less variance, but the norm divides by the old one.  For a linear layer with weights w after dropout of a
share q of its input h, Var_train / Var_test = 1 + q / (1 - q) * sum(w^2 E[h^2]) / Var(w h): that is the theory; the
paper's equation takes all units of h as alike.  Expect the shift to grow with q and with depth, to be smaller in wide
networks, and to fall as training goes on.  Dropout after the last norm shifts nothing.  Measuring the statistics again
without dropout mends what the shift spoilt, and not what dropout kept the network from learning.

Source: Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, CVPR 2019:
section 3 (theory), figure 1 (shift by layer; half dropped in each block of a DenseNet: from 77.42 to 68.55 % accuracy).

    python examples/variance_shift.py
"""

from __future__ import annotations

import argparse
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset

DEPTH, WIDTH = 5, 256
RATIO, RIGHT = "variance, training / prediction", "test accuracy (%)"
Row = dict[str, Any]  # of the table: what was found in one network
Rows = dict[Any, Row]  # by what the networks differ in

def network(rate: float, width: int, last_only: bool = False) -> nn.Sequential:
    """Return blocks of linear layer, batch norm, ReLU and dropout; ``last_only``: dropout after the last block only."""
    layers: list[nn.Module] = [nn.Flatten()]
    for before in (28 * 28, *[width] * (DEPTH - 1)):
        layers += [nn.Linear(before, width, bias=False), nn.BatchNorm1d(width), nn.ReLU()]
        layers += [] if last_only else [nn.Dropout(rate)]
    return nn.Sequential(*layers, nn.Dropout(rate if last_only else 0.0), nn.Linear(width, 10))


def train(model: nn.Module, data: Split, epochs: int) -> ag.training.Loop:
    """Train with Adam, and measure the norms' statistics with the last weights, so that only dropout shifts them."""
    optimiser, metrics = optim.Adam(model.parameters(), lr=1e-3), {"accuracy": ag.training.accuracy}
    loop = ag.training.Loop(model, F.cross_entropy, optimiser, metrics=metrics)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=100, shuffle=True)
    loop.fit(batches, epochs)
    optim.swa_utils.update_bn(batches, model)
    return loop


def accuracy(loop: ag.training.Loop, data: Split) -> float:
    """Return the accuracy on the test images in per cent."""
    return 100 * loop.evaluate(DataLoader(TensorDataset(data.test_x, data.test_y), batch_size=1000))["accuracy"]


def examine(data: Split, chosen: argparse.Namespace, rate: float = 0.5, width: int = WIDTH, epochs: int = 0) -> Row:
    """Train a network, and compare the running variances with those that its norms meet when predicting."""
    ag.manual_seed(chosen.seed)
    model, epochs = network(rate, width), epochs or chosen.epochs
    loop = train(model, data, epochs)
    norms: list[nn.Module] = []
    row: Row = {"dropped": rate, "width": width, "epochs": epochs}
    with ag.no_grad():
        h = data.x
        for layer in model.eval():
            if isinstance(layer, nn.Linear) and layer.in_features == layer.out_features and len(norms) == 1:
                row["theory"], row["units alike"] = exact(h, layer.weight, rate), alike(h, layer.weight, rate)
            if isinstance(layer, nn.BatchNorm1d):
                norms.append(layer)
                row[f"norm {len(norms)}"] = (layer.running_var / h.var(0)).mean().item()
            h = layer(h)
    row["accuracy (%)"] = accuracy(loop, data)
    for layer in (layer for layer in model if isinstance(layer, nn.Dropout)):
        layer.p = 0.0
    optim.swa_utils.update_bn(DataLoader(TensorDataset(data.x), batch_size=1000), model)
    return {**row, "again (%)": accuracy(loop, data)}


def exact(h: ag.Tensor, w: ag.Tensor, rate: float) -> float:
    """Return the shift of ``w h`` where a share ``rate`` of ``h`` (examples, units) is dropped, averaged over rows."""
    extra = rate / (1 - rate) * (w * w) @ (h * h).mean(0)
    return (1 + extra / (h @ w.T).var(0)).mean().item()


def alike(h: ag.Tensor, w: ag.Tensor, rate: float) -> float:
    """Return the paper's shift: all units have one mean c, one variance v, and one covariance in pairs."""
    covariance, units = ag.cov(h.T), h.shape[1]
    c, v = h.mean(), covariance.trace() / units
    pairs = (covariance.sum() - covariance.trace()) / (units * (units - 1))  # rho v
    together = pairs * (w.sum(1) ** 2 / (w * w).sum(1) - 1)  # rho v (d cos^2 theta - 1), for each row of w
    return (((c * c + v) / (1 - rate) - c * c + together) / (v + together)).mean().item()


THEORIES = {"measured": ("o", "norm 2"), "theory": ("-", "theory"), "theory, units alike": ("--", "units alike")}
REMEDIES = {
    "as trained": ("o-", "accuracy (%)"),
    "measured again without dropout": ("s--", "again (%)"),
    "dropout after the last norm only": ("^-.", "last (%)"),
}


def draw(chosen: argparse.Namespace, by_rate: Rows, by_width: Rows, by_time: Rows) -> None:
    """Draw the shift by layer, rate, width and training, and the accuracy with each remedy."""
    figure, (layers, rates, widths, times, remedies, in_time) = panels(2, 3, width=3.9, height=3.2)
    for (rate, row), colour in zip(by_rate.items(), COLOURS):
        shifts = [row[f"norm {i}"] for i in range(1, DEPTH + 1)]
        layers.plot(range(1, DEPTH + 1), shifts, "o-", color=colour, label=f"{rate:.0%} dropped")
    layers.set(xticks=range(1, DEPTH + 1), yscale="log")
    layers.yaxis.set_major_formatter("{x:g}")
    label(layers, "Layer by layer", "batch norm", RATIO, f"width {WIDTH}")
    for axes, found, columns, logarithm, *texts in (
        (rates, by_rate, THEORIES, 0, "Against the share dropped", "share dropped, q", RATIO, "second norm"),
        (widths, by_width, THEORIES, 2, "Against the width", "units in a layer", RATIO, "second norm, half dropped"),
        (times, by_time, THEORIES, 10, "Against the training", "epochs", RATIO, "second norm, half dropped"),
        (remedies, by_rate, REMEDIES, 0, "Remedies", "share dropped, q", RIGHT, f"after {chosen.epochs} epochs"),
        (in_time, by_time, REMEDIES, 10, "Remedy against the training", "epochs", RIGHT, "half dropped"),
    ):
        for (name, (form, column)), colour in zip(columns.items(), COLOURS):
            if len(points := [(at, row[column]) for at, row in found.items() if column in row]) > 1:
                axes.plot(*zip(*points), form, color=colour, label=name)
        if logarithm:
            axes.set_xscale("log", base=logarithm)
            axes.set_xticks(list(found), [str(at) for at in found])
            axes.minorticks_off()
        label(axes, *texts)
    save_figure(chosen, figure)


def main() -> None:
    """Train at each rate, width and number of epochs; write picture and table."""
    chosen = begin(options(__doc__, epochs=5))
    data, images = fashion(chosen), 600 if chosen.quick else 2000
    data = Split((data.x[:images] - 0.286) / 0.353, data.y[:images], (data.test_x - 0.286) / 0.353, data.test_y)
    rates, widths, times = [0.0, 0.1, 0.3, 0.5, 0.7], [32, 64, 128, 256, 512], [1, 2, 5, 10, 20]
    if chosen.quick:
        rates, widths, times = [0.0, 0.5], [64, 256], [1, 5]
    by_rate = {rate: examine(data, chosen, rate) for rate in rates}
    by_width = {width: by_rate[0.5] if width == WIDTH else examine(data, chosen, width=width) for width in widths}
    by_time = {many: by_rate[0.5] if many == chosen.epochs else examine(data, chosen, epochs=many) for many in times}
    for rate, row in by_rate.items():
        row["last (%)"] = accuracy(train(network(rate, WIDTH, last_only=True), data, chosen.epochs), data)
    draw(chosen, by_rate, by_width, by_time)
    save_table(chosen, list({id(row): row for runs in (by_rate, by_width, by_time) for row in runs.values()}.values()))


if __name__ == "__main__":
    main()
