"""Runs a workload in fresh processes, one side after the other, and brings their measurements together."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.agreement import disagreement
from benchmarks.api import PEERS
from benchmarks.children import ChildError, Plan, measure, measure_all
from benchmarks.peers import able
from benchmarks.workloads import WHOLES

Result = dict[str, Any]


def run(name: str, plan: Plan) -> Result:
    """Measure one workload: its time in interleaved rounds, then its memory, and bring them together.

    Raises: ChildError where a side fails.
    """
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in plan.sides}
    same_every_time = name in WHOLES and WHOLES[name].unit == "bytes"
    for _ in range(1 if same_every_time else plan.rounds):
        for side in plan.sides:
            runs[side].append(measure(name, side, "time", plan))
    for side in plan.sides:
        if plan.memory and name not in WHOLES:
            runs[side].append(measure(name, side, "memory", replace(plan, malloc="mapped")))
    return summary(name, runs)


def run_each(names: Sequence[str], plan: Plan) -> Iterator[Result | ChildError]:
    """Give the result of each workload, or why there is none, as they come."""
    for name in names:
        try:
            yield run(name, replace(plan, sides=able(name, plan.sides)))
        except ChildError as error:
            yield error


def run_at_once(names: Sequence[str], plan: Plan) -> Iterator[Result | ChildError]:
    """Measure all workloads quickly, with one process for each side, to see that they run and agree."""
    what = "both" if plan.memory else "time"
    own = {side: [name for name in names if side in able(name, plan.sides)] for side in plan.sides}
    reports = {side: measure_all(own[side], side, what, plan) for side in plan.sides}
    for name in names:
        runs = {side: reports[side][name] for side in able(name, plan.sides)}
        errors = [report["error"] for report in runs.values() if "error" in report]
        yield ChildError("\n".join(errors)) if errors else summary(name, {k: [run] for k, run in runs.items()})


def summary(name: str, runs: Mapping[str, Sequence[dict[str, Any]]]) -> Result:
    """Bring the runs of one workload together; a disagreement takes the place of the ratio.

    PyTorch's comparison with ours is the result's own; those of peers are kept apart, in ``"peers"``.
    """
    result: Result = {"name": name, "unit": WHOLES[name].unit if name in WHOLES else "s"}
    result["sides"] = {side: of_side(each) for side, each in runs.items()}
    if {"ours", "torch"} <= runs.keys():
        result |= compared(runs, result["sides"], "torch")
    if "ours" in runs and (peers := [side for side in runs if side in PEERS]):
        result["peers"] = {peer: compared(runs, result["sides"], peer) for peer in peers}
    return result


def compared(runs: Mapping[str, Sequence[dict[str, Any]]], sides: Mapping[str, Any], other: str) -> dict[str, Any]:
    """Compare ours with another side: the disagreement, or where there is none the ratios."""
    faults = (disagreement(a, b) for a, b in zip(runs["ours"], runs[other]))
    fault = next(filter(None, faults), "")
    return {"disagreement": fault, **({} if fault else ratios(sides["ours"], sides[other]))}


def of_side(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summarise one side: the least time, the median of the rounds' medians, the memory that a step adds."""
    side: dict[str, Any] = {"version": runs[0]["version"], "added_bytes": runs[-1].get("added_bytes")}
    side["rounds"] = [run["seconds"] for run in runs if "seconds" in run]
    if side["rounds"]:
        side["min"] = min(each["min"] for each in side["rounds"])
        side["median"] = statistics.median(each["median"] for each in side["rounds"])
    return side


def ratios(ours: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return time ratios other / ours (above 1: we are faster) and the memory ratio ours / other."""
    found: dict[str, Any] = {}
    if ours["rounds"]:
        each = [t["min"] / o["min"] for o, t in zip(ours["rounds"], other["rounds"])]
        found["ratio"] = other["min"] / ours["min"]
        found["ratio_median"] = other["median"] / ours["median"]
        found["ratio_spread"] = [min(each), max(each)]
    if ours["added_bytes"] is not None and other["added_bytes"]:
        found["memory_ratio"] = ours["added_bytes"] / other["added_bytes"]
    return found
