"""Healthy models with their losses and optimisers, and small images to train them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor


def images(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return noisy images (n, 1, 8, 8) of ten shapes, from 0 to 1 with empty margins, and their labels."""
    generator = ag.Generator().manual_seed(seed)
    shapes = (ag.rand(10, 1, 8, 8, generator=ag.Generator().manual_seed(7)) > 0.6).float()
    labels = ag.randint(0, 10, (n,), generator=generator)
    x = (shapes[labels] * 0.8 + 0.2 * ag.rand(n, 1, 8, 8, generator=generator)).clamp(0, 1)
    x[:, :, 0] = 0
    x[:, :, :, 7] = 0
    return x, labels


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm2(self.second(F.relu(self.norm1(self.first(x))))))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.output = nn.Conv2d(1, 8, 3, padding=1), nn.Linear(8, 10)
        self.blocks = nn.Sequential(Residual(8), Residual(8))

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.blocks(self.stem(x)).mean((2, 3)))


class LSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.output = nn.LSTM(8, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.rnn(x.squeeze(1))[0][:, -1])


class Unrolled(nn.Module):
    """A tanh network called step by step: the first rows of the images are all 0."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.output = nn.RNNCell(8, 32), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = ag.zeros(len(x), 32)
        for t in range(8):
            h = self.cell(x[:, 0, t], h)
        return self.output(h)


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        h, later = self.norm1(x), ag.triu(ag.ones(x.shape[1], x.shape[1]), 1).bool()
        x = x + self.attention(h, h, h, attn_mask=later, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(4, 16), nn.Embedding(64, 16)
        self.blocks, self.norm = nn.Sequential(Block(16), Block(16)), nn.LayerNorm(16)
        self.head = nn.Linear(16, 4, bias=False)
        if tied:
            self.head.weight = self.token.weight

    def forward(self, x: Tensor) -> Tensor:
        h = self.token(x) + self.position(ag.arange(x.shape[1]))
        return self.head(self.norm(self.blocks(h)))


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.mean, self.log_var = nn.Linear(64, 32), nn.Linear(32, 4), nn.Linear(32, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.encoder(x))
        mean, log_var = self.mean(h), self.log_var(h)
        return self.decoder(mean + ag.exp(0.5 * log_var) * ag.randn_like(mean)), mean, log_var


def mlp(activation: type = nn.ReLU, hidden: int = 2) -> Any:
    layers: list[Any] = [nn.Flatten(), nn.Linear(64, 32), activation()]
    for _ in range(hidden - 1):
        layers += [nn.Linear(32, 32), activation()]
    return nn.Sequential(*layers, nn.Linear(32, 10))


def lenet() -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 3, padding=1), nn.BatchNorm2d(16),
        nn.ReLU(), nn.Flatten(), nn.Linear(256, 84), nn.ReLU(), nn.Dropout(0.5), nn.Linear(84, 10),
    )  # fmt: skip


def classes(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y)


def next_pixel(model: Any, x: Tensor, y: Tensor) -> Tensor:
    tokens = (x.reshape(-1, 64) * 3.99).long()
    return F.cross_entropy(model(tokens[:, :-1]).reshape(-1, 4), tokens[:, 1:].reshape(-1))


def evidence(model: Any, x: Tensor, y: Tensor) -> Tensor:
    x = x.reshape(-1, 64)
    made, mean, log_var = model(x)
    return F.binary_cross_entropy(made, x, reduction="sum") - 0.5 * (1 + log_var - mean**2 - ag.exp(log_var)).sum()


def regression(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(model(x).squeeze(1), y.float() / 10)


def adam(lr: float) -> Callable[[Any], Any]:
    return lambda params: optim.Adam(params, lr=lr)


def sgd(lr: float, momentum: float = 0.0) -> Callable[[Any], Any]:
    return lambda params: optim.SGD(params, lr=lr, momentum=momentum)


# name -> how to make the model, its loss, its optimiser
HEALTHY: dict[str, tuple[Callable[[], Any], Callable[..., Tensor], Callable[[Any], Any]]] = {
    "logistic regression": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), classes, sgd(0.5)),
    "linear regression": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 1)), regression, sgd(0.02)),
    "mlp": (mlp, classes, sgd(0.1)),
    "mlp with momentum": (mlp, classes, sgd(0.02, 0.9)),
    "mlp with Adam": (mlp, classes, adam(1e-2)),
    "mlp with AdamW": (mlp, classes, lambda params: optim.AdamW(params, lr=3e-3)),
    "mlp with RMSprop": (mlp, classes, lambda params: optim.RMSprop(params, lr=1e-3)),
    "tanh": (lambda: mlp(nn.Tanh, 4), classes, sgd(0.1)),
    "sigmoid": (lambda: mlp(nn.Sigmoid), classes, adam(1e-2)),
    "ten layers": (lambda: mlp(hidden=10), classes, adam(1e-3)),
    "lenet": (lenet, classes, adam(1e-3)),
    "resnet": (ResNet, classes, sgd(0.05, 0.9)),
    "lstm": (LSTM, classes, adam(1e-2)),
    "unrolled": (Unrolled, classes, adam(1e-2)),
    "gpt": (GPT, next_pixel, adam(1e-3)),
    "gpt with tied weights": (lambda: GPT(tied=True), next_pixel, adam(1e-3)),
    "vae": (VAE, evidence, adam(1e-3)),
}
