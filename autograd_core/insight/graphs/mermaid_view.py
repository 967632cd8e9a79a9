"""``Graph.mermaid``: a graph as a Mermaid flowchart, which Markdown pages show."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_core.insight.graphs.boxes import Box, tree_of
from autograd_core.insight.graphs.graph import Graph, Vertex
from autograd_core.insight.labels import SIGNS, result_text

STYLES = {
    "operation": "fill:#FFFFFF,stroke:#64748B,color:#0F172A", "module": "fill:#E0E7FF,stroke:#4338CA,color:#0F172A",
    "parameter": "fill:#DBEAFE,stroke:#1D4ED8,color:#0F172A", "input": "fill:#DCFCE7,stroke:#15803D,color:#0F172A",
    "buffer": "fill:#F8FAFC,stroke:#94A3B8,color:#0F172A", "constant": "fill:#F8FAFC,stroke:#94A3B8,color:#0F172A",
    "gradient": "fill:#FCE7F3,stroke:#BE185D,color:#0F172A", "hidden": "stroke-dasharray:4,color:#0F172A",
    "result": "fill:#FEF3C7,stroke:#B45309,color:#0F172A,stroke-width:2px", "added": "stroke:#15803D,stroke-width:4px",
    "removed": "stroke:#B91C1C,stroke-width:4px,stroke-dasharray:6", "changed": "stroke:#B45309,stroke-width:4px",
}  # fmt: skip
# "+" too: a label that begins with it would be read as a list
CODES = str.maketrans(
    {"+": "#43;", "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\n": " "}
)


def mermaid(graph: Graph, direction: str) -> str:
    """Return a graph as a flowchart.  Raises: ValueError for another direction."""
    if direction not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"mermaid: argument direction: got {direction!r}; wanted 'TB', 'LR', 'BT' or 'RL'")
    lines = [f"flowchart {direction}", *_box(tree_of(graph), "box", "  ")]
    for edge in graph.edges:
        dotted = edge.again or edge.argument == "saved" or edge.source == "hidden" or edge.change == "removed"
        arrow = "-.->" if dotted else "==>" if edge.change == "added" else "-->"
        lines.append(f"  {_id(edge.source)} {arrow} {_id(edge.target)}")
    used = {name for vertex in graph.vertices.values() for name in _classes(vertex)}
    return "\n".join([*lines, *(f"  classDef {name} {style}" for name, style in STYLES.items() if name in used), ""])


def _box(box: Box, path: str, indent: str) -> Iterator[str]:
    for vertex in box.own:
        label = "<br/>".join(map(_text, (SIGNS[vertex.change] + vertex.title, result_text(vertex) or vertex.note)))
        yield f'{indent}{_id(vertex.key)}["{label}"]'
        yield from (f"{indent}class {_id(vertex.key)} {name}" for name in _classes(vertex))
    for i, inner in enumerate(box.inner):
        yield f'{indent}subgraph {path}_{i} ["{_text(inner.title)}"]'
        yield from _box(inner, f"{path}_{i}", indent + "  ")
        yield f"{indent}end"


def _classes(vertex: Vertex) -> list[str]:
    kind = "result" if vertex.output and vertex.kind == "operation" else vertex.kind
    return [kind, *([vertex.change] if vertex.change else [])]


def _id(key: str) -> str:
    return key.replace(":", "_")


def _text(words: str) -> str:
    return words.translate(CODES) or " "
