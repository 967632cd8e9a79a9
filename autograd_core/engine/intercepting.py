"""Calls on plain tensors brought before a running trace, which else would see only those on its own.

While a trace runs, in any thread, the code of every caller is one that asks first; when the last has ended each has its
own code again.  So eager calls cost nothing for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from autograd_core.engine import general, inplace
from autograd_core.engine.caller import detour
from autograd_core.engine.interpreting import interpret
from autograd_core.engine.lifted import Level, Lifted, adopting
from autograd_core.engine.out import deliver
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.tensor import Tensor

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["intercepted"]

WRITES = ("write", "assign", "fill", "drift", "increment")  # of ``inplace``: all that puts values into tensors
_LOCK = threading.Lock()
_own: list[tuple[FunctionType, CodeType]] = []  # the functions that are diverted, and the code of each
_users = 0


@contextmanager
def intercepted() -> Iterator[None]:
    """Divert every primitive and every write, for the time of a trace."""
    global _users
    with _LOCK:
        _users += 1
        if _users == 1:
            _divert()
    try:
        yield
    finally:
        with _LOCK:
            _users -= 1
            if _users == 0:
                _restore()


def _divert() -> None:
    for prim in PRIMITIVES.values():
        for call in {prim.call, prim.public}:
            _exchange(call, detour(prim, call is not prim.call), asked=_asked)
    for name in WRITES:
        function: Any = getattr(inplace, name)
        own = FunctionType(function.__code__, function.__globals__, name, function.__defaults__)
        text = f"def {name}(*args, **options): return asked_to_write({name!r}, own_{name}, args, options)"
        found: dict[str, Any] = {}
        exec(text, found)
        _exchange(function, found[name].__code__, **{"asked_to_write": _asked_to_write, f"own_{name}": own})


def _exchange(function: Any, code: CodeType, **names: Any) -> None:
    _own.append((function, function.__code__))
    function.__globals__.update(names)
    function.__code__ = code


def _restore() -> None:
    for function, code in _own:
        function.__code__ = code
    _own.clear()


def _asked(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Call ``prim``; what is given plain tensors alone goes to the trace that runs here, if one does."""
    out = meta.pop("out", None)
    if out is not None:
        return deliver(prim.call, args, meta, out)
    level = adopting()
    flat = [v for a in args for v in (a if type(a) in (list, tuple) else (a,))] if level is not None else []
    if level is None or not any(isinstance(v, Tensor) for v in flat) or any(isinstance(v, Lifted) for v in flat):
        return general.general(prim, args, meta)
    given = [general.operand(prim, a, arg in prim.lists) for arg, a in zip(prim.args, args, strict=True)]
    return interpret(prim, tuple([level.adopted(a) for a in given]), meta)


def _asked_to_write(name: str, own: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Write; where a trace runs here, have it note what the target becomes instead."""
    level: Level | None = adopting()
    return own(*args, **options) if level is None else level.written(name, *args, **options)
