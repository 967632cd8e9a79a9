"""Networks over sequences, and an autoencoder: recurrent cells, attention, sampled codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import TRAINING, Step, Tensor, seeded, stepping, uniform, workload

LETTERS = 65  # of Tiny Shakespeare


def letters(api: Api, rng: np.random.Generator, *shape: int) -> Tensor:
    """Draw characters."""
    return api.torch.from_numpy(rng.integers(0, LETTERS, shape))


def predicting(api: Api, model: Any, optimizer: Any, batch: int, length: int, rng: np.random.Generator) -> Step:
    """Make one training step that predicts the next character."""
    x, target = letters(api, rng, batch, length), letters(api, rng, batch, length)
    return stepping(model, optimizer, lambda: api.F.cross_entropy(model(x).reshape(-1, LETTERS), target.reshape(-1)))


def lstm_training(api: Api, rng: np.random.Generator, batch: int) -> Step:
    """Make a training step of an LSTM over characters."""
    nn = api.nn

    class Model(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(LETTERS, 128)
            self.rnn = nn.LSTM(128, 128, batch_first=True)
            self.head = nn.Linear(128, LETTERS)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(self.embed(x))[0])

    model = seeded(api, rng, Model())
    return predicting(api, model, api.optim.Adam(model.parameters(), lr=1e-3), batch, 32, rng)


@workload("LSTM over characters, 128 units, batch 32, 32 steps: one training step with Adam", TRAINING)
def lstm(api: Api, rng: np.random.Generator) -> Step:
    return lstm_training(api, rng, 32)


def gpt_block(api: Api, width: int, heads: int) -> Any:
    """Return a transformer block in nanoGPT's form."""
    nn, F = api.nn, api.F

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
            self.c_attn, self.c_proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
            self.fc, self.proj = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

        def attend(self, x: Tensor) -> Tensor:
            n, t, c = x.size()
            split = self.c_attn(x).split(width, dim=2)
            q, k, v = (part.view(n, t, heads, c // heads).transpose(1, 2) for part in split)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.c_proj(y.transpose(1, 2).contiguous().view(n, t, c))

        def forward(self, x: Tensor) -> Tensor:
            x = x + self.attend(self.ln_1(x))
            return x + self.proj(F.gelu(self.fc(self.ln_2(x))))

    return Block()


def gpt_training(api: Api, rng: np.random.Generator, batch: int) -> Step:
    """Make a training step of a GPT over characters in nanoGPT's CPU setting."""
    torch, nn = api.torch, api.nn

    class Model(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(LETTERS, 128), nn.Embedding(64, 128)
            self.blocks = nn.Sequential(*(gpt_block(api, 128, 4) for _ in range(4)))
            self.ln_f, self.head = nn.LayerNorm(128, bias=False), nn.Linear(128, LETTERS, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            h = self.wte(x) + self.wpe(torch.arange(x.shape[1]))
            return self.head(self.ln_f(self.blocks(h)))

    model = seeded(api, rng, Model())
    return predicting(api, model, api.optim.AdamW(model.parameters(), lr=1e-3), batch, 64, rng)


@workload("GPT over characters in nanoGPT's CPU setting, 4 layers, 4 heads, width 128, 64 x 12: AdamW step", TRAINING)
def gpt(api: Api, rng: np.random.Generator) -> Step:
    return gpt_training(api, rng, 12)


def vae_training(api: Api, rng: np.random.Generator, batch: int) -> Step:
    """Make a training step of the VAE of PyTorch's examples."""
    torch, nn, F = api.torch, api.nn, api.F

    class Model(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
            self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

        def forward(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            h = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h), self.fc22(h)
            z = mu + noise * torch.exp(0.5 * logvar)
            return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    model = seeded(api, rng, Model())
    optimizer = api.optim.Adam(model.parameters(), lr=1e-3)
    x, noise = (uniform(api, rng, batch, 784) + 1) / 2, uniform(api, rng, batch, 20)

    def forward() -> Tensor:
        y, mu, logvar = model(x, noise)
        loss = F.binary_cross_entropy(y, x, reduction="sum")
        return loss - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())

    return stepping(model, optimizer, forward)


@workload("VAE 784-400-20-400-784 as in PyTorch's examples, batch 128: one training step with Adam", TRAINING)
def vae(api: Api, rng: np.random.Generator) -> Step:
    return vae_training(api, rng, 128)


@workload("LSTM over characters, batch 256: a training step with Adam, for its memory", TRAINING, kind="memory")
def lstm_wide(api: Api, rng: np.random.Generator) -> Step:
    return lstm_training(api, rng, 256)


@workload("GPT over characters, batch 64: a training step with AdamW, for its memory", TRAINING, kind="memory")
def gpt_wide(api: Api, rng: np.random.Generator) -> Step:
    return gpt_training(api, rng, 64)


@workload("VAE, batch 2048: a training step with Adam, for its memory", TRAINING, kind="memory")
def vae_wide(api: Api, rng: np.random.Generator) -> Step:
    return vae_training(api, rng, 2048)
