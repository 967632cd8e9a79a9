"""The groups of a page: one for each call of a module, and runs of operations where there would be too many to see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from autograd_core.insight.graphs.graph import Call, Graph, Vertex
from autograd_core.insight.labels import counted

MOST = 120  # children of a group; more are sorted into runs
RUN = 40
TENSORS = frozenset({"parameter", "buffer", "input", "constant"})  # what no operation made


@dataclass
class Group:
    """One node of the tree: a call, a run of operations, or (the first) the whole graph."""

    title: str
    parent: int | None
    path: str = ""
    kind: str = ""
    number: int = 0  # which call of its module; 0: no call
    repeat: int = 1


class Groups:
    """The tree of groups of a graph, and in which of them each vertex stands."""

    def __init__(self, graph: Graph) -> None:
        """Sort operations by the calls around them, and tensors into the innermost group around their uses."""
        self.all = [Group(graph.name, None)]
        self.of: dict[str, int] = {}  # vertex's key -> its group
        self._calls: dict[tuple[int, ...], int] = {(): 0}
        made = [vertex for vertex in graph.vertices.values() if vertex.kind not in TENSORS]
        for vertex in made:
            self.of[vertex.key] = self._at(vertex.modules)
        self._add_runs(made)
        self._add_tensors(graph)

    def as_json(self) -> list[dict[str, object]]:
        """Return the groups as plain values."""
        return [asdict(group) for group in self.all]

    def _at(self, calls: tuple[Call, ...]) -> int:
        """Return the group of a chain of calls, made on first use."""
        orders = tuple(call.order for call in calls)
        if orders not in self._calls:
            parent, call = self._at(calls[:-1]), calls[-1]
            path = "" if call.path == call.kind else call.path
            number = call.number if call.kind else 0  # a stretch of a loop is no module
            self.all.append(Group(call.title.strip(), parent, path, call.kind, number, call.repeat))
            self._calls[orders] = len(self.all) - 1
        return self._calls[orders]

    # ---- runs ----

    def _add_runs(self, made: list[Vertex]) -> None:
        """Sort the children of crowded groups into runs, and these into larger ones, until no group is crowded."""
        children: dict[int, dict[str | int, None]] = {}  # in the order of the forward pass
        places: dict[str | int, tuple[int, int]] = {}  # of each child: the numbers of its first and last operation
        for number, vertex in enumerate(made, 1):
            child: str | int = vertex.key
            places[child] = number, number
            for group in self._upward(self.of[vertex.key]):
                children.setdefault(group, {})[child] = None
                child = group
                places[child] = places.get(child, (number, number))[0], number
        for group, inside in children.items():
            self._into_runs(group, list(inside), places, len(made))

    def _into_runs(
        self, parent: int, children: list[str | int], places: dict[str | int, tuple[int, int]], count: int
    ) -> None:
        while len(children) > MOST:
            runs: list[str | int] = []
            for start in range(0, len(children), RUN):
                run, key = children[start : start + RUN], len(self.all)
                places[key] = first, last = places[run[0]][0], places[run[-1]][1]
                self.all.append(Group(f"{first:,} to {last:,} of {counted(count, 'operation')}", parent))
                runs.append(key)
                for child in run:
                    self._move(child, key)
            children = runs

    def _move(self, child: str | int, parent: int) -> None:
        if isinstance(child, str):
            self.of[child] = parent
        else:
            self.all[child].parent = parent

    # ---- tensors ----

    def _upward(self, group: int | None) -> Iterator[int]:
        """Yield a group and those around it, innermost first."""
        while group is not None:
            yield group
            group = self.all[group].parent

    def _add_tensors(self, graph: Graph) -> None:
        near: dict[str, set[int]] = {key: set() for key in graph.vertices if key not in self.of}
        for edge in graph.edges:
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                if one in near and other in self.of:
                    near[one].add(self.of[other])
        for key, groups in near.items():
            self.of[key] = self._common(groups)

    def _common(self, groups: Iterable[int]) -> int:
        """Return the innermost group around all ``groups``; of none, the whole graph."""
        chains = [list(self._upward(group))[::-1] for group in groups]
        common = 0
        for level in zip(*chains, strict=False):
            if any(group != level[0] for group in level):
                break
            common = level[0]
        return common
