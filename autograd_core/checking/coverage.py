"""Every primitive verified at its samples, and the table of what was found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable

import autograd_core.ops
from autograd_core.checking.samples import samples
from autograd_core.checking.verification import FAILED, PASSED, SKIPPED, Report, Row, verify
from autograd_core.engine.primitive import PRIMITIVES

__all__ = ["NO_SAMPLE", "own_primitives", "table", "verified"]

NO_SAMPLE = Row("samples", FAILED, "no sample in autograd_core/checking/samples.py")
MARKS = {PASSED: "✓", FAILED: "✗", SKIPPED: "–"}


def own_primitives() -> list[str]:
    """Return the names of the language's primitives, in the order of their rooms."""
    for room in pkgutil.iter_modules(autograd_core.ops.__path__):
        importlib.import_module(f"autograd_core.ops.{room.name}")
    return [name for name, p in PRIMITIVES.items() if p.forward.__module__.startswith("autograd_core.")]


def verified(name: str) -> Report:
    """Return what ``verify`` finds at the samples of a primitive, together: a row fails where it fails at one."""
    reports = []
    for sample in samples(name):
        misused = ("text", *sample.args[1:])
        reports.append(verify(sample.operation, *sample.args, bad=[misused], **sample.options))
    if not reports:
        return Report(name, (NO_SAMPLE,))
    return Report(name, tuple(_together(rows) for rows in zip(*(r.rows for r in reports), strict=True)))


def _together(rows: Iterable[Row]) -> Row:
    """Return the worst of several outcomes of one check; skipped is the mildest."""
    order = {FAILED: 0, PASSED: 1, SKIPPED: 2}
    return min(rows, key=lambda row: order[row.outcome])


def table(reports: Iterable[Report], tell: Callable[[Report], None] = lambda report: None) -> str:
    """Return a Markdown table of reports, with counts at its end and what failed below it."""
    lines: list[str] = []
    failures: list[str] = []
    names: list[str] = []
    counts: dict[str, list[str]] = {}
    for report in reports:
        tell(report)
        names = [row.name for row in report.rows] if len(report.rows) > 1 else names
        marks = {row.name: MARKS[row.outcome] for row in report.rows}
        lines.append(f"| `{report.name}` | " + " | ".join(marks.get(n, MARKS[FAILED]) for n in names) + " |")
        failures += [f"- `{report.name}`, {row.name}: {row.detail}" for row in report.failed]
        for n in names:
            counts.setdefault(n, []).append(marks.get(n, MARKS[FAILED]))
    heading = ["| primitive | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for kind, mark in MARKS.items():
        lines.append(f"| **{kind}** | " + " | ".join(str(counts[n].count(mark)) for n in names) + " |")
    failed = ["", "## What failed", "", *failures] if failures else []
    return "\n".join([*heading, *lines, *failed]) + "\n"
