"""``Graph.diff``: two graphs in one, which marks what was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from autograd_core.insight.graphs.graph import Call, Edge, Graph, Vertex
from autograd_core.insight.labels import bytes_text, shape_text

Named = tuple[str, int]  # a call by its path and number
Place = tuple[Named, ...]
LONGEST = 2000  # vertices of one call that are aligned by the longest common stretches; the rest by their number


def compared(old: Graph, new: Graph) -> Graph:
    """Return ``new`` with marks, and what ``old`` has beyond it: see ``Graph.diff``."""
    pairs = _pairs(old, new)
    names = {key: pairs.get(key, f"old_{key}") for key in old.vertices}  # in the graph of both
    partners = {found: key for key, found in pairs.items()}
    vertices: dict[str, Vertex] = {}
    after = _removed_after(old, new, names)
    vertices |= after.pop("", {})
    for key, vertex in new.vertices.items():
        note = _difference(old.vertices[partners[key]], vertex) if key in partners else ""
        change = "added" if key not in partners else "changed" if note else ""
        vertices[key] = replace(vertex, change=change, note=note or vertex.note)
        vertices |= after.pop(key, {})
    edges = list(_edges(old, new, names))
    counts = {c: sum(v.change == c for v in vertices.values()) for c in ("added", "removed", "changed")}
    said = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
    note = f"compared with {old.name!r}: {said or 'no difference'}" + _of_edges(edges)
    return replace(new, vertices=vertices, edges=edges, notes=[*new.notes, note])


def _of_edges(edges: list[Edge]) -> str:
    count = sum(bool(edge.change) for edge in edges)
    return f"; arrows that differ: {count}" if count else ""


# ---- which vertex is which ----


def _pairs(old: Graph, new: Graph) -> dict[str, str]:
    """Return for each vertex of ``old`` that ``new`` has, too, its key there."""
    here, there = _by_place(old), _by_place(new)
    pairs: dict[str, str] = {}
    for place, own in here.items():
        other = there.get(place, [])
        for i, j in _aligned([_word(v) for v in own], [_word(v) for v in other]):
            pairs[own[i].key] = other[j].key
    return pairs


def _by_place(graph: Graph) -> dict[Place, list[Vertex]]:
    found: dict[Place, list[Vertex]] = {}
    for vertex in graph.vertices.values():
        found.setdefault(tuple(_name(call) for call in vertex.modules), []).append(vertex)
    return found


def _name(call: Call) -> Named:
    return ("" if call.path == call.kind else call.path), call.number  # the model itself, whatever its class is called


def _word(vertex: Vertex) -> tuple[str, str]:
    named = vertex.kind in ("parameter", "buffer")  # inputs and results are called as the variables are
    return vertex.kind, vertex.name if named else vertex.operation


def _aligned(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """Yield the places of what is the same in two lists, in order."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
        yield len(old) - end, len(new) - end
    rest_old, rest_new = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(rest_old), len(rest_new)) > LONGEST:
        both = enumerate(zip(rest_old, rest_new, strict=False), start)
        yield from ((i, i) for i, (a, b) in both if a == b)
        return
    for block in SequenceMatcher(None, rest_old, rest_new, autojunk=False).get_matching_blocks():
        yield from ((start + block.a + k, start + block.b + k) for k in range(block.size))


# ---- what differs ----


def _difference(old: Vertex, new: Vertex) -> str:
    """Return what has changed of a vertex, in words."""
    found = []
    for what, before, now in (
        ("shape", ", ".join(map(shape_text, old.shapes)), ", ".join(map(shape_text, new.shapes))),
        ("dtype", ", ".join(old.dtypes), ", ".join(new.dtypes)),
        ("device", old.device, new.device),
        ("kind", old.kind, new.kind),
    ):
        found += [f"{what} {before} → {now}"] if before != now else []
    if old.saved_bytes != new.saved_bytes and None not in (old.saved_bytes, new.saved_bytes):
        found.append(f"keeps {bytes_text(old.saved_bytes or 0)} → {bytes_text(new.saved_bytes or 0)}")
    return ", ".join(found)


def _removed_after(old: Graph, new: Graph, names: dict[str, str]) -> dict[str, dict[str, Vertex]]:
    """Return what ``new`` lacks, by the vertex after which it stood; "" for the beginning."""
    found: dict[str, dict[str, Vertex]] = {}
    calls = _calls(old, new, names)
    anchor = ""
    for key, vertex in old.vertices.items():
        if names[key] in new.vertices:
            anchor = names[key]
            continue
        gone = replace(vertex, key=names[key], modules=tuple(calls[call] for call in vertex.modules), change="removed")
        found.setdefault(anchor, {})[gone.key] = gone
    return found


def _calls(old: Graph, new: Graph, names: dict[str, str]) -> dict[Call, Call]:
    """Return what stands for each call of ``old``: that of ``new`` where they have something in common."""
    there = {_name(call): call for vertex in new.vertices.values() for call in vertex.modules}
    common = {call for key, v in old.vertices.items() if names[key] in new.vertices for call in v.modules}
    latest = max((call.order for call in there.values()), default=0)
    found: dict[Call, Call] = {}
    for call in {call: None for vertex in old.vertices.values() for call in vertex.modules}:
        same = there.get(_name(call))
        alike = same is not None and (call in common or same.kind == call.kind)
        found[call] = same if same is not None and alike else replace(call, order=latest + call.order)
    return found


def _edges(old: Graph, new: Graph, names: dict[str, str]) -> Iterator[Edge]:
    before = [replace(edge, source=names[edge.source], target=names[edge.target]) for edge in old.edges]
    had = {(edge.source, edge.target, edge.argument) for edge in before}
    has = {(edge.source, edge.target, edge.argument) for edge in new.edges}
    for edge in new.edges:
        yield replace(edge, change="" if (edge.source, edge.target, edge.argument) in had else "added")
    for edge in before:
        if (edge.source, edge.target, edge.argument) not in has:
            yield replace(edge, change="removed")
