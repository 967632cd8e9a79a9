"""What a profile found, added up: by operation, by module or by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from autograd_core.insight.columns import columns, cut, seconds_text
from autograd_core.insight.labels import bytes_text

__all__ = ["Averages", "Entry"]

ROWS = 20
SORTS: dict[str, Callable[[Entry], float]] = {
    "self_time": lambda e: e.self_seconds,
    "total_time": lambda e: e.total_seconds,
    "mean": lambda e: e.mean_seconds,
    "calls": lambda e: e.calls,
    "bytes": lambda e: e.nbytes,
    "device_time": lambda e: e.device_seconds or 0.0,
}
PYTORCH = {
    "self_cpu_time_total": "self_time", "cpu_time_total": "total_time", "cpu_time": "mean", "count": "calls",
    "cpu_memory_usage": "bytes", "self_cpu_memory_usage": "bytes", "cuda_time_total": "device_time",
    "self_cuda_time_total": "device_time", "device_time_total": "device_time",
    "self_device_time_total": "device_time",
}  # fmt: skip


@dataclass
class Entry:
    """What was spent on one operation, module or line, in one phase."""

    key: str
    phase: str  # "forward", "backward" or "optimizer"; "label" for the time of a label in no operation
    calls: int = 0
    self_seconds: float = 0.0  # in nothing else that is listed
    total_seconds: float = 0.0
    device_seconds: float | None = None  # on a GPU, in nothing else that is listed; None: it did nothing
    nbytes: int = 0  # of the results; views take none

    @property
    def mean_seconds(self) -> float:
        """The total time of one call."""
        return self.total_seconds / self.calls if self.calls else 0.0


class Averages(list[Entry]):
    """Entries by falling self time, which print as a table."""

    def __init__(self, what: str, entries: Iterable[Entry]) -> None:
        """Sort the entries; ``what`` their keys are is the heading of the first column."""
        super().__init__(sorted(entries, key=SORTS["self_time"], reverse=True))
        self.what = what

    def table(self, sort_by: str = "self_time", row_limit: int = ROWS) -> str:
        """Return a table of the first ``row_limit`` entries (-1: of all).

        Args:
            sort_by: self_time, total_time, mean, calls, bytes or device_time; or what PyTorch calls these.
            row_limit: how many rows.

        Raises: ValueError for another ``sort_by``.
        """
        order = SORTS.get(PYTORCH.get(sort_by, sort_by))
        if order is None:
            raise ValueError(f"table: sort_by is {sort_by!r}; wanted one of {', '.join(SORTS)}")
        entries = sorted(self, key=order, reverse=True)
        shown = entries if row_limit < 0 else entries[:row_limit]
        on_device = any(e.device_seconds is not None for e in self)
        whole = sum(e.self_seconds for e in self)
        heads = ["phase", "calls", "self", "share", "total", "mean", *(["device"] if on_device else []), "results"]
        cells = [_cells(e, whole, on_device) for e in shown]
        text = columns([[*heads, self.what], *cells], left=("phase", self.what))
        rest = entries[len(shown) :]
        if rest:
            text += f"\n… and {len(rest):,} more, {seconds_text(sum(e.self_seconds for e in rest))} of self time"
        return text

    def __repr__(self) -> str:
        return self.table()


def _cells(entry: Entry, whole: float, on_device: bool) -> list[str]:
    device = "-" if entry.device_seconds is None else seconds_text(entry.device_seconds)
    return [
        entry.phase, f"{entry.calls:,}", seconds_text(entry.self_seconds),
        f"{100 * entry.self_seconds / whole if whole else 0:.1f} %",
        seconds_text(entry.total_seconds), seconds_text(entry.mean_seconds), *([device] if on_device else []),
        bytes_text(entry.nbytes) if entry.nbytes else "-", cut(entry.key),
    ]  # fmt: skip


Found = TypeVar("Found")


def add_up(what: str, found: Iterable[tuple[str, str, Entry]]) -> Averages:
    """Return the sums of entries by their key and phase."""
    sums: dict[tuple[str, str], Entry] = {}
    for key, phase, part in found:
        entry = sums.setdefault((key, phase), Entry(key, phase))
        entry.calls += part.calls
        entry.self_seconds += part.self_seconds
        entry.total_seconds += part.total_seconds
        entry.nbytes += part.nbytes
        if part.device_seconds is not None:
            entry.device_seconds = (entry.device_seconds or 0.0) + part.device_seconds
    return Averages(what, sums.values())
