"""Small operations, where the price of one counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import OPERATIONS, Step, Tensor, perceptron, seeded, uniform, workload


@workload("20 multiply-adds on 8x8 float32, forward and backward", OPERATIONS)
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


@workload("40 mixed small operations on 8x8 float32, forward and backward", OPERATIONS)
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


@workload("Hessian-vector product through an MLP 20-64-64-1 tanh, batch 32, by grad of grad", OPERATIONS)
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
