"""``python -m benchmarks.soak``: trains every workload for long with ``gc`` off and watches memory.

A graph must free itself by reference counting alone: after a warm-up, neither the objects that Python tracks
nor the resident bytes may grow.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from dataclasses import dataclass

from benchmarks import api, draws, memory
from benchmarks.workloads import WORKLOADS, Step

WARM_UP = 100
LEAST_STEPS = 1000
LONGEST = 6
"""How many times the wanted seconds a warm-up or a run may take; large workloads take fewer steps then."""
OBJECTS = 20
"""Tracked objects that a long run may gain: what is made once, and late."""
BYTES = 1 << 20
"""Resident bytes that a long run may gain."""


@dataclass(frozen=True)
class Growth:
    """What a long run left behind."""

    steps: int
    objects: int
    resident: int

    @property
    def leaks(self) -> bool:
        """Whether more was left behind than a bounded one-off explains."""
        return self.objects > OBJECTS or self.resident > BYTES


def soak(step: Step, seconds: float) -> Growth:
    """Step for ``seconds`` with ``gc`` off, at least `LEAST_STEPS` times, and return what grew."""
    repeat(step, WARM_UP, 0, LONGEST * seconds)
    gc.collect()
    gc.disable()
    try:
        objects, resident = len(gc.get_objects()), memory.resident()
        steps = repeat(step, LEAST_STEPS, seconds, LONGEST * seconds)
        return Growth(steps, len(gc.get_objects()) - objects, memory.resident() - resident)
    finally:
        gc.enable()


def repeat(step: Step, least: int, seconds: float, longest: float) -> int:
    """Step ``least`` times and for ``seconds``, but not longer than ``longest`` where that is not 0."""
    began, steps = time.monotonic(), 0
    while (spent := time.monotonic() - began) < seconds or steps < least:
        if 0 < longest < spent:
            break
        step()
        steps += 1
    return steps


def main(argv: list[str] | None = None) -> int:
    """Soak each workload; 1 where one of them leaks."""
    names = [w.name for w in WORKLOADS.values() if w.kind == "time"]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="per workload (default: %(default)s)")
    parser.add_argument("--only", action="append", metavar="NAME", choices=names, help="repeatable")
    args = parser.parse_args(argv)
    if not memory.STATUS.exists():
        parser.error(f"needs {memory.STATUS}, which Linux has, to see the process's memory")
    ours, leaking = api.load("ours", threads=2), []
    print(f"{'workload':<18}{'steps':>10}{'objects':>10}{'resident':>14}")
    for name in args.only or names:
        grown = soak(WORKLOADS[name].build(ours, draws.generator()), args.seconds)
        leaking += [name] * grown.leaks
        figures = f"{grown.steps:>10}{grown.objects:>+10}{grown.resident / 1024:>+10.0f} KiB"
        print(f"{name:<18}{figures}{'  LEAKS' * grown.leaks}", flush=True)
    return int(bool(leaking))


if __name__ == "__main__":
    sys.exit(main())
