"""Large vectors, where memory counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import OPERATIONS, Step, Tensor, uniform, workload


@workload("GELU by tanh, written out in elementwise operations, of 4 M float32: forward and backward", OPERATIONS)
def gelu_chain(api: Api, rng: np.random.Generator) -> Step:
    x = uniform(api, rng, 4_000_000, bound=3.0).requires_grad_()
    scale = math.sqrt(2 / math.pi)

    def step() -> Sequence[Tensor]:
        x.grad = None
        y = 0.5 * x * (1 + api.torch.tanh(scale * (x + 0.044715 * x**3)))
        y.sum().backward()
        return y, x.grad

    return step
