"""A graph as a tree of boxes, one for each call of a module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from autograd_core.insight.graphs.graph import TENSORS, Call, Graph, Vertex


@dataclass
class Box:
    """A call of a module, or the whole graph: vertices and inner calls in the order in which they ran."""

    call: Call | None = None
    items: list[Box | Vertex] = field(default_factory=list)

    @property
    def own(self) -> list[Vertex]:
        """The vertices in it and in no inner call."""
        return [item for item in self.items if isinstance(item, Vertex)]

    @property
    def inner(self) -> list[Box]:
        """The calls in it."""
        return [item for item in self.items if isinstance(item, Box)]

    @property
    def title(self) -> str:
        """What to write over it."""
        return self.call.title if self.call is not None else ""


def flat(items: Iterable[Box | Vertex]) -> Iterator[Vertex]:
    """Yield the vertices in some items, those of inner calls too."""
    for item in items:
        if isinstance(item, Box):
            yield from flat(item.items)
        else:
            yield item


def tree_of(graph: Graph) -> Box:
    """Return a graph as a tree; a tensor that several things use comes first in its call."""
    root = Box()
    boxes: dict[int, Box] = {}
    uses: dict[str, int] = {}
    for edge in graph.edges:
        uses[edge.source] = uses.get(edge.source, 0) + 1
    shared: list[tuple[Box, Vertex]] = []
    for vertex in graph.vertices.values():
        box = root
        for call in vertex.modules:
            if call.order not in boxes:
                boxes[call.order] = Box(call)
                box.items.append(boxes[call.order])
            box = boxes[call.order]
        if vertex.kind in TENSORS and uses.get(vertex.key, 0) > 1:
            shared.append((box, vertex))
        else:
            box.items.append(vertex)
    for box, vertex in reversed(shared):
        box.items.insert(0, vertex)
    return root


def in_one_piece(graph: Graph) -> list[Vertex]:
    """Return the vertices in the order in which they ran, each call in one piece, tensors before their first use."""
    inputs: dict[str, list[str]] = {key: [] for key in graph.vertices}
    for edge in graph.edges:
        inputs[edge.target].append(edge.source)
    return list(_in_order(tree_of(graph), inputs))


def _in_order(box: Box, inputs: dict[str, list[str]]) -> Iterator[Vertex]:
    waiting = {vertex.key: vertex for vertex in box.own if not inputs[vertex.key]}
    for item in box.items:
        if isinstance(item, Vertex):
            if waiting.pop(item.key, None) or inputs[item.key]:
                yield item
            continue
        for vertex in flat(item.items) if waiting else ():
            yield from (waiting.pop(source) for source in inputs[vertex.key] if source in waiting)
        yield from _in_order(item, inputs)
