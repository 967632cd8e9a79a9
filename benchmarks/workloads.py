"""The workloads, each written once against the PyTorch API.

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


def workload(about: str, kind: str = "time") -> Callable[[Build], Build]:
    """Enter a builder into `WORKLOADS` under its own name."""

    def enter(build: Build) -> Build:
        WORKLOADS[build.__name__] = Workload(build.__name__, about, kind, build)
        return build

    return enter


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
            if name.endswith("bias"):
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


@workload("20 multiply-adds on 8x8 float32, forward and backward")
def chain20(api: Api, rng: np.random.Generator) -> Step:
    h0, a, b = (uniform(api, rng, 8, 8).requires_grad_() for _ in range(3))

    def step() -> Sequence[Tensor]:
        h0.grad = a.grad = b.grad = None
        h = h0
        for _ in range(20):
            h = h * a + b
        h.sum().backward()
        return h, h0.grad, a.grad, b.grad

    return step


@workload("40 mixed small operations on 8x8 float32, forward and backward")
def mixed40(api: Api, rng: np.random.Generator) -> Step:
    torch = api.torch
    x, w, v = (uniform(api, rng, 8, 8).requires_grad_() for _ in range(3))

    def forward() -> Tensor:
        a = torch.tanh(x @ w + v)  # 1-3
        b = torch.sigmoid(a * v - x)  # 4-6
        c = torch.exp(-b * b)  # 7-9
        d = torch.relu(c.reshape(4, 16) * 2.0 - 1.0)  # 10-13
        e = d.reshape(8, 8).t() @ a  # 14-16
        f = torch.softmax(e / 8.0**0.5, dim=-1) @ v  # 17-19
        g = torch.cat([f[:4], e[4:]], dim=0)  # 20-22
        h = torch.where(g > 0, g, 0.1 * g)  # 23-25
        i = torch.maximum(h, a) + torch.minimum(h, b)  # 26-28
        j = i - i.mean(dim=1, keepdim=True)  # 29-30
        k = j / torch.sqrt((j * j).sum(dim=1, keepdim=True) + 1.0)  # 31-35
        m = torch.log(1.0 + torch.abs(k))  # 36-38
        return (m.unsqueeze(0) * w).mean()  # 39-41, the last one the loss itself

    def step() -> Sequence[Tensor]:
        x.grad = w.grad = v.grad = None
        loss = forward()
        loss.backward()
        return loss, x.grad, w.grad, v.grad

    return step


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


@workload("Adam's step alone on 60 tensors: six blocks of five square layers, 64 to 256 wide")
def adam_step(api: Api, rng: np.random.Generator) -> Step:
    parameters = []
    for width in (64, 96, 128, 160, 192, 256):
        for shape in [(width, width), (width,)] * 5:
            p = api.nn.Parameter(uniform(api, rng, *shape))
            p.grad = uniform(api, rng, *shape)
            parameters.append(p)
    optimizer = api.optim.Adam(parameters, lr=1e-3)

    def step() -> Sequence[Tensor]:
        optimizer.step()
        return parameters

    return step


@workload("Hessian-vector product through an MLP 20-64-64-1 tanh, batch 32, by grad of grad")
def hvp(api: Api, rng: np.random.Generator) -> Step:
    torch = api.torch
    model = seeded(api, rng, perceptron(api, 20, 64, 64, 1, between=lambda _: [api.nn.Tanh()]))
    parameters = list(model.parameters())
    vector = [uniform(api, rng, *p.shape) for p in parameters]
    x, y = uniform(api, rng, 32, 20), uniform(api, rng, 32, 1)

    def step() -> Sequence[Tensor]:
        loss = ((model(x) - y) ** 2).mean()
        grads = torch.autograd.grad(loss, parameters, create_graph=True)
        dot = sum((g * v).sum() for g, v in zip(grads, vector))
        return tuple(torch.autograd.grad(dot, parameters))

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
