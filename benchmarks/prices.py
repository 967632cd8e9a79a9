"""``python -m benchmarks.prices``: what one small operation costs, line by line, in nanoseconds.

The operation is a product of two 8x8 float32 tensors.  Its price falls into four parts: the forward pass, recording it,
the backward pass through its node, and adding a second gradient to what is there.  What a line of the engine costs is
the time of the engine's own source (the caller generated for ``mul``, and ``Walk.run``) less the time of that source
without the line.  So no figure is kept here, and a line that the source has no more is an error.  Variants take turns;
each one's time is its least over many short loops.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import textwrap
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from operator import iadd, is_, mul
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine import walk
from autograd_core.engine.large import LARGE
from autograd_core.engine.node import Node
from autograd_core.engine.primitive import PRIMITIVES


@dataclass(frozen=True)
class Piece:
    """A thing that the engine does, with how its source reads without it: pairs of what stands there and what would."""

    what: str
    swaps: tuple[tuple[str, str], ...]

    def left_out(self, source: str) -> str:
        """Return ``source`` without this piece.  Raises: LookupError where the source does not read so any more."""
        for there, instead in self.swaps:
            if there not in source:
                raise LookupError(f"the price of {self.what!r}: the engine's source has no {there!r}")
            source = source.replace(there, instead)
        return source


NODE = """if (a_n is None and b_n is None) or not recording(): node = None
    else:"""
BLAME = """        frame = getframe(1); code = frame.f_code
        if code.co_filename in INTERNAL:  # a composite, called by the user in most cases
            frame = frame.f_back or frame; code = frame.f_code
        if code.co_filename in INTERNAL: node.code, node.lasti = climb(frame)
        else: node.code = code; node.lasti = frame.f_lasti
"""

FORWARD = (
    Piece("are both plain tensors?", (
        ("t_a is Tensor or t_a is Parameter:", "True:"), ("    if t_b is Tensor or t_b is Parameter:", "    if True:"),
        ("    t_a = type(input)\n    t_b = type(other)\n", ""),
    )),
    Piece("are their dtypes floats, and the same, and is it no large array?", (
        (f"dt_ is not F32 and dt_ is not F64 and dt_ not in WHOLE or a_.size >= {LARGE}: return", "False: return"),
        ("; dt_ = a_.dtype", ""),
        ("            if b_.dtype is not dt_: return general(PRIM, (input, other), {})\n", ""),
    )),
    Piece("which module do the arrays belong to?", (("xp = XP[type(a_)]", "xp = None"),)),
    Piece("is the result an array, or a scalar?", (("if type(y) not in XP:", "if False:"),)),
    Piece("the function that multiplies, called", (("forward(xp, a_, b_)\n    except", "a_ * b_\n    except"),)),
    Piece("the result's tensor", (
        ("    out = new(Tensor); out._array = y; out._view = None; out._node = node\n    return out", "    return y"),
    )),
)  # fmt: skip

RECORD = (
    Piece("grad mode, of this thread", ((" or not recording()", ""),)),
    Piece("the node, empty", (("node = new(Node)", "node = SPARE"),)),
    Piece("its edges: parents, rules, what they save", (
        ("else: node.edges = ((a_n, rule_a, (b_,)), (b_n, rule_b, (a_,)))", "else: node.edges = ()"),
    )),
    Piece("shape and dtype of the result", (("        node.shape = y.shape; node.dtype = y.dtype\n", ""),)),
    Piece("the creation stamp", (("node.order = stamp()", "node.order = 0"),)),
    Piece("blame: whose line is it?", ((BLAME, ""),)),
    Piece("which module is running?", (("        node.scope = scope()\n", ""),)),
)  # fmt: skip

RULE = """if not args:
                    grad = rule(g)
                elif len(args) == 1:  # as most rules, in 30 ns, where unpacking a tuple takes 85
                    grad = rule(g, args[0])
                else:
                    grad = rule(g, *args)
"""

BACKWARD = (
    Piece("calling the rule", ((RULE, "grad = g * args[0]\n"),)),
    Piece("was memory written since?", (
        ("        if node.order > Last.order:\n            check_saved(node, edges)\n", ""),
    )),
    Piece("hooks, several outputs, a recorded pass?", (
        ("if node.extra is not None or (targets is not None and node.order in targets):", "if False:"),
        ("elif record and node.prim.keeps:", "elif False:"), ("raw = grad._array if record else grad", "raw = grad"),
    )),
    Piece("is this gradient wanted?", (
        ("                if needed is not None and order not in needed:\n                    continue\n", ""),
    )),
    Piece("do its shape and dtype fit?", (
        ("if raw.shape != parent.shape or raw.dtype is not parent.dtype:", "if False:"),
    )),
    Piece("is its buffer the engine's own?", (("fresh and grad is not g and grad.base is None", "True"),)),
    Piece("can the rule add in place itself?", (
        (" and entry[2] and rule in ADDING and ADDING[rule](entry[1], g, *args)", " and False"),
    )),
)  # fmt: skip


# ---- variants of the engine ----


def compiled(source: str, name: str, space: dict[str, Any]) -> Any:
    """Return the function ``name`` that ``source`` defines."""
    found: dict[str, Any] = {}
    exec(compile(source, "<price>", "exec"), space, found)
    return found[name]


def callers(pieces: Sequence[Piece]) -> list[Any]:
    """Return ``mul`` as the engine generates it, and then without each of ``pieces``."""
    prim = PRIMITIVES["mul"]
    prim.call(ag.ones(1), ag.ones(1))  # its first call writes it out
    space = {**prim.call.__globals__, "SPARE": object.__new__(Node)}
    return [compiled(text, "mul", space) for text in (prim.source, *(piece.left_out(prim.source) for piece in pieces))]


def walks(pieces: Sequence[Piece]) -> list[Any]:
    """Return ``Walk.run``, and then without each of ``pieces``."""
    source = textwrap.dedent(inspect.getsource(walk.Walk.run))
    return [compiled(text, "run", dict(vars(walk))) for text in (source, *(piece.left_out(source) for piece in pieces))]


def chain(factor: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return a leaf multiplied by ``factor``, 8x8 ones as itself, ``LENGTH`` times; and leaf and factor."""
    h = leaf = ag.ones(8, 8).requires_grad_()
    for _ in range(LENGTH):
        h = h * factor
    return h, leaf, factor


LENGTH = 50  # nodes in a chain, so that its ends hardly count


def walk_back(run: Any, g: Any, end: Tensor, leaf: Tensor, factor: Tensor) -> None:
    """Walk with ``run`` from ``end`` back, as ``backward(retain_graph=True)`` does.

    What is there of gradients is forgotten first: adding to it is a write, after which a walk looks for what changed.
    """
    leaf.grad = factor.grad = None
    one = walk.Walk(True, False, None, None)
    one.deposit(end._node, g)  # type: ignore[arg-type]  # it was computed
    run(one)


# ---- steps of the walk that it cannot do without, and so are timed alone ----


def through_heap(heap: list[int]) -> None:
    """Put a node's stamp on the heap and take the newest from it."""
    heappush(heap, -5)
    heappop(heap)


def through_pending(pending: dict[int, Any], node: Any, g: Any) -> None:
    """Look for a gradient, make its entry, and take it out again."""
    pending.get(-5)
    pending[-5] = [node, g, False]
    node, g, _ = pending.pop(-5)


# ---- times ----


def nanoseconds(calls: Sequence[tuple[Any, ...]], rounds: int, repeat: int) -> list[float]:
    """Return the least time of each call, a function and its arguments, over rounds in which all take turns.

    The cyclic garbage collector is off meanwhile, so that none pays for another's garbage.
    """
    best = [float("inf")] * len(calls)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for i, (function, *args) in enumerate(calls):
                best[i] = min(best[i], loop(function, args, repeat))
    finally:
        gc.enable()
    return best


def loop(function: Any, args: Sequence[Any], repeat: int) -> float:
    """Return the nanoseconds of one call, in a loop of ``repeat``."""
    began = time.perf_counter_ns()
    for _ in range(repeat):
        function(*args)
    return (time.perf_counter_ns() - began) / repeat


def nothing(*args: Any) -> None:
    """Do nothing: what a call itself takes."""


# ---- the list ----


@dataclass(frozen=True)
class Part:
    """One part of the price: its whole, and its lines, of which the last is what no other accounts for."""

    name: str
    whole: float
    lines: tuple[tuple[str, float], ...]


def part(name: str, whole: float, lines: Iterable[tuple[str, float]], rest: str) -> Part:
    """Return a part with its last line."""
    known = tuple((what, max(price, 0.0)) for what, price in lines)
    return Part(name, whole, (*known, (rest, whole - sum(price for _, price in known))))


def saved(pieces: Sequence[Piece], times: Sequence[float]) -> dict[str, float]:
    """Return what leaving out each piece saves, from the time with all of them and the times without each."""
    whole, *without = times
    return {piece.what: whole - time for piece, time in zip(pieces, without)}


def measure(rounds: int = 300, repeat: int = 500) -> list[Part]:
    """Return the four parts of the price."""
    p, q = np.ones((8, 8), np.float32), np.ones((8, 8), np.float32)
    empty, product, addition = nanoseconds([(is_, p, q), (mul, p, q), (iadd, p.copy(), q)], rounds, repeat)
    product, addition = product - empty, addition - empty
    x, y, a, b = (ag.ones(8, 8).requires_grad_(wanted) for wanted in (False, False, True, True))
    return [
        *calling(rounds, repeat, (x, y), (a, b), product),
        *walking(rounds, repeat, x, a, product, addition),
    ]


def calling(rounds: int, repeat: int, constants: Any, leaves: Any, product: float) -> list[Part]:
    """Return the price of the call without a node, and of the node."""
    forward = nanoseconds([(f, *constants) for f in callers(FORWARD)], rounds, repeat)
    record = nanoseconds([(f, *leaves) for f in callers(RECORD)], rounds, repeat)
    lines = {"NumPy's product": product, **saved(FORWARD, forward)}
    return [
        part("forward", forward[0], lines.items(), "the call; the arrays, out of the tensors"),
        part("record", record[0] - forward[0], saved(RECORD, record).items(), "storing all that"),
    ]


def walking(rounds: int, repeat: int, constant: Tensor, leaf: Tensor, product: float, addition: float) -> list[Part]:
    """Return the price of a node on the way back, and of a second gradient for what has one already.

    Where the factor of a chain is a leaf, each node has two gradients to give, and the leaf's are added up.
    """
    g, steps = np.ones((8, 8), np.float32), max(repeat // LENGTH, 1)
    single, double = (
        [t / LENGTH for t in nanoseconds([(walk_back, run, g, *ends) for run in walks(BACKWARD)], rounds, steps)]
        for ends in (chain(constant), chain(leaf))
    )
    node: Any = chain(constant)[0]._node
    alone: list[tuple[Any, ...]] = [
        (through_heap, [3, 9]),
        (through_pending, {}, node, g),
        (walk.released, node.edges),
        (nothing, 0),
    ]
    *timed, empty = nanoseconds(alone, rounds, repeat)
    heap, pending, release = (time - empty for time in timed)
    first, both = saved(BACKWARD, single), saved(BACKWARD, double)
    back = {"NumPy's product": product, "newest node first: the heap": heap, "its entry among what is pending": pending}
    back |= {"letting go of what was saved": release, **first}
    more = {"NumPy's product": product, "NumPy's addition, in place": addition}
    more |= {what: both[what] - first[what] for what in first if what in PER_GRADIENT}
    return [
        part("backward: a node with one gradient", single[0] + release, back.items(), "the loop; freeing arrays"),
        part("accumulate: one more gradient", double[0] - single[0], more.items(), "the loop; freeing arrays"),
    ]


PER_GRADIENT = {
    "calling the rule", "is this gradient wanted?", "do its shape and dtype fit?", "can the rule add in place itself?",
}  # fmt: skip


def table(parts: Iterable[Part]) -> str:
    """Return the list in Markdown."""
    rows = ["| a product of two 8x8 float32 tensors | ns |", "|---|---|"]
    for each in parts:
        rows.append(f"| **{each.name}** | **{each.whole:.0f}** |")
        rows += [f"| {what} | {price:.0f} |" for what, price in each.lines]
    return "\n".join(rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print the list."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prices", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="turns of every variant (default: %(default)s)")
    print(table(measure(parser.parse_args(argv).rounds)))


if __name__ == "__main__":
    main()
