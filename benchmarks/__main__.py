"""``python -m benchmarks``: every workload on both sides, and the ratio."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import api, chart, insight, machine, peers, report, runner
from benchmarks.children import ChildError, Plan, measure
from benchmarks.workloads import WHOLES, WORKLOADS, everything


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add, default = parser.add_argument, "(default: %(default)s)"
    sides = ["both", *api.SIDES, *api.PEERS, "peers"]
    add("--list", action="store_true", help="name the workloads and stop")
    add("--only", choices=everything(), help="only this one; repeatable", action="append", metavar="NAME")
    add("--side", choices=sides, default="both", help=f"which libraries; a peer stands beside ours {default}")
    add("--rounds", type=int, default=5, help=f"fresh processes per side {default}")
    add("--threads", type=int, default=2, help=f"for either side {default}")
    add("--malloc", choices=["default", "kept"], default="default", help=f"for either side {default}")
    add("--plain", action="store_true", help="ours on NumPy alone, even where an accelerator is installed")
    add("--memory", action="store_true", help="peak memory that a step adds, on larger batches")
    add("--smoke", action="store_true", help="one short round in one process per side, to see that everything runs")
    for mode, what in (("--floor", "the least time that the machine needs for"), ("--profile", "where time goes in")):
        add(mode, choices=WORKLOADS, help=f"{what} our step; repeatable", action="append", metavar="NAME")
    add("--json", type=Path, metavar="PATH", help="keep what was measured")
    add("--chart", type=Path, metavar="PATH", help="draw the ratios, as PATH.svg or PATH.png; needs matplotlib")
    return parser


def plan_of(args: argparse.Namespace) -> tuple[Plan, list[str]]:
    """Turn the command line into a plan, and say why sides that were asked for are left out of it."""
    others = list(api.PEERS) if args.side == "peers" else [args.side] if args.side in api.PEERS else []
    wanted = ["ours", *others] if others else [side for side in api.SIDES if args.side in ("both", side)]
    reasons = {side: peers.missing(side) for side in wanted}
    sides = [side for side in wanted if not reasons[side]]
    sides = [] if others and sides == ["ours"] else sides
    plan = Plan(sides, args.rounds, threads=args.threads, malloc=args.malloc, accelerated=not args.plain)
    if args.smoke:
        plan = replace(plan, rounds=1, samples=1, sample_seconds=0.001, checked_steps=2, smoke=True)
    elif args.memory:
        plan = replace(plan, rounds=0)
    return replace(plan, memory=not others), [why for why in reasons.values() if why]


def names_of(args: argparse.Namespace, plan: Plan) -> list[str]:
    """Return the workloads to be measured; beside peers, those that one of them can express."""
    steps = [w.name for w in WORKLOADS.values() if w.kind == ("memory" if args.memory else "time")]
    names = args.only or (steps if args.memory else [*steps, *WHOLES])
    if not any(side in api.PEERS for side in plan.sides):
        return names
    return [name for name in names if len(peers.able(name, plan.sides)) > 1]


def machine_of(plan: Plan) -> dict[str, Any]:
    """Describe the machine, with the rates that are measured on it unless there is hurry."""
    on = machine.describe()
    if plan.smoke:
        return on
    rates = {side: measure("speeds", side, "speeds", plan) for side in plan.sides if side in api.SIDES}
    accelerator = rates.get("ours", {}).get("accelerator")
    return {**on, "accelerator": accelerator, "rates": rates}


def look(mode: str, names: Sequence[str], plan: Plan) -> int:
    """Print the floor or the profile of our steps."""
    for name in names:
        found = measure(name, "ours", mode, plan)["look"]
        print(insight.room(mode).text(name, found), flush=True)
    return 0


def table_of(args: argparse.Namespace, plan: Plan) -> report.Table:
    """Return the table that the results are printed in."""
    others = [side for side in plan.sides if side in api.PEERS]
    return report.peers_table(others) if others else report.MEMORY if args.memory else report.TIME


def main(argv: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 where the two sides disagree or one of them fails."""
    args = arguments().parse_args(argv)
    if args.list:
        print("\n".join(f"{w.name:<18}{w.about}" for w in everything().values()))
        return 0
    plan, skipped = plan_of(args)
    if args.floor or args.profile:
        return look("floor", args.floor or [], plan) or look("profile", args.profile or [], plan)
    if not plan.sides:
        print("\n".join(f"nothing to measure: {why}" for why in skipped), file=sys.stderr)
        return 2
    if args.chart and (why := chart.missing()):  # not after the measurements
        print(why, file=sys.stderr)
        return 2
    on, table = machine_of(plan), table_of(args, plan)
    print(report.preamble(on, plan, skipped), table.header, sep="\n", flush=True)
    results, failed = measure_each(names_of(args, plan), plan, table)
    print("" if plan.smoke else report.means(results))
    if args.json:
        report.write(args.json, on, plan, results)
    if args.chart:
        failed |= not chart.drawn(on, results, args.chart)
    return int(failed)


def measure_each(names: Sequence[str], plan: Plan, table: report.Table) -> tuple[list[runner.Result], bool]:
    """Measure and print line by line; return the results, and whether anything failed or disagreed."""
    results, failed = [], False
    for result in runner.run_at_once(names, plan) if plan.smoke else runner.run_each(names, plan):
        if isinstance(result, ChildError):
            failed = True
            print(result, file=sys.stderr)
            continue
        results.append(result)
        failed |= bool(report.faults(result))
        print(table.row(result), flush=True)
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
