"""Eight optimisers on three surfaces: Beale's function, Rosenbrock's curved valley and a saddle; with a film.

Each method has the learning rate of a grid at which it reaches the minimum first, also from starts 10 % beside the one
that is drawn: the worst of five starts counts, so that no lucky leap does.  Expect SGD to creep along the valley's
floor, since the walls limit its rate, momentum to overshoot and to arrive, and L-BFGS, which learns the curvature, to
arrive in tens of gradients.  By the saddle the slope across is thousands of times that along the way down: SGD stays
for a hundred steps, while AdaGrad, RMSProp and Adam, which divide by the size of each coordinate's gradients, leave at
once.  RMSProp and AdaDelta arrive too, but their steps do not shrink with the gradient, and throw them out again.  The
Hessian's eigenvalues say which surface is hard: both signs at the saddle, a ratio of 2508 in the valley.

Source: Beale (1955); Rosenbrock (1960); the animations of A. Radford in Stanford's CS231n, "Neural Networks 3".

    python examples/optimisers.py
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from _common import COLOURS, begin, label, need, options, panels, save_figure, save_table
from _surfaces import SURFACES, Surface, contours, eigenvalues

import autograd_core as ag
import optim
from autograd_core import Tensor

METHODS: dict[str, Any] = {
    "SGD": optim.SGD,
    "momentum": partial(optim.SGD, momentum=0.9),
    "Nesterov": partial(optim.SGD, momentum=0.9, nesterov=True),
    "AdaGrad": optim.Adagrad,
    "RMSProp": optim.RMSprop,
    "Adam": optim.Adam,
    "AdaDelta": optim.Adadelta,
    "L-BFGS": partial(optim.LBFGS, max_iter=1, max_eval=25, line_search_fn="strong_wolfe"),
}
NEAR = 1e-3  # arrived: the loss, which is 0 at every minimum, is at most this


class Run(NamedTuple):
    """A method at its best rate: points (N, 2), gradients taken before each, losses, and when it arrived."""

    rate: float
    points: Any
    counts: Any
    losses: Any
    arrived: int | None


def descend(make: Any, surface: Surface, rates: list[float], starts: Tensor, steps: int) -> tuple[Any, Any]:
    """Return the points (steps + 1, rates, starts, 2), and the number of gradients taken before each.

    One optimiser has a group of points for each rate.  The sum of all losses keeps them apart: each point's gradient
    is its own, and these methods work by the element.
    """
    points = [starts.clone().requires_grad_() for _ in rates]
    optimizer = make([{"params": [point], "lr": rate} for point, rate in zip(points, rates)])
    path, counts, taken = [ag.stack(points).detach().numpy()], [0], 0

    def closure() -> Tensor:
        nonlocal taken
        taken += 1
        optimizer.zero_grad()
        loss = surface.function(*ag.stack(points).unbind(-1)).sum()
        loss.backward()
        return loss

    while taken < steps:
        optimizer.step(closure)
        path.append(ag.stack(points).detach().numpy())
        counts.append(taken)
    return np.stack(path), np.array(counts)


def best(name: str, surface: Surface, steps: int, per_decade: int) -> Run:
    """Return the run that arrives first, or else ends lowest, over a grid of rates; L-BFGS's line search needs none."""
    rates = [10 ** (k / per_decade) for k in range(-4 * per_decade, per_decade + 1)]
    starts = ag.tensor([surface.start], dtype=ag.float64)
    if name == "L-BFGS":
        rates = [1.0]
    else:
        starts = ag.cat([starts, starts * (1 + 0.1 * ag.randn(4, 2, dtype=ag.float64))])
    points, counts = descend(METHODS[name], surface, rates, starts, steps)
    with np.errstate(over="ignore", invalid="ignore"):  # too high a rate ends at infinity
        losses = np.nan_to_num(surface.function(points[..., 0], points[..., 1]), nan=np.inf)
    near = losses <= NEAR  # (N, rates, starts)
    first = np.where(near.any(axis=0), near.argmax(axis=0), len(near))
    i = np.lexsort((losses[-1].max(axis=-1), first.max(axis=-1)))[0]
    arrived = int(counts[first[i, 0]]) if near[:, i, 0].any() else None
    return Run(rates[i], points[:, i, 0], counts, losses[:, i, 0], arrived)


def draw(axes: Any, surface: Surface, runs: dict[str, Run]) -> list[Any]:
    """Draw the contours and each method's path, with a dot at its end; return the paths' lines."""
    contours(axes, surface)
    look = {"linewidth": 1.5, "marker": "o", "markersize": 5, "markevery": [-1]}
    return [
        axes.plot(*run.points.T, color=colour, label=name, **look)[0]
        for (name, run), colour in zip(runs.items(), COLOURS)
    ]


def film(options: argparse.Namespace, found: list[dict[str, Run]], frames: int) -> None:
    """Write the paths as a film, slow at the beginning, where most happens."""
    figure, axes = panels(1, 3, 3.4, 3.3)
    lines = [line for each in zip(axes, SURFACES, found) for line in draw(*each)]
    runs = [run for each in found for run in each.values()]
    figure.legend(handles=lines[: len(METHODS)], loc="outside lower center", ncols=len(METHODS), fontsize=8)
    writer = need("matplotlib.animation", "matplotlib").PillowWriter(fps=8)
    with writer.saving(figure, options.out / f"{options.name}.gif", dpi=80):
        for count in np.unique(np.geomspace(1, runs[0].counts[-1], frames).astype(int)):
            for line, run in zip(lines, runs):
                line.set_data(*run.points[run.counts <= count].T)
            figure.suptitle(f"after {count} gradients")
            writer.grab_frame()


def main() -> None:
    """Search the rates, draw paths and losses, make the film, and write who arrived when."""
    chosen = begin(options(__doc__))
    steps, per_decade, frames = (150, 2, 6) if chosen.quick else (600, 4, 40)
    found = [{name: best(name, surface, steps, per_decade) for name in METHODS} for surface in SURFACES]
    figure, axes = panels(2, 3, 4.0, 3.4)
    for i, (surface, runs) in enumerate(zip(SURFACES, found)):
        lines = draw(axes[i], surface, runs)
        for run, colour in zip(runs.values(), COLOURS):
            axes[3 + i].plot(run.counts, run.losses.clip(1e-9), color=colour, linewidth=1.3)
        axes[3 + i].set(xscale="symlog", yscale="log", xlim=(0, steps), ylim=(1e-8, None))
        label(axes[3 + i], "", "gradients taken", "loss above the minimum")
    figure.legend(handles=lines, loc="outside lower center", ncols=len(METHODS), frameon=False)
    save_figure(chosen, figure)
    film(chosen, found, frames)
    rows = []
    for name in METHODS:
        row: dict[str, object] = {"method": name}
        for surface, runs in zip(SURFACES, found):
            arrived = runs[name].arrived or f"> {steps}"
            row[surface.title] = arrived if name == "L-BFGS" else f"{arrived} (rate {runs[name].rate:.2g})"
        rows.append(row)
    save_table(chosen, rows)
    for surface in SURFACES:
        for point in (surface.minimum, (0.0, 0.0)):
            print(f"{surface.title}: at {point} the Hessian's eigenvalues are {eigenvalues(surface, *point)}")


if __name__ == "__main__":
    main()
