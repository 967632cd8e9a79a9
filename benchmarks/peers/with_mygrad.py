"""MyGrad: NumPy's functions on tensors that record, first order only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet import relu, softmax_crossentropy

from benchmarks import draws
from benchmarks.peers.adam import Adam

Step = Callable[[], Sequence[Any]]


def chain20(rng: np.random.Generator) -> Step:
    """20 multiply-adds, forward and backward."""
    h0, a, b = (mg.tensor(draws.uniform(rng, 8, 8)) for _ in range(3))

    def step() -> Sequence[Any]:
        h = h0
        for _ in range(20):
            h = h * a + b
        h.sum().backward()
        return h, h0.grad, a.grad, b.grad

    return step


def gelu_chain(rng: np.random.Generator) -> Step:
    """GELU by tanh of a large vector, forward and backward."""
    x, scale = mg.tensor(draws.uniform(rng, 4_000_000, bound=3.0)), math.sqrt(2 / math.pi)

    def step() -> Sequence[Any]:
        y = 0.5 * x * (1 + mg.tanh(scale * (x + 0.044715 * x**3)))
        y.sum().backward()
        return y, x.grad

    return step


def mlp(rng: np.random.Generator) -> Step:
    """MLP 784-100-10: a training step with Adam."""
    parameters = [mg.tensor(p) for p in draws.perceptron(rng, 784, 100, 10)]
    w1, b1, w2, b2 = parameters
    x, target = draws.uniform(rng, 64, 784), draws.labels(rng, 64)
    adam = Adam([p.data for p in parameters])

    def step() -> Sequence[Any]:
        logits = mg.matmul(relu(mg.matmul(x, w1.T) + b1), w2.T) + b2
        loss = softmax_crossentropy(logits, target)
        loss.backward()
        grads = [p.grad for p in parameters]
        adam.step(grads)
        return loss, *parameters, list(grads)

    return step


WORKLOADS = {"chain20": chain20, "gelu_chain": gelu_chain, "mlp": mlp}
