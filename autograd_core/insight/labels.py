"""The words in a drawing: shapes, dtypes and sizes, escaped for Graphviz.

Plain text only: Graphviz in WebAssembly cannot read its HTML-like labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import graphviz

from autograd_core.insight.columns import seconds_text
from autograd_core.insight.graphs.graph import TENSORS, Graph, Vertex

SIGNS = {"added": "+ ", "removed": "− ", "changed": "~ ", "": ""}  # of what a comparison has found


def text(*lines: str, end: str = "\\n") -> str:
    """Return lines as Graphviz takes them literally; ``end`` is its command for the end of a line."""
    escaped = [line.replace("&", "&amp;").replace("\\", "\\\\").replace("\n", " ") for line in lines]
    escaped[0] = escaped[0] or " "  # its WebAssembly build ends in a trap at an empty first line
    literal: str = graphviz.nohtml(end.join(escaped))
    return literal


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as ``64 × 100`` or, without dimensions, ``scalar``."""
    return " × ".join(map(str, shape)) or "scalar"


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


def result_text(vertex: Vertex) -> str:
    """Return what a vertex gives, as ``64 × 100 · float32``, and how many parameters a closed module has."""
    shapes = ", ".join(map(shape_text, vertex.shapes))
    size = counted(vertex.size, "parameter") if vertex.size and vertex.kind == "module" else ""
    return " · ".join(part for part in (shapes, ", ".join(dict.fromkeys(vertex.dtypes)), size) if part)


def facts(vertex: Vertex) -> list[str]:
    """Return what is known of a vertex beyond its label, a line each."""
    lines = [vertex.note] if vertex.note else []
    if vertex.freed:
        lines.append("a backward pass has let go of what it kept")
    elif vertex.saved_bytes is not None and vertex.kind in ("operation", "module"):
        lines.append(f"keeps {bytes_text(vertex.saved_bytes) if vertex.saved_bytes else 'nothing'} for backward")
        lines += [f"  {array}" for array in vertex.kept]
    lines += [f"value: {vertex.value}"] if vertex.value is not None else []
    lines += [f"gradient: {vertex.gradient}"] if vertex.gradient is not None else []
    for when, seconds in (("forward", vertex.forward_seconds), ("backward", vertex.backward_seconds)):
        lines += [f"{when}: {seconds_text(seconds)}"] if seconds is not None else []
    place = ".".join(call.path for call in vertex.modules[-1:] if call.path)
    return lines + [vertex.line + (f" (in module {place})" if place and vertex.line else "")] * bool(vertex.line)


def heading(graph: Graph, shown: Graph) -> list[str]:
    """Return how large a graph is, and what a reader must know of what is ``shown`` of it, a line each."""
    tensors = sum(v.kind in TENSORS for v in graph.vertices.values())
    counts = [counted(len(graph.operations), "operation"), counted(tensors, "leaf tensor")]
    if any(v.saved_bytes is not None for v in graph.operations):
        counts.append(f"{bytes_text(graph.saved_bytes)} kept for backward")
    lines = [" · ".join(counts), *shown.notes]
    if any(v.freed for v in graph.operations):
        lines.append("dashed: what it kept was let go of by a backward pass")
    return lines
