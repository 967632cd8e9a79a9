"""The line budget: how much code each room holds, without blank lines, comments and docstrings."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


class Room(NamedTuple):
    """A folder of modules: what it says of itself, and how much it holds."""

    name: str
    says: str
    files: int
    lines: int


def folders() -> Iterator[tuple[str, list[Path]]]:
    """Yield the rooms and their modules: the packages, and apart from them what is large in them."""
    core, layers = ROOT / "autograd_core", ROOT / "nn"
    yield "autograd_core", sorted(core.glob("*.py"))
    for folder in sorted(path.parent for path in core.glob("*/__init__.py")):
        yield f"autograd_core/{folder.name}", sorted(folder.rglob("*.py"))
    yield "nn", sorted({*layers.rglob("*.py")} - {*(layers / "functional").rglob("*.py")})
    yield "nn/functional", sorted((layers / "functional").rglob("*.py"))
    yield "optim", sorted((ROOT / "optim").rglob("*.py"))


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


def budget() -> list[Room]:
    """Return every room with what it holds."""
    return [_measured(name, paths) for name, paths in folders()]


def _measured(name: str, paths: list[Path]) -> Room:
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    said = ast.get_docstring(ast.parse(texts[ROOT / name / "__init__.py"])) or ""
    first = said.split("\n\n")[0].replace("\n", " ").replace("``", "`")
    return Room(name, first, len(texts), sum(map(code_lines, texts.values())))
