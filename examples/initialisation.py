"""Initialisation: what the scale of the first weights does to activations and gradients, layer by layer.

Six layers of 2048 units, tanh or ReLU, get a batch of standard normal inputs, and their output a standard normal
gradient.  Too small (0.01), and activations and gradients shrink at every layer; too large (1), and tanh saturates
while the gradients of the few units that still pass any explode, as all of ReLU's numbers do.  Xavier's scale suits
tanh, He's keeps ReLU's activations and gradients at one size in every layer, LSUV measures instead of deriving.
Equal weights make equal units, which learn the same.

Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010 (figures 6
and 7); He et al., Delving deep into rectifiers, 2015, section 2.2; Mishkin and Matas, All you need is a good init,
2016; Stanford CS231n 2016, lecture 5, whose ten layers of 500 units are run for comparison with its numbers.

    python examples/initialisation.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from _common import COLOURS, begin, figure, label, options, save_figure, save_table

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.insight.plot import style
from nn import init

INITS: dict[str, Callable[..., Any] | None] = {
    "zero": init.zeros_,
    "constant 0.01": partial(init.constant_, val=0.01),
    "Gaussian 0.01": partial(init.normal_, std=0.01),
    "Gaussian 0.1": partial(init.normal_, std=0.1),
    "Gaussian 1": partial(init.normal_, std=1.0),
    "uniform ±1/√fan_in": init.fan_in_uniform_,
    "Xavier normal": init.xavier_normal_,
    "Xavier uniform": init.xavier_uniform_,
    "He normal": partial(init.kaiming_normal_, nonlinearity="relu"),
    "He uniform": partial(init.kaiming_uniform_, nonlinearity="relu"),
    "He normal, biases 0.1": partial(init.kaiming_normal_, nonlinearity="relu"),
    "LSUV": None,  # looks at data
}
LECTURE = {  # standard deviation of the activations of layers 1 and 10, as on CS231n's slides
    "tanh, Gaussian 0.01": (nn.Tanh, INITS["Gaussian 0.01"], "0.21, 0.00"),
    "tanh, Gaussian 1": (nn.Tanh, INITS["Gaussian 1"], "0.98, 0.98"),
    "tanh, Xavier": (nn.Tanh, init.fan_in_normal_, "0.63, 0.23"),
    "ReLU, Xavier": (nn.ReLU, init.fan_in_normal_, "0.58, 0.026"),
    "ReLU, He": (nn.ReLU, INITS["He normal"], "0.83, 0.84"),
}


class Layers(NamedTuple):
    """What went through a network: for each layer its activations, and the gradients with respect to them."""

    activations: list[Tensor]
    gradients: list[Tensor]


def run(
    fill: Callable[..., Any] | None, kind: type[nn.Module], width: int, batch: int, depth: int = 6, bias: float = 0.0
) -> Layers:
    """Make a network, send a batch forward and a gradient back, and return what was seen."""
    model = nn.Sequential(*[nn.Sequential(nn.Linear(width, width), kind()) for _ in range(depth)])
    for linear, _ in model:
        init.constant_(linear.bias, bias)
        if fill is not None:
            fill(linear.weight)
        linear.weight.requires_grad_(False)  # only what flows through the layers is looked at
    x = ag.randn(batch, width)
    if fill is None:
        init.lsuv_(model, x)
    activations = []
    for block in model:
        x = block(x)
        x.retain_grad()
        activations.append(x)
    x.backward(ag.randn(batch, width))
    return Layers([h.detach() for h in activations], [h.grad for h in activations])


def ridges(axes: Any, tensors: list[Tensor], linear: bool, colour: str) -> None:
    """Draw a histogram for each layer, the first on top: of the values in -1..1, or of the logarithm of their size."""
    low, high, bins = (-1.0, 1.0, 40) if linear else (-8.0, 11.0, 95)
    edges = ag.linspace(low, high, bins + 1).cpu().numpy()
    for row, tensor in enumerate(reversed(tensors)):
        values = tensor.view(-1) if linear else tensor[tensor != 0].abs().log10()
        counts = ag.histc(values.clamp(low, high), bins=bins, min=low, max=high)
        heights = 0.85 * counts / counts.max().clamp(1)
        axes.stairs(row + heights.cpu().numpy(), edges, baseline=row, fill=True, color=colour, alpha=0.8)
        zeros = (tensor == 0).float().mean().item()
        if zeros > 0.01 and not linear:
            place, side = (low, "left") if values.numel() and values.mean().item() > 2 else (high, "right")
            axes.text(place, row + 0.5, f"{zeros:.0%} zero", ha=side, fontsize=style.SMALL - 1, color=style.GREY)
    axes.set(xlim=(low, high), ylim=(0, len(tensors)), yticks=[row + 0.4 for row in range(len(tensors))])
    axes.set_yticklabels(range(len(tensors), 0, -1))
    axes.set_xticks([-1, 0, 1] if linear else [-5, 0, 5, 10])


def grid(chosen: argparse.Namespace, seen: dict[str, Layers], tanh: bool) -> None:
    """Draw activations (blue) and gradients (amber) of each initialisation."""
    page = figure(13, 11)
    cells = page.add_gridspec(4, 3)
    for place, (name, layers) in enumerate(seen.items()):
        pair = cells[divmod(place, 3)].subgridspec(1, 2)
        left, right = (style.dressed(page.add_subplot(pair[i])) for i in range(2))
        ridges(left, layers.activations, tanh, COLOURS[0])
        ridges(right, layers.gradients, False, COLOURS[1])
        label(left, name, "activation" if tanh else "log₁₀ |activation|", "layer")
        label(right, "", "log₁₀ |gradient|")
    save_figure(chosen, page, "" if tanh else "-relu")


def row(kind: str, name: str, layers: Layers) -> dict[str, object]:
    """Return a row of the table: sizes in the first and in the last layer, and what no gradient can pass."""
    a, g = layers.activations, layers.gradients
    stuck = (a[-1] == 0) if kind == "ReLU" else (a[-1].abs() > 0.99)
    units = a[-1].std(1).mean() / a[-1].abs().mean().clamp(1e-30)  # 0: all units of the layer do the same
    return {
        "units": kind, "weights": name, "activation 1": a[0].std().item(), "activation 6": a[-1].std().item(),
        "gradient 6": g[-1].std().item(), "gradient 1": g[0].std().item(),
        "zero, or tanh beyond ±0.99": f"{stuck.float().mean().item():.0%}",
        "units differ": "yes" if units > 1e-3 else "no",
    }  # fmt: skip


def main() -> None:
    """Run every initialisation and the lecture's networks; write pictures and tables."""
    chosen = begin(options(__doc__))
    width, batch = (192, 64) if chosen.quick else (2048, 256)
    rows = []
    for kind, name in ((nn.Tanh, "tanh"), (nn.ReLU, "ReLU")):
        seen = {}
        for weights, fill in INITS.items():
            seen[weights] = run(fill, kind, width, batch, bias=0.1 if "biases" in weights else 0.0)
            rows.append(row(name, weights, seen[weights]))
        grid(chosen, seen, tanh=kind is nn.Tanh)
    save_table(chosen, rows)
    lecture = []
    for name, (kind, fill, theirs) in LECTURE.items():
        stds = [h.std().item() for h in run(fill, kind, 500, 100 if chosen.quick else 1000, depth=10).activations]
        lecture.append({"10 layers of 500": name, "std 1, 10": f"{stds[0]:.4f}, {stds[-1]:.4f}", "CS231n": theirs})
    save_table(chosen, lecture, "-lecture")


if __name__ == "__main__":
    main()
