"""Models in functional form: attention, recurrence, flows, graphs, quantisation."""

from __future__ import annotations

from typing import Any

import numpy as np


def weights(torch: Any, rng: Any, *shapes: tuple[int, ...], scale: float = 0.3) -> list[Any]:
    """Return leaves of the given shapes, the same numbers in every library."""
    return [torch.tensor(rng.standard_normal(s) * scale, dtype=torch.float32, requires_grad=True) for s in shapes]


def numbers(loss: Any, params: list[Any]) -> list[float]:
    """Run backward; return the loss and a figure of each gradient."""
    loss.backward()
    return [loss.item(), *(p.grad.abs().sum().item() for p in params)]


def causal_self_attention(torch: Any) -> list[float]:
    """A language model's block: heads by view and transpose, a triangular mask, tied output weights."""
    F = torch.nn.functional
    rng = np.random.default_rng(1)
    B, T, C, heads, V = 2, 6, 8, 2, 11
    wte, wpe, qkv, proj, fc1, fc2 = params = weights(
        torch, rng, (V, C), (T, C), (C, 3 * C), (C, C), (C, 4 * C), (4 * C, C)
    )
    idx = torch.from_numpy(rng.integers(0, V, (B, T + 1)))
    x = wte[idx[:, :-1]] + wpe[torch.arange(T)]
    q, k, v = (F.layer_norm(x, (C,)) @ qkv).split(C, dim=2)
    q, k, v = (t.view(B, T, heads, C // heads).transpose(1, 2) for t in (q, k, v))
    att = (q @ k.transpose(-2, -1)) * (1.0 / k.size(-1) ** 0.5)
    mask = torch.tril(torch.ones(T, T)).view(1, 1, T, T)
    att = F.softmax(att.masked_fill(mask[:, :, :T, :T] == 0, float("-inf")), dim=-1)
    x = x + (att @ v).transpose(1, 2).contiguous().view(B, T, C) @ proj
    x = x + F.gelu(F.layer_norm(x, (C,)) @ fc1) @ fc2
    logits = x @ wte.t()
    loss = F.cross_entropy(logits.view(-1, V), idx[:, 1:].reshape(-1), ignore_index=3)
    top, _ = torch.topk(logits[:, -1, :].detach(), 3)
    return [*numbers(loss, params), *top.flatten().tolist()]


def lstm_by_hand(torch: Any) -> list[float]:
    """Gates by ``chunk``, states carried through time, outputs stacked, padding masked out."""
    rng = np.random.default_rng(2)
    wx, wh, b, out = params = weights(torch, rng, (5, 28), (7, 28), (28,), (7, 1))
    x = torch.from_numpy(rng.standard_normal((6, 3, 5)).astype(np.float32))
    lengths = torch.tensor([6, 4, 2])
    h = c = torch.zeros(3, 7)
    outputs = []
    for t in range(x.size(0)):
        i, f, g, o = (x[t] @ wx + h @ wh + b).chunk(4, 1)
        c = torch.sigmoid(f + 1) * c + i.sigmoid() * g.tanh()
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    y = torch.stack(outputs).matmul(out).squeeze(-1).t()
    mask = torch.arange(6)[None, :] < lengths[:, None]
    last = torch.stack(outputs)[lengths - 1, torch.arange(3)]
    return numbers((y[mask] ** 2).mean() + last.sum() * 0.1, params)


def vector_quantisation(torch: Any) -> list[float]:
    """The bottleneck of a VQ-VAE: distances, one-hot by ``scatter_``, the straight-through estimator."""
    F = torch.nn.functional
    rng = np.random.default_rng(3)
    codes, encoder = params = weights(torch, rng, (8, 4), (6, 4), scale=1.0)
    x = torch.from_numpy(rng.standard_normal((10, 6)).astype(np.float32))
    z = x @ encoder
    distances = torch.sum(z**2, dim=1, keepdim=True) + torch.sum(codes**2, dim=1) - 2 * torch.matmul(z, codes.t())
    indices = torch.argmin(distances, dim=1).unsqueeze(1)
    encodings = torch.zeros(indices.shape[0], 8).scatter_(1, indices, 1)
    quantized = torch.matmul(encodings, codes)
    loss = F.mse_loss(quantized.detach(), z) * 0.25 + F.mse_loss(quantized, z.detach())
    quantized = z + (quantized - z).detach()
    probs = torch.mean(encodings, dim=0)
    perplexity = torch.exp(-torch.sum(probs * torch.log(probs + 1e-10)))
    return [*numbers(loss + quantized.pow(2).mean(), params), perplexity.item()]


def coupling_flow(torch: Any) -> list[float]:
    """RealNVP: masked affine couplings and their log-determinant, inverted exactly."""
    rng = np.random.default_rng(4)
    params = weights(torch, rng, *[(6, 6)] * 4)
    x = torch.from_numpy(rng.standard_normal((5, 6)).astype(np.float32))
    mask = (torch.arange(6) % 2).float()
    z, log_det = x, torch.zeros(5)
    for i in range(2):
        m = mask if i == 0 else 1 - mask
        s, t = torch.tanh((z * m) @ params[2 * i]) * (1 - m), ((z * m) @ params[2 * i + 1]) * (1 - m)
        z, log_det = z * m + (1 - m) * (z * torch.exp(s) + t), log_det + s.sum(-1)
    back = z.detach()
    with torch.no_grad():
        for i in reversed(range(2)):
            m = mask if i == 0 else 1 - mask
            s, t = torch.tanh((back * m) @ params[2 * i]) * (1 - m), ((back * m) @ params[2 * i + 1]) * (1 - m)
            back = back * m + (1 - m) * ((back - t) * torch.exp(-s))
    assert torch.allclose(back, x, atol=1e-5)
    prior = torch.distributions.Normal(torch.zeros(6), torch.ones(6))
    return numbers(-(prior.log_prob(z).sum(-1) + log_det).mean(), params)


def graph_attention(torch: Any) -> list[float]:
    """A graph attention layer on a dense adjacency, and the same sums by ``index_add_`` over edges."""
    F = torch.nn.functional
    rng = np.random.default_rng(5)
    W, a = params = weights(torch, rng, (4, 3), (6, 1))
    h = torch.from_numpy(rng.standard_normal((7, 4)).astype(np.float32))
    adj = torch.from_numpy((rng.random((7, 7)) < 0.4) | np.eye(7, dtype=bool)).float()
    Wh = torch.mm(h, W)
    e = F.leaky_relu(torch.matmul(Wh, a[:3, :]) + torch.matmul(Wh, a[3:, :]).mT, 0.2)
    attention = F.softmax(torch.where(adj > 0, e, -9e15 * torch.ones_like(e)), dim=1)
    out = F.elu(torch.matmul(attention, Wh))
    row, col = adj.nonzero(as_tuple=True)
    again = torch.zeros_like(Wh).index_add_(0, row, attention[row, col].unsqueeze(-1) * Wh[col])
    assert torch.allclose(F.elu(again), out, atol=1e-5)
    degree = torch.zeros(7).scatter_add_(0, row, torch.ones(len(row)))
    return [*numbers(F.log_softmax(out, 1)[:, 0].neg().mean(), params), degree.rsqrt().sum().item()]


def volume_rendering(torch: Any) -> list[float]:
    """NeRF's ray march: positional encoding, exclusive ``cumprod``, and inverse-transform resampling."""
    rng = np.random.default_rng(6)
    W1, W2 = params = weights(torch, rng, (15, 16), (16, 4))
    origins, directions = (torch.from_numpy(rng.standard_normal((4, 3)).astype(np.float32)) for _ in range(2))
    z = torch.linspace(2.0, 6.0, 8).expand(4, 8)
    points = origins[:, None, :] + directions[:, None, :] * z[..., None]
    encoded = torch.cat([points, *(f(2.0**k * points) for k in range(2) for f in (torch.sin, torch.cos))], -1)
    raw = torch.relu(encoded.reshape(-1, 15) @ W1) @ W2
    raw = raw.reshape([*points.shape[:-1], 4])
    dists = torch.cat([z[..., 1:] - z[..., :-1], torch.tensor([1e10]).expand(z[..., :1].shape)], -1)
    alpha = 1.0 - torch.exp(-torch.relu(raw[..., 3]) * dists * torch.norm(directions[..., None, :], dim=-1))
    through = torch.cumprod(torch.cat([torch.ones((4, 1)), 1.0 - alpha + 1e-10], -1), -1)[:, :-1]
    w = alpha * through
    rgb = torch.sum(w[..., None] * torch.sigmoid(raw[..., :3]), -2)
    pdf = (w.detach() + 1e-5) / torch.sum(w.detach() + 1e-5, -1, keepdim=True)
    cdf = torch.cat([torch.zeros_like(pdf[..., :1]), torch.cumsum(pdf, -1)], -1)
    u = torch.linspace(0.05, 0.95, 5).expand(4, 5).contiguous()
    inds = torch.searchsorted(cdf, u, right=True)
    below, above = torch.max(torch.zeros_like(inds - 1), inds - 1), torch.min(7 * torch.ones_like(inds), inds)
    inds_g = torch.stack([below, above], -1)
    picked = torch.gather(cdf.unsqueeze(1).expand(4, 5, 9), 2, inds_g)
    return [*numbers((rgb**2).mean(), params), picked.sum().item()]
