"""Where the time of one of our steps goes, primitive by primitive, forward and backward."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from autograd_core.engine.primitive import Primitive
from benchmarks import timing
from benchmarks.insight.watching import Function, watched
from benchmarks.workloads import Step

UPDATE = "(optimiser)"
LISTED = 14
SECONDS = 2.0


@dataclass
class Clock:
    """Watches a step: a `Watcher`.  Time inside a primitive or rule is that of the outermost one."""

    spent: dict[str, list[float]] = field(default_factory=dict)  # name -> [calls, seconds forward, seconds backward]
    running: bool = False
    began: float = 0.0

    def forward(self, prim: Primitive, function: Function) -> Function:
        """Put a clock around a forward."""
        return self._timed(prim.name, 1, function)

    def rule(self, prim: Primitive, arg: str, function: Function) -> Function:
        """Put a clock around a rule."""
        return self._timed(prim.name, 2, function)

    def _timed(self, name: str, column: int, function: Function) -> Function:
        def timed(*args: Any, **meta: Any) -> Any:
            if self.running:
                return function(*args, **meta)
            self.running, began = True, time.perf_counter()
            try:
                return function(*args, **meta)
            finally:
                self.add(name, column, time.perf_counter() - began)
                self.running = False

        return timed

    def add(self, name: str, column: int, seconds: float) -> None:
        """Add to the time of one primitive."""
        entry = self.spent.setdefault(name, [0, 0.0, 0.0])
        entry[0] += column == 1
        entry[column] += seconds

    def before_update(self, optimizer: Any) -> None:
        """Start the clock of the optimiser."""
        self.running, self.began = True, time.perf_counter()

    def after_update(self, optimizer: Any) -> None:
        """Stop it."""
        self.add(UPDATE, 1, time.perf_counter() - self.began)
        self.running = False


def look(step: Step, threads: int, seconds: float = SECONDS) -> dict[str, Any]:
    """Return the parts of the quickest of many steps, and the time of a step without clocks in it."""
    plain = timing.time_step(step, samples=7, sample_seconds=0.05)["min"]
    until, quickest = time.perf_counter() + seconds, (float("inf"), Clock())
    while time.perf_counter() < until or quickest[0] == float("inf"):
        clock = Clock()
        with watched(clock):
            began = time.perf_counter()
            step()
            quickest = min(quickest, (time.perf_counter() - began, clock), key=lambda found: found[0])
    return {"seconds": plain, "clocked": quickest[0], "spent": quickest[1].spent}


def text(name: str, look: dict[str, Any]) -> str:
    """Give the table of the parts, the longest first."""
    whole = look["clocked"]
    parts = sorted(((*v, k) for k, v in look["spent"].items()), key=lambda part: -part[1] - part[2])
    rest = whole - sum(part[1] + part[2] for part in parts)
    lines = [
        f"{name}: {look['seconds'] * 1e3:.3f} ms a step; the quickest with clocks in it {whole * 1e3:.3f} ms",
        f"  {'primitive':<24}{'calls':>6}{'forward, ms':>13}{'backward, ms':>14}{'of the step':>13}",
    ]
    for calls, forward, backward, primitive in parts[:LISTED]:
        cells = f"{forward * 1e3:>13.3f}{backward * 1e3:>14.3f}{(forward + backward) / whole:>13.1%}"
        lines.append(f"  {primitive:<24}{calls:>6.0f}{cells}")
    hidden = sum(part[1] + part[2] for part in parts[LISTED:])
    lines += [f"  {len(parts) - LISTED} more{hidden / whole:>49.1%}"] if hidden else []
    return "\n".join([*lines, f"  {'Python, records, walk':<57}{rest / whole:>13.1%}"])
