"""A second backward pass over a graph, with a note of what each rule gave; no ``.grad`` is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd_core.engine import backward, watched
from autograd_core.engine.anomaly import Suspicion
from autograd_core.engine.bad_values import is_float
from autograd_core.engine.node import Edge, Node
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.watched import Around
from autograd_core.errors import AnomalyError


class Passed(NamedTuple):
    """What one rule gave for one input: norms of the gradients before and after, and what it saved."""

    node: Node
    parent: Node
    before: float
    after: float
    saved: dict[str, Any]


class _Notes:
    """What stands around the rules and writes down what they gave, the newest node first."""

    def __init__(self) -> None:
        self.passed: list[Passed] = []

    def ruled(self, node: Node, place: int, edge: Edge, saved: dict[str, Any]) -> Callable[..., Any]:
        """Return the rule, followed by a note."""
        parent, rule, _ = edge

        def noting(g: Any, *args: Any) -> Any:
            grad = rule(g, *args)
            if is_float(grad):
                before, after = sum(map(norm, g if type(g) is tuple else (g,))), norm(grad)
                self.passed.append(Passed(node, parent, before, after, saved))
            return grad

        return noting

    def deposited(self, node: Node, g: Any) -> None:
        """Do nothing: a root's gradient is known."""


def norm(array: Any) -> float:
    """Return the Euclidean norm; NaN or Inf where an element is."""
    if not is_float(array) or not array.size:
        return 0.0
    values = array.reshape(-1).astype("complex128" if array.dtype.kind == "c" else "float64")
    return float(abs(values**2).sum() ** 0.5) if values.dtype.kind == "c" else float((values**2).sum() ** 0.5)


@contextmanager
def _around(around: Around) -> Iterator[None]:
    def make() -> Around:
        return around

    watched.watch(make)
    try:
        yield
    finally:
        watched.unwatch(make)


def replay(loss: Tensor, tensor: Tensor) -> list[Passed]:
    """Return what each rule between ``loss`` and ``tensor`` gives, in the order of the backward pass.

    Raises: GraphError where the graph was freed, or ``loss`` is no scalar.
    """
    notes = _Notes()
    with _around(notes):
        backward.gradients(backward.start([loss], [None], "explain"), [tensor], True, False)
    return notes.passed


def first_bad(loss: Tensor, tensor: Tensor) -> str:
    """Return what anomaly mode says of the backward pass from ``loss`` to ``tensor``; empty where all is finite.

    Raises: GraphError where the graph was freed, or ``loss`` is no scalar.
    """
    try:
        with _around(Suspicion()):
            backward.gradients(backward.start([loss], [None], "explain"), [tensor], True, False)
    except AnomalyError as error:
        return str(error)
    return ""
