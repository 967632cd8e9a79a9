"""Training loops written by hand: gradients cleared, weights updated in place under ``no_grad``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def polynomial_by_autograd(torch: Any) -> list[float]:
    """PyTorch's first tutorial: a cubic fitted to the sine, four scalar weights."""
    dtype = torch.float
    x = torch.linspace(-math.pi, math.pi, 200, dtype=dtype)
    y = torch.sin(x)
    a, b, c, d = (torch.full((), v, dtype=dtype, requires_grad=True) for v in (0.1, -0.2, 0.3, 0.05))
    for _ in range(60):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for w in (a, b, c, d):
                w -= 1e-5 * w.grad
                w.grad = None
    return [loss.item(), a.item(), b.item(), c.item(), d.item()]


def polynomial_by_function(torch: Any) -> list[float]:
    """The tutorial's custom ``autograd.Function``: a Legendre polynomial with its own backward."""

    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    x = torch.linspace(-math.pi, math.pi, 100)
    y = torch.sin(x)
    weights = [torch.full((), v, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3)]
    P3 = LegendrePolynomial3.apply
    for _ in range(40):
        a, b, c, d = weights
        loss = (a + b * P3(c + d * x) - y).pow(2).sum()
        for w in weights:
            if w.grad is not None:
                w.grad.zero_()
        loss.backward()
        with torch.no_grad():
            for w in weights:
                w.sub_(5e-6 * w.grad)
    return [loss.item(), *(w.item() for w in weights)]


def names_by_a_small_network(torch: Any) -> list[float]:
    """A character model in the style of makemore: an embedding table, batch norm by hand, its running buffers."""
    F = torch.nn.functional
    rng = np.random.default_rng(1)
    X = torch.from_numpy(rng.integers(0, 27, (256, 3)))
    Y = torch.from_numpy(rng.integers(0, 27, 256))
    C = torch.tensor(rng.standard_normal((27, 10)), dtype=torch.float32)
    W1 = torch.tensor(rng.standard_normal((30, 50)) * (5 / 3) / 30**0.5, dtype=torch.float32)
    W2 = torch.tensor(rng.standard_normal((50, 27)) * 0.01, dtype=torch.float32)
    b2 = torch.zeros(27)
    bngain, bnbias = torch.ones((1, 50)), torch.zeros((1, 50))
    bnmean_running, bnstd_running = torch.zeros((1, 50)), torch.ones((1, 50))
    parameters = [C, W1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    lossi = []
    for i in range(30):
        ix = torch.tensor(rng.integers(0, X.shape[0], (32,)))
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        hpreact = emb.view(emb.shape[0], -1) @ W1
        bnmeani, bnstdi = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
        h = torch.tanh(bngain * (hpreact - bnmeani) / bnstdi + bnbias)
        with torch.no_grad():
            bnmean_running = 0.9 * bnmean_running + 0.1 * bnmeani
            bnstd_running = 0.9 * bnstd_running + 0.1 * bnstdi
        loss = F.cross_entropy(h @ W2 + b2, Yb)
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -(0.1 if i < 20 else 0.01) * p.grad
        lossi.append(loss.log10().item())
    counts = torch.zeros(27, dtype=torch.long).index_add_(0, Y, torch.ones_like(Y))
    assert counts.sum() == 256 and not bnmean_running.requires_grad
    return [*torch.tensor(lossi).view(-1, 10).mean(1).tolist(), bnstd_running.mean().item(), C.grad.norm().item()]


def momentum_by_hand(torch: Any) -> list[float]:
    """An optimiser written out, with weight decay, clipping by norm and buffers changed in place."""
    rng = np.random.default_rng(2)
    x, y = (torch.tensor(rng.standard_normal(s), dtype=torch.float32) for s in ((64, 8), (64, 1)))
    params = [torch.tensor(rng.standard_normal(s) * 0.3, dtype=torch.float32) for s in ((8, 16), (16,), (16, 1), (1,))]
    for p in params:
        p.requires_grad_(True)
    velocity = [torch.zeros_like(p) for p in params]
    for step in range(25):
        w1, b1, w2, b2 = params
        loss = ((x @ w1 + b1).clamp(min=0).mm(w2).add(b2) - y).pow(2).mean()
        grads = torch.autograd.grad(loss, params)
        total = torch.norm(torch.stack([g.detach().norm(2) for g in grads]), 2)
        scale = (1.0 / (total + 1e-6)).clamp(max=1.0)
        with torch.no_grad():
            for p, g, v in zip(params, grads, velocity):
                g = g.mul(scale).add_(p, alpha=1e-3)
                v.mul_(0.9).add_(g)
                p.add_(v, alpha=-0.05 * (1 + math.cos(math.pi * step / 25)) / 2)
                p.clamp_(-2, 2)
    return [loss.item(), total.item(), *(float(p.detach().abs().sum()) for p in params)]


def deep_q_update(torch: Any) -> list[float]:
    """One agent's updates: ``gather`` of actions, a masked target without gradient, a soft copy of weights."""
    F = torch.nn.functional
    rng = np.random.default_rng(3)
    drawn = [rng.standard_normal(s) * 0.4 for s in ((4, 16), (16, 2))]
    policy = [torch.tensor(w, dtype=torch.float32, requires_grad=True) for w in drawn]
    target = [p.detach().clone() for p in policy]

    def q(weights: Any, s: Any) -> Any: return F.relu(s @ weights[0]) @ weights[1]
    losses = []
    for _ in range(15):
        state, after = (torch.from_numpy(rng.standard_normal((32, 4)).astype(np.float32)) for _ in range(2))
        action = torch.from_numpy(rng.integers(0, 2, (32, 1)))
        reward = torch.from_numpy(rng.standard_normal(32).astype(np.float32))
        alive = torch.tensor(rng.random(32) > 0.2, dtype=torch.bool)
        value = q(policy, state).gather(1, action)
        next_value = torch.zeros(32)
        with torch.no_grad():
            next_value[alive] = q(target, after[alive]).max(1).values
        loss = F.smooth_l1_loss(value, (reward + 0.9 * next_value).unsqueeze(1))
        loss.backward()
        with torch.no_grad():
            for p, t in zip(policy, target):
                p.grad.clamp_(-1, 1)
                p -= 0.1 * p.grad
                p.grad.zero_()
                t.copy_(0.9 * t + 0.1 * p)
        losses.append(loss.item())
    return [*losses, float(target[0].sum()), float((q(policy, state).argmax(dim=1) == 0).float().mean())]
