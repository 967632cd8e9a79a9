"""Backprop drawn: batch norm taken apart into nine steps, and the gradient of each step beside its formula by hand.

The engine knows nothing of batch norm here: it walks back through primitives.  Its gradient at each step is compared
with what the chain rule gives on paper; those of x, gamma and beta also with central differences and the fused
``nn.BatchNorm1d``, and that of x with the formula simplified on paper.  Expect agreement to 1e-10 and better in
float64, and to 1e-8 for the differences, whose own error that is.  Where two ways part, at x and xmu, gradients add.

Source: Kratzert, Understanding the backward pass through Batch Normalization Layer, 2016 (the nine steps and their
names); Stanford CS231n, assignment 2 (the simplified formula); Ioffe and Szegedy, Batch Normalization, 2015, section 3.

    python examples/backprop_drawn.py
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from typing import Any

from _common import begin, figure, need, options, save, save_figure, save_table

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.insight.plot import style
from autograd_core.insight.render import RenderingUnavailable

EPS = 1e-5
Steps = dict[str, Tensor]
FORMULAS = {  # of each step's gradient, from the first to the last; to be read from the last to the first
    "x": "dxmu + dmu / N", "mu": "-sum(dxmu)", "xmu": "dxhat * ivar + 2 xmu * dsq", "sq": "dvar / N",
    "var": "dsqrtvar / (2 sqrtvar)", "sqrtvar": "-divar / sqrtvar²", "ivar": "sum(dxhat * xmu)",
    "xhat": "dgammax * gamma", "gamma": "sum(dgammax * xhat)", "gammax": "dout", "beta": "sum(dout)", "out": "g",
}  # fmt: skip


def forward(x: Tensor, gamma: Tensor, beta: Tensor) -> Steps:
    """Return batch norm's nine steps by name, from ``x`` (N, D) to ``out`` (N, D)."""
    n = len(x)
    s = {"x": x, "gamma": gamma, "beta": beta}
    s["mu"] = x.sum(0) / n
    s["xmu"] = x - s["mu"]
    s["sq"] = s["xmu"] ** 2
    s["var"] = s["sq"].sum(0) / n
    s["sqrtvar"] = (s["var"] + EPS).sqrt()
    s["ivar"] = 1 / s["sqrtvar"]
    s["xhat"] = s["xmu"] * s["ivar"]
    s["gammax"] = gamma * s["xhat"]
    s["out"] = s["gammax"] + beta
    return s


def backward(s: Steps, g: Tensor) -> Steps:
    """Return the gradient of every step, derived by hand, from the last to the first."""
    n = len(g)
    d = {"out": g, "beta": g.sum(0), "gammax": g}
    d["gamma"] = (d["gammax"] * s["xhat"]).sum(0)
    d["xhat"] = d["gammax"] * s["gamma"]
    d["ivar"] = (d["xhat"] * s["xmu"]).sum(0)
    d["sqrtvar"] = -d["ivar"] / s["sqrtvar"] ** 2
    d["var"] = d["sqrtvar"] / (2 * s["sqrtvar"])
    d["sq"] = (d["var"] / n).expand(g.shape)  # the same for every example of the batch
    d["xmu"] = d["xhat"] * s["ivar"] + 2 * s["xmu"] * d["sq"]  # two ways come together
    d["mu"] = -d["xmu"].sum(0)
    d["x"] = d["xmu"] + d["mu"] / n  # and two again
    return d


@ag.no_grad()
def differences(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-6) -> Tensor:
    """Return the gradient of ``f`` at ``x`` by central differences, moving one element at a time."""
    moves = h * ag.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape)
    return ag.stack([(f(x + move) - f(x - move)) / (2 * h) for move in moves]).view(x.shape)


def distance(a: Tensor, b: Tensor) -> float:
    """Return the largest difference."""
    return (a - b).abs().max().item()


def fused(s: Steps, g: Tensor) -> Steps:
    """Return output and gradients of ``nn.BatchNorm1d``."""
    layer = nn.BatchNorm1d(g.shape[1], eps=EPS, dtype=ag.float64)
    layer.load_state_dict({"weight": s["gamma"], "bias": s["beta"]}, strict=False)
    x = s["x"].detach().requires_grad_()
    out = layer(x)
    (out * g).sum().backward()
    return {"x": x.grad, "gamma": layer.weight.grad, "beta": layer.bias.grad, "value": out}


def picture(chosen: argparse.Namespace, steps: Steps, by_hand: Steps, drawing: Any) -> None:
    """Draw the graph, and beside it each step's value, the engine's gradient and that by hand."""
    page = figure(10.5, 10.5)
    left, right = page.add_gridspec(1, 2, width_ratios=(4, 7))
    axes = page.add_subplot(left)
    axes.set_axis_off()
    try:
        axes.imshow(need("matplotlib.image", "matplotlib").imread(io.BytesIO(drawing.pipe("png"))))
        save(chosen.out / f"{chosen.name}.svg", drawing.pipe("svg"), "graph")
    except RenderingUnavailable as error:
        print(error)
    grid = right.subgridspec(len(FORMULAS), 4, width_ratios=(1, 1, 1, 1.15))
    for row, (name, formula) in enumerate(FORMULAS.items()):
        for column, values in enumerate((steps[name], steps[name].grad, by_hand[name])):
            axes = page.add_subplot(grid[row, column])
            largest, shown = values.abs().max().item(), values.detach().view(-1, values.shape[-1]).T.cpu().numpy()
            axes.imshow(shown, style.signed_colours(), vmin=-largest, vmax=largest, aspect="auto")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color(style.RULE)
            if row == 0:
                style.head(axes, ("value", "gradient", "by hand")[column])
            if column == 0:
                axes.set_ylabel(name, rotation=0, ha="right", va="center", color=style.INK, fontsize=style.TITLE)
        axes.text(1.1, 0.62, f"d{name} = {formula}", transform=axes.transAxes, va="center", color=style.INK)
        apart = f"differ by {distance(steps[name].grad, by_hand[name]):.2g}"
        axes.text(1.1, 0.22, apart, transform=axes.transAxes, va="center", color=style.GREY, fontsize=style.SMALL)
    save_figure(chosen, page)


def compare(steps: Steps, by_hand: Steps, g: Tensor) -> list[dict[str, object]]:
    """Return the rows of the table: by how much each gradient differs from each of the others."""
    rows: list[dict[str, object]] = []
    layer, leaves = fused(steps, g), {name: steps[name].detach() for name in ("x", "gamma", "beta")}
    for name, formula in FORMULAS.items():
        found = steps[name].grad
        rows.append({"step": name, "gradient by hand": formula, "engine - by hand": distance(found, by_hand[name])})
        if name in leaves:
            moved = differences(lambda v, name=name: (forward(**leaves | {name: v})["out"] * g).sum(), leaves[name])
            rows[-1]["engine - differences"] = distance(found, moved)
            rows[-1]["engine - nn.BatchNorm1d"] = distance(found, layer[name])
    n, xhat, scale = len(g), steps["xhat"], steps["gamma"] * steps["ivar"]
    short = scale * (g - g.sum(0) / n - xhat * (g * xhat).sum(0) / n)  # all steps of dx in one formula, simplified
    rows.append({"step": "x, simplified", "engine - by hand": distance(steps["x"].grad, short)})
    return [*rows, {"step": "value of out", "engine - nn.BatchNorm1d": distance(steps["out"], layer["value"])}]


def main() -> None:
    """Run the layer forward and back, compare every gradient, and write graph, picture and table."""
    chosen = begin(options(__doc__))
    n, units = (8, 3) if chosen.quick else (16, 4)
    x, g = ag.randn(2, n, units, dtype=ag.float64)  # g: the gradient that comes from the rest of a network
    gamma, beta = ag.randn(2, units, dtype=ag.float64)
    steps = forward(*(leaf.clone().requires_grad_() for leaf in (2 * x + 3, gamma, beta)))
    for step in steps.values():
        step.retain_grad()
    loss = (steps["out"] * g).sum()
    graph = ag.graph(loss, names=steps, inputs={"g": g}, gradients=True, name="batch norm from primitives")
    loss.backward()
    with ag.no_grad():
        by_hand = backward(steps, g)
    rows = compare(steps, by_hand, g)
    picture(chosen, steps, by_hand, graph.dot(colour="gradient", depth=None))
    save_table(chosen, rows)
    exact = [row[key] for row in rows for key in ("engine - by hand", "engine - nn.BatchNorm1d") if key in row]
    print(f"largest difference by hand and from nn.BatchNorm1d: {max(exact):.1e} (wanted: below 1e-10)")


if __name__ == "__main__":
    main()
