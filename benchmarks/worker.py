"""The child process: builds workloads on one side, measures them, and prints a line of JSON for each.

What is measured, by the order's ``"what"``: ``"time"``, ``"memory"``, ``"both"`` in one go, ``"speeds"`` of the machine
(no workload), or where our step's time goes: ``"floor"``, ``"profile"``.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

from benchmarks import api, draws, insight, memory, speeds, timing
from benchmarks.agreement import fingerprints
from benchmarks.children import MARK
from benchmarks.workloads import WHOLES, WORKLOADS, Step

Order = dict[str, Any]
Report = dict[str, Any]


def main() -> None:
    """Read the order from the first argument, carry it out and print what was measured, workload by workload."""
    order: Order = json.loads(sys.argv[1])
    for name in order["workloads"]:
        try:
            report = {"version": api.version(order["side"]), **report_on(name, order)}
        except Exception:
            report = {"error": traceback.format_exc()}
        print(MARK + json.dumps({"workload": name, **report}), flush=True)


def report_on(name: str, order: Order) -> Report:
    """Measure one workload."""
    if order["what"] == "speeds":
        return speeds_of(order)
    if name in WHOLES:
        whole = WHOLES[name]
        count = 1 if whole.unit == "bytes" else min(order["samples"], 3)
        figures = [whole.measure(order["side"]) for _ in range(count)]
        return {"fingerprints": [], "gradients": [], "seconds": timing.summary(figures), "added_bytes": None}
    step = builder(name, order)()
    if order["what"] in insight.ROOMS:
        return {"look": insight.room(order["what"]).look(step, order["threads"])}
    report: Report = {"gradients": fingerprints(step())[1]}
    for _ in range(order["checked_steps"] - 2):
        step()
    report["fingerprints"] = fingerprints(step())[0]
    if order["what"] != "memory":
        report["seconds"] = timing.time_step(step, order["samples"], order["sample_seconds"])
    if order["what"] != "time":
        report["added_bytes"] = memory.added_by(step, tries=1 if order["what"] == "both" else 3)
    return report


def builder(name: str, order: Order) -> Callable[[], Step]:
    """Return what builds a workload's step on one side, or in a peer's own idiom."""
    side = order["side"]
    if side in api.PEERS:
        room = importlib.import_module(f"benchmarks.peers.with_{side}")
        return lambda: room.WORKLOADS[name](draws.generator())
    loaded = api.load(side, order["threads"], order["accelerated"])
    return lambda: WORKLOADS[name].build(loaded, draws.generator())


def speeds_of(order: Order) -> Report:
    """Measure the machine with one side's product of matrices; ours says by what its kernels are accelerated."""
    rates = speeds.measure(api.load(order["side"], order["threads"], order["accelerated"]), order["threads"])
    return {**rates, "accelerator": api.accelerator()} if order["side"] == "ours" else {**rates}


if __name__ == "__main__":
    main()
