"""The child process: builds one workload on one side, measures it, and prints one line of JSON."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from typing import Any

import numpy as np

from benchmarks import api, memory
from benchmarks.agreement import SEED, fingerprint
from benchmarks.workloads import WORKLOADS, Step

CHECKED_STEPS = 5
"""Steps from the seeded start after which both sides are compared."""


def main() -> None:
    """Read the order from the first argument, carry it out and print what was measured."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    side = api.load(order["side"], order["threads"])
    step = WORKLOADS[order["workload"]].build(side, np.random.default_rng(SEED))
    for _ in range(CHECKED_STEPS):
        witness = step()
    report: dict[str, Any] = {"version": api.version(order["side"])}
    report["fingerprints"] = [fingerprint(t) for t in witness]
    del witness
    if order["what"] == "memory":
        report["added_bytes"] = memory.added_by(step)
    else:
        report["seconds"] = time_step(step, order["samples"], order["sample_seconds"])
    print(json.dumps(report))


def time_step(step: Step, samples: int, sample_seconds: float) -> dict[str, Any]:
    """Time ``samples`` loops of at least ``sample_seconds`` each, with gc as Python sets it."""
    repeat = enough_repeats(step, sample_seconds)
    gc.collect()
    seconds = [timed(step, repeat) for _ in range(samples)]
    return {"min": min(seconds), "median": statistics.median(seconds), "samples": seconds, "repeat": repeat}


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


if __name__ == "__main__":
    main()
