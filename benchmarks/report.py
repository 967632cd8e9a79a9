"""The tables that a run prints and the JSON that it keeps."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.api import SIDES
from benchmarks.children import Plan
from benchmarks.workloads import GROUPS, PACKAGE, everything

MEASURABLE = 1 << 20
"""Bytes below which a step's memory is the allocator's noise, and the time table gives no ratio."""

MALLOC = {"default": "malloc as the system sets it", "kept": "malloc keeps freed memory"}

Result = Mapping[str, Any]


def preamble(machine: Mapping[str, Any], plan: Plan, skipped: Sequence[str] = ()) -> str:
    """Say what is about to be measured, and under which conditions; ``skipped``: why sides are left out."""
    versions = "Python {python}, NumPy {numpy}, {blas}".format_map(machine)
    lines = [
        "{cpu}, {cores} cores, load {load:.1f}; commit {commit}".format_map(machine),
        f"{versions}; accelerator: {machine.get('accelerator', 'not asked')}",
        f"on every side: threads {plan.threads}, {MALLOC[plan.malloc]}",
        f"fresh processes, alternating; rounds for time: {plan.rounds}, for memory: {int(plan.memory)}",
        "ratio: theirs / ours in time, above 1 we are faster; ours / theirs in the memory that a step adds",
    ]
    if plan.smoke:
        lines[-2] = "one process per side and one cold step: this shows that all runs and agrees, and no speed"
    if rates := machine.get("rates"):
        lines.insert(2, rates_line(rates))
    return "\n".join([*lines, *(f"skipped: {why}" for why in skipped)]) + "\n"


def rates_line(rates: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how fast the machine was found to be."""
    products = ", ".join(f"{side} {each['gemm_gflops']:.0f} Gflop/s" for side, each in rates.items())
    first = next(iter(rates.values()))
    copying = f"{first['copy_gbs']:.1f} GB/s, on all threads {first['copy_on_all_threads_gbs']:.1f}"
    return f"products of float32 matrices: {products}; copying: {copying}"


def _figure(value: float | None, unit: str = "s") -> str:
    if value is None:
        return "-"
    if unit == "bytes":
        return f"{value / 2**20:.1f} MiB"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e6:.1f} us" if value < 1e-3 else f"{value * 1e3:.2f} ms"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def time_cells(result: Result) -> list[str]:
    """Format one workload's figures for the time table."""
    sides = [result["sides"].get(side, {}) for side in SIDES]
    times = [_figure(side.get(key), result["unit"]) for side in sides for key in ("min", "median")]
    spread = result.get("ratio_spread")
    by_round = f"{spread[0]:.2f} to {spread[1]:.2f}" if spread else "-"
    measurable = max(side.get("added_bytes") or 0 for side in sides) >= MEASURABLE
    memory = _ratio(result.get("memory_ratio") if measurable else None)
    return [*times, _ratio(result.get("ratio")), _ratio(result.get("ratio_median")), by_round, memory]


def memory_cells(result: Result) -> list[str]:
    """Format one workload's figures for the memory table."""
    added = [result["sides"].get(side, {}).get("added_bytes") for side in SIDES]
    return [*(_figure(n, "bytes") for n in added), _ratio(result.get("memory_ratio"))]


def faults(result: Result) -> str:
    """Say which sides disagree with ours, and where."""
    each = {"torch": result, **result.get("peers", {})}
    found = {side: compared.get("disagreement") for side, compared in each.items()}
    return "; ".join(f"{side} disagrees with ours in {why}" for side, why in found.items() if why)


@dataclass(frozen=True)
class Table:
    """Columns by heading and width, and how a result fills them."""

    columns: Mapping[str, int]
    cells: Callable[[Result], list[str]]

    @property
    def header(self) -> str:
        """The line of headings."""
        return self._line("workload", self.columns)

    def row(self, result: Result) -> str:
        """Format one workload's line; a disagreement of the sides is said at its end."""
        why = faults(result)
        return self._line(result["name"], self.cells(result)) + (f"  no ratio: {why}" if why else "")

    def _line(self, name: str, cells: Iterable[str]) -> str:
        widths = self.columns.values()
        return f"{name:<18}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths))


TIME = Table(
    {"ours: min": 11, "its median": 12, "torch: min": 12, "median": 10, "ratio": 8, "of medians": 12,
     "round by round": 18, "memory": 9},
    time_cells,
)  # fmt: skip
MEMORY = Table({"ours: a step": 15, "torch: a step": 15, "ratio": 8}, memory_cells)


def peers_table(peers: Sequence[str]) -> Table:
    """Return the table with a time and a ratio for each peer."""

    def cells(result: Result) -> list[str]:
        row = [_figure(result["sides"]["ours"].get("min"))]
        for peer in peers:
            row += [_figure(result["sides"].get(peer, {}).get("min"))]
            row += [_ratio(result["peers"].get(peer, {}).get("ratio"))]
        return row

    columns = {"ours: min": 12}
    for peer in peers:
        columns |= {peer: 14, f"{peer} / ours": len(peer) + 10}
    return Table(columns, cells)


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return the geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def group_of(name: str) -> str:
    """Return the group of a workload; those of old runs may be gone since."""
    known = everything()
    return known[name].group if name in known else GROUPS[0]


def means(results: Sequence[Result]) -> str:
    """Return the geometric means of the ratios, group by group and of all steps; the package is no step."""
    ratios = [(group_of(r["name"]), r["ratio"]) for r in results if "ratio" in r]
    steps = [ratio for group, ratio in ratios if group != PACKAGE]
    if not steps:
        return ""
    lines = ["", "geometric means of the ratios"]
    for group in GROUPS:
        own = [ratio for of, ratio in ratios if of == group]
        lines += [f"  {group:<24}{geometric_mean(own):>6.2f}  of {len(own)}"] if own and group != PACKAGE else []
    return "\n".join([*lines, f"  {'all of these':<24}{geometric_mean(steps):>6.2f}  of {len(steps)}"])


def write(path: Path, machine: Mapping[str, Any], plan: Plan, results: Sequence[Result]) -> None:
    """Keep everything that was measured as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"machine": machine, "plan": asdict(plan), "results": results}
    path.write_text(json.dumps(kept, indent=1) + "\n")
