"""What workloads are made with: the register, seeded data and weights, and a training step.

A workload is built from an `Api` and a seeded NumPy generator, and gives the step to be timed. The step
returns the tensors on which both sides must agree, so that no ratio is given for two different computations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.api import Api

Tensor = Any  # of either side
Step = Callable[[], Sequence[Tensor]]
Build = Callable[[Api, np.random.Generator], Step]


@dataclass(frozen=True)
class Workload:
    """A named way to build a step; ``kind`` is ``"time"`` or ``"memory"``."""

    name: str
    about: str
    kind: str
    build: Build


WORKLOADS: dict[str, Workload] = {}
"""Every workload by name, in the order in which they are run."""


def enter(name: str, about: str, build: Build, kind: str = "time") -> None:
    """Enter a builder into `WORKLOADS`."""
    WORKLOADS[name] = Workload(name, about, kind, build)


def workload(about: str, kind: str = "time") -> Callable[[Build], Build]:
    """Enter a builder into `WORKLOADS` under its own name."""

    def decorate(build: Build) -> Build:
        enter(build.__name__, about, build, kind)
        return build

    return decorate


def uniform(api: Api, rng: np.random.Generator, *shape: int, bound: float = 1.0) -> Tensor:
    """Draw from U(-bound, bound) with NumPy, so that both sides get the same numbers."""
    return api.torch.from_numpy(rng.uniform(-bound, bound, shape).astype(np.float32))


def labels(api: Api, rng: np.random.Generator, n: int) -> Tensor:
    """Draw ``n`` labels of ten classes."""
    return api.torch.from_numpy(rng.integers(0, 10, n))


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
    """Make one training step with cross-entropy: forward, backward, step, zero_grad.

    With zero_grad last, what a step adds to memory is its gradients, activations and temporaries.
    """
    loss_fn = api.nn.CrossEntropyLoss()
    parameters = tuple(model.parameters())

    def step() -> Sequence[Tensor]:
        loss = loss_fn(model(x), target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss, *parameters

    return step
