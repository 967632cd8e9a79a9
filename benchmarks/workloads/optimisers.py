"""The step alone of each optimiser, on 60 tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import OPTIMISERS, WORKLOADS, Step, Tensor, Workload, uniform

WIDTHS = (64, 96, 128, 160, 192, 256)
OPTIONS: dict[str, dict[str, Any]] = {
    "Adadelta": {}, "Adafactor": {}, "Adagrad": {}, "Adam": {}, "AdamW": {}, "Adamax": {}, "ASGD": {}, "LBFGS": {},
    "Muon": {}, "NAdam": {}, "RAdam": {}, "RMSprop": {}, "Rprop": {}, "SGD": {"lr": 1e-3, "momentum": 0.9},
}  # fmt: skip


def layers(api: Api, rng: np.random.Generator, matrices_only: bool) -> list[Tensor]:
    """Return the weights and biases of six blocks of five square layers, with their gradients."""
    parameters = []
    for width in WIDTHS:
        for shape in [(width, width), (width, width) if matrices_only else (width,)] * 5:
            p = api.nn.Parameter(uniform(api, rng, *shape))
            p.grad = uniform(api, rng, *shape)
            parameters.append(p)
    return parameters


def stepping(name: str, options: dict[str, Any]) -> Any:
    """Return the builder of an optimiser's step; Muon takes matrices alone, LBFGS a closure."""

    def build(api: Api, rng: np.random.Generator) -> Step:
        parameters = layers(api, rng, name == "Muon")
        optimizer = getattr(api.optim, name)(parameters, **options)
        closure = (lambda: 1.0) if name == "LBFGS" else None

        def step() -> Sequence[Tensor]:
            optimizer.step(closure)
            return parameters

        return step

    return build


for _name, _options in OPTIONS.items():
    _about = f"{_name}'s step alone on 60 tensors: six blocks of five square layers, 64 to 256 wide"
    _entry = f"{_name.lower()}_step"
    WORKLOADS[_entry] = Workload(_entry, _about, OPTIMISERS, stepping(_name, _options))
