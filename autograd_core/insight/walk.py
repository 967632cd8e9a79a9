"""The walk from an output to everything its gradient reaches, without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import OUTPUT


@dataclass
class Graph:
    """The operations to draw (newest first), the leaves they reach, and how many operations were left out."""

    operations: list[Node]
    leaves: list[Leaf]
    hidden: int

    def edges(self) -> Iterator[tuple[Node | None, Node]]:
        """Yield (from, to) along the forward pass; None stands for the operations left out."""
        shown = {id(node) for node in (*self.operations, *self.leaves)}
        for node in self.operations:
            for parent in inputs_of(node):
                yield (parent if id(parent) in shown else None), node


def reach(roots: Iterable[Node], limit: int | None) -> Graph:
    """Return the graph behind ``roots``, cut to the ``limit`` operations that ran last."""
    operations: list[Node] = []
    leaves: list[Leaf] = []
    seen: set[int] = set()
    ahead = [main_of(root) for root in roots]
    while ahead:
        node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Leaf):
            leaves.append(node)
        else:
            operations.append(node)
        ahead.extend(inputs_of(node))
    operations.sort(key=lambda node: node.order)  # stamps fall: the newest operation has the smallest
    shown = operations[:limit]
    if len(shown) < len(operations):
        touched = {id(parent) for node in shown for parent in inputs_of(node)}
        leaves = [leaf for leaf in leaves if id(leaf) in touched]
    return Graph(shown, leaves, len(operations) - len(shown))


def inputs_of(node: Node) -> list[Node]:
    """Return the nodes whose outputs this operation took, once for each use."""
    return [main_of(parent) for parent in node.parents]


def main_of(node: Node) -> Node:
    """Return the operation itself where ``node`` only stands for one of its several outputs."""
    while getattr(node, "prim", None) is OUTPUT and node.parents:
        (node,) = node.parents
    return node
