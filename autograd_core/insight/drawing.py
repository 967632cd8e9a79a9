"""``draw``: the backprop graph as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.errors import DTypeError, GraphError
from autograd_core.insight import modules
from autograd_core.insight.labels import bytes_text, counted, shape_text, text, tooltip
from autograd_core.insight.render import LAYOUT_FONT, Drawing
from autograd_core.insight.walk import Graph, reach

INK, LINE = "#0F172A", "#64748B"
PAGE = {
    "labelloc": "t", "labeljust": "l", "pad": "0.3", "nodesep": "0.3", "ranksep": "0.35", "bgcolor": "white",
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
NOTE = {"fillcolor": "#FFFFFF", "color": "#94A3B8", "style": "dashed", "shape": "note"}
SHADES = ("#F8FAFC", "#EEF2F7", "#E2E8F0")  # fill of the modules' boxes, by depth
MAX_NODES = 400


def draw(
    output: Tensor | Iterable[Tensor],
    params: Any = None,
    *,
    name: str = "backprop graph",
    direction: str = "TB",
    max_nodes: int | None = MAX_NODES,
) -> Drawing:
    """Return the backprop graph of ``output`` as a ``graphviz.Digraph``: in a notebook it shows itself.

    Arrows follow the values of the forward pass; gradients take the same way back.  Operations stand in
    boxes, one for each call of a module; tensors that gather a gradient have square corners.  Hover over an
    operation for the bytes it keeps for backward and the line that ran it.

    Args:
        output: A tensor, or several, with a graph.  Draw before ``backward``, or keep the graph.
        params: Names for tensors: a dict of them, ``model.named_parameters()``, or the model.  None takes the
            names from the modules that the graph ran through.
        name: The title.
        direction: ``"TB"`` from top to bottom, ``"LR"`` from left to right, as on a slide.
        max_nodes: Draw at most this many operations, those nearest the output; None draws all.

    Raises: GraphError where there is no graph, or a backward pass has freed it; DTypeError for a name's value
    that is no tensor; ValueError for another direction or a cap below 1.
    """
    if direction not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"draw: argument direction: got {direction!r}; wanted 'TB', 'LR', 'BT' or 'RL'")
    if max_nodes is not None and max_nodes < 1:
        raise ValueError(f"draw: argument max_nodes: got {max_nodes}; wanted at least 1, or None for all")
    roots = _roots(output)
    return _Picture(reach(roots, max_nodes), roots, params).build(name, direction)


def _roots(output: Any) -> list[Node]:
    """Return the nodes of the outputs, refusing what has no graph."""
    roots: list[Node] = []
    for tensor in [output] if isinstance(output, Tensor) else list(output):
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"draw: argument output: got {type(tensor).__name__}; wanted a Tensor")
        if tensor._node is None:
            raise GraphError(
                f"draw: argument output: got a tensor of shape {tuple(tensor.shape)} that requires no grad, "
                "so it has no graph; wanted a result computed outside no_grad from a tensor that does"
            )
        roots.append(tensor._node)
    return roots


class _Picture:
    """One drawing in the making: names for the nodes, boxes for the modules, then the DOT text."""

    def __init__(self, graph: Graph, roots: list[Node], params: Any) -> None:
        self.graph = graph
        self.roots = {id(root) for root in roots}
        self.chains = {id(node): modules.chain_of(node.scope) for node in graph.operations}
        self.names = _names(params, self.chains.values())
        self.keys = {id(node): f"n{i}" for i, node in enumerate((*graph.operations, *graph.leaves))}

    def build(self, name: str, direction: str) -> Drawing:
        """Return the finished drawing."""
        look = {"rankdir": direction, "label": self._title(name), "tooltip": text(name)}
        picture = Drawing(name, format="svg", graph_attr=PAGE | look, node_attr=NODE, edge_attr=EDGE)
        self._add_box(picture, self._boxes(), "cluster")
        self._add_edges(picture)
        return picture

    def _title(self, name: str) -> str:
        operations = len(self.graph.operations) + self.graph.hidden
        kept = {id(array): int(array.nbytes) for node in self.graph.operations for array in node.saved}
        counts = f"{counted(operations, 'operation')} · {counted(len(self.graph.leaves), 'leaf tensor')}"
        lines = [f"{counts} · {bytes_text(sum(kept.values()))} kept for backward"]
        if any(node.freed for node in self.graph.operations):
            lines.append("dashed: what it kept was let go of by a backward pass")
        return text(name, *lines, "", end="\\l")

    def _boxes(self) -> modules.Box:
        """Sort the nodes into boxes; a leaf stands in the innermost box around all its uses."""
        outside, titles = modules.Box(), modules.Titles()
        uses: dict[int, list[modules.Chain]] = {id(leaf): [] for leaf in self.graph.leaves}
        for node in reversed(self.graph.operations):  # oldest first: calls are counted as they ran
            outside.at(self.chains[id(node)], titles).nodes.append(node)
        for parent, node in self.graph.edges():
            if id(parent) in uses:
                uses[id(parent)].append(self.chains[id(node)])
        for leaf in self.graph.leaves:
            outside.at(modules.common(uses[id(leaf)]), titles).nodes.append(leaf)
        return outside

    def _add_box(self, picture: Any, box: modules.Box, path: str) -> None:
        for node in box.nodes:
            self._add_node(picture, node)
        for i, inner in enumerate(box.inner.values()):
            with picture.subgraph(name=f"{path}_{i}") as cluster:
                fill, title = SHADES[path.count("_") % len(SHADES)], f"{inner.title}  {inner.kind}".strip()
                cluster.attr(label=text(title, "", end="\\l"), fillcolor=fill, tooltip=text(title), **BOX)
                self._add_box(cluster, inner, f"{path}_{i}")

    def _add_node(self, picture: Any, node: Node) -> None:
        what = f"{shape_text(node)} · {node.dtype}"
        given = self.names.get(id(node))
        if isinstance(node, Leaf):
            trained = isinstance(node.tensor_ref(), Parameter)
            title = given or ("parameter" if trained else "tensor")
            style = PARAMETER if trained or given else TENSOR
            tip = text(f"{title}: {what}, a leaf")
            picture.node(self.keys[id(node)], text(title, what), tooltip=tip, **style)
            return
        style = FREED if node.freed else OUTPUT if id(node) in self.roots else OPERATION
        title = f"{given} = {node.name}" if given else node.name
        picture.node(self.keys[id(node)], text(title, what), tooltip=tooltip(node), **style)

    def _add_edges(self, picture: Any) -> None:
        cut: set[int] = set()
        trained = {id(node) for parent, node in self.graph.edges() if isinstance(parent, Leaf)}
        for parent, node in self.graph.edges():
            if parent is not None:
                # The operations form a straight trunk, with room beside it for the leaves of the next one: so the
                # boxes of modules that follow each other stand in a column.
                length = "2" if id(node) in trained else "1"
                trunk = {} if isinstance(parent, Leaf) else {"weight": "8", "minlen": length}
                picture.edge(self.keys[id(parent)], self.keys[id(node)], **trunk)
            elif id(node) not in cut:
                cut.add(id(node))
                picture.edge("hidden", self.keys[id(node)], style="dashed")
        if self.graph.hidden:
            left_out = counted(self.graph.hidden, "earlier operation")
            picture.node("hidden", text(left_out, "not drawn (max_nodes)"), **NOTE)


def _names(params: Any, chains: Iterable[modules.Chain]) -> dict[int, str]:
    """Return the name of each named tensor's node."""
    if params is None:
        pairs = [pair for module in modules.roots(chains) for pair in module.named_parameters()]
    elif hasattr(params, "named_parameters"):
        pairs = list(params.named_parameters())
    else:
        pairs = list(params.items() if isinstance(params, Mapping) else params)
    names: dict[int, str] = {}
    for name, tensor in pairs:
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"draw: argument params: {name!r} is {type(tensor).__name__}; wanted a Tensor")
        names.setdefault(id(tensor._node), str(name))
    return names
