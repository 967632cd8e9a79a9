"""What workloads are made with: the register, seeded data and weights, and a training step.

A workload is built from an `Api` and a seeded NumPy generator, and gives the step to be timed. The step
returns the tensors on which both sides must agree, so that no ratio is given for two different computations;
gradients stand in a list of their own at the end, as `benchmarks.agreement` explains.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import draws
from benchmarks.api import Api

Tensor = Any  # of either side
Step = Callable[[], Sequence[Tensor]]
Build = Callable[[Api, np.random.Generator], Step]

OPERATIONS, TRAINING, INFERENCE = "operations", "training steps", "inference at batch 1"
OPTIMISERS, DATA, PACKAGE = "optimisers' steps", "data loading", "the package"
TRANSFORMS = "transforms of functions"
GROUPS = (OPERATIONS, TRAINING, INFERENCE, TRANSFORMS, OPTIMISERS, DATA, PACKAGE)
"""What a workload is one of, in the order in which they are shown."""


@dataclass(frozen=True)
class Named:
    """What a run measures; ``group`` is one of `GROUPS`."""

    name: str
    about: str
    group: str


@dataclass(frozen=True)
class Workload(Named):
    """A way to build a step; ``kind`` is ``"time"`` or ``"memory"``."""

    build: Build
    kind: str = "time"


@dataclass(frozen=True)
class Whole(Named):
    """What is no step but a property of a whole side: ``measure(side)`` in ``unit``, ``"s"`` or ``"bytes"``."""

    measure: Callable[[str], float]
    unit: str


WORKLOADS: dict[str, Workload] = {}
"""Every step by name, in the order in which they are run."""

WHOLES: dict[str, Whole] = {}
"""Every measurement of a whole side by name."""


def everything() -> dict[str, Named]:
    """Return all that can be measured, by name."""
    return {**WORKLOADS, **WHOLES}


def workload(about: str, group: str, kind: str = "time") -> Callable[[Build], Build]:
    """Enter a builder into `WORKLOADS` under its own name."""

    def decorate(build: Build) -> Build:
        name = build.__name__
        WORKLOADS[name] = Workload(name, about, group, build, kind)
        return build

    return decorate


def whole(about: str, unit: str) -> Callable[[Callable[[str], float]], Callable[[str], float]]:
    """Enter a measurement into `WHOLES` under its own name."""

    def decorate(measure: Callable[[str], float]) -> Callable[[str], float]:
        name = measure.__name__
        WHOLES[name] = Whole(name, about, PACKAGE, measure, unit)
        return measure

    return decorate


def uniform(api: Api, rng: np.random.Generator, *shape: int, bound: float = 1.0) -> Tensor:
    """Draw from U(-bound, bound) with NumPy, so that both sides get the same numbers."""
    return api.torch.from_numpy(draws.uniform(rng, *shape, bound=bound))


def labels(api: Api, rng: np.random.Generator, n: int) -> Tensor:
    """Draw ``n`` labels of ten classes."""
    return api.torch.from_numpy(draws.labels(rng, n))


def seeded(api: Api, rng: np.random.Generator, model: Any) -> Any:
    """Fill weights from U(-1/sqrt(fan_in), 1/sqrt(fan_in)) and biases with zeros; scales stay at one."""
    with api.torch.no_grad():
        for name, p in model.named_parameters():
            if name.rpartition(".")[2].startswith("bias"):
                p.zero_()
            elif p.dim() > 1:
                p.copy_(uniform(api, rng, *p.shape, bound=(p.numel() // p.shape[0]) ** -0.5))
    return model


def perceptron(api: Api, *widths: int, between: Callable[[int], Sequence[Any]]) -> Any:
    """Stack linear layers of the given widths, with the layers ``between(width)`` after each but the last."""
    layers = [api.nn.Linear(widths[0], widths[1])]
    for fan_in, fan_out in itertools.pairwise(widths[1:]):
        layers += [*between(fan_in), api.nn.Linear(fan_in, fan_out)]
    return api.nn.Sequential(*layers)


def training(api: Api, model: Any, optimizer: Any, x: Tensor, target: Tensor) -> Step:
    """Make one training step with cross-entropy."""
    loss_fn = api.nn.CrossEntropyLoss()
    return stepping(model, optimizer, lambda: loss_fn(model(x), target))


def stepping(model: Any, optimizer: Any, forward: Callable[[], Tensor]) -> Step:
    """Make one training step: forward, backward, step, zero_grad.

    With zero_grad last, what a step adds to memory is its gradients, activations and temporaries.
    """
    parameters = tuple(model.parameters())

    def step() -> Sequence[Tensor]:
        loss = forward()
        loss.backward()
        optimizer.step()
        gradients = [p.grad for p in parameters]
        optimizer.zero_grad()
        return loss, *parameters, gradients

    return step


def evaluating(api: Api, model: Any, x: Tensor) -> Step:
    """Make one forward pass in eval mode, with nothing recorded."""
    model.eval()

    def step() -> Sequence[Tensor]:
        with api.torch.no_grad():
            return (model(x),)

    return step
