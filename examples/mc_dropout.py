"""What a network does not know: Monte Carlo dropout and ensembles, with bands around a curve and on turned digits.

Dropout that stays on when predicting gives another answer each time: their mean is the prediction, their spread its
uncertainty.  Networks trained from different first weights do the same.  Above, a curve is learnt from points on two
intervals: expect bands that are narrow there and widen outside.  Below, networks that know upright digits see them
turned: one network stays sure of itself while its answers go wrong; the entropy of averaged probabilities rises more.

Source: Gal and Ghahramani, Dropout as a Bayesian Approximation, ICML 2016: equations 6 and 7 (besides the spread, the
predictive variance has 1 / tau, tau = p l^2 / (2 N lambda)), figures 2 (bands) and 4 (a turned 1).
Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, NeurIPS 2017.

    python examples/mc_dropout.py
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import mnist

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.insight.plot import style
from autograd_core.training import Ensemble, Loop, mc_dropout, predictive_entropy

NOISE = 0.1  # standard deviation of the points around the curve, tau^(-1/2)
SCALE = 0.3  # the paper's length scale l
ANGLES = [*range(0, 181, 15)]
Row = dict[str, object]
softmax = partial(F.softmax, dim=1)


def dense(before: int, width: int, after: int, dropout: float) -> nn.Sequential:
    """Return two hidden layers with ReLU and dropout."""
    layers = [nn.Flatten(), nn.Linear(before, width), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, after))


def curve(x: ag.Tensor) -> ag.Tensor:
    """Return what is to be learnt."""
    return (3 * x).sin() + 0.3 * x


def regressor(x: ag.Tensor, y: ag.Tensor, dropout: float, steps: int) -> nn.Module:
    """Learn the points with the paper's loss: half the squared error, and the weight decay that the noise asks for."""
    model = dense(1, 128, 1, dropout)
    decay = (1 - dropout) * SCALE**2 * NOISE**2 / (2 * len(x))  # lambda = p l^2 / (2 N tau)
    optimiser = optim.Adam(model.parameters(), lr=1e-3, weight_decay=2 * decay)
    for _ in range(steps):
        optimiser.zero_grad()
        (F.mse_loss(model(x), y) / 2).backward()
        optimiser.step()
    return model


def bands(pair: list[Any], steps: int, members: int) -> list[Row]:
    """Learn the curve both ways, draw the bands, and return how often the true curve is within them."""
    x = ag.cat([ag.rand(30, 1) - 1.6, ag.rand(30, 1) + 0.6])
    y = curve(x) + NOISE * ag.randn_like(x)
    at = ag.linspace(-3, 3, 301).unsqueeze(1)
    with_dropout = regressor(x, y, 0.3, steps)
    ensemble = Ensemble([regressor(x, y, 0.0, steps) for _ in range(members)])
    with ag.no_grad():
        each = ensemble.outputs(at)
    found = {"Monte Carlo dropout": mc_dropout(with_dropout, at, 200), "Ensemble": (each.mean(0), each.std(0))}
    rows: list[Row] = []
    points, truth, distance = at.flatten().numpy(), curve(at).flatten(), at.flatten().abs().numpy()
    for (name, moments), axes in zip(found.items(), pair):
        mean, spread = (values.flatten() for values in moments)
        deviation = (spread**2 + NOISE**2).sqrt()
        for many, shade in ((2, 0.15), (1, 0.25)):
            low, high = ((mean + sign * many * deviation).numpy() for sign in (-1, 1))
            axes.fill_between(points, low, high, color=COLOURS[0], alpha=shade, linewidth=0)
        axes.plot(points, mean.numpy(), color=COLOURS[0], label="mean")
        axes.plot(points, truth.numpy(), "--", color=COLOURS[1], label="true curve")
        axes.plot(x.flatten().numpy(), y.flatten().numpy(), ".", color=style.INK, markersize=4, label="points")
        axes.set_ylim(-4.5, 4.5)
        label(axes, name, "x", "y", "bands of one and two standard deviations", ncols=3, loc="lower right")
        near, inside = (distance > 0.6) & (distance < 1.6), ((mean - truth).abs() < 2 * deviation).numpy()
        for place, part in (("at the points", near), ("between", distance < 0.6), ("outside", distance > 1.6)):
            row: Row = {"method": name, "where": place, "spread": float(spread.numpy()[part].mean())}
            rows.append({**row, "curve within 2 deviations (%)": 100 * float(inside[part].mean())})
    return rows


def classifier(x: ag.Tensor, y: ag.Tensor, dropout: float, epochs: int) -> nn.Module:
    """Learn upright digits."""
    model = dense(28 * 28, 256, 10, dropout)
    batches = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    Loop(model, F.cross_entropy, optim.Adam(model.parameters(), lr=1e-3)).fit(batches, epochs)
    return model


def turned(images: ag.Tensor, degrees: float) -> ag.Tensor:
    """Return images (N, 1, H, W), turned about their middle."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = ag.tensor([[c, -s, 0.0], [s, c, 0.0]]).expand(len(images), 2, 3)
    return F.grid_sample(images, F.affine_grid(turn, images.shape, align_corners=False), align_corners=False)


@ag.no_grad()
def digits(chosen: argparse.Namespace, pair: list[Any]) -> list[Row]:
    """Learn digits three ways, and draw accuracy, confidence and entropy against the angle."""
    many, epochs, members = (600, 8, 2) if chosen.quick else (10_000, 4, 5)
    x, y, new_x, new_y = (part[:size] for part, size in zip(mnist(chosen), (many, many, 1000, 1000)))
    with ag.enable_grad():
        with_dropout = classifier(x, y, 0.5, epochs)
        ensemble = Ensemble([classifier(x, y, 0.0, epochs) for _ in range(members)], activation=softmax)
    methods = {
        "one network": lambda images: softmax(ensemble.models[0](images)),
        "Monte Carlo dropout": lambda images: mc_dropout(with_dropout, images, 30, activation=softmax).mean,
        f"ensemble of {members}": ensemble,
    }
    rows: list[Row] = []
    for (name, probabilities), colour in zip(methods.items(), COLOURS):
        found = []
        for angle in ANGLES:
            p = probabilities(turned(new_x, angle))
            right, sure = 100 * (p.argmax(1) == new_y).float().mean().item(), 100 * p.amax(1).mean().item()
            row: Row = {"method": name, "where": f"turned by {angle}°", "right (%)": right, "sure (%)": sure}
            found.append({**row, "entropy (nats)": predictive_entropy(p).mean().item()})
        pair[0].plot(ANGLES, [row["entropy (nats)"] for row in found], "o-", color=colour, label=name)
        pair[1].plot(ANGLES, [row["sure (%)"] for row in found], "o-", color=colour)
        pair[1].plot(ANGLES, [row["right (%)"] for row in found], ":", color=colour)
        rows += found[0:7:2]
    label(pair[0], "Turned digits: entropy", "turned by (degrees)", "mean entropy (nats)")
    note = "dots: mean probability of the answer; dotted: share right"
    label(pair[1], "Turned digits: sure, and right", "turned by (degrees)", "%", note)
    return rows


def main() -> None:
    """Show both, and write picture and table."""
    chosen = begin(options(__doc__))
    made, axes = panels(2, 2, width=4.8, height=3.2)
    rows = bands(axes[:2], *((300, 3) if chosen.quick else (1500, 10)))
    rows += digits(chosen, axes[2:])
    save_figure(chosen, made)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
