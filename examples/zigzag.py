"""Zigzag: why units behind an always-positive sigmoid learn in zigzags, and behind a zero-centred tanh do not.

A unit computes z = w . h, and its weights' gradient is (dL/dz) h.  Where h is the output of sigmoids, all of it is
positive, so that one example moves all weights up, or all down: 100 % the same way.  If one weight must rise and
another fall, the path zigzags.  Behind tanh the signs of h are mixed.  The mean over a batch has mixed signs for a
sigmoid too, but leans far to one side: that is why inputs are centred, and one of the reasons for batch norm.

Source: LeCun et al., Efficient BackProp, 1998, sections 4.3 and 4.4; Stanford CS231n 2016, lecture 5 (its figure of the
zigzag path); CS231n notes, Neural networks 1 (batches make it milder).

    python examples/zigzag.py
"""

from __future__ import annotations

import argparse
from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import Split, fashion

import autograd_core as ag
import nn
import nn.functional as F

UNITS = 100
CASES = {
    "sigmoid, 1 image": (ag.sigmoid, 1),
    "sigmoid, 32 images": (ag.sigmoid, 32),
    "tanh, 1 image": (ag.tanh, 1),
    "tanh, 32 images": (ag.tanh, 32),
}


def loss(w: ag.Tensor, h: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
    """Return the loss of a unit with weights ``w`` (F,) for the inputs ``h`` (F,) of one example."""
    return F.binary_cross_entropy_with_logits(h @ w, target)


def signs(axes: Any, data: Split) -> list[dict[str, object]]:
    """Draw how many of a unit's weights one step moves the same way, and return the table's rows."""
    images = data.x[: len(data.x) // 32 * 32][:2048].flatten(1)
    target = (data.y[: len(images)] < 5).float()
    hidden, w = nn.Linear(images.shape[1], UNITS), ag.randn(UNITS) / UNITS**0.5
    rows = []
    for (name, (squash, batch)), colour in zip(CASES.items(), COLOURS):
        h = squash(hidden(images)).detach()
        each = ag.vmap(ag.func.grad(loss), in_dims=(None, 0, 0))(w, h, target)  # (N, F): one gradient per image
        gradients = each.view(-1, batch, UNITS).mean(1)
        up = (gradients > 0).float().mean(1)
        share = 100 * ag.maximum(up, 1 - up)
        look = {"histtype": "step", "linewidth": 2, "color": colour, "label": name}
        axes.hist(share.cpu().numpy(), range(50, 103, 2), density=True, **look)
        rows.append({"unit behind": name, "weights that move the same way (%)": share.mean().item()})
    axes.set_yscale("log")
    label(axes, "Signs of one gradient", "weights that move the same way (%)", "density", f"{UNITS} weights of a unit")
    return rows


def path(axes: Any, h: ag.Tensor, name: str, colour: str) -> float:
    """Draw descent on (w - best) . h, one example after the other; return how much longer it is than the straight."""
    best, way = ag.tensor([1.0, -1.0]), [ag.tensor([-1.0, 1.0])]
    for example in h:
        gradient = ag.func.grad(lambda w, h=example: 0.5 * ((w - best) @ h) ** 2)(way[-1])
        way.append(way[-1] - 0.8 * gradient / (h**2).sum(1).mean())
    points = ag.stack(way)
    axes.plot(*points.T.cpu().numpy(), ".-", color=colour, linewidth=1, markersize=4, label=name)
    axes.plot(*best.cpu().numpy(), "*", color=COLOURS[2], markersize=11)
    return (points.diff(dim=0).norm(dim=1).sum() / (points[-1] - points[0]).norm()).item()


def draw(chosen: argparse.Namespace, data: Split, steps: int) -> list[dict[str, object]]:
    """Draw gradients and paths; return the table's rows."""
    page, (left, right) = panels(1, 2, width=5.2, height=3.8)
    rows, z = signs(left, data), ag.randn(steps, 2)
    for kind, h, colour in (("sigmoid", z.sigmoid(), COLOURS[0]), ("tanh", z.tanh(), COLOURS[2])):
        longer = path(right, h, f"{kind}: {'all positive' if kind == 'sigmoid' else 'both signs'}", colour)
        rows.append({"unit behind": f"{kind}, the path", "length / straight way": longer})
    right.set_aspect("equal", adjustable="datalim")
    label(right, "The path of two weights", "w₁", "w₂", f"{steps} steps of one example: w₁ must rise, w₂ fall")
    save_figure(chosen, page)
    return rows


def main() -> None:
    """Write picture and table."""
    chosen = begin(options(__doc__))
    data = fashion(chosen)
    x = (data.x[:2048] - data.x[:2048].mean()) / data.x[:2048].std()
    save_table(chosen, draw(chosen, Split(x, data.y[:2048], data.test_x, data.test_y), 60))


if __name__ == "__main__":
    main()
