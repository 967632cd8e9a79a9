"""What to call the nodes of a graph: the user's own names first, v1, v2, ... in the order of the forward pass else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import CO_OPTIMIZED
from sys import getrefcount
from types import FrameType
from typing import Any

from autograd_core.engine.blame import INTERNAL
from autograd_core.engine.node import Leaf, Node, behind
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError

ONLY_THE_FRAME = 3  # references to a frame's copy of its variables: the frame's, the name here, and the count's own
Pairs = Iterable[tuple[str, Any]]


class Names:
    """The names of the nodes behind some roots, each of which has one of its own."""

    def __init__(self, roots: Iterable[Node], given: Any = None, variables: Pairs = ()) -> None:
        """Name the graph behind ``roots``.

        ``given``: names for tensors: a dict, pairs such as ``model.named_parameters()``, or a model.  They come before
        the names in the modules that ran, and these before ``variables``: the names in the program.

        Raises: DTypeError for a name's value that is no tensor.
        """
        nodes = behind(roots)
        self._known: dict[int, str] = {}  # stamp -> name
        self._taken: set[str] = set()
        here = {node.order for node in nodes}
        for pairs in (_pairs(given), _of_modules(nodes)):
            self._enter(pairs, here)
        self.given = frozenset(self._known)  # stamps of the nodes named by these, not by a variable
        self._enter(variables, here)
        self.own = frozenset(self._known)  # stamps of the nodes that have a name of the user's
        self._number(nodes)

    def of(self, node: Node) -> str:
        """Return the name of a node; of an output of an operation with several, ``v3.values``."""
        if node.prim is OUTPUT and node.order not in self._known:
            (main,), index = node.parents, node.edges[0][2][0]
            outputs = getattr(main.prim, "outputs", ())
            return f"{self.of(main)}.{outputs[index] if index < len(outputs) else index}"
        return self._known.get(node.order, node.name)

    def _enter(self, pairs: Pairs, here: set[int]) -> None:
        for name, tensor in pairs:
            node = tensor._node
            if node is None or node.order not in here or node.order in self._known or name in self._taken:
                continue
            self._known[node.order] = name
            self._taken.add(name)

    def _number(self, nodes: list[Node]) -> None:
        counts = {"v": 0, "leaf": 0}
        for node in nodes:
            if node.order in self._known or node.prim is OUTPUT:
                continue
            stem = "leaf" if type(node) is Leaf else "v"
            counts[stem] += 1
            while f"{stem}{counts[stem]}" in self._taken:
                counts[stem] += 1
            self._known[node.order] = f"{stem}{counts[stem]}"


def _pairs(given: Any) -> Pairs:
    if given is None:
        return ()
    if hasattr(given, "named_parameters"):
        return list(given.named_parameters())
    pairs = list(given.items() if isinstance(given, Mapping) else given)
    for name, tensor in pairs:
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"names: {name!r} is {type(tensor).__name__}; wanted a Tensor")
    return pairs


def _of_modules(nodes: Iterable[Node]) -> Iterator[tuple[str, Any]]:
    """Yield the named parameters of the outermost modules that the graph ran through."""
    seen: set[int] = set()
    for node in nodes:
        scope = node.scope
        while scope is not None and scope.outer is not None:
            scope = scope.outer
        module = scope.module_ref() if scope is not None else None
        if module is not None and id(module) not in seen:
            seen.add(id(module))
            yield from module.named_parameters()


def variables_of(frame: FrameType | None) -> list[tuple[str, Any]]:
    """Return the tensors that the user's program has names for, those nearest to ``frame`` first."""
    found: list[tuple[str, Any]] = []
    top = {} if frame is None else frame.f_globals
    while frame is not None:
        if frame.f_code.co_filename not in INTERNAL:
            space = frame.f_locals
            found.extend(_tensors_of(space))
            # Before Python 3.13 this is a copy that the frame keeps, and would keep a graph alive with it.
            copied = type(space) is dict and frame.f_code.co_flags & CO_OPTIMIZED
            if copied and getrefcount(space) <= ONLY_THE_FRAME:  # else a debugger looks at it
                space.clear()
        frame = frame.f_back
    return found + _tensors_of(top)


def _tensors_of(space: Mapping[str, Any]) -> list[tuple[str, Any]]:
    named = list(space.items())  # a thread may write to it meanwhile
    return [(name, value) for name, value in named if isinstance(value, Tensor) and not name.startswith("_")]
