"""A program's listing as a graph: a vertex for each line and each tensor, an edge for each variable that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd_core.insight.graphs.graph import Edge, Graph, Kind, Vertex

if TYPE_CHECKING:
    from autograd_core.programs.ir import Application, Listing, Variable


KINDS: dict[str, Kind] = {"input": "input", "parameter": "parameter", "buffer": "buffer"}


def program_graph(listing: Listing, name: str = "") -> Graph:
    """Return a program as a graph; what a program updates is its output, too."""
    graph = Graph({}, [], name or listing.name)
    places: dict[str, Vertex] = {}
    read = {v.name for line in listing.lines for v in line.inputs} | {v.name for v in listing.kept()}
    bound = [(b.variable, b.kind) for b in listing.bound]
    for v, kind in [*((v, "input") for v in listing.inputs), *bound]:
        if v.name in read:
            places[v.name] = _add(graph, KINDS.get(kind, "constant"), v.name, (v,))
    reached = {v.name for v in listing.inputs if v.dtype.is_floating_point}  # what has a gradient
    reached |= {b.variable.name for b in listing.bound if b.kind == "parameter"}
    for line in listing.lines:
        vertex = _add_line(graph, line, places, reached)
        places |= {v.name: vertex for v in line.outputs}
    for v in listing.kept():
        places[v.name].output = True
    for update in listing.updates:
        vertex = _add(graph, "buffer", f"{update.target.name} updated", (update.target,))
        graph.edges.append(Edge(places[update.value.name].key, vertex.key, "", False))
    return graph


def _add(graph: Graph, kind: Kind, name: str, outputs: tuple[Variable, ...]) -> Vertex:
    key = f"n{len(graph.vertices)}"
    shapes, dtypes = tuple(v.shape for v in outputs), tuple(v.dtype.name for v in outputs)
    vertex = graph.vertices[key] = Vertex(key, kind, "", name, shapes, dtypes)
    return vertex


def _add_line(graph: Graph, line: Application, places: dict[str, Vertex], reached: set[str]) -> Vertex:
    from autograd_core.programs.ir import variables
    from autograd_core.programs.writing import line_text  # programs draw themselves by way of this room

    vertex = _add(graph, "operation", ", ".join(v.name for v in line.outputs), line.outputs)
    vertex.operation, vertex.line = line.primitive, line_text(line)
    for argument, given in zip(line.entry.args, line.args, strict=True):
        several = given if isinstance(given, tuple) else (given,)
        differentiable = argument in line.entry.rules or line.entry.joint is not None
        for i, v in enumerate(several):
            if getattr(v, "name", None) in places:  # not a number
                label = f"{argument}[{i}]" if isinstance(given, tuple) else argument
                flows = differentiable and v.name in reached
                graph.edges.append(Edge(places[v.name].key, vertex.key, label, flows))
                if flows:
                    reached.update(out.name for out in line.outputs if out.dtype.is_floating_point)
    in_options = list(variables(line.meta))
    graph.edges += [Edge(places[v.name].key, vertex.key, "key", False) for v in in_options]
    return vertex
