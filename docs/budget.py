"""The line budget: how much code each room holds, without blank lines, comments and docstrings."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "engine: tensors, nodes, the walk": ["autograd_core/engine"],
    "ops: the primitives": ["autograd_core/ops"],
    "composites: functions made of them": ["autograd_core/composites"],
    "backend: NumPy, CuPy and kernels": ["autograd_core/backend"],
    "the namespace: creation, methods, protocols, faces": ["autograd_core/*.py", "autograd_core/signal"],
    "distributions": ["autograd_core/distributions"],
    "checking, insight, data": ["autograd_core/checking", "autograd_core/insight", "autograd_core/data"],
    "nn.functional": ["nn/functional"],
    "nn: layers": ["nn/*.py", "nn/utils"],
    "optim": ["optim"],
}  # fmt: skip
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def files(places: list[str]) -> Iterator[Path]:
    """Yield the modules of a room."""
    for place in places:
        yield from sorted(ROOT.glob(place) if place.endswith(".py") else (ROOT / place).rglob("*.py"))


def code_lines(text: str) -> int:
    """Return the number of lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def budget() -> dict[str, tuple[int, int]]:
    """Return what each room holds: (files, lines of code)."""
    found = {room: [code_lines(path.read_text(encoding="utf-8")) for path in files(places)]
             for room, places in ROOMS.items()}  # fmt: skip
    return {room: (len(lines), sum(lines)) for room, lines in found.items()}
