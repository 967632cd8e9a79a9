"""The rules of the primitives as text: what stands in the source, found by the line of the function that runs."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from autograd_core.insight.rules.rule_source import written

Rule = Callable[..., Any]


@cache
def _source(module: ModuleType) -> tuple[str, ast.Module]:
    text = inspect.getsource(module)
    return text, ast.parse(text)


def formula(argument: str, rule: Rule) -> str:
    """Return what ``rule`` computes for ``argument``: a lambda's body, a short function's result, a long one's name."""
    if not inspect.isfunction(rule):
        return getattr(rule, "__name__", repr(rule))
    text, _ = _source(sys.modules[rule.__module__])
    found = written(rule, argument)
    if isinstance(found, ast.Lambda):
        return spelled(text, found.body)
    said = isinstance(found.body[0], ast.Expr) and isinstance(found.body[0].value, ast.Constant)
    if len(found.body) == 1 + said and isinstance(found.body[-1], ast.Return) and found.body[-1].value is not None:
        return spelled(text, found.body[-1].value)
    return rule.__name__


def spelled(text: str, node: ast.expr) -> str:
    """Return an expression as its author wrote it, on one line; ``ast.unparse`` differs from Python to Python."""
    segment = ast.get_source_segment(text, node) or ""
    line = re.sub(r"\s+", " ", re.sub(r"  # .*", "", segment))
    return re.sub(r"(=[^(), ]+), ?\)", r"\1)", line).replace("( ", "(").replace(" )", ")")


def tables(module: ModuleType) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield the module's tables of derivatives, which a rule looks up: (name, {entry: formulas})."""
    text, tree = _source(module)
    for node in tree.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)):
            continue
        name = ast.unparse(node.target)
        if name.endswith("DERIVATIVES"):
            pairs = zip(node.value.keys, node.value.values)
            yield name, {ast.literal_eval(key): list(_entries(text, value)) for key, value in pairs if key}


def _entries(text: str, value: ast.expr) -> Iterator[str]:
    for part in value.elts if isinstance(value, ast.Tuple) else [value]:
        yield spelled(text, part.body if isinstance(part, ast.Lambda) else part)
