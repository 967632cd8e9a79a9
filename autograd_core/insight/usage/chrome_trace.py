"""A profile as a file for chrome://tracing and Perfetto: the JSON object form of the trace event format.

Source: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core.insight.usage.measured import Measured
from autograd_core.storing.atomic import replacing

__all__ = ["write_trace"]

GPU = 0  # the row of what ran on the GPU; threads are counted from 1


def write_trace(path: str, events: Sequence[Measured]) -> None:
    """Write ``events`` to ``path``, whole or not at all."""
    trace = {"displayTimeUnit": "ms", "traceEvents": list(trace_events(events))}
    text = json.dumps(trace, allow_nan=False, separators=(",", ":"))
    with replacing(path) as file:
        file.write(text.encode())


def trace_events(events: Sequence[Measured]) -> Iterator[dict[str, Any]]:
    """Yield rows' names, what ran (outer before inner), and an arrow from each operation to its rules."""
    threads = {thread: i for i, thread in enumerate(dict.fromkeys(e.thread for e in events), start=GPU + 1)}
    rows = {i: thread.name for thread, i in threads.items()}
    if any(e.device_seconds is not None for e in events):
        rows[GPU] = "GPU"
    yield _event("M", "process_name", args={"name": "autograd_core"})
    for row, name in rows.items():
        yield _event("M", "thread_name", row, args={"name": name})
    spans = [*_module_calls(events, threads), *(_span(e, threads[e.thread]) for e in events)]
    yield from sorted(spans, key=lambda s: (s["ts"], -s["dur"]))
    for e in events:
        if e.device_seconds is not None and e.device_began is not None:
            yield _event("X", e.name, GPU, e.device_began, dur=_micro(e.device_seconds), cat=e.label)
    yield from _arrows(events, threads)


def _event(ph: str, name: str, row: int = GPU, seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"ph": ph, "name": name, "pid": os.getpid(), "tid": row, "ts": _micro(seconds), **more}


def _micro(seconds: float) -> float:
    """Return microseconds, to the nanosecond."""
    return round(max(seconds, 0.0) * 1e6, 3)


def _length(began: float, ended: float) -> float:
    """Return a duration that ends, once rounded, where ``ended`` does: what is inside stays inside."""
    return round(_micro(ended) - _micro(began), 3)


def _span(e: Measured, row: int) -> dict[str, Any]:
    args: dict[str, Any] = {"line": e.line, "module": e.module, "self µs": _micro(e.self_seconds)}
    if e.shape is not None:
        args["shape"] = list(e.shape)
    if e.nbytes:
        args["bytes"] = e.nbytes
    name = f"{e.name} backward" if e.kind == "node" else e.name
    return _event("X", name, row, e.began, dur=_length(e.began, e.ended), cat=e.label, args=args)


def _module_calls(events: Sequence[Measured], threads: dict[Any, int]) -> Iterator[dict[str, Any]]:
    """Yield a span for each call of a module, from its first operation to its last."""
    calls: dict[int, tuple[Measured, str, float, float]] = {}
    for e in events:
        for module, number in zip(e.modules, e.calls, strict=True) if e.phase == "forward" else ():
            _, _, began, ended = calls.get(number, (e, module, e.began, e.ended))
            calls[number] = e, module, min(began, e.began), max(ended, e.ended)
    for e, module, began, ended in calls.values():
        yield _event("X", module, threads[e.thread], began, dur=_length(began, ended), cat="module")


def _arrows(events: Sequence[Measured], threads: dict[Any, int]) -> Iterator[dict[str, Any]]:
    made = {e.order: e for e in events if e.order is not None and e.kind != "node"}
    pairs = [(made[e.order], e) for e in events if e.kind == "node" and e.order in made]
    for i, (source, visit) in enumerate(pairs):
        name = "backward"
        yield _event("s", name, threads[source.thread], source.began, id=i, cat="backward")
        yield _event("f", name, threads[visit.thread], visit.began, id=i, cat="backward", bp="e")
