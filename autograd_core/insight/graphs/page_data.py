"""What the page of a graph is told: vertices, edges, groups and rules, as plain JSON values."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.insight.graphs.graph import Edge, Graph, Part, Stats, Vertex
from autograd_core.insight.graphs.page_groups import Groups
from autograd_core.insight.rules.rule_text import rule_texts

WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}  # JSON has numbers for finite values only


def page_data(graph: Graph) -> dict[str, Any]:
    """Return a graph as the page's script reads it."""
    groups = Groups(graph)
    index = {key: i for i, key in enumerate(graph.vertices)}
    passed = _passed(graph)
    edges = [
        [index[e.source], index[e.target], e.argument, int(_flows(e, graph.part) and e.target in passed), e.change]
        for e in graph.edges
    ]
    return {
        "name": graph.name,
        "part": graph.part,
        "hidden": graph.hidden,
        "bytes": graph.saved_bytes,
        "notes": graph.notes,
        "groups": groups.as_json(),
        "vertices": [_vertex(v, groups.of[key], key in passed) for key, v in graph.vertices.items()],
        "edges": edges,
        "rules": _rules(graph),
    }


def _vertex(vertex: Vertex, parent: int, passes: bool) -> dict[str, Any]:
    return {
        "key": vertex.key,
        "kind": vertex.kind,
        "title": vertex.title,
        "shapes": vertex.shapes,
        "dtypes": vertex.dtypes,
        "device": vertex.device,
        "module": vertex.modules[-1].title if vertex.modules else "",
        "line": vertex.line,
        "bytes": vertex.saved_bytes,
        "kept": vertex.kept,
        "freed": vertex.freed,
        "value": _stats(vertex.value),
        "gradient": _stats(vertex.gradient),
        "forward": vertex.forward_seconds,
        "backward": vertex.backward_seconds,
        "output": vertex.output,
        "passes": passes,
        "note": vertex.note,
        "change": vertex.change,
        "rules": _rule_key(vertex),
        "parent": parent,
    }


def _stats(stats: Stats | None) -> dict[str, Any] | None:
    return None if stats is None else {name: _number(value) for name, value in asdict(stats).items()}


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else WORDS.get(value, "NaN")


# ---- rules ----


def _rule_key(vertex: Vertex) -> str:
    """Return what the rules of an operation depend on: its name, and the number of dimensions of its result."""
    return f"{vertex.operation} {len(vertex.shapes[0]) if vertex.shapes else ''}"


def _rules(graph: Graph) -> dict[str, dict[str, str]]:
    """Return the backward rules of the operations that occur."""
    known = {_rule_key(v): v for v in graph.vertices.values() if v.kind == "operation" and v.operation in PRIMITIVES}
    return {key: rule_texts(PRIMITIVES[v.operation], v.shapes[0] if v.shapes else None) for key, v in known.items()}


# ---- which way gradients go ----


def _flows(edge: Edge, part: Part) -> bool:
    """Return whether an edge shows where a gradient goes: against the forward pass, or along the backward pass."""
    return edge.gradient if part == "forward" else edge.argument == "g"


def _passed(graph: Graph) -> set[str]:
    """Return the vertices that a gradient passes: those that it reaches from the results, or all of a backward pass."""
    if graph.part != "forward":
        return {key for key, vertex in graph.vertices.items() if vertex.kind == "gradient" or ":" in key}
    inputs: dict[str, list[str]] = {key: [] for key in graph.vertices}
    for edge in graph.edges:
        if edge.gradient:
            inputs[edge.target].append(edge.source)
    ahead = [key for key, vertex in graph.vertices.items() if vertex.output and inputs[key]]
    found = set(ahead)
    while ahead:
        fresh = [key for key in inputs[ahead.pop()] if key not in found]
        found.update(fresh)
        ahead += fresh
    return found
