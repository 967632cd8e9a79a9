"""The data: inputs that do not vary, and inputs of a size that the first layer's weights are not made for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_core.engine.node import Node
from autograd_core.insight.doctor.lines import place
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step
from autograd_core.insight.graphs.graph import Stats

EXAMPLES = 8  # fewer say little about what varies
CONSTANT = 0.9  # share of the features
TABLE = 32  # features: with more, constant ones are usual (the margins of images)
LARGE, TINY = 10.0, 1e-2


def unusual_inputs(step: Step) -> Iterator[Finding]:
    """Find data that do not vary, or far from the size 1 that initialisations are made for."""
    groups = list(step.paths.inputs.values())
    if groups and all(_is_same(data) for uses in groups for _, data in uses):
        yield _constant(groups[0][0][0], f"All {len(groups[0][0][1])} examples of the batch are the same")
        return
    for uses in groups:
        node = uses[0][0]
        if not any(_is_same(data) for _, data in uses):
            yield from _constant_features(node, [data for _, data in uses])
        if not all(_is_normalized(step, use) for use, _ in uses):
            yield from _size(node, [Stats.of(data) for _, data in uses])


def _is_same(data: Any) -> bool:
    return len(data) > 1 and bool((data == data[:1]).all())


def _is_normalized(step: Step, node: Node) -> bool:
    """Whether the first layer goes straight into a normalisation, which takes the size out again."""
    users = step.paths.users_of(node)
    return bool(users) and all(user.name == "normalize" for user in users)


def _constant_features(node: Node, arrays: list[Any]) -> Iterator[Finding]:
    """Find a batch in which nine features in ten are constant and not 0, or one of a table's that is neither 0 nor 1.

    Zeros are usual in one-hot and sparse columns, ones as a bias; images have margins, also after normalisation: with
    more than 32 features a few constant ones say nothing.
    """
    flat = [data.reshape(-1, data.shape[-1]) if node.name != "conv" else data.reshape(len(data), -1) for data in arrays]
    if any(len(rows) < EXAMPLES for rows in flat):
        return
    fixed = [(rows == rows[:1]).all(axis=0) for rows in flat]
    shares = [float((f & (rows[0] != 0)).mean()) for f, rows in zip(fixed, flat, strict=True)]
    if min(shares) >= CONSTANT:
        yield _constant(node, f"{min(shares):.0%} of the {flat[0].shape[1]} features are the same in all examples")
    elif len(flat) == 1 and flat[0].shape[1] <= TABLE and len(flat[0]) >= 2 * EXAMPLES:
        first = flat[0][0]
        odd = [i for i in range(len(first)) if bool(fixed[0][i]) and float(first[i]) not in (0.0, 1.0)]
        if odd:
            yield _constant(node, f"Feature {odd[0]} of {len(first)} is {float(first[odd[0]]):.3g} in all examples")


def _constant(node: Node, what: str) -> Finding:
    return Finding(
        "constant-input",
        "warning",
        f"{what}: the model cannot tell them apart by it.",
        "Look at what the data loader returns: a wrong index, a broadcast array, a column that was overwritten.",
        **place(node),
    )


def _size(node: Node, stats: list[Stats]) -> Iterator[Finding]:
    """Find inputs whose root mean square is above 10 (images from 0 to 255 have about 100), or that are all tiny.

    Initialisations keep the size of inputs of about 1; gradients of the first weights grow with the input, and with ten
    times the size the best learning rate is a hundredth.  Tiny: none beyond 0.01 (bytes divided by 255 twice reach
    0.004); a one-hot or sparse row is small only on average.
    """
    size = (sum(s.norm**2 for s in stats) / sum(s.size for s in stats)) ** 0.5
    top = max(max(abs(s.min), abs(s.max)) for s in stats)
    if not (size > LARGE or 0 < top < TINY):
        return
    low, high = min(s.min for s in stats), max(s.max for s in stats)
    pixels = low >= 0 and 100 < high <= 255
    yield Finding(
        "unnormalized-input",
        "warning",
        f"The inputs go from {low:.3g} to {high:.3g}, with a root mean square of {size:.3g}; weights are initialised "
        "for inputs of about 1.",
        "Divide the pixels by 255, then subtract the mean and divide by the standard deviation of the training data."
        if pixels
        else "Subtract the mean of each feature and divide by its standard deviation, both over the training data.",
        **place(node),
    )
