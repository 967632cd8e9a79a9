"""Calls on plain tensors brought before a running trace, which else would see its own alone, and before watchers.

While a trace or a watcher runs, in any thread, the code of every caller is one that asks first; when the last has ended
each has its own code again.  So eager calls cost nothing for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Protocol

from autograd_core.engine import general, inplace
from autograd_core.engine.caller import detour
from autograd_core.engine.exchanging import Layer, code_of, exchanged, function_of
from autograd_core.engine.interpreting import interpret
from autograd_core.engine.lifted import Level, Lifted, adopting
from autograd_core.engine.out import deliver
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.tensor import Tensor

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["WRITES", "Watcher", "intercepted", "unwatch", "watch"]

WRITES = ("write", "assign", "fill", "drift", "increment")  # of ``inplace``: all that puts values into tensors
_LOCK = threading.Lock()
_diversion = ExitStack()
_users = 0
_watchers: list[Watcher] = []


class Watcher(Protocol):
    """What is told of every call and every write that no trace has taken."""

    def called(self, prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], result: Any) -> None:
        """Learn of a call of a primitive and of its result."""

    def wrote(self, target: Tensor, operation: str) -> None:
        """Learn that ``operation`` has written to ``target``."""


@contextmanager
def intercepted() -> Iterator[None]:
    """Divert every primitive and every write, for the time of a trace."""
    _begin()
    try:
        yield
    finally:
        _end()


def watch(watcher: Watcher) -> None:
    """Tell ``watcher`` of calls and writes, in any thread, until ``unwatch``."""
    _watchers.append(watcher)
    _begin()


def unwatch(watcher: Watcher) -> None:
    """Take back one ``watch``."""
    _end()
    _watchers.remove(watcher)


def _begin() -> None:
    global _users
    with _LOCK:
        _users += 1
        if _users == 1:
            _diversion.enter_context(exchanged(_detours(), height=0))


def _end() -> None:
    global _users
    with _LOCK:
        _users -= 1
        if _users == 0:
            _diversion.close()


def _detours() -> Layer:
    layer: dict[FunctionType, Callable[[CodeType], CodeType]] = {}
    for prim in PRIMITIVES.values():
        for call in {prim.call, prim.public}:
            call.__globals__["asked"] = _asked
            layer[call] = partial(_detour, prim, call is not prim.call)
    for name in WRITES:
        function: Any = getattr(inplace, name)
        layer[function] = partial(_detour_of_write, function)
    return layer


def _detour(prim: Primitive, out: bool, code: CodeType) -> CodeType:
    return detour(prim, out)


def _detour_of_write(function: FunctionType, code: CodeType) -> CodeType:
    name = function.__name__
    function.__globals__.update({"asked_to_write": _asked_to_write, f"own_{name}": function_of(code, function)})
    return code_of(
        f"def {name}(*args, **options): return asked_to_write({name!r}, own_{name}, args, options)", name
    )


def _asked(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Call ``prim``; what is given plain tensors alone goes to the trace that runs here, if one does."""
    out = meta.pop("out", None)
    if out is not None:
        return deliver(prim.call, args, meta, out)
    level = adopting()
    flat = [v for a in args for v in (a if type(a) in (list, tuple) else (a,))] if level is not None else []
    if level is None or not any(isinstance(v, Tensor) for v in flat) or any(isinstance(v, Lifted) for v in flat):
        result = general.general(prim, args, meta)
        for watcher in tuple(_watchers):
            watcher.called(prim, args, meta, result)
        return result
    given = [general.operand(prim, a, arg in prim.lists) for arg, a in zip(prim.args, args, strict=True)]
    return interpret(prim, tuple([level.adopted(a) for a in given]), meta)


def _asked_to_write(name: str, own: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Write; where a trace runs here, have it note what the target becomes instead."""
    level: Level | None = adopting()
    if level is not None:
        return level.written(name, *args, **options)
    result = own(*args, **options)
    if isinstance(args[0], Tensor):
        for watcher in tuple(_watchers):
            watcher.wrote(args[0], next((a for a in args[1:] if type(a) is str), name))
    return result
