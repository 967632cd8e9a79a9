"""Programs that differentiate their own gradients, and that index, sort, decompose and transform."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.programs.models import numbers, weights


def gradient_penalty(torch: Any) -> list[float]:
    """WGAN-GP: the norm of a critic's gradient at interpolated samples, trained through."""
    rng = np.random.default_rng(1)
    w1, w2 = params = weights(torch, rng, (4, 16), (16, 1))
    real, fake, alpha = (torch.from_numpy(rng.random(s).astype(np.float32)) for s in ((8, 4), (8, 4), (8, 1)))
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    critic = torch.tanh(interpolates @ w1) @ w2
    gradients = torch.autograd.grad(
        outputs=critic, inputs=interpolates, grad_outputs=torch.ones(critic.size()), create_graph=True,
        retain_graph=True, only_inputs=True,
    )[0]  # fmt: skip
    return numbers(((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10, params)


def meta_learning(torch: Any) -> list[float]:
    """MAML: the loss after a step of gradient descent, differentiated in the weights before it."""
    F = torch.nn.functional
    rng = np.random.default_rng(2)
    params = weights(torch, rng, (1, 8), (8,), (8, 1))
    def net(x: Any, w: Any) -> Any: return F.linear(torch.relu(F.linear(x, w[0].t(), w[1])), w[2].t())
    total = torch.tensor(0.0)
    for _ in range(3):
        x = torch.from_numpy(rng.uniform(-2, 2, (10, 1)).astype(np.float32))
        y = torch.sin(x + float(rng.random()))
        fast = list(params)
        for _ in range(2):
            grad = torch.autograd.grad(F.mse_loss(net(x[:5], fast), y[:5]), fast, create_graph=True)
            fast = [w - 0.1 * g for w, g in zip(fast, grad)]
        total = total + F.mse_loss(net(x[5:], fast), y[5:])
    return numbers(total / 3, params)


def laplacian_of_a_sine_network(torch: Any) -> list[float]:
    """SIREN: second derivatives in the coordinates, and their gradient in the weights."""
    rng = np.random.default_rng(3)
    w1, w2 = params = weights(torch, rng, (2, 12), (12, 1))
    axis = torch.linspace(-1, 1, steps=4)
    coords = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1).reshape(-1, 2).requires_grad_()
    y = torch.sin(3 * coords @ w1) @ w2
    grad = torch.autograd.grad(y, [coords], grad_outputs=torch.ones_like(y), create_graph=True)[0]
    div = 0.0
    for i in range(grad.shape[-1]):
        ones = torch.ones_like(grad[..., i])
        div += torch.autograd.grad(grad[..., i], coords, ones, create_graph=True)[0][..., i : i + 1]
    return numbers((div**2).mean(), params)


def neural_ode(torch: Any) -> list[float]:
    """A trajectory by Runge-Kutta, its gradient by the adjoint equation against that through the solver."""
    rng = np.random.default_rng(4)
    (A,) = params = weights(torch, rng, (3, 3), scale=0.5)
    y0 = torch.tensor([[1.0, 0.0, -1.0]])
    def f(y: Any) -> Any: return torch.tanh(y) @ A

    def step(y: Any, h: float) -> Any:
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + f(y + h * k3))

    states = [y0]
    for _ in range(20):
        states.append(step(states[-1], 0.05))
    found = numbers(states[-1].pow(2).sum(), params)
    adjoint, grad = 2 * states[-1].detach(), torch.zeros_like(A)
    for before in reversed([s.detach() for s in states[:-1]]):
        with torch.enable_grad():
            before = before.requires_grad_(True)
            vjp_y, vjp_A = torch.autograd.grad(step(before, 0.05), (before, A), adjoint, allow_unused=True)
        adjoint, grad = vjp_y, grad + vjp_A
    assert torch.allclose(grad, A.grad, rtol=1e-4, atol=1e-5)
    return [*found, grad.sum().item()]


def indexing_tricks(torch: Any) -> list[float]:
    """Writes into slices, masks and diagonals of tensors in a graph; views; augmented assignment; duplicates."""
    x = torch.arange(12.0).reshape(3, 4).requires_grad_()
    y = x * 1.0
    y[0] *= 2
    y[:, 1] = y[:, 0].clone() ** 2
    y[y > 9] = -1.0
    y[[0, 2, 0], [3, 3, 3]] += torch.tensor([1.0, 2.0, 3.0])
    y.diagonal().add_(x[0, :3])
    y.t()[2].mul_(3)
    row = y[1]
    row[...] = row.flip(0)
    z = torch.zeros(5).index_put((torch.tensor([0, 1, 0]),), x[:, 1], accumulate=True)
    picked = y[torch.tensor([[0, 1], [2, 2]]), ..., None][:, :, 1:3]
    y = y.clone()
    y.masked_fill_(torch.eye(3, 4, dtype=torch.bool), 0.5).clamp_(max=20.0)
    loss = (y * torch.arange(12.0).view(3, 4)).sum() + z.pow(2).sum() + picked.prod(1).sum()
    loss = loss + torch.where(x > 5, x, -x).sum()
    loss.backward()
    return [loss.item(), *x.grad.flatten().tolist()]


def principal_components(torch: Any) -> list[float]:
    """PCA and k-means: ``svd``, ``cdist``, ``bincount``, ``argsort``, ``unique``, least squares."""
    rng = np.random.default_rng(5)
    X = torch.from_numpy(rng.standard_normal((30, 4)) * np.array([3.0, 1.0, 0.5, 0.1]))
    X = X - X.mean(dim=0)
    U, S, Vh = torch.linalg.svd(X, full_matrices=False)
    assert torch.allclose(U @ torch.diag(S) @ Vh, X)
    centres = X[:3].clone()
    for _ in range(5):
        label = torch.cdist(X, centres).argmin(1)
        for k in range(3):
            if (label == k).any():
                centres[k] = X[label == k].mean(0)
    counts = torch.bincount(label, minlength=3)
    values, inverse = torch.unique(label, return_inverse=True)
    assert torch.equal(values[inverse], label)
    w = torch.linalg.lstsq(X[:, 1:], X[:, :1]).solution
    order = torch.argsort(X[:, 0], descending=True)[:3]
    return [*S.tolist(), *counts.sort().values.tolist(), *w.flatten().tolist(), *order.tolist(), centres.norm().item()]


def spectral_filter(torch: Any) -> list[float]:
    """A filter learned in the frequency domain: complex weights, ``rfft`` and ``irfft``."""
    rng = np.random.default_rng(6)
    real, imag = params = weights(torch, rng, (9,), (9,))
    x = torch.from_numpy(rng.standard_normal((4, 16)).astype(np.float32))
    target = torch.roll(x, 2, dims=1)
    spectrum = torch.fft.rfft(x) * torch.complex(real, imag)
    y = torch.fft.irfft(spectrum, n=16)
    return [*numbers((y - target).pow(2).mean() + spectrum.abs().mean() * 0.01, params), spectrum.angle().std().item()]


def mixture_of_gaussians(torch: Any) -> list[float]:
    """A mixture density by ``logsumexp``, an ELBO by a reparameterised sample's score, a categorical's entropy."""
    rng = np.random.default_rng(7)
    mean, log_std, logits = params = weights(torch, rng, (3,), (3,), (3,))
    x = torch.from_numpy(rng.standard_normal(20).astype(np.float32))
    mixture = torch.distributions.Normal(mean, log_std.exp())
    log_prob = torch.logsumexp(torch.log_softmax(logits, 0) + mixture.log_prob(x[:, None]), dim=1)
    prior = torch.distributions.Normal(torch.zeros(3), torch.ones(3))
    penalty = torch.distributions.kl_divergence(mixture, prior).sum()
    entropy = torch.distributions.Categorical(logits=logits).entropy()
    return numbers(-log_prob.mean() + 0.1 * penalty - 0.01 * entropy, params)
