"""The words in a drawing: shapes, dtypes and sizes, escaped for Graphviz.

Plain text only: Graphviz in WebAssembly cannot read its HTML-like labels.
"""

from __future__ import annotations

from typing import Any

import graphviz

from autograd_core.engine.blame import where
from autograd_core.engine.node import Node


def text(*lines: str, end: str = "\\n") -> str:
    """Return lines as Graphviz takes them literally; ``end`` is its command for the end of a line."""
    escaped = [line.replace("&", "&amp;").replace("\\", "\\\\").replace("\n", " ") for line in lines]
    escaped[0] = escaped[0] or " "  # its WebAssembly build ends in a trap at an empty first line
    literal: str = graphviz.nohtml(end.join(escaped))
    return literal


def shape_text(thing: Any) -> str:
    """Return the shape of a node or an array as ``64 × 100`` or, without dimensions, ``scalar``."""
    return " × ".join(map(str, thing.shape)) or "scalar"


def counted(count: int, noun: str) -> str:
    """Return ``1 operation`` or ``1,200 operations``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bytes_text(count: int) -> str:
    """Return a byte count with three digits and a decimal unit."""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5 or unit == "GB":
            break
        size /= 1000
    return f"{size:.3g} {unit}" if size < 999.5 else f"{size:.0f} {unit}"


def tooltip(node: Node) -> str:
    """Return what a node keeps for backward and the user's line that made it."""
    if node.freed:
        return text(f"{node.name}: a backward pass has let go of what it kept", where(node))
    arrays = node.saved
    total = bytes_text(sum(int(array.nbytes) for array in arrays)) if arrays else "nothing"
    listed = (f"  {shape_text(array)} {array.dtype}" for array in arrays)
    return text(f"{node.name}: keeps {total} for backward", *listed, where(node))
