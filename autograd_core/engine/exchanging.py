"""Functions that have other code for a while: callers during a trace, a profile, or both, begun and ended in any order.

What is not traced or profiled costs nothing for it: there is no check, only other code while somebody wants it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from autograd_core.engine import blame

__all__ = ["Layer", "code_of", "exchanged", "function_of", "written_out"]

Layer = Mapping[FunctionType, Callable[[CodeType], CodeType]]  # a function -> its new code, of what it would have else

_LOCK = threading.Lock()
_layers: list[tuple[int, Layer]] = []  # those that run, the lowest first
_codes: dict[FunctionType, tuple[CodeType, CodeType]] = {}  # of the functions exchanged: their own, and the one given


@contextmanager
def exchanged(layer: Layer, height: int) -> Iterator[None]:
    """Exchange the code of the functions of ``layer``, above layers of less ``height``, for the time of the block."""
    with _LOCK:
        _layers.append((height, layer))
        _layers.sort(key=lambda entry: entry[0])
        _settle(layer)
    try:
        yield
    finally:
        with _LOCK:
            del _layers[next(i for i, (_, other) in enumerate(_layers) if other is layer)]
            _settle(layer)


def code_of(text: str, name: str) -> CodeType:
    """Return the code of the function ``name`` that ``text`` defines; no error blames it for a line."""
    filename = f"<in place of {name}>"
    blame.INTERNAL.add(filename)
    return next(c for c in compile(text, filename, "exec").co_consts if isinstance(c, CodeType))


def function_of(code: CodeType, like: FunctionType) -> FunctionType:
    """Return ``code`` as a function with the globals and the defaults of ``like``."""
    made = FunctionType(code, like.__globals__, like.__name__, like.__defaults__)
    made.__kwdefaults__ = like.__kwdefaults__
    return made


def written_out(function: FunctionType) -> None:
    """Exchange the code of ``function`` again, which has been given another of its own meanwhile."""
    with _LOCK:
        if function in _codes:
            _settle((function,))


def _settle(functions: Any) -> None:
    for function in functions:
        own, given = _codes.get(function, (function.__code__, None))
        if function.__code__ is not given:  # written out on its first call, or to be written again
            own = function.__code__
        code = own
        for _, layer in _layers:
            if function in layer:
                code = layer[function](code)
        if code is own:
            _codes.pop(function, None)
        else:
            _codes[function] = own, code
        function.__code__ = code
