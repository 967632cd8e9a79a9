"""The numbers in a graph: statistics of values and of gradients, times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core.engine.backward import run, start
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.node import Node
from autograd_core.engine.record import main_of
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.walk import Walk
from autograd_core.insight.graphs.from_nodes import Recorded, inputs_of
from autograd_core.insight.graphs.graph import Stats
from autograd_core.insight.usage.measured import Measured
from autograd_core.insight.usage.profiling import Profile


class Noting(Walk):
    """A backward pass that leaves statistics in its targets, and every ``.grad`` as it was."""

    def _special(self, node: Node, g: Any, owned: bool, edges: Any) -> tuple[Any, Any, bool]:
        # A walk with targets adds to no leaf, and without this one among them it copies nothing.
        noted, self.targets = self.targets, {}
        keeper = node.extra.retained() if node.extra is not None and node.extra.retained is not None else None
        before = None if keeper is None else keeper._grad
        first = next((part for part in g if part is not None), None) if type(g) is list else g
        if noted is not None and node.order in noted and hasattr(first, "dtype") and not isinstance(first, Tensor):
            noted[node.order] = Stats.of(first)
        try:
            return super()._special(node, g, owned, edges)
        finally:
            self.targets = noted
            if keeper is not None:
                keeper._grad = before


def note_gradients(found: Recorded, outputs: list[Tensor]) -> None:
    """Run the backward pass of scalar ``outputs``, and note the gradient that comes to each vertex.

    The graph stays whole and every ``.grad`` as it was; hooks run, as in ``ag.autograd.grad``.
    """
    targets: dict[int, Any] = dict.fromkeys(found.keys)
    run(start(outputs, [None] * len(outputs), "graph"), True, False, targets, None, Noting)
    for order, stats in targets.items():
        found.graph.vertices[found.keys[order]].gradient = stats


def note_backward_times(found: Recorded, outputs: list[Tensor]) -> None:
    """Run the backward pass of scalar ``outputs``, and note how long the rules of each operation take."""
    roots = start(outputs, [None] * len(outputs), "graph")
    with Profile() as profile:
        run(roots, True, False, {}, None, Noting)
    for event in profile.events:
        vertex = found.graph.vertices.get(found.keys.get(event.order, "") if event.order is not None else "")
        if event.kind == "node" and vertex is not None and vertex.kind == "operation":
            vertex.backward_seconds = _seconds(event)


def note_forward_times(found: Recorded, events: Iterable[Measured]) -> None:
    """Note how long each recorded operation took in a run of which ``events`` were measured."""
    noting = found.run.spent if found.run is not None else {}
    for event in events:
        if event.kind == "operation" and event.order in found.keys:
            seconds = _seconds(event) - (0.0 if event.device_self_seconds else noting.get(event.order, 0.0))
            found.graph.vertices[found.keys[event.order]].forward_seconds = max(seconds, 0.0)


def _seconds(event: Measured) -> float:
    return event.self_seconds if event.device_self_seconds is None else event.device_self_seconds


def note_values(found: Recorded) -> None:
    """Note statistics of what is at hand: tensors, what rules have kept, and all results of a run overheard."""
    known: dict[str, Any] = {}
    for node in found.nodes.values():
        known.update(_kept_values(found, node))
    known.update((key, tensor._array) for key, tensor in found.tensors.items() if not isinstance(tensor, Lifted))
    values = (found.run.values if found.run is not None else None) or {}
    for order, key in found.keys.items():
        found.graph.vertices[key].value = values.get(order)
    for key, array in known.items():
        vertex = found.graph.vertices[key]
        if vertex.value is None and tuple(array.shape) == vertex.shapes[0]:
            vertex.value = Stats.of(array)


def _kept_values(found: Recorded, node: Any) -> dict[str, Any]:
    """Return the values of an operation and of its inputs, where its rules have kept them, by key."""
    kept: dict[str, Any] = {}
    for _, rule, args in node.edges:
        kept.update(zip(node.prim.needs.get(rule, ()), args, strict=False))
    sources = {argument: main_of(parent) for parent, argument in inputs_of(node)} | {"y": node}
    arrays = {name: value for name, value in kept.items() if hasattr(value, "strides") and name in sources}
    return {found.keys[sources[name].order]: value for name, value in arrays.items()}
