"""Whose line made this node: noted for every node in about 100 ns, put into words only when an error needs it."""

from __future__ import annotations

import itertools
import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from autograd_core.engine.modes import SCOPE, Scope

ROOT = Path(__file__).resolve().parents[2]
# Every file of ours, as code objects name them.  A frame from any other file is the user's.
INTERNAL = {str(path) for room in ("autograd_core", "nn", "optim") for path in (ROOT / room).rglob("*.py")}
MODULE_CALLS: set[str] = set()  # the files whose frames stand for Module.__call__


def climb(frame: FrameType) -> tuple[CodeType, int]:
    """Return the code and instruction offset of the nearest frame, from ``frame`` up, that is the user's.

    Inside a layer the climb ends at ``Module.__call__``, which has noted its own caller.
    """
    here: FrameType | None = frame
    while here is not None:
        code = here.f_code
        if code.co_filename not in INTERNAL:
            return code, here.f_lasti
        if code.co_filename in MODULE_CALLS and code.co_name == "__call__" and (scope := SCOPE.get()):
            while scope.outer is not None and scope.code.co_filename in INTERNAL:  # called by a container of ours
                scope = scope.outer
            if scope.code.co_filename not in INTERNAL:  # else a function of ours called the model, as ``graph`` does
                return scope.code, scope.lasti
        here = here.f_back
    return frame.f_code, frame.f_lasti


def caller() -> tuple[CodeType, int]:
    """Return the code and instruction offset of the user's line that is running."""
    return climb(sys._getframe(1))


def stacklevel() -> int:
    """Return the ``stacklevel`` with which the function that asks has ``warnings.warn`` name the user's line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in INTERNAL:
        level, frame = level + 1, frame.f_back
    return level


def line_of(code: CodeType, lasti: int) -> int:
    """Return the line number of the instruction at offset ``lasti``."""
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def describe(code: CodeType, lasti: int) -> str:
    """Return ``train.py:12: loss = model(x)``."""
    line = line_of(code, lasti)
    text = linecache.getline(code.co_filename, line).strip()
    return f"{code.co_filename}:{line}" + (f": {text}" if text else "")


def where(node: Any) -> str:
    """Return the user's line that made ``node``, with the module path where it was made inside a module."""
    if getattr(node, "code", None) is None:
        return "an unknown line"
    path = module_path(node.scope)
    return describe(node.code, node.lasti) + (f" (in module {path})" if path else "")


def named(node: Any) -> str:
    """Return ``'mul', built at train.py:12: h = x * 2``."""
    return f"'{node.name}', built at {where(node)}"


def module_path(scope: Scope | None) -> str:
    """Return the dotted path of the module a scope stands for, such as ``encoder.layers.3.attn``.

    The outermost module is named by its class when it is all there is.
    """
    chain: list[Any] = []
    while scope is not None:
        module = scope.module_ref()
        if module is not None:
            chain.append(module)
        scope = scope.outer
    if not chain:
        return ""
    names = [_child_name(outer, inner) for inner, outer in itertools.pairwise(chain)]
    return ".".join(reversed(names)) if names else type(chain[0]).__name__


def _child_name(outer: Any, inner: Any) -> str:
    for name, module in outer.named_modules():
        if module is inner:
            return str(name) or type(inner).__name__
    return type(inner).__name__


def annotate(error: BaseException, text: str) -> None:
    """Add a line to an error's message, whatever its type, without changing the type."""
    if error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n{text}", *error.args[1:])
    else:
        error.args = (*error.args, text)
