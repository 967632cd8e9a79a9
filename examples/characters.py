"""Character models: an LSTM and a small GPT read Tiny Shakespeare, and write some of their own.

Both see 64 characters and say what comes after each of them; they have about the same number of weights and read the
same 1.5 million characters.  The loss is in nats a character: a guess among 65 is worth ln 65 = 4.17, a table of which
character follows which about 2.5.  So small and so briefly trained, the LSTM is ahead: the order of characters is built
into it, while attention has to learn what a place means.  The picture shows how the loss falls with what has been seen
of a passage, and where held-out text surprises both: at the beginnings of words and lines.

Source: Karpathy, The unreasonable effectiveness of recurrent neural networks (2015), and nanoGPT, whose demonstration
on a CPU (4 layers of 4 heads and 128 channels, 64 characters, 2000 steps of 12) reaches a validation loss of 1.88.

    python examples/characters.py
"""

from __future__ import annotations

import time
from typing import Any

from _common import begin, options, save, save_table
from _data import shakespeare
from _pictures import character_models

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor

CONTEXT, BATCH, RATE = 64, 12, 1e-3
FEW = 240  # windows by which the loss is judged on the way


class Recurrent(nn.Module):
    """Two layers of LSTM over an embedding."""

    def __init__(self, letters: int, width: int = 128, hidden: int = 232) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, width)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, batch_first=True)
        self.head = nn.Linear(hidden, letters)

    def forward(self, codes: Tensor) -> Tensor:
        """Return scores of each next character.  Shape: (N, T) -> (N, T, letters)."""
        scores: Tensor = self.head(self.lstm(self.embedding(codes))[0])
        return scores


class GPT(nn.Module):
    """Blocks of causal attention over embeddings of characters and places; the last layer shares the embedding."""

    def __init__(self, letters: int, width: int = 128, heads: int = 4, depth: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, width)
        self.places = nn.Parameter(0.02 * ag.randn(CONTEXT, width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, bias=False
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, codes: Tensor) -> Tensor:
        """Return scores of each next character.  Shape: (N, T) -> (N, T, letters), T at most ``CONTEXT``."""
        x = self.embedding(codes) + self.places[: codes.shape[1]]
        mask = nn.Transformer.generate_square_subsequent_mask(codes.shape[1])
        for block in self.blocks:
            x = block(x, src_mask=mask, is_causal=True)
        return F.linear(self.norm(x), self.embedding.weight)


def windows(codes: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Return the characters from each start, and those one place later.  Shape: (N,) -> (N, T), (N, T)."""
    rows = codes[starts[:, None] + ag.arange(CONTEXT + 1)]
    return rows[:, :-1], rows[:, 1:]


def train(model: nn.Module, codes: Tensor, held_out: tuple[Tensor, Tensor], steps: int, rate: float) -> Any:
    """Train as nanoGPT does; return the characters read and the held-out loss ten times on the way."""
    optimizer = optim.AdamW(model.parameters(), rate, betas=(0.9, 0.99), weight_decay=0.1)
    schedule = optim.lr_scheduler.OneCycleLR(
        optimizer, rate, steps + 1, pct_start=0.05, div_factor=10, final_div_factor=1, cycle_momentum=False
    )
    curve: tuple[list[float], list[float]] = [], []
    for step in range(1, steps + 1):
        x, y = windows(codes, ag.randint(0, len(codes) - CONTEXT, (BATCH,)))
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % max(steps // 10, 1) == 0:
            curve[0].append(step * BATCH * CONTEXT)
            curve[1].append(surprise(model, *(part[:FEW] for part in held_out)).mean().item())
            print(f"{type(model).__name__}: step {step} of {steps}, held-out loss {curve[1][-1]:.3f}", flush=True)
    return curve


@ag.no_grad()
def surprise(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return minus the logarithm of the probability of each true next character.  Shape: (N, T), (N, T) -> (N, T)."""
    parts = zip(x.split(100), y.split(100))
    return ag.cat([F.cross_entropy(model(x).movedim(-1, 1), y, reduction="none") for x, y in parts])


@ag.no_grad()
def written(model: nn.Module, codes: Tensor, count: int, temperature: float = 0.8) -> Tensor:
    """Return ``codes`` with so many characters after them, each drawn by what the last ``CONTEXT`` suggest."""
    for _ in range(count):
        scores = model(codes[None, -CONTEXT:])[0, -1]
        codes = ag.cat([codes, ag.multinomial((scores / temperature).softmax(0), 1)])
    return codes


def bigram(codes: Tensor, letters: int) -> nn.Module:
    """Return a model that knows how often each character follows each: its embedding holds the scores."""
    pairs = ag.bincount(codes[:-1] * letters + codes[1:], minlength=letters**2).reshape(letters, letters) + 1.0
    return nn.Embedding.from_pretrained((pairs / pairs.sum(1, keepdim=True)).log())


def main() -> None:
    """Train both; write the picture, and the table with what they wrote."""
    chosen = begin(options(__doc__))
    text = shakespeare(chosen)
    alphabet = sorted(set(text))
    codes = ag.tensor([alphabet.index(letter) for letter in text])
    codes, rest = codes[: len(codes) * 9 // 10], codes[len(codes) * 9 // 10 :]
    held_out = windows(rest, ag.arange(0, len(rest) - CONTEXT, CONTEXT))
    losses, curves, samples = {"bigram table": surprise(bigram(codes, len(alphabet)), *held_out)}, {}, ""
    rows: list[dict[str, Any]] = [{"model": "bigram table", "nats a character": losses["bigram table"].mean().item()}]
    for name, make, rate in (("LSTM", Recurrent, 3e-3), ("GPT", GPT, 1e-3)):
        ag.manual_seed(chosen.seed)  # both read the same passages
        start, model = time.perf_counter(), make(len(alphabet))
        curves[name] = train(model, codes, held_out, 30 if chosen.quick else 2000, rate)
        seconds, losses[name] = time.perf_counter() - start, surprise(model, *held_out)
        count = sum(p.numel() for p in model.parameters())
        rows.append({
            "model": name, "nats a character": losses[name].mean().item(), "weights": count, "seconds": seconds,
        })  # fmt: skip
        new = written(model, codes[:1], 60 if chosen.quick else 400).tolist()
        samples += f"\n{name}:\n\n```\n" + "".join(alphabet[code] for code in new) + "\n```\n"
    path = save_table(chosen, rows)
    save(path, path.read_bytes() + samples.encode(), "table and samples")
    character_models(chosen, curves, losses, FEW, text[len(codes) + 1 :])


if __name__ == "__main__":
    main()
