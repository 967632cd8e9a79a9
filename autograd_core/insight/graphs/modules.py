"""Which calls of modules each operation ran in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd_core.engine.modes import Scope
from autograd_core.insight.graphs.graph import Call


class Calls:
    """The calls around the operations of a graph, numbered as they began."""

    def __init__(self) -> None:
        self._paths: dict[int, dict[int, str]] = {}  # id of a module -> ids of the modules in it, with their paths
        self._modules: list[Any] = []  # kept, so that their ids stay theirs
        self._chains: dict[int, tuple[Call, ...]] = {}
        self._counts: dict[tuple[int, str], int] = {}
        self._began = 0
        self._scopes: list[Scope] = []  # kept, so that their ids stay theirs

    def around(self, scope: Scope | None) -> tuple[Call, ...]:
        """Return the calls that ``scope`` stands in, outermost first, of modules that are still there to name."""
        if scope is None:
            return ()
        if id(scope) not in self._chains:
            outer, module = self.around(scope.outer), scope.module_ref()
            self._chains[id(scope)] = outer if module is None else (*outer, self._call(scope.outer, outer, module))
            self._scopes.append(scope)
        return self._chains[id(scope)]

    def _call(self, scope: Scope | None, outer: tuple[Call, ...], module: Any) -> Call:
        kind = type(module).__name__
        path = self._path(_nearest(scope), module) if outer else kind
        path = f"{outer[-1].path}.{path}" if len(outer) > 1 else path
        number = self._counts[id(module), path] = self._counts.get((id(module), path), 0) + 1
        self._began += 1
        return Call(path, kind, number, self._began)

    def _path(self, outer: Any, module: Any) -> str:
        """Return the path of a module in the one that called it; its class where it is no part of that."""
        if id(outer) not in self._paths:
            named = {id(inner): name for name, inner in outer.named_modules() if name}
            self._paths[id(outer)] = named
            self._modules.append(outer)
        return self._paths[id(outer)].get(id(module), type(module).__name__)


def _nearest(scope: Scope | None) -> Any:
    """Return the module of the innermost call that is still there to name."""
    while scope is not None:
        if (module := scope.module_ref()) is not None:
            return module
        scope = scope.outer
    return None


def common(chains: Iterable[Sequence[Call]]) -> tuple[Call, ...]:
    """Return the innermost calls that all ``chains`` share: where a weight used by all of them belongs."""
    shared: list[Call] = []
    for level in zip(*chains, strict=False):
        if any(call != level[0] for call in level):
            break
        shared.append(level[0])
    return tuple(shared)
