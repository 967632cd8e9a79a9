"""The time that the machine needs for a step at least: its operations and its bytes, at the rates measured here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks import api, speeds, timing
from benchmarks.insight.counting import Counter
from benchmarks.insight.watching import watched
from benchmarks.workloads import Step

LISTED = 8


def look(step: Step, threads: int) -> dict[str, Any]:
    """Count one warmed-up step, time it, and measure the machine."""
    for _ in range(3):
        step()
    counter = Counter()
    with watched(counter):
        step()
    seconds = timing.time_step(step, samples=7, sample_seconds=0.05)["min"]
    rates = speeds.measure(api.load("ours", threads), threads)
    counts = {name: asdict(count) for name, count in counter.counts.items() if count.calls}
    return {"seconds": seconds, "rates": rates, "counts": counts}


def text(name: str, look: dict[str, Any]) -> str:
    """Say what stands between a step and its floor."""
    rates, counts = look["rates"], look["counts"]
    gflops, gbs = rates["gemm_gflops"], max(rates["copy_gbs"], rates["copy_on_all_threads_gbs"], rates["add_gbs"])
    flops, moved = (sum(count[of] for count in counts.values()) for of in ("flops", "bytes"))
    computing, moving, measured = flops / gflops * 1e-6, moved / gbs * 1e-6, look["seconds"] * 1e3
    floor = max(computing, moving)
    lines = [
        f"{name}: {measured:.3f} ms a step; its floor is {floor:.3f} ms, {floor / measured:.0%} of that",
        f"  operations: {flops * 1e-9:9.4f} G in products and convolutions, at {gflops:.0f} G/s {computing:9.3f} ms",
        f"  memory:     {moved * 1e-6:9.3f} MB read and written,   at {gbs:.1f} GB/s {moving:9.3f} ms,"
        " as if no cache held anything",
        f"  {'primitive, both ways':<24}{'calls':>6}{'Gflop':>10}{'ms':>9}{'MB':>10}{'ms':>9}",
    ]
    rows = sorted(counts.items(), key=lambda row: -row[1]["flops"] / gflops - row[1]["bytes"] / gbs)
    for primitive, count in rows[:LISTED]:
        cells = f"{count['flops'] * 1e-9:>10.4f}{count['flops'] / gflops * 1e-6:>9.3f}"
        cells += f"{count['bytes'] * 1e-6:>10.3f}{count['bytes'] / gbs * 1e-6:>9.3f}"
        lines.append(f"  {primitive:<24}{count['calls']:>6}{cells}")
    return "\n".join(lines)
