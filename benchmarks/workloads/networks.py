"""Perceptrons and LeNet-5 in training."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import TRAINING, Step, labels, perceptron, seeded, training, uniform, workload


def relu_perceptron(api: Api, rng: np.random.Generator, *widths: int) -> Any:
    """Make a perceptron with ReLU between its layers."""
    return seeded(api, rng, perceptron(api, *widths, between=lambda _: [api.nn.ReLU()]))


@workload("MLP 784-100-10, batch 64: one training step with Adam", TRAINING)
def mlp(api: Api, rng: np.random.Generator) -> Step:
    model = relu_perceptron(api, rng, 784, 100, 10)
    optimizer = api.optim.Adam(model.parameters(), lr=1e-3)
    return training(api, model, optimizer, uniform(api, rng, 64, 784), labels(api, rng, 64))


def batch_norm_net(api: Api, rng: np.random.Generator, *widths: int, batch: int) -> Step:
    """Make a training step of a perceptron with batch norm and sigmoids, as in the batch-norm paper."""
    nn = api.nn
    net = perceptron(api, *widths, between=lambda n: [nn.BatchNorm1d(n), nn.Sigmoid()])
    model = seeded(api, rng, net)
    optimizer = api.optim.SGD(model.parameters(), lr=0.1)
    return training(api, model, optimizer, uniform(api, rng, batch, widths[0]), labels(api, rng, batch))


@workload("the batch-norm paper's net, 784-100-100-100-10 sigmoid, batch 60: one training step with SGD", TRAINING)
def bnnet(api: Api, rng: np.random.Generator) -> Step:
    return batch_norm_net(api, rng, 784, 100, 100, 100, 10, batch=60)


@workload("MLP 1024-2048-2048-10, batch 256: one training step with SGD and momentum", TRAINING)
def mlp_large(api: Api, rng: np.random.Generator) -> Step:
    model = relu_perceptron(api, rng, 1024, 2048, 2048, 10)
    optimizer = api.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(api, model, optimizer, uniform(api, rng, 256, 1024), labels(api, rng, 256))


def lenet(api: Api, rng: np.random.Generator) -> Any:
    """Make LeNet-5 with ReLU and max pooling, on 1x28x28."""
    nn = api.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    return seeded(api, rng, net)


def lenet_training(api: Api, rng: np.random.Generator, batch: int) -> Step:
    """Make a training step of LeNet-5."""
    model = lenet(api, rng)
    optimizer = api.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(api, model, optimizer, uniform(api, rng, batch, 1, 28, 28), labels(api, rng, batch))


@workload("LeNet-5, batch 64: one training step with SGD and momentum", TRAINING)
def lenet5(api: Api, rng: np.random.Generator) -> Step:
    return lenet_training(api, rng, 64)


@workload("MLP 1024-2048-2048-10, batch 1024: a training step with Adam, for its memory", TRAINING, kind="memory")
def mlp_wide(api: Api, rng: np.random.Generator) -> Step:
    model = relu_perceptron(api, rng, 1024, 2048, 2048, 10)
    optimizer = api.optim.Adam(model.parameters(), lr=1e-4)
    return training(api, model, optimizer, uniform(api, rng, 1024, 1024), labels(api, rng, 1024))


@workload(
    "batch-norm net 1024-2048-2048-10 sigmoid, batch 1024: SGD step, for its memory", TRAINING, kind="memory"
)  # fmt: skip
def bnnet_wide(api: Api, rng: np.random.Generator) -> Step:
    return batch_norm_net(api, rng, 1024, 2048, 2048, 10, batch=1024)


@workload("LeNet-5, batch 1024: a training step with SGD and momentum, for its memory", TRAINING, kind="memory")
def lenet5_wide(api: Api, rng: np.random.Generator) -> Step:
    return lenet_training(api, rng, 1024)
