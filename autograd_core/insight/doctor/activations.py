"""Units that pass no gradient: dead ReLUs, and tanh and sigmoid in their flat parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_core.engine.node import Node
from autograd_core.insight.doctor.lines import place
from autograd_core.insight.doctor.paths import LAYERS, argument, arguments, inputs_of
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step

DEAD = 0.9  # share of the units of a layer
SAMPLES = 32  # values of each unit: one that is positive half of the time is 0 in all of them once in 4e9
FLAT = 0.5  # share of the values
HUGE = 1e3  # root mean square of what a layer takes, beside that of the inputs
EDGE = {"tanh": 0.99, "sigmoid": 0.98}  # |2 y - 1| for the sigmoid: the slope is 2 % of the steepest, 4 % for it


def dead_relus(step: Step) -> Iterator[Finding]:
    """Find layers of ReLUs of which nine units in ten are 0 for every example: no gradient comes back through them.

    A healthy ReLU network has some dead units, up to 55 % in the later layers of one ten layers deep at
    initialisation.  A ReLU that stands in the loss, such as a hinge's, may well be 0 everywhere.
    """
    for node in step.paths.named("relu"):
        y = node.saved[0]
        axis = _axis_of_units(node)
        units = y.shape[axis] if y.ndim else 1
        if y.size < SAMPLES * units or not (step.paths.is_hidden(node) or argument(node).name in ("linear", "conv")):
            continue
        dead = float((y == 0).all(axis=tuple(i for i in range(y.ndim) if i != axis % y.ndim)).mean()) if y.ndim else 0.0
        if dead >= DEAD:
            yield Finding(
                "dead-relu",
                "error" if dead == 1 else "warning",
                f"{dead:.0%} of the {units} units after this ReLU are 0 for all {y.size // units} values: they pass no "
                "gradient, so that nothing before them learns through them.",
                "Lower the learning rate, start from smaller weights and biases of 0 (nn.init.kaiming_normal_), "
                "normalise the inputs, or use LeakyReLU or GELU.",
                **place(node),
            )


def _axis_of_units(node: Node) -> int:
    """Return the axis of the channels: the second behind a convolution, else the last; of four and more the second."""
    if len(node.shape) > 3:
        return 1
    before = inputs_of(node)[0]
    while before.name not in ("conv", "linear") and (parents := inputs_of(before)):
        before = parents[0]
    return 1 if before.name == "conv" and len(node.shape) == 3 else -1


def saturated(step: Step) -> Iterator[Finding]:
    """Find hidden layers with most of their tanh or sigmoid values at the ends, where the slope is next to 0.

    Most: more than half beyond 0.99 for tanh, outside 0.01 to 0.99 for the sigmoid; a healthy network stays below
    5 %.  The last layer of a model is not looked at: there, a value at the end is a confident prediction.
    """
    for node in step.paths.named("tanh", "sigmoid"):
        y = node.saved[0]
        if y.size < SAMPLES or not step.paths.is_hidden(node):
            continue
        size = abs(y) if node.name == "tanh" else abs(2 * y - 1)
        share = float((size > EDGE[node.name]).mean())
        if share > FLAT:
            yield Finding(
                "saturated",
                "warning",
                f"{share:.0%} of the values of this {node.name} are at its ends, where its slope is next to 0: little "
                "gradient passes.",
                "Start from smaller weights (nn.init.xavier_uniform_), normalise the inputs, put a normalisation layer "
                f"before the {node.name}, or lower the learning rate.",
                **place(node),
            )


def exploding(step: Step) -> Iterator[Finding]:
    """Find the first layer that takes values with a root mean square above 1000 times the inputs' (or 1000).

    Each layer, or each step of a recurrence, multiplied them; so it does with the gradients on their way back, and the
    gradient of a weight is a product of both.  Healthy hidden layers stay below 100.
    """
    limit = HUGE * max([1.0, *(_size(data) for uses in step.paths.inputs.values() for _, data in uses)])
    for node in step.paths.named(*LAYERS):
        taken = arguments(node, recorded=True).get(LAYERS[node.name])
        if taken is not None and taken.dtype.kind != "c" and (size := _size(taken)) > limit:
            yield Finding(
                "exploding-activations",
                "warning",
                f"The values that '{node.name}' takes have a root mean square of {size:.1g}: the layers before "
                "it multiply what they are given, and multiply the gradients on their way back too.",
                "Start from smaller weights (nn.init.kaiming_normal_, nn.init.orthogonal_ for recurrent ones), or put "
                "normalisation layers in between; in training, lower the learning rate.",
                **place(node),
            )
            return


def _size(array: Any) -> float:
    """Return the root mean square; in float32, as one product, since these arrays may be large."""
    flat = array.reshape(-1).astype("float32", copy=False)
    return float(flat @ flat / max(flat.size, 1)) ** 0.5
