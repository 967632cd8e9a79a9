"""Where things were made, in words: module paths and the user's lines, each looked up once."""

from __future__ import annotations

from types import CodeType

from autograd_core.engine import blame
from autograd_core.engine.modes import Scope
from autograd_core.engine.node import Node

__all__ = ["Places"]


class Places:
    """Modules' paths and lines, of calls of modules and of nodes."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._around: dict[Scope, tuple[str, ...]] = {}
        self._paths: dict[tuple[int, ...], str] = {}  # the modules' ids, innermost first -> its path
        self._numbers: dict[Scope, int] = {}
        self._lines: dict[tuple[CodeType, int], str] = {}

    def of(self, node: Node) -> tuple[str, str]:
        """Return the path of the module, and the line, that made a node; '' where there is none."""
        around = self.around(node.scope)
        return around[-1] if around else "", self.line(node.code, node.lasti)

    def line(self, code: CodeType | None, lasti: int) -> str:
        """Return ``train.py:12: loss = model(x)``; '' without a line."""
        if code is None:
            return ""
        if (code, lasti) not in self._lines:
            self._lines[code, lasti] = blame.describe(code, lasti)
        return self._lines[code, lasti]

    def calls(self, scope: Scope | None) -> tuple[int, ...]:
        """Return a number for each call of a module that runs, outermost first."""
        return tuple([self._numbers.setdefault(s, len(self._numbers)) for s in reversed(_outwards(scope))])

    def around(self, scope: Scope | None) -> tuple[str, ...]:
        """Return the paths of the modules that run, outermost first, each from its network's class on."""
        if scope is None:
            return ()
        if scope not in self._around:
            self._around[scope] = (*self.around(scope.outer), self._path(scope))
        return self._around[scope]

    def _path(self, scope: Scope) -> str:
        chain = [s.module_ref() for s in _outwards(scope)]
        key = tuple(map(id, chain))
        if key not in self._paths:
            root = "(deleted)" if chain[-1] is None else type(chain[-1]).__name__
            self._paths[key] = root if len(chain) == 1 else f"{root}.{blame.module_path(scope)}"
        return self._paths[key]


def _outwards(scope: Scope | None) -> list[Scope]:
    """Return a call of a module and those around it, innermost first."""
    found = []
    while scope is not None:
        found.append(scope)
        scope = scope.outer
    return found
