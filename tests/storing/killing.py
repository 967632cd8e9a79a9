"""Processes that save, killed at any moment: ``python -m tests.storing.killing saving|training FOLDER KILLS SEED``.

The processes are forked from this one, so that a kill costs milliseconds.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import autograd_core as ag
import nn
import optim

STEPS = 25


def killed(work, seconds):
    """Run ``work(write)`` in a process of its own and kill it after so long; return what it wrote."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            work(lambda number: os.write(writing, number.to_bytes(4, "little")))
        finally:
            os._exit(0)
    os.close(writing)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    return [int.from_bytes(said[i : i + 4], "little") for i in range(0, len(said), 4)]


# ---- saving without end ----


def checkpoint(epoch):
    size = 1 + epoch * 7919 % 200_000
    return {"model": {f"w{i}": ag.full((size,), epoch) for i in range(4)}, "state": [{"epoch": epoch}] * 9}


def check(found):
    epoch = found["state"][0]["epoch"]
    wanted = checkpoint(epoch)
    assert found["state"] == wanted["state"]
    assert all(ag.equal(found["model"][name], value) for name, value in wanted["model"].items())
    return epoch


def saving(folder, kills, chance):
    """Kill processes that save: the file is always whole, and no older than the last save that came back."""
    path = folder / "checkpoint.pt"
    ag.save(checkpoint(0), path)
    last = halves = 0

    def save_on(tell):
        epoch = last
        while True:
            epoch += 1
            ag.save(checkpoint(epoch), path)
            tell(epoch)

    for _ in range(kills):
        said = killed(save_on, chance.uniform(0, 0.04))
        halves += len(list(folder.iterdir())) - 1
        assert len(list(folder.iterdir())) <= 2, "what killed processes left piles up"
        found = check(ag.load(path))
        assert found in (max([last, *said]), max([last, *said]) + 1)
        last = found
    ag.save(checkpoint(last), path)
    assert [p.name for p in folder.iterdir()] == [path.name]
    return f"{kills} kills, {halves} of them in the middle of a file, {last} saves"


# ---- training ----


def train(path, steps, tell=lambda step: None):
    """Train from where the file is, or from the beginning; save after each step."""
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
    optimizer = optim.AdamW(net.parameters(), lr=0.05, amsgrad=True)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    start = 0
    if path.exists():
        found = ag.load(path)
        net.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        scheduler.load_state_dict(found["scheduler"])
        ag.set_rng_state(found["rng"])
        start = found["step"]
    for step in range(start, steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(ag.randn(8, 6)), ag.randint(0, 3, (8,)))
        loss.backward()
        optimizer.step()
        scheduler.step()
        state = {
            "model": net.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
            "rng": ag.get_rng_state(), "step": step + 1, "loss": loss,
        }  # fmt: skip
        ag.save(state, path)
        tell(step)


def training(folder, kills, chance):
    """Kill trainings that go on from their file: each ends with what it ends with undisturbed, to the bit."""
    whole, path = folder / "whole.pt", folder / "killed.pt"
    train(whole, STEPS)
    wholes = steps = 0
    for _ in range(kills):
        said = killed(lambda tell: train(path, STEPS, tell), chance.uniform(0, 0.2))
        steps += len(said)
        if STEPS - 1 in said:
            assert path.read_bytes() == whole.read_bytes()
            path.unlink()
            wholes += 1
    train(path, STEPS)
    assert path.read_bytes() == whole.read_bytes()
    return f"{kills} kills in {steps} steps, {wholes + 1} trainings"


if __name__ == "__main__":
    what, where, times, seed = sys.argv[1:]
    print({"saving": saving, "training": training}[what](Path(where), int(times), random.Random(int(seed))))
