"""Times loops of a step."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.workloads import Step


def time_step(step: Step, samples: int, sample_seconds: float) -> dict[str, Any]:
    """Time ``samples`` loops of at least ``sample_seconds`` each, with gc as Python sets it."""
    repeat = enough_repeats(step, sample_seconds)
    gc.collect()
    return summary([timed(step, repeat) for _ in range(samples)], repeat)


def summary(samples: Sequence[float], repeat: int = 1) -> dict[str, Any]:
    """Return the samples with their least and their median."""
    return {"min": min(samples), "median": statistics.median(samples), "samples": list(samples), "repeat": repeat}


def enough_repeats(step: Step, sample_seconds: float) -> int:
    """Double the loop until it lasts ``sample_seconds``, which also warms the caches."""
    repeat = 1
    while timed(step, repeat) * repeat < sample_seconds:
        repeat *= 2
    return repeat


def timed(step: Step, repeat: int) -> float:
    """Return the seconds that one step takes, over a loop of ``repeat``."""
    began = time.perf_counter()
    for _ in range(repeat):
        step()
    return (time.perf_counter() - began) / repeat
