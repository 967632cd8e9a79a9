"""A program as a picture: a box for each line, an arrow for each variable that another line reads."""

from __future__ import annotations

from autograd_core.insight.graphs.dot_view import EDGE, NODE, NOTE, OPERATION, OUTPUT, PAGE, PARAMETER, TENSOR
from autograd_core.insight.graphs.graph import MAX_NODES
from autograd_core.insight.labels import counted, text
from autograd_core.insight.render import Drawing
from autograd_core.programs.ir import Application, Listing, Variable
from autograd_core.programs.writing import line_text, type_text, value_text

__all__ = ["drawn"]


def drawn(listing: Listing, direction: str = "TB", max_nodes: int | None = MAX_NODES) -> Drawing:
    """Return a program as a ``graphviz.Digraph``, of which a notebook shows the picture.

    Inputs are green, bound values blue, lines with a result yellow.  Of a long program the first lines are drawn.
    """
    lines = listing.lines[:max_nodes]
    heads = (counted(len(listing.lines), "line"), counted(len(listing.updates), "update"))
    look = {"rankdir": direction, "label": text(listing.name, " · ".join(heads), "", end="\\l")}
    picture = Drawing(listing.name, format="svg", graph_attr=PAGE | look, node_attr=NODE, edge_attr=EDGE)
    places = _add_tensors(picture, listing)
    results = {v.name for v in listing.kept()}
    for i, line in enumerate(lines):
        _add_line(picture, f"line{i}", line, places, results)
        places |= {v.name: f"line{i}" for v in line.outputs}
    if len(lines) < len(listing.lines):
        picture.node("more", text(counted(len(listing.lines) - len(lines), "more line"), "not drawn"), **NOTE)
    for i, update in enumerate(listing.updates):
        picture.node(f"update{i}", text(update.target.name, "updated"), **PARAMETER)
        picture.edge(places.get(update.value.name, "more"), f"update{i}")
    return picture


def _add_tensors(picture: Drawing, listing: Listing) -> dict[str, str]:
    """Draw the inputs and the bound values that are read; return their nodes by name."""
    read = {v.name for line in listing.lines for v in line.inputs} | {v.name for v in listing.kept()}
    bound = [(b.variable, PARAMETER, b.kind) for b in listing.bound if b.variable.name in read]
    places: dict[str, str] = {}
    for i, (v, style, kind) in enumerate([*((v, TENSOR, "input") for v in listing.inputs), *bound]):
        places[v.name] = f"tensor{i}"
        picture.node(f"tensor{i}", text(v.name, _type(v)), tooltip=text(f"{kind} {v.name}"), **style)
    return places


def _add_line(picture: Drawing, key: str, line: Application, places: dict[str, str], results: set[str]) -> None:
    style = OPERATION if results.isdisjoint(v.name for v in line.outputs) else OUTPUT
    numbers = [value_text(a) for a in line.args if isinstance(a, int | float | complex)]
    title = f"{', '.join(v.name for v in line.outputs)} = {line.primitive}{f' ({numbers[0]})' if numbers else ''}"
    picture.node(key, text(title, *map(_type, line.outputs)), tooltip=text(line_text(line)), **style)
    for v in dict.fromkeys(line.inputs):
        picture.edge(places[v.name], key)


def _type(v: Variable) -> str:
    return type_text(v.shape, v.dtype)
