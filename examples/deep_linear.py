"""Deep linear networks: 100 layers multiply by w^100, forward and back; and stacked linear layers are only one.

The purest form of vanishing and exploding: with w = 0.9 the output of 100 layers, and the gradient that comes back, is
0.9^100 = 0.000027 of what came in; with 1.1 it is 13 781 times that.  Layers of many units multiply by the gain of
their weights in the same way: exactly for orthogonal weights, on average for Gaussian ones.  Only a gain of 1 lasts.

Without a nonlinearity in between depth adds nothing: the layers' product is one matrix, and one layer with it computes
the same, biases included.

Source: Stanford CS231n 2016, lecture 10; Goodfellow, Bengio and Courville, Deep learning, 2016, section 8.2.5 (w^t);
Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014 (orthogonal).

    python examples/deep_linear.py
"""

from __future__ import annotations

from typing import Any

from _common import COLOURS, begin, label, options, panels, save_figure, save_table

import autograd_core as ag
import nn
from autograd_core import Tensor
from nn import init

DEPTH = 100
GAINS = (0.9, 1.0, 1.1)


def flow(weights: list[Tensor], x: Tensor, g: Tensor) -> tuple[list[float], list[float]]:
    """Send ``x`` forward and ``g`` back; return their norm after each layer, as parts of what came in."""
    signal = [x.clone().requires_grad_()]
    for weight in weights:
        signal.append(weight @ signal[-1])
    gradients = ag.autograd.grad(signal[-1], signal, g)
    return ([(h.norm() / x.norm()).item() for h in signal], [(d.norm() / g.norm()).item() for d in gradients])


def chains(axes: Any, width: int, note: str, make: Any) -> list[dict[str, object]]:
    """Draw the flow through 100 layers of each gain; return the table's rows."""
    rows = []
    x, g = ag.randn(2, width)
    for gain, colour in zip(GAINS, COLOURS):
        values, gradients = flow([make(ag.empty(width, width), gain) for _ in range(DEPTH)], x, g)
        axes.plot(values, color=colour, label=f"w = {gain}" if width == 1 else f"gain {gain}")
        axes.plot(gradients, ":", color=colour)
        rows.append({"layers": note, "gain": gain, "gain^100": gain**DEPTH, "output / input": values[-1],
                     "gradient at the first layer": gradients[0]})  # fmt: skip
    axes.set(yscale="log", ylim=(1e-9, 1e5))
    label(axes, note, "layer", "norm / norm at the start", "solid: forward; dotted: gradient, back", loc="lower center")
    return rows


@ag.no_grad()
def one_layer(width: int, depth: int = 6) -> float:
    """Return how far ``depth`` linear layers are from the one that they amount to, relative to the outputs."""
    model = nn.Sequential(*[nn.Linear(width, width, dtype=ag.float64) for _ in range(depth)])
    x = ag.randn(64, width, dtype=ag.float64)
    weight, bias = ag.eye(width, dtype=ag.float64), ag.zeros(width, dtype=ag.float64)
    for layer in model:
        weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    return ((model(x) - (x @ weight.T + bias)).norm() / model(x).norm()).item()


def main() -> None:
    """Run the chains and compare six layers with one; write picture and table."""
    chosen = begin(options(__doc__))
    width = 64 if chosen.quick else 256
    page, (left, middle, right) = panels(1, 3)
    rows = chains(left, 1, "one unit per layer", init.constant_)
    rows += chains(middle, width, f"{width} units, orthogonal", init.orthogonal_)
    rows += chains(right, width, f"{width} units, Gaussian", init.fan_in_normal_)
    save_figure(chosen, page)
    save_table(chosen, rows)
    print(f"six linear layers of {width} units differ by {one_layer(width):.1e} of their output from the one they are")


if __name__ == "__main__":
    main()
