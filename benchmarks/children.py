"""Child processes: the same surroundings for every side, one order in, one line of JSON per workload out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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
    checked_steps: int = 5
    threads: int = 2
    malloc: str = "default"
    accelerated: bool = True
    memory: bool = True
    smoke: bool = False


def environment(base: Mapping[str, str], malloc: str) -> dict[str, str]:
    """Return the children's environment: untuned, on the CPU, and the same for both sides."""
    kept = {k: v for k, v in base.items() if not k.startswith(DROPPED)}
    return {**kept, "AUTOGRAD_DEVICE": "cpu", "JAX_PLATFORMS": "cpu", "DEV": "CPU", **MALLOC[malloc]}


def measure(name: str, side: str, what: str, plan: Plan) -> dict[str, Any]:
    """Have a child of its own report on ``what`` (see `benchmarks.worker`) of one workload.

    Raises: ChildError where it fails.
    """
    report = measure_all([name], side, what, plan)[name]
    if "error" in report:
        raise ChildError(report["error"])
    return report


def measure_all(names: Sequence[str], side: str, what: str, plan: Plan) -> dict[str, dict[str, Any]]:
    """Have one child report on each workload; one that fails reports ``{"error": why}``."""
    order = {"workloads": names, "side": side, "what": what, **asdict(plan)}
    command = [sys.executable, "-m", "benchmarks.worker", json.dumps(order)]
    env = environment(os.environ, plan.malloc)
    with confined(plan.threads):
        run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    marked = (line.partition(MARK) for line in run.stdout.splitlines())
    reports = {report.pop("workload"): report for _, mark, text in marked if mark for report in [json.loads(text)]}
    ended = {"error": f"on side {side!r} the process exited with {run.returncode}:\n{run.stderr}"}
    return {name: _named(name, reports.get(name, ended)) for name in names}


MARK = "benchmark report: "
"""Begins the lines that are reports: a library may print others."""


def _named(name: str, report: dict[str, Any]) -> dict[str, Any]:
    return {"error": f"benchmark {name}: {report['error']}"} if "error" in report else report


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
