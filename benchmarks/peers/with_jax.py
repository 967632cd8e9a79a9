"""JAX: pure functions, compiled whole by ``jit``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import draws

Step = Callable[[], Sequence[Any]]


def ready(function: Callable[..., Any], *arguments: Any) -> Step:
    """Make a step of a compiled function of constant arguments."""
    return lambda: jax.block_until_ready(function(*arguments))


def chain20(rng: np.random.Generator) -> Step:
    """20 multiply-adds, forward and backward."""

    def chain(h: Any, a: Any, b: Any) -> Any:
        for _ in range(20):
            h = h * a + b
        return h

    @jax.jit
    def step(*arguments: Any) -> Any:
        h, pull = jax.vjp(chain, *arguments)
        return h, *pull(jnp.ones_like(h))

    return ready(step, *(jnp.asarray(draws.uniform(rng, 8, 8)) for _ in range(3)))


def gelu_chain(rng: np.random.Generator) -> Step:
    """GELU by tanh of a large vector, forward and backward."""
    scale = math.sqrt(2 / math.pi)

    @jax.jit
    def step(x: Any) -> Any:
        y, pull = jax.vjp(lambda x: 0.5 * x * (1 + jnp.tanh(scale * (x + 0.044715 * x**3))), x)
        return y, *pull(jnp.ones_like(y))

    return ready(step, jnp.asarray(draws.uniform(rng, 4_000_000, bound=3.0)))


def mlp(rng: np.random.Generator) -> Step:
    """MLP 784-100-10: a training step with Adam."""
    parameters = [jnp.asarray(p) for p in draws.perceptron(rng, 784, 100, 10)]
    x, target = jnp.asarray(draws.uniform(rng, 64, 784)), jnp.asarray(draws.labels(rng, 64))

    def loss_of(parameters: Any) -> Any:
        w1, b1, w2, b2 = parameters
        logits = jax.nn.relu(x @ w1.T + b1) @ w2.T + b2
        return -jax.nn.log_softmax(logits)[jnp.arange(64), target].mean()

    @jax.jit
    def update(parameters: Any, m: Any, v: Any, t: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(parameters)
        t, tree = t + 1, jax.tree.map
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        rate, unbias = 1e-3 / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        parameters = tree(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / unbias + 1e-8), parameters, m, v)
        return (parameters, m, v, t), (loss, grads)

    zeros = [jnp.zeros_like(p) for p in parameters]
    state = [(parameters, zeros, zeros, jnp.float32(0))]

    def step() -> Sequence[Any]:
        state[0], (loss, grads) = jax.block_until_ready(update(*state[0]))
        return loss, *state[0][0], list(grads)

    return step


def hvp(rng: np.random.Generator) -> Step:
    """Hessian-vector product through an MLP 20-64-64-1, forward over reverse."""
    parameters = [jnp.asarray(p) for p in draws.perceptron(rng, 20, 64, 64, 1)]
    vector = [jnp.asarray(draws.uniform(rng, *p.shape)) for p in parameters]
    x, y = jnp.asarray(draws.uniform(rng, 32, 20)), jnp.asarray(draws.uniform(rng, 32, 1))

    def loss_of(parameters: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = jnp.tanh(jnp.tanh(x @ w1.T + b1) @ w2.T + b2)
        return ((h @ w3.T + b3 - y) ** 2).mean()

    return ready(jax.jit(lambda p, v: jax.jvp(jax.grad(loss_of), (p,), (v,))[1]), parameters, vector)


WORKLOADS = {"chain20": chain20, "gelu_chain": gelu_chain, "mlp": mlp, "hvp": hvp}
