"""Where a rule is written: its expression as syntax, found by the line of the function that runs."""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

Rule = Callable[..., Any]


class Unreadable(Exception):
    """A rule is no single expression, or its source is not there."""


def expression(rule: Rule, argument: str = "") -> ast.expr:
    """Return what a function computes: a lambda's body, or the result of a function that only names steps before.

    Raises: Unreadable where it branches, loops, or its source is not there.
    """
    found = written(rule, argument)
    return found.body if isinstance(found, ast.Lambda) else _straight(found.body)


def written(rule: Rule, argument: str = "") -> ast.Lambda | ast.FunctionDef:
    """Return the syntax of a function.

    ``argument``: the keyword that a lambda was given under, which tells it from others on its line.

    Raises: Unreadable where its source is not there.
    """
    code = getattr(rule, "__code__", None)
    if code is None:
        raise Unreadable(rule)
    functions, lambdas = _defined("".join(linecache.getlines(code.co_filename)))
    if code.co_name != "<lambda>":
        named = [n for n in functions if n.name == code.co_name and code.co_firstlineno in _starts(n)]
        if not named:
            raise Unreadable(rule)
        return named[0]
    names = list(code.co_varnames[: code.co_argcount])
    here = [(key, n) for key, n in lambdas if n.lineno == code.co_firstlineno and [a.arg for a in n.args.args] == names]
    if not here:
        raise Unreadable(rule)
    chosen = [n for key, n in here if key == argument] or [n for _, n in here]
    return next((n for n in chosen if _compiles_to(n, code)), chosen[0])


def _compiles_to(tree: ast.Lambda, code: CodeType) -> bool:
    """Whether a lambda is the one that runs: two of one line may have the same arguments."""
    made = [c for c in compile(ast.Expression(tree), "", "eval").co_consts if isinstance(c, CodeType)][-1]
    return (made.co_code, made.co_names, made.co_consts) == (code.co_code, code.co_names, code.co_consts)


def _straight(body: list[ast.stmt]) -> ast.expr:
    """Return the result of a function body without branches, the names it gives on the way put back."""
    known: dict[str, ast.expr] = {}
    for statement in body:
        if isinstance(statement, ast.Return) and statement.value is not None:
            return replaced(statement.value, known)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            break
        known[statement.targets[0].id] = replaced(statement.value, known)
    raise Unreadable(body)


class _Put(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.known.get(node.id, node)


def replaced(tree: ast.expr, known: dict[str, ast.expr]) -> ast.expr:
    """Return a copy of an expression with other expressions in the places of names."""
    changed: ast.expr = _Put(known).visit(copy.deepcopy(tree))
    return changed


def _starts(function: ast.FunctionDef) -> Iterator[int]:
    """Yield the lines at which a code object may say that the function begins: its own, or its first decorator's."""
    yield function.lineno
    yield from (decorator.lineno for decorator in function.decorator_list)


@lru_cache(maxsize=64)
def _defined(text: str) -> tuple[list[ast.FunctionDef], list[tuple[str, ast.Lambda]]]:
    """Return the functions that a file, or a notebook's cell, defines, and its lambdas with their keywords."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:  # a cell with a notebook's own commands
        return [], []
    keyed = {id(n.value): n.arg or "" for n in nodes if isinstance(n, ast.keyword)}
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef)]
    return functions, [(keyed.get(id(n), ""), n) for n in nodes if isinstance(n, ast.Lambda)]
