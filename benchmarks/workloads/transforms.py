"""Transforms of functions, composed: per-sample gradients, Hessians, kernels, inner loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import TRANSFORMS, Step, Tensor, labels, perceptron, seeded, uniform, workload


def parameters_of(model: Any) -> dict[str, Tensor]:
    """Return a model's parameters by name, outside its graph."""
    return {name: p.detach() for name, p in model.named_parameters()}


def tanh_net(api: Api, rng: np.random.Generator, *widths: int) -> Any:
    """Make a perceptron with tanh between its layers."""
    return seeded(api, rng, perceptron(api, *widths, between=lambda _: [api.nn.Tanh()]))


@workload("gradients of a CNN's loss for each of 64 examples of 1x28x28: vmap(grad)", TRANSFORMS)
def per_sample_grads(api: Api, rng: np.random.Generator) -> Step:
    func, nn = api.torch.func, api.nn
    model = seeded(api, rng, nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(256, 10),
    ))  # fmt: skip
    x, target = uniform(api, rng, 64, 1, 28, 28), labels(api, rng, 64)

    def loss(params: dict[str, Tensor], x: Tensor, target: Tensor) -> Tensor:
        return api.F.cross_entropy(func.functional_call(model, params, (x[None],)), target[None])

    each = func.vmap(func.grad(loss), in_dims=(None, 0, 0))
    params = parameters_of(model)
    return lambda: tuple(each(params, x, target).values())


@workload("Hessian of the loss of an MLP 8-16-1 by its 161 parameters, 32 examples: jacfwd(jacrev)", TRANSFORMS)
def net_hessian(api: Api, rng: np.random.Generator) -> Step:
    func, model = api.torch.func, tanh_net(api, rng, 8, 16, 1)
    x, target = uniform(api, rng, 32, 8), uniform(api, rng, 32, 1)
    params = parameters_of(model)

    def loss(params: dict[str, Tensor]) -> Tensor:
        return ((func.functional_call(model, params, (x,)) - target) ** 2).mean()

    return lambda: [block for row in func.hessian(loss)(params).values() for block in row.values()]


@workload("MAML: the gradient through three inner SGD steps of an MLP 1-40-40-1, for each of 25 tasks", TRANSFORMS)
def maml(api: Api, rng: np.random.Generator) -> Step:
    func, model = api.torch.func, tanh_net(api, rng, 1, 40, 40, 1)
    xs, ys = uniform(api, rng, 25, 2, 10, 1), uniform(api, rng, 25, 2, 10, 1)
    params = parameters_of(model)

    def loss(params: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return ((func.functional_call(model, params, (x,)) - y) ** 2).mean()

    def adapted(params: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        for _ in range(3):
            grads = func.grad(loss)(params, x[0], y[0])
            params = {name: p - 0.1 * grads[name] for name, p in params.items()}
        return loss(params, x[1], y[1])

    def outer(params: dict[str, Tensor]) -> Tensor:
        return func.vmap(adapted, in_dims=(None, 0, 0))(params, xs, ys).mean()

    return lambda: tuple(func.grad(outer)(params).values())


@workload("neural tangent kernel of an MLP 16-32-32-4 between 16 and 24 examples: products of Jacobians", TRANSFORMS)
def tangent_kernel(api: Api, rng: np.random.Generator) -> Step:
    func, model = api.torch.func, tanh_net(api, rng, 16, 32, 32, 4)
    first, second = uniform(api, rng, 16, 16), uniform(api, rng, 24, 16)
    params = parameters_of(model)

    def one(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return func.functional_call(model, params, (x[None],))[0]

    def jacobians(x: Tensor) -> list[Tensor]:
        return [j.flatten(2) for j in func.vmap(func.jacrev(one), (None, 0))(params, x).values()]

    def kernel() -> tuple[Tensor]:
        pairs = zip(jacobians(first), jacobians(second))
        return (sum(api.torch.einsum("naf,mbf->nmab", a, b) for a, b in pairs),)

    return kernel


@workload("Laplacian of an MLP 8-64-64-1 at 64 points: vmap of the trace of hessian", TRANSFORMS)
def laplacian(api: Api, rng: np.random.Generator) -> Step:
    func, model = api.torch.func, tanh_net(api, rng, 8, 64, 64, 1)
    points = uniform(api, rng, 64, 8)
    params = parameters_of(model)

    def potential(x: Tensor) -> Tensor:
        return func.functional_call(model, params, (x[None],)).sum()

    each = func.vmap(lambda x: func.hessian(potential)(x).diagonal().sum())
    return lambda: (each(points),)
