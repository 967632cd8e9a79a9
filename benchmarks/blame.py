"""``python -m benchmarks.blame``: what it costs to note, for every node, whose line and which module made it.

The small operations' steps run with the engine as it is, and with callers compiled from the same source without the
lines that note code object, instruction offset and module.  Both take turns in one process, in short loops; each one's
time is its least over all of them, in the thread's own processor time, so that other processes disturb little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from autograd_core.engine import record
from autograd_core.engine.caller import source
from autograd_core.engine.node import Node
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.versions import stamp
from benchmarks import api
from benchmarks.prices import BLAME
from benchmarks.workloads import WORKLOADS, Step

NAMES = ("chain20", "mixed40")
SCOPE = "        node.scope = scope()\n"
LONGEST = 0.01
"""Seconds that one loop lasts; short, so that many of them are undisturbed."""


def written_callers() -> list[FunctionType]:
    """Return the callers that have been used, whose source is written out."""
    calls = [call for prim in PRIMITIVES.values() for call in {prim.call, prim.public}]
    return [call for call in calls if "specialize" not in call.__code__.co_names]


def unblamed(call: Any) -> CodeType:
    """Return the code of a caller without the lines that note whose line it is."""
    prim = call.primitive
    text = source(prim, call is not prim.call).replace(BLAME, "").replace(SCOPE, "")
    found: dict[str, Any] = {}
    exec(compile(text, call.__code__.co_filename, "exec"), call.__globals__, found)
    code: CodeType = found[prim.name].__code__
    return code


def bare_node(prim: Any, edges: Any, shape: Any, dtype: Any, extra: Any) -> Any:
    """Do as ``record.make_node`` does, without noting whose line it is."""
    node = object.__new__(Node)
    node.prim, node.edges, node.shape, node.dtype, node.extra = prim, edges, shape, dtype, extra
    node.order = stamp()
    return node


@contextmanager
def without_blame(codes: dict[FunctionType, CodeType]) -> Iterator[None]:
    """Run with other code in the callers; ``codes`` gives that of each."""
    own, make_node = {call: call.__code__ for call in codes}, record.make_node
    for call, code in codes.items():
        call.__code__ = code
    record.make_node = bare_node
    try:
        yield
    finally:
        record.make_node = make_node
        for call, code in own.items():
            call.__code__ = code


def loop(step: Step, repeat: int) -> float:
    """Return the seconds of this thread that one step takes."""
    began = time.thread_time()
    for _ in range(repeat):
        step()
    return (time.thread_time() - began) / repeat


def compared(step: Step, seconds: float) -> tuple[float, float]:
    """Return the least time of a step with blame, and without."""
    codes = {call: unblamed(call) for call in written_callers()}
    repeat = max(1, int(LONGEST / loop(step, 20)))
    with_it: list[float] = []
    without: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or not with_it:
        with_it.append(loop(step, repeat))
        with without_blame(codes):
            step()  # warms the other code's caches
            without.append(loop(step, repeat))
        step()
    return min(with_it), min(without)


def main(argv: list[str] | None = None) -> int:
    """Print the price of blame for each workload; 1 where it is above ten per cent."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blame", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each workload (default: %(default)s)")
    args = parser.parse_args(argv)
    ours, worst = api.load("ours", 1), 0.0
    for name in NAMES:
        step = WORKLOADS[name].build(ours, np.random.default_rng(0))
        for _ in range(50):
            step()
        blamed, bare = compared(step, args.seconds)
        share = blamed / bare - 1
        worst = max(worst, share)
        print(f"{name:<10}{blamed * 1e6:8.1f} us with blame, {bare * 1e6:8.1f} us without: {share:+.1%}", flush=True)
    return int(worst > 0.1)


if __name__ == "__main__":
    raise SystemExit(main())
