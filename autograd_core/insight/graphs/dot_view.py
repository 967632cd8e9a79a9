"""``Graph.dot``: a graph as a drawing for Graphviz."""

from __future__ import annotations

from typing import Any

from autograd_core.insight.graphs.boxes import Box, tree_of
from autograd_core.insight.graphs.graph import Colour, Graph, Vertex
from autograd_core.insight.graphs.overlays import Overlay
from autograd_core.insight.labels import SIGNS, facts, result_text, text
from autograd_core.insight.render import LAYOUT_FONT, Drawing

INK, LINE, PINK = "#0F172A", "#64748B", "#BE185D"
PAGE = {
    "labelloc": "t", "labeljust": "l", "pad": "0.3", "nodesep": "0.3", "ranksep": "0.3", "bgcolor": "white",
    "fontname": LAYOUT_FONT, "fontsize": "12", "fontcolor": INK,
}  # fmt: skip
NODE = {
    "shape": "box", "style": "rounded,filled", "margin": "0.16,0.07", "height": "0.3",
    "fontname": LAYOUT_FONT, "fontsize": "13", "fontcolor": INK,
}  # fmt: skip
EDGE = {"color": LINE, "arrowsize": "0.7", "penwidth": "1.2"}
BOX = {
    "style": "rounded,filled", "color": "#CBD5E1", "labeljust": "l", "margin": "12",
    "fontname": LAYOUT_FONT, "fontsize": "12",
}  # fmt: skip
# fill and border of each kind of node
OPERATION = {"fillcolor": "#FFFFFF", "color": LINE}
OUTPUT = {"fillcolor": "#FEF3C7", "color": "#B45309", "penwidth": "2"}
FREED = {"fillcolor": "#F1F5F9", "color": "#94A3B8", "style": "rounded,filled,dashed"}
PARAMETER = {"fillcolor": "#DBEAFE", "color": "#1D4ED8", "shape": "box", "style": "filled"}
TENSOR = {"fillcolor": "#DCFCE7", "color": "#15803D", "shape": "box", "style": "filled"}
CONSTANT = {"fillcolor": "#F8FAFC", "color": "#94A3B8", "shape": "box", "style": "filled"}
MODULE = {"fillcolor": "#E0E7FF", "color": "#4338CA", "penwidth": "1.8"}
GRADIENT = {"fillcolor": "#FCE7F3", "color": PINK}
NOTE = {"fillcolor": "#FFFFFF", "color": "#94A3B8", "style": "dashed", "shape": "note"}
KINDS = {
    "operation": OPERATION, "module": MODULE, "parameter": PARAMETER, "buffer": CONSTANT, "input": TENSOR,
    "constant": CONSTANT, "gradient": GRADIENT, "hidden": NOTE,
}  # fmt: skip
CHANGES = {
    "added": {"color": "#15803D", "penwidth": "3"}, "changed": {"color": "#B45309", "penwidth": "3"},
    "removed": {"color": "#B91C1C", "penwidth": "3", "style": "rounded,filled,dashed"},
}  # fmt: skip
WIDE = 18  # letters
# of drawings with more than 80 nodes: the best layout of 200 can take minutes, one nearly as good takes a second
LARGE, HURRY = 80, {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3"}
SHADES = ("#F8FAFC", "#EEF2F7", "#E2E8F0")  # fill of the modules' boxes, by depth


def dot(graph: Graph, lines: list[str], colour: Colour | None, direction: str) -> Drawing:
    """Return the drawing of a graph under a heading of some ``lines``.

    Raises: ValueError for another direction or colour.
    """
    if direction not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"dot: argument direction: got {direction!r}; wanted 'TB', 'LR', 'BT' or 'RL'")
    overlay = None if colour is None else Overlay(graph, colour)
    lines = [graph.name, *lines, *([overlay.legend] if overlay else [])]
    look = {"rankdir": direction, "label": text(*lines, "", end="\\l"), "tooltip": text(graph.name)}
    look |= HURRY if len(graph.vertices) > LARGE else {}
    picture = Drawing(graph.name, format="svg", graph_attr=PAGE | look, node_attr=NODE, edge_attr=EDGE)
    _add_box(picture, tree_of(graph), "cluster", overlay)
    _add_edges(picture, graph)
    return picture


def _add_box(picture: Any, box: Box, path: str, overlay: Overlay | None) -> None:
    for vertex in box.own:
        _add_vertex(picture, vertex, overlay)
    for i, inner in enumerate(box.inner):
        with picture.subgraph(name=f"{path}_{i}") as cluster:
            fill = SHADES[path.count("_") % len(SHADES)]
            cluster.attr(label=text(inner.title, "", end="\\l"), fillcolor=fill, tooltip=text(inner.title), **BOX)
            _add_box(cluster, inner, f"{path}_{i}", overlay)


def _add_vertex(picture: Any, vertex: Vertex, overlay: Overlay | None) -> None:
    style = FREED if vertex.freed else OUTPUT if vertex.output and vertex.kind == "operation" else KINDS[vertex.kind]
    lines = [SIGNS[vertex.change] + vertex.title, result_text(vertex) or vertex.note]
    if overlay is not None:
        style = style | overlay.style(vertex)
        lines += [words] if (words := overlay.words(vertex)) else []
    tip = text(f"{vertex.title}: {result_text(vertex)}", *facts(vertex))
    style = style | CHANGES.get(vertex.change, {})
    if len(lines[0]) > WIDE:  # it is shown in bold, and measured as if it were not
        style = style | {"margin": f"{0.1 + 0.008 * len(lines[0]):.2f},0.07"}
    picture.node(vertex.key.replace(":", "_"), text(*lines), tooltip=tip, **style)


def _add_edges(picture: Any, graph: Graph) -> None:
    vertices = graph.vertices
    fed = {edge.target for edge in graph.edges if vertices[edge.source].kind not in ("operation", "module")}
    for edge in graph.edges:
        source, target = (key.replace(":", "_") for key in (edge.source, edge.target))
        look: dict[str, str] = {}
        if vertices[edge.source].kind in ("operation", "module") and edge.source != "hidden":
            # The operations form a straight trunk, with room beside it for the leaves of the next one: so the boxes of
            # modules that follow each other stand in a column.
            look = {"weight": "8", "minlen": "2" if edge.target in fed else "1"}
        if "gradient" in (vertices[edge.source].kind, vertices[edge.target].kind):
            look = {"color": PINK}
            if graph.part == "both" and edge.argument == "g":  # upwards, beside the forward pass
                source, target, look["dir"] = target, source, "back"
        if edge.argument == "saved":
            look = {"style": "dotted", "constraint": "false", "arrowhead": "open"}
        if edge.source == "hidden":
            look = {"style": "dashed"}
        if edge.again:
            look = {"style": "dashed", "constraint": "false", "penwidth": "1"}
        picture.edge(source, target, **look | _changed(edge.change))


def _changed(change: str) -> dict[str, str]:
    return {} if not change else {"color": CHANGES[change]["color"], "penwidth": "2.5"} | (
        {"style": "dashed"} if change == "removed" else {}
    )
