"""``Graph.text``: a graph as lines, indented by module, each operation with what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_core.insight.graphs.boxes import in_one_piece
from autograd_core.insight.graphs.graph import Call, Graph, Vertex
from autograd_core.insight.labels import SIGNS, bytes_text, result_text


def lines_of(graph: Graph) -> Iterator[str]:
    """Yield the lines of a graph, in the order of the forward pass."""
    taken: dict[str, list[str]] = {key: [] for key in graph.vertices}
    for edge in graph.edges:
        given = word(graph.vertices[edge.source]) + " of the last round" * edge.again
        taken[edge.target].append(SIGNS[edge.change].strip() + (f"{edge.argument}={given}" if edge.argument else given))
    open_calls: tuple[Call, ...] = ()
    for vertex in in_one_piece(graph):
        shared = sum(a == b for a, b in zip(open_calls, vertex.modules, strict=False))
        for depth, call in enumerate(vertex.modules[shared:], shared):
            yield "  " * depth + call.title
        open_calls = vertex.modules
        yield "  " * len(open_calls) + SIGNS[vertex.change] + _line(vertex, taken[vertex.key])


def word(vertex: Vertex) -> str:
    """Return what a vertex is called where another takes it: its name, or its key."""
    return vertex.name or vertex.key


def _line(vertex: Vertex, taken: list[str]) -> str:
    known = [result_text(vertex), *_measures(vertex)]
    if vertex.kind == "hidden":
        return f"... {vertex.operation}, {vertex.note}"
    if vertex.kind in ("operation", "gradient", "module"):
        named = f"{vertex.name}  " if vertex.kind == "module" else f"{word(vertex)} = "
        head = (named + vertex.operation).strip() + f"({', '.join(taken)})" * bool(taken)
        head += f"  ×{vertex.repeat}" if vertex.repeat > 1 else ""
    else:
        head = f"{word(vertex)} ← {', '.join(taken)}" if taken else f"{word(vertex)}: {vertex.kind}"
    known += [vertex.note] if vertex.note else []
    return head + "  " + " · ".join(fact for fact in known if fact)


def _measures(vertex: Vertex) -> list[str]:
    found = [f"keeps {bytes_text(vertex.saved_bytes)}"] if vertex.saved_bytes else []
    found += [f"value from {vertex.value.min:.3g} to {vertex.value.max:.3g}"] if vertex.value else []
    return found + ([f"gradient norm {vertex.gradient.norm:.3g}"] if vertex.gradient else [])
