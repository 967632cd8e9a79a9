"""What was computed on the way to some tensors, as vertices and edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from types import CodeType
from typing import Any

from autograd_core.backend.device import device_of
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine.blame import describe
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import main_of
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.engine.versions import owner_of
from autograd_core.insight.graphs.graph import Edge, Graph, Kind, Vertex
from autograd_core.insight.graphs.modules import Calls, common
from autograd_core.insight.graphs.overhearing import Overheard, Taken
from autograd_core.insight.labels import shape_text
from autograd_core.insight.naming import Names
from autograd_core.insight.rules.rule_text import argument_labels

Known = Mapping[str, tuple[Kind, Tensor]]  # name -> kind and tensor, of those that may be outside the recorded graph


class Recorded:
    """The graph on the way to some outputs, and which vertex stands for which node."""

    def __init__(
        self, outputs: Sequence[Tensor], names: Names, known: Known, run: Overheard | None = None
    ) -> None:
        """Gather; ``run``: what was overheard of the run, with which operations that are not recorded show, too."""
        self.names, self.run = names, run
        self.calls = Calls()
        self.keys: dict[int, str] = {}  # stamp of an operation or a leaf -> key of its vertex
        self.nodes: dict[str, Any] = {}
        self.tensors: dict[str, Tensor] = {}  # of the vertices whose tensors are at hand
        self.graph = Graph({}, [])
        self._lines: dict[tuple[CodeType, int], str] = {}
        self._outside = {id(owner_of(t._array)): (name, kind, t) for name, (kind, t) in known.items()}
        self._asked = {t._node.order for kind, t in known.values() if kind == "input" and t._node is not None}
        self._data: dict[int, str] = {}  # id of memory -> key
        self._taken: dict[int, list[tuple[Any, str, bool]]] = {}  # stamp of an operation -> its ``_sources``
        roots = [self._origin(tensor) for tensor in outputs]
        for thing in self._reach([root for root in roots if not isinstance(root, Tensor)]):
            self._vertex_of(thing)
        for tensor, root in zip(outputs, roots, strict=True):
            key = self._vertex_of(root)
            self.graph.vertices[key].output, self.tensors[key] = True, tensor
        self._place_tensors()
        kept = {id(array): int(array.nbytes) for node in self.nodes.values() for array in node.saved}
        self.graph.saved_bytes = sum(kept.values())

    # ---- what an operation took ----

    def _origin(self, tensor: Tensor) -> Any:
        """Return the operation or leaf that a tensor is the result of; the tensor itself where there is none."""
        if tensor._node is not None:
            return main_of(tensor._node)
        return (self.run and self.run.maker(tensor)) or tensor

    def _sources(self, thing: Any) -> list[tuple[Any, str, bool]]:
        """Return what an operation took: an operation, a leaf or a tensor; as which argument; if gradients flow."""
        found = [(main_of(parent), argument, True) for parent, argument in inputs_of(thing)]
        taken = self._kept(thing) if self.run is None else self.run.taken(thing)
        found += [(self._origin(tensor), argument, False) for tensor, argument in taken]
        places = {argument: i for i, argument in enumerate(getattr(thing.prim, "args", ()))}
        return sorted(found, key=lambda source: places.get(source[1].split("[")[0], 0))

    def _kept(self, node: Node) -> Taken:
        """Return the known tensors without a node that an operation has kept for its rules."""
        found: dict[str, Tensor] = {}
        for _, rule, args in node.edges if self._outside else ():
            for argument, value in zip(node.prim.needs.get(rule, ()), args, strict=False):
                known = self._outside.get(id(owner_of(value))) if hasattr(value, "strides") else None
                if known is not None and known[2]._node is None and argument in node.prim.args:
                    found[argument] = known[2]
        return [(tensor, argument) for argument, tensor in found.items()]

    def _reach(self, roots: list[Any]) -> list[Any]:
        """Return the operations and leaves behind ``roots``, in the order of the forward pass."""
        found: dict[int, Any] = {}
        ahead = list(roots)
        while ahead:
            thing = ahead.pop()
            if thing.order not in found:
                found[thing.order] = thing
                sources = self._taken[thing.order] = self._sources(thing)
                ahead.extend(source for source, _, _ in sources if not isinstance(source, Tensor))
        operations = [order for order in found if not isinstance(found[order], Leaf)]
        return [found[order] for order in sorted(operations, reverse=True)]  # stamps fall

    # ---- vertices ----

    def _vertex_of(self, thing: Any) -> str:
        """Return the key of the vertex of an operation, a leaf or a tensor, made on first use."""
        if isinstance(thing, Tensor):
            return self._datum(thing)
        if thing.order not in self.keys:
            if isinstance(thing, Leaf):
                self._add_leaf(thing)
            else:
                self._add_operation(thing)
        return self.keys[thing.order]

    def _add(self, kind: Kind, shape: Sequence[int], dtype: Any) -> Vertex:
        key = f"n{len(self.graph.vertices)}"
        vertex = self.graph.vertices[key] = Vertex(key, kind, shapes=(tuple(shape),), dtypes=(_dtype(dtype),))
        vertex.size = prod(shape) if kind == "parameter" else 0
        return vertex

    def _add_operation(self, node: Any) -> None:
        edges = [(self._vertex_of(source), argument, flows) for source, argument, flows in self._taken[node.order]]
        vertex = self._add("operation", node.shape, node.dtype)
        self.keys[node.order], self.nodes[vertex.key] = vertex.key, node
        vertex.operation, vertex.modules, vertex.line = node.name, self.calls.around(node.scope), self._line(node)
        vertex.name = self._name(node)
        blanks = [blank for blank in (node.extra and node.extra.outputs) or () if blank and blank[1] is not None]
        if blanks:
            vertex.shapes = tuple(tuple(shape) for _, shape, _ in blanks)
            vertex.dtypes = tuple(_dtype(dtype) for _, _, dtype in blanks)
        saved, vertex.freed = node.saved, node.freed
        vertex.saved_bytes = None if vertex.freed else sum(int(array.nbytes) for array in saved)
        vertex.kept = tuple(f"{shape_text(array.shape)} {array.dtype}" for array in saved)
        near = [self.graph.vertices[source].device for source, _, _ in edges]
        vertex.device = str(device_of(saved[0])) if saved else next((place for place in near if place), "")
        self.graph.edges += [Edge(source, vertex.key, argument, flows) for source, argument, flows in edges]

    def _add_leaf(self, leaf: Leaf) -> None:
        tensor = leaf.tensor_ref()
        trained = isinstance(tensor, Parameter) or leaf.order in self.names.given
        kind: Kind = "parameter" if trained and leaf.order not in self._asked else "input"
        vertex = self._add(kind, leaf.shape, leaf.dtype)
        self.keys[leaf.order], self.nodes[vertex.key] = vertex.key, leaf
        vertex.name, vertex.saved_bytes = self._name(leaf), 0
        if tensor is not None:
            vertex.name = vertex.name or self._outside.get(id(owner_of(tensor._array)), ("",))[0]
            vertex.device, self.tensors[vertex.key] = str(device_of(tensor._array)), tensor

    def _datum(self, tensor: Tensor) -> str:
        """Return the key of a tensor that no gradient reaches, from outside the graph."""
        memory = id(owner_of(tensor._array))
        if memory not in self._data:
            name, kind, given = self._outside.get(memory, ("", "constant", tensor))
            vertex = self._add(kind, given._array.shape, given._array.dtype)
            vertex.name, vertex.device, vertex.saved_bytes = name, str(device_of(given._array)), 0
            self._data[memory], self.tensors[vertex.key] = vertex.key, given
        return self._data[memory]

    def _name(self, node: Any) -> str:
        return self.names.of(node) if node.order in self.names.own else ""

    def _line(self, node: Any) -> str:
        if node.code is None:
            return ""
        place = node.code, node.lasti
        if place not in self._lines:
            self._lines[place] = describe(*place)
        return self._lines[place]

    def _place_tensors(self) -> None:
        """Put each tensor into the innermost call around all its uses, and inputs that were named outside of all."""
        vertices = self.graph.vertices
        uses: dict[str, list[Any]] = {}
        for edge in self.graph.edges:
            source = vertices[edge.source]
            if source.kind != "operation" and not (source.kind == "input" and source.name):
                uses.setdefault(edge.source, []).append(vertices[edge.target].modules)
        for key, chains in uses.items():
            vertices[key].modules = common(chains)


def inputs_of(node: Any) -> list[tuple[Node, str]]:
    """Return the nodes that an operation took, once for each use, and as which argument."""
    found: list[tuple[Node, str]] = []
    for (parents, _, _), labels in zip(node.edges, argument_labels(node) if node.edges else (), strict=True):
        several = parents if type(parents) is tuple else (parents,)
        for parent, label in zip(several, labels, strict=True):
            if parent is not None:
                found.append((parent, "" if label.startswith("input ") else label))
    return found


def _dtype(kind: Any) -> str:
    return BY_NUMPY[kind].name if kind in BY_NUMPY else str(kind)
