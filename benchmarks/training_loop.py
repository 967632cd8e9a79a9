"""``python -m benchmarks.training_loop``: what a batch costs in ``ag.training.Loop`` beside a loop written by hand."""

from __future__ import annotations

import time

import autograd_core as ag
import nn
import nn.functional as F
import optim

BATCHES, ROUNDS = 200, 20


def by_hand(model: nn.Module, optimizer: optim.Optimizer, batches: list[tuple[ag.Tensor, ag.Tensor]]) -> None:
    """Train for an epoch."""
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def measure(rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the seconds of processor time that a batch takes by hand and in a `Loop`, the least of the rounds."""
    ag.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    batches = [(ag.randn(4, 3), ag.tensor([0, 1, 0, 1]))] * BATCHES
    hand = loop = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        by_hand(model, optimizer, batches)
        middle = time.process_time()
        ag.training.Loop(model, F.cross_entropy, optimizer).fit(batches, 1)
        hand, loop = min(hand, middle - start), min(loop, time.process_time() - middle)
    return hand / BATCHES, loop / BATCHES


if __name__ == "__main__":
    hand, loop = measure()
    print(f"a batch: {hand * 1e6:.1f} us by hand, {loop * 1e6:.1f} us in a Loop, {(loop - hand) * 1e6:+.1f} us")
