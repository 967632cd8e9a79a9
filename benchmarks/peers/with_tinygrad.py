"""tinygrad: lazy tensors, a step captured by ``TinyJit`` and replayed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tinygrad import Context, Device, Tensor, TinyJit
from tinygrad.nn.optim import Adam

from benchmarks import draws

Step = Callable[[], Sequence[Any]]


def ready(function: Callable[[], Sequence[Any]]) -> Step:
    """Make a step that returns when its results are there."""
    device = Device[Device.DEFAULT]

    def step() -> Sequence[Any]:
        results = function()
        device.synchronize()
        return results

    return step


def chain20(rng: np.random.Generator) -> Step:
    """20 multiply-adds, forward and backward."""
    h0, a, b = (Tensor(draws.uniform(rng, 8, 8)).realize() for _ in range(3))

    @TinyJit
    def step() -> Sequence[Any]:
        h = h0
        for _ in range(20):
            h = h * a + b
        grads = h.sum().gradient(h0, a, b)
        Tensor.realize(h, *grads)
        return h, *grads

    return ready(step)


def gelu_chain(rng: np.random.Generator) -> Step:
    """GELU by tanh of a large vector, forward and backward."""
    x, scale = Tensor(draws.uniform(rng, 4_000_000, bound=3.0)).realize(), math.sqrt(2 / math.pi)

    @TinyJit
    def step() -> Sequence[Any]:
        y = 0.5 * x * (1 + (scale * (x + 0.044715 * x**3)).tanh())
        (grad,) = y.sum().gradient(x)
        Tensor.realize(y, grad)
        return y, grad

    return ready(step)


def mlp(rng: np.random.Generator) -> Step:
    """MLP 784-100-10: a training step with Adam."""
    parameters = [Tensor(p).realize() for p in draws.perceptron(rng, 784, 100, 10)]
    w1, b1, w2, b2 = parameters
    x, target = Tensor(draws.uniform(rng, 64, 784)).realize(), Tensor(draws.labels(rng, 64)).realize()
    adam = Adam(parameters, lr=1e-3)

    @TinyJit
    @Context(TRAINING=1)
    def step() -> Sequence[Any]:
        adam.zero_grad()
        loss = ((x @ w1.T + b1).relu() @ w2.T + b2).sparse_categorical_crossentropy(target)
        loss.backward()
        grads = [p.grad for p in parameters]
        Tensor.realize(loss, *grads, *adam.schedule_step())
        return loss, *parameters, list(grads)

    return ready(step)


def hvp(rng: np.random.Generator) -> Step:
    """Hessian-vector product through an MLP 20-64-64-1, reverse over reverse."""
    parameters = [Tensor(p).realize() for p in draws.perceptron(rng, 20, 64, 64, 1)]
    w1, b1, w2, b2, w3, b3 = parameters
    vector = [Tensor(draws.uniform(rng, *p.shape)).realize() for p in parameters]
    x, y = Tensor(draws.uniform(rng, 32, 20)).realize(), Tensor(draws.uniform(rng, 32, 1)).realize()

    @TinyJit
    def step() -> Sequence[Any]:
        h = ((x @ w1.T + b1).tanh() @ w2.T + b2).tanh()
        grads = ((h @ w3.T + b3 - y) ** 2).mean().gradient(*parameters)
        products = sum((g * v).sum() for g, v in zip(grads, vector)).gradient(*parameters)
        Tensor.realize(*products)
        return tuple(products)

    return ready(step)


WORKLOADS = {"chain20": chain20, "gelu_chain": gelu_chain, "mlp": mlp, "hvp": hvp}
