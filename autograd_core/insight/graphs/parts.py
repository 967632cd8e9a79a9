"""The backward pass of a graph as a graph: a vertex for each rule, arrows the way that gradients take."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.insight.graphs.graph import Edge, Graph, Part, Vertex
from autograd_core.insight.rules.rule_text import rule_texts

PARTS = ("forward", "backward", "both")


def part_of(graph: Graph, part: Part) -> Graph:
    """Return the forward pass, the backward pass, or both in one graph.

    Of the backward pass each rule is a vertex of kind "gradient"; where several gradients of one value meet, a vertex
    adds them.  It starts with the gradient of the results and ends at the tensors whose ``.grad`` it adds to.
    Raises: ValueError for another part.
    """
    if part not in PARTS:
        raise ValueError(f"graph: argument part: got {part!r}; wanted 'forward', 'backward' or 'both'")
    if part == "forward" or graph.part != "forward":
        return graph
    backward = _Backward(graph)
    if part == "backward":
        return backward.graph
    saved = [Edge(made, key, "saved", False) for key, made in backward.users.items()]
    vertices = {key: replace(vertex) for key, vertex in graph.vertices.items()} | backward.graph.vertices
    return replace(backward.graph, vertices=vertices, edges=[*graph.edges, *backward.graph.edges, *saved], part="both")


class _Backward:
    """The backward pass in the making, from the results on."""

    def __init__(self, graph: Graph) -> None:
        """Make it."""
        self.forward = graph
        self.graph = replace(graph, vertices={}, edges=[], notes=list(graph.notes), part="backward")
        self.users: dict[str, str] = {}  # key of a rule -> the operation of which it uses something saved
        self._arriving: dict[str, list[str]] = {key: [] for key in graph.vertices}  # which vertices give its gradient
        inputs: dict[str, list[Edge]] = {key: [] for key in graph.vertices}
        for edge in graph.edges:
            if edge.gradient and not edge.again:
                inputs[edge.target].append(edge)
        for vertex in reversed(graph.vertices.values()):
            if vertex.output and (inputs[vertex.key] or vertex.kind in ("parameter", "input")):
                seed = self._add(vertex, f"{vertex.key}:start", "1", "the gradient that it starts with")
                self._arriving[vertex.key].append(seed.key)
            if self._arriving[vertex.key]:
                self._visit(vertex, inputs[vertex.key])

    def _add(self, at: Vertex, key: str, operation: str, note: str = "") -> Vertex:
        """Add a vertex that gives a gradient of the value of ``at``."""
        made = replace(at, key=key, kind="gradient", operation=operation, name="", note=note)
        made.value, made.output, made.forward_seconds, made.backward_seconds = None, False, None, None
        made.saved_bytes, made.size, made.kept, made.count = None, 0, (), at.count
        self.graph.vertices[key] = made
        return made

    def _visit(self, vertex: Vertex, inputs: list[Edge]) -> None:
        """Add what the backward pass does with the gradient of ``vertex``."""
        given = self._arriving[vertex.key]
        if len(given) > 1:
            note = f"{len(given)} gradients of {vertex.title} come together"
            adding = self._add(vertex, f"{vertex.key}:sum", "add", note)
            self._connect(given, adding.key)
            given = [adding.key]
        if not inputs:
            self._end(vertex, given)
        for i, edge in enumerate(inputs):
            key = self._rule(vertex, edge, i, alone=len(inputs) == 1)
            self._connect(given, key)
            self._arriving[edge.source].append(key)

    def _rule(self, vertex: Vertex, edge: Edge, number: int, alone: bool) -> str:
        title = (vertex.name if vertex.kind == "module" else "") or vertex.operation
        source = self.forward.vertices[edge.source]
        argument = edge.argument or f"input{number or ''}"
        formula = _formula(vertex.operation, edge.argument)
        made = self._add(source, f"{vertex.key}:{number}", f"{title} ∂{argument}", formula)
        made.line = vertex.line
        if vertex.saved_bytes and _takes_saved(vertex.operation, edge.argument):
            self.users[made.key] = vertex.key
        made.modules, made.saved_bytes, made.freed = vertex.modules, vertex.saved_bytes if alone else None, vertex.freed
        made.repeat, made.backward_seconds = vertex.repeat, vertex.backward_seconds if alone else None
        return made.key

    def _end(self, vertex: Vertex, given: list[str]) -> None:
        """Let a gradient arrive at the ``.grad`` of a tensor."""
        end = replace(vertex, key=f"{vertex.key}:grad", name=f"{vertex.title}.grad", output=True)
        end.value, end.saved_bytes, end.forward_seconds = None, None, None
        self.graph.vertices[end.key] = end
        self._connect(given, end.key)

    def _connect(self, sources: list[str], target: str) -> None:
        self.graph.edges += [Edge(source, target, "g") for source in sources]


@cache
def _formula(operation: str, argument: str) -> str:
    """Return the rule of a primitive for an argument: ``g * b``."""
    found = rule_texts(PRIMITIVES[operation]) if operation in PRIMITIVES else {}
    return found.get(argument.split("[")[0], "")


@cache
def _takes_saved(operation: str, argument: str) -> bool:
    """Whether the rule of a primitive for an argument takes arrays that were kept; a user's own may."""
    if operation not in PRIMITIVES:
        return True
    prim = PRIMITIVES[operation]
    rule = prim.joint or prim.rules.get(argument.split("[")[0])
    return rule is None or not {"y", *prim.args, *prim.outputs, *prim.residuals}.isdisjoint(prim.needs[rule])
