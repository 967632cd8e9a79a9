"""Data sets for the tests of workers, which a process that is started anew can import."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.data import Dataset, IterableDataset, get_worker_info


class Numbers(Dataset[int]):
    """0, 1, ... and what ``act`` does at the 13th."""

    def __init__(self, count: int = 40, act: Any = None, at: int = 13) -> None:
        self.count, self.act, self.at = count, act, at

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> int:
        if index == self.at and self.act is not None:
            self.act()
        return index


def raise_key_error() -> None:
    raise KeyError("no such sample")


def raise_stop() -> None:
    raise StopIteration


def raise_odd() -> None:
    class OddError(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(one, two)

    raise OddError(1, 2)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exit_with_7() -> None:
    os._exit(7)


def leave_program() -> None:
    raise SystemExit(3)


def sleep_long() -> None:
    time.sleep(60)


def give_lambda(samples: list[int]) -> Any:
    return lambda: samples


def refuse(worker: int) -> None:
    raise ValueError(f"worker {worker} will not")


class Drawing(Dataset[Any]):
    """Samples drawn from the default generator, and from Python's and NumPy's."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        return ag.rand(2), random.random(), np.random.rand()  # noqa: NPY002 - workers seed this one too


class Who(Dataset[Any]):
    """Who made the sample."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        if info is None:
            return None
        return info.id, info.num_workers, info.seed, info.worker_method, type(info.dataset).__name__, os.getpid()


class Threads(Dataset[int]):
    """How many threads BLAS may use."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        return ag.get_num_threads()


class Shared(IterableDataset[int]):
    """0 ... count-1, shared out among the workers."""

    def __init__(self, count: int = 10) -> None:
        self.count = count

    def __iter__(self) -> Any:
        info = get_worker_info()
        return iter(range(self.count) if info is None else range(info.id, self.count, info.num_workers))

    def __len__(self) -> int:
        return self.count


class Unshared(Shared):
    """The same from every worker."""

    def __iter__(self) -> Any:
        return iter(range(self.count))


class Mixed(Dataset[Any]):
    """Samples of many kinds."""

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        array, tensor = np.full((3, 50), index, np.float32), ag.full((2,), index, dtype=ag.bfloat16)
        return {"array": array, "tensor": tensor, "name": str(index), "n": (index, 0.5)}


class Counting(Dataset[int]):
    """How often this copy was asked, which only workers that live on can know."""

    def __init__(self) -> None:
        self.asked = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        self.asked += 1
        return self.asked


class Marking(Dataset[Any]):
    """Large samples; writes the index of each to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        (self.folder / str(index)).touch()
        return np.zeros(400_000)


class Waiting(Dataset[int]):
    """Gives ``late`` when there is a file, which is made with ``maker``."""

    def __init__(self, file: Path, late: int, maker: int | None = None) -> None:
        self.file, self.late, self.maker = file, late, maker

    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> int:
        if index == self.maker:
            self.file.touch()
        while index == self.late and not self.file.exists():
            time.sleep(0.02)
        return index


class Announcing(Dataset[int]):
    """Writes the worker's number to a folder, then takes its time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        return 100

    def __getitem__(self, index: int) -> int:
        (self.folder / str(os.getpid())).touch()
        time.sleep(30)
        return index
