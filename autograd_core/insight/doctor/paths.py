"""Ways through the graph of a loss: what an operation took, who took what it gave, and in which modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from autograd_core.backend.device import XP
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import main_of

# what hands elements on without computing with them
CARRIERS = frozenset({"broadcast_to", "cast", "clone", "getitem", "permute", "reshape", "strided", "transfer"})
# what multiplies data with weights: the argument for the data
LAYERS = {"conv": "x", "gru": "x", "linear": "x", "lstm": "x", "matmul": "a", "rnn": "x"}


def inputs_of(node: Node) -> list[Node]:
    """Return the nodes whose outputs this operation took, once for each use."""
    return [main_of(parent) for parent in node.parents]


def source(node: Node) -> Node:
    """Return the operation or leaf that computed the elements of ``node``, past those that only move them."""
    node = main_of(node)
    while node.name in CARRIERS and (parents := inputs_of(node)):
        node = parents[0]
    return node


def argument(node: Node) -> Node:
    """Return the operation or leaf that computed the (first) argument of ``node``."""
    return source(inputs_of(node)[0])


def kept(node: Node, name: str) -> Any:
    """Return the array that the operation saved under ``name``, an argument's or "y"; None where it saved none."""
    for _, rule, saved in node.edges:
        for given, value in zip(node.prim.needs.get(rule, ()), saved, strict=False):
            if given == name and type(value) in XP:
                return value
    return None


def arguments(node: Node, recorded: bool) -> dict[str, Any]:
    """Return the arguments whose arrays the operation saved, by name: those that were computed in the graph or not."""
    prim, found = node.prim, {}
    for parents, rule, saved in node.edges:
        for name, value in zip(prim.needs.get(rule, ()), saved, strict=False):
            if name in prim.args and type(value) in XP and _in_graph(node, name, parents) == recorded:
                found[name] = value
    return found


def _in_graph(node: Node, name: str, parents: Any) -> bool:
    """Whether argument ``name`` came from a node: by its place among a joint rule's parents, or by its own rule."""
    prim = node.prim
    if type(parents) is tuple and prim.joint is not None:
        return parents[prim.args.index(name)] is not None
    rules = (prim.rules.get(name), prim.large_rules.get(name))
    return any(rule in rules for _, rule, _ in node.edges)


def modules_around(node: Node) -> list[Any]:
    """Return the modules that were running, innermost first."""
    found, scope = [], node.scope
    while scope is not None:
        if (module := scope.module_ref()) is not None:
            found.append(module)
        scope = scope.outer
    return found


class Paths:
    """The graph behind a loss: its operations, oldest first, the leaves it reaches, and who takes whose output."""

    def __init__(self, root: Node | None) -> None:
        """Walk everything behind ``root``; None has no graph."""
        self.operations: list[Node] = []
        self.leaves: list[Leaf] = []
        self.users: dict[int, list[Node]] = {}
        ahead, seen = [main_of(root)] if root is not None else [], set[int]()
        while ahead:
            node = ahead.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Leaf):
                self.leaves.append(node)
                continue
            self.operations.append(node)
            for parent in inputs_of(node):
                self.users.setdefault(id(parent), []).append(node)
                ahead.append(parent)
        for nodes in (self.operations, self.leaves):
            nodes.sort(key=lambda node: -node.order)  # stamps fall: the oldest has the largest

    @property
    def freed(self) -> bool:
        """Whether a backward pass has let go of what the rules saved."""
        return any(node.freed for node in self.operations)

    def named(self, *names: str) -> Iterator[Node]:
        """Yield the operations of these names, oldest first."""
        return (node for node in self.operations if node.name in names)

    @cached_property
    def inputs(self) -> dict[int, list[tuple[Node, Any]]]:
        """The operations of the first layers with the data they multiply with a weight, by the id of its leaf.

        The data are arrays from outside the graph; what is done to them before is part of them.
        """
        found: dict[int, list[tuple[Node, Any]]] = {}
        for node in self.named(*LAYERS):
            data = arguments(node, recorded=False).get(LAYERS[node.name])
            weights = [parent for parent in node.parents if is_weight(parent)]
            if data is not None and weights and data.dtype.kind == "f" and data.ndim > 1 and data.size:
                found.setdefault(id(weights[0]), []).append((node, data))
        return found

    def users_of(self, node: Node) -> list[Node]:
        """Return the operations that took what ``node`` gave, past those that only move elements."""
        found, ahead = [], list(self.users.get(id(node), ()))
        while ahead:
            user = ahead.pop()
            if user.name in CARRIERS:
                ahead += self.users.get(id(user), ())
            else:
                found.append(user)
        return found

    def every_way_ends(self, node: Node, passes: Callable[[Node], bool], ends: Callable[[Node], bool]) -> bool:
        """Whether each way from ``node`` towards the loss comes, through what ``passes``, to what ``ends`` it."""
        ahead, seen = list(self.users.get(id(node), ())), set[int]()
        if not ahead:
            return False
        while ahead:
            user = ahead.pop()
            if id(user) in seen or ends(user):
                continue
            if not passes(user) or id(user) not in self.users:
                return False
            seen.add(id(user))
            ahead += self.users[id(user)]
        return True

    def is_hidden(self, node: Node) -> bool:
        """Whether a weight of the same outermost module still comes after ``node``: it is no output of the model."""
        return outermost(node) in self._weighted[id(node)]

    @cached_property
    def _weighted(self) -> dict[int, frozenset[int]]:
        """For each operation the outermost modules that have weights between it and the loss."""
        after: dict[int, frozenset[int]] = {}
        for node in reversed(self.operations):
            found: frozenset[int] = frozenset()
            for user in self.users.get(id(node), ()):
                found |= after[id(user)]
                if takes_weight(user):
                    found |= {outermost(user)}
            after[id(node)] = found
        return after


def outermost(node: Node) -> int:
    """Return which outermost module the operation ran in; 0 outside of all."""
    around = modules_around(node)
    return id(around[-1]) if around else 0


def takes_weight(node: Node) -> bool:
    """Whether a weight is an argument."""
    return any(map(is_weight, node.parents))


def is_weight(node: Node) -> bool:
    """Whether a node stands for a tensor of at least two dimensions that gathers a gradient."""
    return isinstance(node, Leaf) and len(node.shape) > 1
