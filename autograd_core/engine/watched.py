"""A backward pass in which somebody stands around every rule: anomaly mode, strong zeros.

The class of the walk is exchanged while such a mode is on, in any thread; so the walk itself has no question for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from autograd_core.engine import backward
from autograd_core.engine.node import Edge, Leaf, Node
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.walk import Walk


class Around(Protocol):
    """What stands around the rules of one walk."""

    def ruled(self, node: Node, place: int, edge: Edge, saved: dict[str, Any]) -> Callable[..., Any]:
        """Return what runs in place of the rule of ``edge``, the one at ``place``; ``saved``: what rules saved."""

    def deposited(self, node: Node, g: Any) -> None:
        """Learn of a gradient that the walk starts with."""


_LOCK = threading.Lock()
_MAKERS: list[Callable[[], Around | None]] = []  # the outermost first; None: not in this thread


class _Every:
    """Stamps of all nodes, so that every node is treated as one of the few that ask for something."""

    def __contains__(self, order: int) -> bool:
        return True


class Watched(Walk):
    """A walk whose rules are run by others."""

    def __init__(self, retain: bool, record: bool, targets: dict[int, Any] | None, needed: set[int] | None) -> None:
        """Take what a walk takes."""
        super().__init__(retain, record, _Every(), needed)  # type: ignore[arg-type]
        self.asked = targets
        self.arounds = [around for make in _MAKERS if (around := make()) is not None]

    def deposit(self, node: Node, g: Any) -> None:
        """Add a root's gradient."""
        for around in self.arounds:
            around.deposited(node, g)
        super().deposit(node, g)

    def _special(self, node: Node, g: Any, owned: bool, edges: Any) -> tuple[Any, Any, bool]:
        every, self.targets = self.targets, self.asked
        try:
            g, given, fresh = super()._special(node, g, owned, edges)
        finally:
            self.targets = every
        if type(node) is Leaf or node.prim is OUTPUT:
            return g, given, fresh
        saved = _saved(node, edges)
        for around in reversed(self.arounds):
            given = [(e[0], around.ruled(node, i, e, saved), e[2]) for i, e in enumerate(given)]
        return g, given, fresh


_KINDS: dict[type[Walk], type[Walk]] = {Walk: Watched}


def _saved(node: Node, edges: Any) -> dict[str, Any]:
    """Return what the rules of a node saved, by the names that they call it."""
    found: dict[str, Any] = {}
    for _, rule, args in edges:
        found.update(zip(node.prim.needs.get(rule, ()), args, strict=False))
    return found


def _watched(kind: type[Walk]) -> type[Walk]:
    if kind not in _KINDS:
        _KINDS[kind] = type(f"Watched{kind.__name__}", (Watched, kind), {})
    return _KINDS[kind]


def watch(make: Callable[[], Around | None], innermost: bool = False) -> None:
    """Have ``make()``, asked at the start of each walk, stand around its rules until ``unwatch``.

    ``innermost``: next to the rules, so that the others see what it makes of them.
    """
    with _LOCK:
        _MAKERS.insert(len(_MAKERS) if innermost else 0, make)
        backward.exchange = _watched


def unwatch(make: Callable[[], Around | None]) -> None:
    """Take back one ``watch``."""
    with _LOCK:
        _MAKERS.remove(make)
        if not _MAKERS:
            backward.exchange = None
