"""HIPS autograd: functions on NumPy arrays, and transformations of functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad, make_vjp, value_and_grad
from autograd.scipy.special import logsumexp

from benchmarks import draws
from benchmarks.peers.adam import Adam

Step = Callable[[], Sequence[Any]]


def chain20(rng: np.random.Generator) -> Step:
    """20 multiply-adds, forward and backward."""
    arguments = tuple(draws.uniform(rng, 8, 8) for _ in range(3))

    def chain(arguments: Any) -> Any:
        h, a, b = arguments
        for _ in range(20):
            h = h * a + b
        return h

    def step() -> Sequence[Any]:
        pull, h = make_vjp(chain)(arguments)
        return h, *pull(np.ones_like(h))

    return step


def gelu_chain(rng: np.random.Generator) -> Step:
    """GELU by tanh of a large vector, forward and backward."""
    x, scale = draws.uniform(rng, 4_000_000, bound=3.0), math.sqrt(2 / math.pi)
    differentiate = make_vjp(lambda x: 0.5 * x * (1 + anp.tanh(scale * (x + 0.044715 * x**3))))

    def step() -> Sequence[Any]:
        pull, y = differentiate(x)
        return y, pull(np.ones_like(y))

    return step


def mlp(rng: np.random.Generator) -> Step:
    """MLP 784-100-10: a training step with Adam."""
    parameters = draws.perceptron(rng, 784, 100, 10)
    x, target = draws.uniform(rng, 64, 784), draws.labels(rng, 64)
    adam = Adam(parameters)

    def loss_of(parameters: Any) -> Any:
        w1, b1, w2, b2 = parameters
        logits = anp.dot(anp.maximum(anp.dot(x, w1.T) + b1, 0), w2.T) + b2
        return anp.mean(logsumexp(logits, axis=1) - logits[np.arange(64), target])

    find = value_and_grad(loss_of)

    def step() -> Sequence[Any]:
        loss, grads = find(parameters)
        adam.step(grads)
        return loss, *parameters, list(grads)

    return step


def hvp(rng: np.random.Generator) -> Step:
    """Hessian-vector product through an MLP 20-64-64-1, reverse over reverse."""
    parameters = draws.perceptron(rng, 20, 64, 64, 1)
    vector = [draws.uniform(rng, *p.shape) for p in parameters]
    x, y = draws.uniform(rng, 32, 20), draws.uniform(rng, 32, 1)

    def loss_of(parameters: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = anp.tanh(anp.dot(anp.tanh(anp.dot(x, w1.T) + b1), w2.T) + b2)
        return anp.mean((anp.dot(h, w3.T) + b3 - y) ** 2)

    slope = grad(loss_of)
    product = grad(lambda parameters: sum(anp.sum(g * v) for g, v in zip(slope(parameters), vector)))
    return lambda: product(parameters)


WORKLOADS = {"chain20": chain20, "gelu_chain": gelu_chain, "mlp": mlp, "hvp": hvp}
