"""Perceptrons and convolutional networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import Step, Tensor, labels, perceptron, seeded, training, uniform, workload


@workload("MLP 784-100-10, batch 64: one training step with Adam")
def mlp(api: Api, rng: np.random.Generator) -> Step:
    model = seeded(api, rng, perceptron(api, 784, 100, 10, between=lambda _: [api.nn.ReLU()]))
    optimizer = api.optim.Adam(model.parameters(), lr=1e-3)
    return training(api, model, optimizer, uniform(api, rng, 64, 784), labels(api, rng, 64))


@workload("the batch-norm paper's net, 784-100-100-100-10 sigmoid, batch 60: one training step with SGD")
def bnnet(api: Api, rng: np.random.Generator) -> Step:
    nn = api.nn
    net = perceptron(api, 784, 100, 100, 100, 10, between=lambda n: [nn.BatchNorm1d(n), nn.Sigmoid()])
    model = seeded(api, rng, net)
    optimizer = api.optim.SGD(model.parameters(), lr=0.1)
    return training(api, model, optimizer, uniform(api, rng, 60, 784), labels(api, rng, 60))


def lenet(api: Api, rng: np.random.Generator, batch: int) -> Step:
    """Make a training step of LeNet-5 with ReLU and max pooling, on 1x28x28."""
    nn = api.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    model = seeded(api, rng, net)
    optimizer = api.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(api, model, optimizer, uniform(api, rng, batch, 1, 28, 28), labels(api, rng, batch))


@workload("LeNet-5, batch 64: one training step with SGD and momentum")
def lenet5(api: Api, rng: np.random.Generator) -> Step:
    return lenet(api, rng, 64)


@workload("MLP 784-100-10 at batch 1, eval, no_grad")
def mlp_infer(api: Api, rng: np.random.Generator) -> Step:
    model = seeded(api, rng, perceptron(api, 784, 100, 10, between=lambda _: [api.nn.ReLU()])).eval()
    x = uniform(api, rng, 1, 784)

    def step() -> Sequence[Tensor]:
        with api.torch.no_grad():
            return (model(x),)

    return step


@workload("MLP 1024-2048-2048-10, batch 256: a training step with Adam, for its memory", kind="memory")
def mlp_wide(api: Api, rng: np.random.Generator) -> Step:
    model = seeded(api, rng, perceptron(api, 1024, 2048, 2048, 10, between=lambda _: [api.nn.ReLU()]))
    optimizer = api.optim.Adam(model.parameters(), lr=1e-4)
    return training(api, model, optimizer, uniform(api, rng, 256, 1024), labels(api, rng, 256))


@workload("batch-norm net 1024-2048-2048-10 sigmoid, batch 1024: SGD step, for its memory", kind="memory")
def bnnet_wide(api: Api, rng: np.random.Generator) -> Step:
    nn = api.nn
    net = perceptron(api, 1024, 2048, 2048, 10, between=lambda n: [nn.BatchNorm1d(n), nn.Sigmoid()])
    model = seeded(api, rng, net)
    optimizer = api.optim.SGD(model.parameters(), lr=0.1)
    return training(api, model, optimizer, uniform(api, rng, 1024, 1024), labels(api, rng, 1024))


@workload("LeNet-5, batch 1024: a training step with SGD and momentum, for its memory", kind="memory")
def lenet5_wide(api: Api, rng: np.random.Generator) -> Step:
    return lenet(api, rng, 1024)
