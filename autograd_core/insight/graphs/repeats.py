"""Repeated blocks: calls of modules, or stretches of operations, of the same structure in a row.

Two neighbours repeat when they hold the same operations on the same shapes, wired in the same way inside, take the same
from outside, each from the one before or all from the same place, and give to the same place.  Operations outside of
modules repeat only where each takes from the one before: side by side they may differ in options that a graph has not.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograd_core.insight.graphs.boxes import Box, flat, tree_of
from autograd_core.insight.graphs.graph import Graph, Vertex

LONGEST = 48  # operations in a row that are sought as one repeated stretch
EFFORT = 1_000_000  # vertices to compare, some seconds, before only the shortest repeats are sought
Wiring = tuple[tuple[tuple[str, str, int], ...], ...]  # for each vertex of a unit where its arguments come from


@dataclass
class Repeat:
    """A unit that stands for ``count`` in a row: its items, and for each of the others its vertices in order."""

    unit: list[Box | Vertex]
    count: int
    others: list[list[Vertex]]


class Repeats:
    """The repeats of a graph, the outer ones first; of inner ones only those in what stays."""

    def __init__(self, graph: Graph) -> None:
        """Find them all."""
        self.found: list[Repeat] = []
        self.effort = 0  # vertices compared so far
        self._numbers: dict[object, int] = {}  # of structures
        self._structures: dict[int, int] = {}  # id of an item -> number
        self._inputs: dict[str, list[tuple[str, str]]] = {key: [] for key in graph.vertices}
        self._uses: dict[str, list[tuple[str, str]]] = {key: [] for key in graph.vertices}
        for edge in graph.edges:
            self._inputs[edge.target].append((edge.argument, edge.source))
            self._uses[edge.source].append((edge.target, edge.argument))
        self._tree = tree_of(graph)
        self._number(self._tree)
        self._search(self._tree.items)

    def _number(self, box: Box) -> int:
        """Give every item the number of its structure, the same to two of the same."""
        inner = tuple(self._number(i) if isinstance(i, Box) else self._number_vertex(i) for i in box.items)
        return self._note(box, (box.call.kind if box.call else "", inner))

    def _number_vertex(self, vertex: Vertex) -> int:
        return self._note(vertex, (vertex.kind, vertex.operation, vertex.shapes, vertex.dtypes, vertex.change,
                                   vertex.output))  # fmt: skip

    def _note(self, item: Box | Vertex, structure: object) -> int:
        number = self._structures[id(item)] = self._numbers.setdefault(structure, len(self._numbers))
        return number

    def _search(self, items: list[Box | Vertex]) -> None:
        numbers = [self._structures[id(item)] for item in items]
        at = 0
        while at < len(items):
            period, count = self._longest(items, numbers, at)
            if count > 1:
                rounds = [items[at + k * period : at + (k + 1) * period] for k in range(count)]
                self.found.append(Repeat(rounds[0], count, [list(flat(other)) for other in rounds[1:]]))
            for item in items[at : at + period]:
                if isinstance(item, Box):
                    self._search(item.items)
            at += period * count

    def _longest(self, items: list[Box | Vertex], numbers: list[int], at: int) -> tuple[int, int]:
        """Return the period and the count of the repeat from ``at`` that covers most; (1, 1) where there is none."""
        best = 1, 1
        longest = LONGEST if self.effort < EFFORT else 1
        for period in range(1, min(longest, (len(items) - at) // 2) + 1):
            if period % best[0] == 0 and best[0] * best[1] >= 2 * period:
                continue  # several units of a shorter one
            if numbers[at : at + period] == numbers[at + period : at + 2 * period]:
                modules = any(isinstance(item, Box) for item in items[at : at + period])
                count = self._count(items, numbers, at, period, modules)
                if count >= (2 if modules else 3) and period * count > best[0] * best[1]:
                    best = period, count
        return best

    def _count(self, items: list[Box | Vertex], numbers: list[int], at: int, period: int, modules: bool) -> int:
        """Return how many units in a row from ``at`` are one repeat."""
        unit = _Unit(items[at : at + period])
        first: Wiring = self._wiring(unit, None)
        leaving: set[tuple[int, str, str]] = set()
        count = 1
        while numbers[at + count * period : at + (count + 1) * period] == numbers[at : at + period]:
            following = _Unit(items[at + count * period : at + (count + 1) * period])
            wiring, left = self._wiring(following, unit), self._leaving(unit, following)
            self.effort += len(following.vertices)
            if count == 1:
                if not _begins(first, wiring) or not (modules or _carries(wiring)):
                    return 1
                first, leaving = wiring, left
            elif wiring != first or left != leaving:
                break
            unit, count = following, count + 1
        return count if leaving <= self._leaving(unit, None) else count - 1

    def _leaving(self, unit: _Unit, following: _Unit | None) -> set[tuple[int, str, str]]:
        """Return what goes from a unit to others than ``following``: from where, to where, as what."""
        taken = unit.places.keys() | (following.places.keys() if following is not None else set())
        return {
            (i, target, argument.split("[")[0])
            for i, vertex in enumerate(unit.vertices)
            for target, argument in self._uses[vertex.key]
            if target not in taken
        }

    def _wiring(self, unit: _Unit, last: _Unit | None) -> Wiring:
        """Return where each vertex of a unit takes its arguments: here, from the unit before, or from a vertex."""
        here, before = unit.places, last.places if last is not None else {}
        return tuple(
            tuple(
                (argument, "here", here[source]) if source in here
                else (argument, "before", before[source]) if source in before
                else (argument, source, -1)
                for argument, source in self._inputs[vertex.key]
            )
            for vertex in unit.vertices
        )  # fmt: skip


class _Unit:
    """A stretch of items: its vertices, and the place of each."""

    def __init__(self, items: list[Box | Vertex]) -> None:
        self.vertices = list(flat(items))
        self.places = {vertex.key: i for i, vertex in enumerate(self.vertices)}


def _carries(wiring: Wiring) -> bool:
    """Whether a unit takes something from the one before it."""
    return any(where == "before" for inputs in wiring for _, where, _ in inputs)


def _begins(first: Wiring, second: Wiring) -> bool:
    """Whether a unit wired as ``first`` may stand before one wired as ``second``.

    Where that one takes something from the unit before it, the first takes anything from outside, or a constant.
    """
    return all(map(_begins_vertex, first, second))


def _begins_vertex(first: tuple[tuple[str, str, int], ...], second: tuple[tuple[str, str, int], ...]) -> bool:
    given = {argument: (where, i) for argument, where, i in first}
    wanted = {argument for argument, _, _ in second}
    carried = {argument for argument, where, _ in second if where == "before"}
    if len(given) < len(first) or not wanted - carried <= set(given) <= wanted:
        return False
    for argument, where, i in second:
        own = given.get(argument, ("", -1))
        if own != (where, i) and (where != "before" or own[0] == "here"):
            return False
    return True
