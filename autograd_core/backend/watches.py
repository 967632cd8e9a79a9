"""What a GPU is watched for without making the host wait: the worst value seen, read when the host waits anyway."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import ModuleType
from typing import Any, NamedTuple

Array = Any


class Watch(NamedTuple):
    """The largest value seen so far, a 0-d array on a GPU, and what it means."""

    worst: Array
    judge: Callable[[Any], Exception | None]


_watches: dict[Hashable, Watch] = {}


def watch(xp: ModuleType, key: Hashable, value: Array, judge: Callable[[Any], Exception | None]) -> None:
    """Fold ``value`` into the largest seen under ``key``; ``judge`` will be asked for the error that it stands for.

    One number is kept for each key, however often it is watched.
    """
    held = _watches.get(key)
    if held is None:
        _watches[key] = Watch(value, judge)
    else:
        xp.maximum(held.worst, value, out=held.worst)


def report() -> None:
    """Raise the first error that the watched values stand for, and begin anew; called where the host waits."""
    if not _watches:
        return
    seen = list(_watches.values())
    _watches.clear()
    for worst, judge in seen:
        error = judge(worst.item())
        if error is not None:
            raise error
