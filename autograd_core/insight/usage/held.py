"""What holds memory: parameters, gradients, optimiser state, saved arrays and other tensors, found through ``gc``.

Nothing registers a tensor or a node when it is made.  Both are objects that Python's garbage collector tracks, and it
can list what it tracks.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd_core.backend.device import XP
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import OUTPUT, main_of
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.insight.labels import shape_text
from autograd_core.insight.places import Places

__all__ = ["OUTSIDE", "Claim", "claims", "graphs_among", "live"]

OUTSIDE = "made outside a graph"


class Claim(NamedTuple):
    """An array, by whom it is held, and in what words."""

    array: Any
    kind: str
    name: str
    module: str
    line: str
    node: Node | None = None  # that saved it


def _array_of(tensor: Tensor) -> Any:
    """Return a tensor's array; None of one that is made right now, or of a lazy layer's parameter without shape."""
    try:
        return tensor._array
    except (AttributeError, ValueError):
        return None


def live() -> tuple[list[Tensor], list[Node]]:
    """Return every tensor that stands for an array, and every node, in any thread."""
    tensors: list[Tensor] = []
    nodes: list[Node] = []
    for thing in gc.get_objects():
        kind = type(thing)
        if issubclass(kind, Tensor):
            if type(_array_of(thing)) in XP:  # a transform's tensor stands for others
                tensors.append(thing)
        elif issubclass(kind, Node) and hasattr(thing, "scope"):  # one that is made right now lacks parts
            nodes.append(thing)
    nodes.sort(key=lambda node: -node.order)  # the oldest first, as stamps fall
    return tensors, nodes


def claims(tensors: list[Tensor], nodes: list[Node], models: list[Any], optimizers: list[Any]) -> Iterator[Claim]:
    """Yield what is held, those first that are to be counted for memory that several hold."""
    named = {id(p): (kind, name, module) for kind, name, module, p in _members(models)}
    for kind in ("parameter", "buffer"):
        yield from (Claim(t._array, *named[id(t)], "") for t in tensors if named.get(id(t), ("",))[0] == kind)
    for t in tensors:
        if t._node is not None and type(t._node) is Leaf and id(t) not in named:
            kind = "parameter" if isinstance(t, Parameter) else "leaf"
            named[id(t)] = kind, _words(t._array), ""
            yield Claim(t._array, *named[id(t)], OUTSIDE)
    for t in tensors:
        if t._grad is not None and type(t._grad._array) in XP:
            _, name, module = named.get(id(t), ("", _words(t._array), ""))
            yield Claim(t._grad._array, "gradient", name, module, "")
    for optimizer in optimizers:
        yield from _state(optimizer, named)
    yield from (Claim(t._array, "tensor", _words(t._array), "", OUTSIDE) for t in tensors if t._node is None)
    places = Places()
    yield from _saved(nodes, places)
    for t in tensors:
        node = t._node
        if node is not None and type(node) is not Leaf:
            yield Claim(t._array, "tensor", main_of(node).name, *places.of(node))


def _members(models: list[Any]) -> Iterator[tuple[str, str, str, Tensor]]:
    for model in models:
        root = type(model).__name__
        for kind, members in (("parameter", model.named_parameters()), ("buffer", model.named_buffers())):
            for name, value in members:
                path = name.rpartition(".")[0]
                yield kind, name, f"{root}.{path}" if path else root, value


def _state(optimizer: Any, named: dict[int, tuple[str, str, str]]) -> Iterator[Claim]:
    for parameter, state in optimizer.state.items():
        _, name, module = named.get(id(parameter), ("", "", ""))
        owner = name or (_words(parameter._array) if isinstance(parameter, Tensor) else str(parameter))
        for key, value in state.items() if isinstance(state, dict) else ():
            for t in _tensors(value):
                yield Claim(t._array, "optimizer state", f"{key} of {owner}", module, type(optimizer).__name__)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor) and type(value._array) in XP:
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _saved(nodes: list[Node], places: Places) -> Iterator[Claim]:
    for node in nodes:
        for _, rule, args in node.edges:
            names = node.prim.needs.get(rule, ())
            for i, value in enumerate(args):
                for array in value if type(value) in (list, tuple) else (value,):
                    if type(array) in XP:
                        what = f"{node.name} keeps {names[i]}" if i < len(names) else node.name
                        yield Claim(array, "saved", what, *places.of(node), node)


def _words(array: Any) -> str:
    return f"{shape_text(array.shape)} {array.dtype}"


# ---- graphs ----


class LiveGraph(NamedTuple):
    """Operations that hang together."""

    root: Node  # the newest that no other leads on from
    operations: int
    tensors: int  # on its nodes: they keep it alive


def graphs_among(tensors: list[Tensor], nodes: list[Node]) -> tuple[list[LiveGraph], dict[Node, int]]:
    """Return the graphs that the nodes make up, and to which of them each belongs; leaves join none together."""
    of = _components([node for node in nodes if type(node) is not Leaf])
    members: dict[Node, list[Node]] = {}
    for node, representative in of.items():
        members.setdefault(representative, []).append(node)
    holding: dict[Node, int] = {}
    for t in tensors:
        if t._node is not None and t._node in of:
            holding[of[t._node]] = holding.get(of[t._node], 0) + 1
    graphs = [
        LiveGraph(main_of(min(own, key=lambda n: n.order)), sum(n.prim is not OUTPUT for n in own), holding.get(r, 0))
        for r, own in members.items()
    ]
    numbers = {representative: i for i, representative in enumerate(members)}
    return graphs, {node: numbers[representative] for node, representative in of.items()}


def _components(nodes: list[Node]) -> dict[Node, Node]:
    """Return for each node one of those that it hangs together with, the same for all of these."""
    of = {node: node for node in nodes}

    def find(node: Node) -> Node:
        while of[node] is not node:
            of[node] = of[of[node]]  # halves the way for the next time
            node = of[node]
        return node

    for node in nodes:
        for parent in node.parents:
            if parent in of:
                of[find(parent)] = find(node)
    return {node: find(node) for node in nodes}
