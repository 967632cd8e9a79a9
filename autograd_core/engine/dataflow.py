"""Which statements of a running function made a value: read from its source, when a ``backward()`` has failed.

What cut a graph is looked for among them.  Order and branches are not followed: every assignment to a name counts.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

from autograd_core.engine import blame

DEEPEST = 200  # functions that are looked into
FRAMES = 6  # of the user, from the failing line outwards
WITHOUT_GRADIENT = {
    "argmax", "argmin", "argsort", "bincount", "ceil", "floor", "int", "long", "nonzero", "round", "searchsorted",
    "sign", "trunc", "unique",
}  # fmt: skip


class Slice(NamedTuple):
    """What leads to a value in one function: its statements, and the code of what they call."""

    frame: FrameType
    body: ast.AST
    statements: list[ast.stmt]
    called: list[CodeType]

    def has(self, code: CodeType, line: int) -> bool:
        """Whether a line leads to the value: one of these statements, or one in a function that they call."""
        if code in self.called:
            return True
        return code is self.frame.f_code and any(_spans(statement, line) for statement in self.statements)

    def encloses(self, code: CodeType, line: int) -> bool:
        """Whether a ``with`` on this line has one of the statements in it, or stands in a function that they call."""
        if code in self.called:
            return True
        return code is self.frame.f_code and any(
            isinstance(found, ast.With)
            and found.lineno <= line <= found.body[0].lineno
            and any(found.lineno < s.lineno <= (found.end_lineno or 0) for s in self.statements)
            for found in ast.walk(self.body)
        )

    def without_gradient(self) -> Iterator[tuple[str, int]]:
        """Yield the functions that have no gradient, by name and line."""
        for statement in self.statements:
            for call in ast.walk(statement):
                if isinstance(call, ast.Call) and (name := _last_name(call.func)) in WITHOUT_GRADIENT:
                    yield name, call.lineno


def behind_running_lines() -> list[Slice]:
    """Return what leads to the values of the user's line that is running, then to those of the lines that called it.

    Frames whose source is not to be had are left out.
    """
    found: list[Slice] = []
    frame, frames = inspect.currentframe(), 0
    while frame is not None and frames < FRAMES:
        if frame.f_code.co_filename not in blame.INTERNAL:
            frames += 1
            if (behind := _behind(frame, inner=not found)) is not None:
                found.append(behind)
        frame = frame.f_back
    return found


def _behind(frame: FrameType, inner: bool) -> Slice | None:
    body = _body(frame.f_code)
    all_of_it = [s for s in ast.walk(body) if isinstance(s, ast.stmt)] if body is not None else []
    running = [s for s in all_of_it if _spans(s, frame.f_lineno) and s is not body]
    if body is None or not running:
        return None
    smallest = min(running, key=lambda s: (s.end_lineno or s.lineno) - s.lineno)
    statements = _leading_to(smallest, all_of_it)
    made = statements if inner else statements[1:]  # what an outer line calls is running, and has its own frame
    return Slice(frame, body, statements, _called(frame, made))


def _spans(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


def _body(code: CodeType) -> ast.AST | None:
    """Return the part of the source that ``code`` was made from."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except SyntaxError:
        return None
    if code.co_name == "<module>":
        return tree
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, functions) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= code.co_firstlineno <= node.body[0].lineno:
                return node
    return None


def _leading_to(last: ast.stmt, statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return ``last`` and the statements that assign to what it reads, and so on."""
    found, names = [last], _names(last)
    while True:
        more = [s for s in statements if s not in found and not _is_block(s) and not names.isdisjoint(_assigned(s))]
        more += [s for s in statements if s not in found and isinstance(s, ast.For) and names & _names(s.target)]
        if not more:
            return found
        found += more
        for statement in more:
            names |= _names(statement.iter if isinstance(statement, ast.For) else statement)


def _is_block(statement: ast.stmt) -> bool:
    return hasattr(statement, "body")


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _assigned(statement: ast.stmt) -> set[str]:
    """Return the names that a statement changes, by an assignment or by a method such as ``append``."""
    if isinstance(statement, ast.Assign):
        targets: list[ast.AST] = list(statement.targets)
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        targets = [function.value] if isinstance(function, ast.Attribute) else []
    else:
        targets = []
    return {name for target in targets for name in _names(target)}


def _last_name(function: ast.AST) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _called(frame: FrameType, statements: list[ast.stmt]) -> list[CodeType]:
    """Return the code of the user's functions and modules that the statements call, and of what those call."""
    found: list[CodeType] = []
    for statement in statements:
        for call in ast.walk(statement):
            if isinstance(call, ast.Call):
                _collect(_value(call.func, frame), found)
    return [code for code in found if code is not frame.f_code]


def _value(function: ast.AST, frame: FrameType) -> Any:
    """Return what a dotted name stands for, without running anything of the user's."""
    if isinstance(function, ast.Name):
        return frame.f_locals.get(function.id, frame.f_globals.get(function.id))
    if isinstance(function, ast.Attribute):
        owner = _value(function.value, frame)
        return None if owner is None else inspect.getattr_static(owner, function.attr, None)
    return None


def _collect(thing: Any, found: list[CodeType]) -> None:
    """Add the code of a function, of the methods of a module and its children, and of the globals that those name."""
    if hasattr(thing, "named_modules") and not isinstance(thing, type):
        for _, module in thing.named_modules():
            _collect(type(module).forward, found)
        return
    thing = getattr(thing, "__func__", thing)
    thing = inspect.unwrap(thing) if callable(thing) else thing
    code = getattr(thing, "__code__", None)
    if code is None or code.co_filename in blame.INTERNAL or code in found or len(found) >= DEEPEST:
        return
    found.append(code)
    for name in code.co_names:
        _collect(thing.__globals__.get(name), found)
