"""Where the time of one of our steps goes, and the time that the machine needs for it at least."""

from __future__ import annotations

import importlib
from types import ModuleType

ROOMS = {"floor": "benchmarks.insight.floor", "profile": "benchmarks.insight.profiling"}


def room(mode: str) -> ModuleType:
    """Return the room of a mode, with ``look(step, threads)`` and ``text(name, look)``.

    It imports our own library, which a process that measures the other side is spared.
    """
    return importlib.import_module(ROOMS[mode])
