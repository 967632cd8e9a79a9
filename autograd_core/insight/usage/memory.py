"""``memory_report``: what holds memory, by module and line, and which graphs are alive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from autograd_core.backend.device import device_of
from autograd_core.insight.columns import columns, cut
from autograd_core.insight.labels import bytes_text, counted
from autograd_core.insight.places import Places
from autograd_core.insight.usage.extents import Blocks
from autograd_core.insight.usage.held import Claim, LiveGraph, claims, graphs_among, live

__all__ = ["Held", "HeldGraphs", "MemoryReport", "memory_report"]

ROWS = 20
KINDS = {
    "parameter": "parameters", "buffer": "buffers", "leaf": "other leaves", "gradient": "gradients",
    "optimizer state": "optimizer state", "saved": "saved for backward", "tensor": "other tensors",
    "rest": "rest of memory of which a view is alive",
}  # fmt: skip


@dataclass
class Held:
    """Memory held by things of one kind and name, made in one module on one line; in a difference, by how much more."""

    kind: str  # "parameter", "buffer", "leaf", "gradient", "optimizer state", "saved", "tensor" or "rest"
    name: str  # of a parameter; else the operation, or shape and dtype
    module: str
    line: str
    device: str
    count: int = 0
    nbytes: int = 0  # that nothing before it in this list of kinds holds
    numbers: ClassVar = ("count", "nbytes")

    @property
    def key(self) -> tuple[str, ...]:
        """What it has in common with its row in another report."""
        return self.kind, self.name, self.module, self.line, self.device


@dataclass
class HeldGraphs:
    """Live graphs whose newest operation was made on one line; in a difference, how many more."""

    operation: str
    module: str
    line: str
    count: int = 0
    operations: int = 0
    nbytes: int = 0  # saved for backward
    tensors: int = 0  # on their nodes: these keep them alive
    numbers: ClassVar = ("count", "operations", "nbytes", "tensors")

    @property
    def key(self) -> tuple[str, ...]:
        """What it has in common with its row in another report."""
        return self.operation, self.module, self.line


Row = TypeVar("Row", Held, HeldGraphs)


class MemoryReport:
    """What held memory at one moment.  It is made of numbers and words, and holds nothing itself."""

    def __init__(self, rows: Iterable[Held], graphs: Iterable[HeldGraphs], signed: bool = False) -> None:
        """Take the rows; ``signed``: they are the difference of two reports."""
        self.rows = sorted(rows, key=lambda r: -r.nbytes)
        self.graphs = sorted(graphs, key=lambda g: (-g.nbytes, -g.operations))
        self._signed = signed

    @property
    def nbytes(self) -> int:
        """All bytes, each counted once."""
        return sum(row.nbytes for row in self.rows)

    def by_kind(self) -> dict[str, int]:
        """Return the bytes of each kind."""
        return {kind: sum(r.nbytes for r in self.rows if r.kind == kind) for kind in KINDS}

    def by_module(self) -> dict[str, int]:
        """Return the bytes by module; '' is what was made outside of all, or cannot be told."""
        return self._by("module")

    def by_device(self) -> dict[str, int]:
        """Return the bytes by device."""
        return self._by("device")

    def _by(self, what: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows:
            name = getattr(row, what)
            found[name] = found.get(name, 0) + row.nbytes
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def diff(self, earlier: MemoryReport) -> MemoryReport:
        """Return what has grown (and, negative, shrunk) since ``earlier``; what is as it was is left out."""
        return MemoryReport(_less(self.rows, earlier.rows), _less(self.graphs, earlier.graphs), signed=True)

    def table(self, row_limit: int = ROWS) -> str:
        """Return the ``row_limit`` largest rows (-1: all) of what is held, and of the graphs."""
        held = [
            (self._bytes(r.nbytes), self._count(r.count), r.kind, r.name, r.module or "-", cut(r.line) or "-")
            for r in _first(self.rows, row_limit)
        ]
        left = ("kind", "what", "module", "newest", "line")
        text = columns([("bytes", "count", "kind", "what", "module", "line"), *held], left)
        text += _more(len(self.rows) - len(held))
        if not self.graphs:
            return text
        graphs = [(*self._counts(g), g.operation, cut(g.line)) for g in _first(self.graphs, row_limit)]
        text += "\n\n" + columns([("bytes", "graphs", "operations", "tensors", "newest", "line"), *graphs], left)
        return text + _more(len(self.graphs) - len(graphs))

    def __repr__(self) -> str:
        if self._signed and not (self.rows or self.graphs):
            return "memory: nothing has changed"
        places = ", ".join(f"{self._bytes(nbytes)} on {device}" for device, nbytes in self.by_device().items())
        graphs = sum(g.count for g in self.graphs)
        alive = f"{graphs:+,} live graphs" if self._signed else counted(graphs, "live graph")
        kinds = [f"{self._bytes(nbytes):>9}  {KINDS[kind]}" for kind, nbytes in self.by_kind().items() if nbytes]
        return "\n".join([f"memory: {places or 'nothing'}; {alive}", *kinds, "", self.table()])

    def _counts(self, g: HeldGraphs) -> tuple[str, ...]:
        return self._bytes(g.nbytes), *map(self._count, (g.count, g.operations, g.tensors))

    def _bytes(self, count: int) -> str:
        sign = "-" if count < 0 else "+" if self._signed else ""
        return sign + bytes_text(abs(count))

    def _count(self, count: int) -> str:
        return f"{count:+,}" if self._signed else f"{count:,}"


def memory_report(model: Any = None, optimizer: Any = None) -> MemoryReport:
    """Return what holds memory now, in all threads: tensors, gradients, saved arrays, and the live graphs.

    Memory that several hold is counted once: for the parameter, before its saved use; for what was saved, before a
    tensor that the graph would keep alive anyway.

    Args:
        model: a Module, or a list: their parameters and buffers are named.
        optimizer: an optimiser, or a list: its state is named.

    Raises: TypeError for what is no Module or optimiser.
    """
    models, optimizers = _each(model, "named_parameters", "a Module"), _each(optimizer, "param_groups", "an optimizer")
    tensors, nodes = live()
    graphs, numbers = graphs_among(tensors, nodes)
    rows: dict[tuple[str, ...], Held] = {}
    saved = [0] * len(graphs)
    blocks, seen = Blocks(), set()
    for claim in claims(tensors, nodes, models, optimizers):
        nbytes = blocks.claim(claim.array, claim)
        if claim.node is not None:
            saved[numbers[claim.node]] += nbytes
        if nbytes or id(claim.array) not in seen:  # the same array again is no more than its first holder has
            _add(rows, claim, nbytes)
        seen.add(id(claim.array))
    for block in blocks.found.values():
        if block.nbytes > block.claimed:
            _add(rows, block.first._replace(kind="rest"), block.nbytes - block.claimed)
    return MemoryReport(rows.values(), _graph_rows(graphs, saved))


def _add(rows: dict[tuple[str, ...], Held], claim: Claim, nbytes: int) -> None:
    row = Held(claim.kind, claim.name, claim.module, claim.line, str(device_of(claim.array)))
    row = rows.setdefault(row.key, row)
    row.count, row.nbytes = row.count + 1, row.nbytes + nbytes


def _graph_rows(graphs: list[LiveGraph], saved: list[int]) -> Iterable[HeldGraphs]:
    rows: dict[tuple[str, ...], HeldGraphs] = {}
    places = Places()
    for graph, nbytes in zip(graphs, saved, strict=True):
        row = HeldGraphs(graph.root.name, *places.of(graph.root))
        row = rows.setdefault(row.key, row)
        row.count, row.nbytes = row.count + 1, row.nbytes + nbytes
        row.operations, row.tensors = row.operations + graph.operations, row.tensors + graph.tensors
    return rows.values()


def _each(value: Any, attribute: str, wanted: str) -> list[Any]:
    """Return what was given as a list.  Raises: TypeError where something in it is another thing than wanted."""
    given = [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
    for one in given:
        if not hasattr(one, attribute):
            raise TypeError(f"memory_report: got {type(one).__name__}; wanted {wanted}, or a list of them")
    return given


def _less(now: list[Row], before: list[Row]) -> list[Row]:
    """Return the rows of ``now`` less those of ``before``, where anything is left."""
    new, old = {row.key: row for row in now}, {row.key: row for row in before}
    found = []
    for key, row in (old | new).items():
        change: dict[str, Any] = {n: _number(new.get(key), n) - _number(old.get(key), n) for n in row.numbers}
        if any(change.values()):
            found.append(replace(row, **change))
    return found


def _number(row: Any, name: str) -> int:
    return 0 if row is None else getattr(row, name)


def _first(rows: list[Any], limit: int) -> list[Any]:
    return rows if limit < 0 else rows[:limit]


def _more(count: int) -> str:
    return f"\n… and {count:,} more" if count else ""
