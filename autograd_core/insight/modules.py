"""Which module each node belongs to: the nested boxes of a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from autograd_core.engine.blame import module_path
from autograd_core.engine.modes import Scope
from autograd_core.engine.node import Node

Chain = tuple[Scope, ...]  # the running calls around an operation, outermost first


class Box:
    """One call of a module: its title, what was computed in it, and the calls inside it."""

    def __init__(self, title: str = "", kind: str = "") -> None:
        """Make an empty box; ``kind`` is the module's class."""
        self.title = title
        self.kind = kind
        self.nodes: list[Node] = []  # those that belong to this box itself
        self.inner: dict[int, Box] = {}

    def at(self, chain: Chain, titles: Titles) -> Box:
        """Return the box of the innermost call of ``chain``, made on first use."""
        box = self
        for scope in chain:
            if id(scope) not in box.inner:
                box.inner[id(scope)] = Box(*titles.of(scope))
            box = box.inner[id(scope)]
        return box


class Titles:
    """The heads of the boxes: the module's path and class, and which call it is where there are several."""

    def __init__(self) -> None:
        self._calls: dict[tuple[int, str], int] = {}

    def of(self, scope: Scope) -> tuple[str, str]:
        """Return the title of one call; ask once for each call."""
        module = scope.module_ref()
        kind = type(module).__name__
        path = module_path(scope)
        count = self._calls[id(module), path] = self._calls.get((id(module), path), 0) + 1
        return "" if path == kind else path, kind if count == 1 else f"{kind}, call {count}"


def chain_of(scope: Scope | None) -> Chain:
    """Return the calls around an operation, outermost first, of modules that are still there to name."""
    chain: list[Scope] = []
    while scope is not None:
        if scope.module_ref() is not None:
            chain.append(scope)
        scope = scope.outer
    return tuple(reversed(chain))


def common(chains: Iterable[Chain]) -> Chain:
    """Return the innermost call that all ``chains`` share: where a weight used by all of them belongs."""
    chains = list(chains)
    shared: list[Scope] = []
    for level in zip(*chains, strict=False):
        if any(scope is not level[0] for scope in level):
            break
        shared.append(level[0])
    return tuple(shared)


def roots(chains: Iterable[Chain]) -> Iterator[Any]:
    """Yield each outermost module once: the models that the graph ran through."""
    seen: set[int] = set()
    for chain in chains:
        module = chain[0].module_ref() if chain else None
        if module is not None and id(module) not in seen:
            seen.add(id(module))
            yield module
