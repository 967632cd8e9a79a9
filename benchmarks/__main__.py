"""``python -m benchmarks``: every workload on both sides, and the ratio."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import api, machine, report, runner
from benchmarks.workloads import WORKLOADS


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    default = "(default: %(default)s)"
    add("--list", action="store_true", help="name the workloads and stop")
    add("--only", action="append", metavar="NAME", choices=WORKLOADS, help="only this one; repeatable")
    add("--side", choices=["both", *api.SIDES], default="both", help=f"which libraries {default}")
    add("--rounds", type=int, default=5, help=f"fresh processes per side {default}")
    add("--threads", type=int, default=2, help=f"for either side {default}")
    add("--malloc", choices=["default", "kept"], default="default", help=f"for either side {default}")
    add("--memory", action="store_true", help="peak memory that a step adds, on larger batches")
    add("--smoke", action="store_true", help="one short round, to see that everything runs")
    add("--json", type=Path, metavar="PATH", help="keep what was measured")
    return parser


def plan_of(args: argparse.Namespace) -> runner.Plan:
    """Turn the command line into a plan."""
    missing = () if api.has_torch() else ("torch",)
    sides = [side for side in api.SIDES if args.side in ("both", side) and side not in missing]
    plan = runner.Plan(sides, args.rounds, threads=args.threads, malloc=args.malloc)
    if args.smoke and not args.memory:
        return replace(plan, rounds=1, samples=1, sample_seconds=0.001)
    return replace(plan, rounds=0) if args.memory else plan


def main(argv: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 where the two sides disagree or one of them fails."""
    args = arguments().parse_args(argv)
    kind = "memory" if args.memory else "time"
    names = args.only or [w.name for w in WORKLOADS.values() if w.kind == kind]
    if args.list:
        print("\n".join(f"{w.name:<16}{w.about}" for w in WORKLOADS.values()))
        return 0
    plan, on = plan_of(args), machine.describe()
    if not plan.sides:
        print("PyTorch is not installed here, so there is nothing to measure", file=sys.stderr)
        return 2
    table = report.MEMORY if args.memory else report.TIME
    print(report.preamble(on, plan, api.has_torch()), table.header, sep="\n", flush=True)
    results, failed = [], False
    for name in names:
        try:
            results.append(runner.run(name, plan))
        except runner.ChildError as error:
            failed = True
            print(error, file=sys.stderr)
            continue
        failed |= bool(results[-1].get("disagreement"))
        print(table.row(results[-1]), flush=True)
    if args.json:
        report.write(args.json, on, plan, results)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
