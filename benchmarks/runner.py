"""Runs a workload in fresh processes, one side after the other, and brings their measurements together."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.agreement import compare
from benchmarks.machine import ROOT

DROPPED = (
    "OPENBLAS", "GOTO_", "BLIS_", "MKL_", "NVPL_", "OMP_", "GOMP_", "KMP_",
    "MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD",
)  # fmt: skip
"""Prefixes of the variables that no child sees: each would tune one side's BLAS, threads or malloc."""

MALLOC = {
    "default": {},
    "kept": {
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
        "MALLOC_TOP_PAD_": str(64 << 20),
    },
    "mapped": {"MALLOC_MMAP_THRESHOLD_": str(1 << 16), "MALLOC_MMAP_MAX_": str(1 << 20)},
}
"""glibc settings by name. ``kept``: freed memory stays in the process, so that its pages are not faulted in
again. ``mapped``: every block over 64 KiB is a mapping that goes when it is freed, so that resident bytes are
live bytes; by default fragmentation moves the peak of one and the same step by a factor of two."""


class ChildError(RuntimeError):
    """A child process failed; its traceback is in the message."""


@dataclass(frozen=True)
class Plan:
    """How each workload is measured; without rounds, its memory alone."""

    sides: Sequence[str]
    rounds: int = 5
    samples: int = 7
    sample_seconds: float = 0.05
    threads: int = 2
    malloc: str = "default"


def environment(base: Mapping[str, str], malloc: str) -> dict[str, str]:
    """Return the children's environment: untuned, on the CPU, and the same for both sides."""
    kept = {k: v for k, v in base.items() if not k.startswith(DROPPED)}
    return {**kept, "AUTOGRAD_DEVICE": "cpu", **MALLOC[malloc]}


def measure(name: str, side: str, what: str, plan: Plan) -> dict[str, Any]:
    """Run one child, which measures ``"time"`` or ``"memory"``, and return what it reports."""
    order = {"workload": name, "side": side, "what": what, **asdict(plan)}
    command = [sys.executable, "-m", "benchmarks.worker", json.dumps(order)]
    env = environment(os.environ, plan.malloc)
    with confined(plan.threads):
        run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ChildError(f"benchmark {name} on side {side!r} exited with {run.returncode}:\n{run.stderr}")
    report: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return report


@contextlib.contextmanager
def confined(threads: int) -> Iterator[None]:
    """Hold children started here to the first ``threads`` cores: so OpenBLAS is told without a variable."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def run(name: str, plan: Plan) -> dict[str, Any]:
    """Measure one workload: its time in interleaved rounds, then its memory, and bring them together."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in plan.sides}
    for _ in range(plan.rounds):
        for side in plan.sides:
            runs[side].append(measure(name, side, "time", plan))
    for side in plan.sides:
        runs[side].append(measure(name, side, "memory", replace(plan, malloc="mapped")))
    return summary(name, runs)


def summary(name: str, runs: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """Bring the runs of one workload together; a disagreement takes the place of the ratio."""
    result: dict[str, Any] = {"name": name, "sides": {side: of_side(each) for side, each in runs.items()}}
    if {"ours", "torch"} <= runs.keys():
        pairs = zip(runs["ours"], runs["torch"])
        faults = (compare(a["fingerprints"], b["fingerprints"]) for a, b in pairs)
        result["disagreement"] = next(filter(None, faults), "")
        if not result["disagreement"]:
            result |= ratios(result["sides"]["ours"], result["sides"]["torch"])
    return result


def of_side(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summarise one side: the least time, the median of the rounds' medians, the memory that a step adds."""
    side: dict[str, Any] = {"version": runs[0]["version"], "added_bytes": runs[-1]["added_bytes"]}
    side["rounds"] = [run["seconds"] for run in runs if "seconds" in run]
    if side["rounds"]:
        side["min"] = min(each["min"] for each in side["rounds"])
        side["median"] = statistics.median(each["median"] for each in side["rounds"])
    return side


def ratios(ours: Mapping[str, Any], torch: Mapping[str, Any]) -> dict[str, Any]:
    """Return time ratios torch / ours (above 1: we are faster) and the memory ratio ours / torch."""
    found: dict[str, Any] = {}
    if ours["rounds"]:
        each = [t["min"] / o["min"] for o, t in zip(ours["rounds"], torch["rounds"])]
        found["ratio"] = torch["min"] / ours["min"]
        found["ratio_median"] = torch["median"] / ours["median"]
        found["ratio_spread"] = [min(each), max(each)]
    if ours["added_bytes"] is not None and torch["added_bytes"]:
        found["memory_ratio"] = ours["added_bytes"] / torch["added_bytes"]
    return found
