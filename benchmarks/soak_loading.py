"""``python -m benchmarks.soak_loading``: 50 000 batches from loaders of each kind, and what grew meanwhile.

Half of them come in short epochs whose workers are started anew, or are left in the middle of an epoch.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_core.data import DataLoader, Dataset
from benchmarks import memory

HANDLES = Path("/proc/self/fd")
ROUNDS = 20
"""How often each kind takes its turn; what grows with the rounds is a leak, what comes once is not."""
OBJECTS = 50
"""Tracked objects that a run may gain."""
BYTES = 2 << 20
"""Resident bytes that a run may gain."""
KINDS: dict[str, dict[str, Any]] = {
    "no workers": {},
    "threads": {"num_workers": 2, "worker_type": "thread"},
    "threads that stay": {"num_workers": 2, "worker_type": "thread", "persistent_workers": True},
    "processes": {"num_workers": 2},
    "processes that stay": {"num_workers": 2, "persistent_workers": True},
}


class Images(Dataset[tuple[Any, int]]):
    """Made-up images of 16 x 16, 320 of them: 40 batches of 8."""

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return np.full((1, 16, 16), index, np.float32), index

    def __len__(self) -> int:
        return 320


@dataclass(frozen=True)
class Held:
    """What a process holds at a moment."""

    objects: int
    resident: int
    threads: int
    handles: int
    children: int

    @classmethod
    def now(cls) -> Held:
        """Return what this process holds."""
        gc.collect()
        children = len(multiprocessing.active_children())
        handles = len(list(HANDLES.iterdir()))
        return cls(len(gc.get_objects()), memory.resident(), threading.active_count(), handles, children)

    def since(self, before: Held) -> Held:
        """Return what was gained."""
        return Held(*(getattr(self, name) - getattr(before, name) for name in self.__dataclass_fields__))

    @property
    def leaks(self) -> bool:
        """Whether this, gained, is more than a bounded one-off explains."""
        counted = max(self.threads, self.handles, self.children)
        return counted > 0 or self.objects > OBJECTS or self.resident > BYTES


def epochs(loader: DataLoader[Any]) -> Iterator[int]:
    """Give the number of batches of an epoch, again and again; every third one is left in the middle."""
    for epoch in itertools.count():
        batches = itertools.islice(loader, len(loader) // 2 if epoch % 3 == 2 else None)
        yield sum(1 for _ in batches)


def draw(options: dict[str, Any], batches: int) -> int:
    """Draw at least so many batches from a loader of its own, and return how many they were."""
    made, counts = 0, epochs(DataLoader(Images(), 8, shuffle=True, **options))
    while made < batches:
        made += next(counts)
    return made


def soak(batches: int, rounds: int = ROUNDS) -> tuple[int, Held]:
    """Draw from each kind in turn, after a turn that warms up; return the number of batches and what was gained."""
    turn = -(-batches // (rounds * len(KINDS)))
    for options in KINDS.values():
        draw(options, turn)
    before, made = Held.now(), 0
    for _, options in itertools.product(range(rounds), KINDS.values()):
        made += draw(options, turn)
    return made, Held.now().since(before)


def main(argv: list[str] | None = None) -> int:
    """Soak the loaders; 1 where something grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak_loading", description=__doc__)
    parser.add_argument("--batches", type=int, default=50_000, help="in all (default: %(default)s)")
    args = parser.parse_args(argv)
    if not memory.STATUS.exists():
        parser.error(f"needs {memory.STATUS}, which Linux has, to see the process's memory")
    made, gained = soak(args.batches)
    print(
        f"{made} batches: {gained.objects:+} objects, {gained.resident / 1024:+.0f} KiB, {gained.threads:+} threads, "
        f"{gained.handles:+} file handles, {gained.children:+} processes{'  LEAKS' * gained.leaks}"
    )
    return int(gained.leaks)


if __name__ == "__main__":
    sys.exit(main())
