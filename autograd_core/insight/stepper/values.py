"""The values of a graph's nodes as far as they are known: an engine that keeps little has to be asked around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.primitive import Primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.rules.rule_text import argument_labels

Values = dict[int, Any]  # stamp of a node -> its array


def values_of(nodes: list[Node], tensors: Iterable[Tensor]) -> Values:
    """Return the values of ``nodes``, given in the order of the forward pass.

    Known are those of ``tensors``, of leaves, and what rules have kept; elementwise operations of known values are
    computed again.  Ask before a backward pass, which lets go of what was kept.
    """
    known: Values = {t._node.order: t._array for t in tensors if t._node is not None}
    for node in nodes:
        if isinstance(node, Leaf):
            tensor = node.tensor_ref()
            if tensor is not None:
                known[node.order] = tensor._array
            continue
        known |= {order: value for order, value in _kept(node) if order not in known}
    for node in nodes:
        if node.order not in known and (value := _computed(node, known)) is not None:
            known[node.order] = value
    return known


def _kept(node: Node) -> Iterator[tuple[int, Any]]:
    """Yield (stamp, array) of what the rules of a node have kept: its inputs' values, and its own."""
    orders = _inputs(node) | {"y": node.order}
    for _, rule, args in node.edges:
        for name, value in zip(node.prim.needs.get(rule, ()), args, strict=False):
            if name in orders and type(value) in XP and not getattr(node.prim, "outputs", ()):
                yield orders[name], value


def _inputs(node: Node) -> dict[str, int]:
    """Return the stamps of the nodes that an operation took, by argument."""
    found: dict[str, int] = {}
    for labels, (to, _, _) in zip(argument_labels(node), node.edges, strict=True):
        parents = to if type(to) is tuple else (to,)
        found |= {label: p.order for label, p in zip(labels, parents, strict=True) if p is not None}
    return found


def _computed(node: Node, known: Values) -> Any:
    """Return the result of an elementwise operation whose arguments are known; else None."""
    prim = node.prim
    if not isinstance(prim, Primitive) or not prim.elementwise or prim.meta or prim.outputs or prim.residuals:
        return None
    taken = {label: known[order] for label, order in _inputs(node).items() if order in known}
    for _, rule, args in node.edges:
        taken = dict(zip(prim.needs.get(rule, ()), args, strict=False)) | taken
    arrays = [taken.get(argument) for argument in prim.args]
    array = next((a for a in arrays if type(a) in XP), None)
    if array is None or any(a is None for a in arrays):
        return None
    xp = XP[type(array)]
    with host.errstate(all="ignore"):
        return xp.asarray(prim.forward(xp, *arrays))
