"""The tables that a run prints and the JSON that it keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.api import SIDES
from benchmarks.runner import Plan

MEASURABLE = 1 << 20
"""Bytes below which a step's memory is the allocator's noise, and the time table gives no ratio."""

MALLOC = {"default": "malloc as the system sets it", "kept": "malloc keeps freed memory"}


def preamble(machine: Mapping[str, Any], plan: Plan, has_torch: bool) -> str:
    """Say what is about to be measured, and under which conditions."""
    versions = "Python {python}, NumPy {numpy}, {blas}".format_map(machine)
    lines = [
        "{cpu}, {cores} cores, load {load:.1f}; commit {commit}".format_map(machine),
        f"{versions}; on both sides: threads {plan.threads}, {MALLOC[plan.malloc]}",
        f"fresh processes, alternating; rounds for time: {plan.rounds}, for memory: 1",
        "ratio: torch / ours in time, above 1 we are faster; ours / torch in the memory that a step adds",
    ]
    if not has_torch:
        lines[-1] = "PyTorch is not installed here: our own figures only (see benchmarks/README.md)"
    return "\n".join(lines) + "\n"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def _size(n: int | None) -> str:
    return "-" if n is None else f"{n / 2**20:.1f} MiB"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def time_cells(result: Mapping[str, Any]) -> list[str]:
    """Format one workload's figures for the time table."""
    sides = [result["sides"].get(side, {}) for side in SIDES]
    times = [_time(side.get(key)) for side in sides for key in ("min", "median")]
    spread = result.get("ratio_spread")
    by_round = f"{spread[0]:.2f} to {spread[1]:.2f}" if spread else "-"
    measurable = max(side.get("added_bytes") or 0 for side in sides) >= MEASURABLE
    memory = _ratio(result.get("memory_ratio") if measurable else None)
    return [*times, _ratio(result.get("ratio")), _ratio(result.get("ratio_median")), by_round, memory]


def memory_cells(result: Mapping[str, Any]) -> list[str]:
    """Format one workload's figures for the memory table."""
    added = [result["sides"].get(side, {}).get("added_bytes") for side in SIDES]
    return [*map(_size, added), _ratio(result.get("memory_ratio"))]


@dataclass(frozen=True)
class Table:
    """Columns by heading and width, and how a result fills them."""

    columns: Mapping[str, int]
    cells: Callable[[Mapping[str, Any]], list[str]]

    @property
    def header(self) -> str:
        """The line of headings."""
        return self._line("workload", self.columns)

    def row(self, result: Mapping[str, Any]) -> str:
        """Format one workload's line; a disagreement of the sides is said at its end."""
        fault = result.get("disagreement")
        why = f"  no ratio, the sides disagree: {fault}" if fault else ""
        return self._line(result["name"], self.cells(result)) + why

    def _line(self, name: str, cells: Iterable[str]) -> str:
        widths = self.columns.values()
        return f"{name:<16}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths))


TIME = Table(
    {"ours: min": 11, "its median": 12, "torch: min": 12, "median": 10, "ratio": 8, "of medians": 12,
     "round by round": 16, "memory": 9},
    time_cells,
)  # fmt: skip
MEMORY = Table({"ours: a step": 15, "torch: a step": 15, "ratio": 8}, memory_cells)


def write(path: Path, machine: Mapping[str, Any], plan: Plan, results: Sequence[Mapping[str, Any]]) -> None:
    """Keep everything that was measured as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"machine": machine, "plan": asdict(plan), "results": results}
    path.write_text(json.dumps(kept, indent=1) + "\n")
