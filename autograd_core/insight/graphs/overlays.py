"""Colours and sizes for what was measured: the norm of gradients, the memory that is kept, time."""

from __future__ import annotations

import math

from autograd_core.insight.columns import seconds_text
from autograd_core.insight.graphs.graph import TENSORS, Colour, Graph, Vertex
from autograd_core.insight.labels import bytes_text

COLOURS = ("gradient", "memory", "time")
PALE_TO_DARK = ("#FFFFF0", "#FFF9C4", "#FEEDA0", "#FEDD7E", "#FDC968", "#FCB25C", "#F99B57")
NOT_FINITE = {"fillcolor": "#6D28D9", "fontcolor": "#FFFFFF", "color": "#4C1D95", "penwidth": "2"}
TALLEST = 1.5  # inches that the operation that keeps most is taller than one that keeps nothing
UNKNOWN = {"fillcolor": "#FFFFFF", "style": "rounded,filled,dotted"}


class Overlay:
    """What one quantity adds to the vertices of a graph: a line, a colour, and a legend."""

    def __init__(self, graph: Graph, what: Colour) -> None:
        """Find the scale.  Raises: ValueError for a quantity that there is none of."""
        if what not in COLOURS:
            raise ValueError(f"graph: argument colour: got {what!r}; wanted 'gradient', 'memory', 'time' or None")
        self.what = what
        shown = [vertex for vertex in graph.vertices.values() if self._concerns(vertex)]
        known = [size for vertex in shown if (size := self._size(vertex)) is not None and 0 < size < math.inf]
        self.low, self.high = min(known, default=0.0), max(known, default=0.0)
        self.unknown = sum(self._size(vertex) is None for vertex in shown)

    @property
    def legend(self) -> str:
        """What the colours say, in a line."""
        names = {"gradient": "norm of the gradient", "memory": "bytes kept for backward", "time": "time"}
        if not self.high:
            return f"colour: {names[self.what]}: nothing was computed" + " (graph(..., gradients=True))" * (
                self.what == "gradient"
            ) + " (graph(model, x, timed=True))" * (self.what == "time")
        shown = "colour and height" if self.what == "memory" else "colour"
        return f"{shown}: {names[self.what]}, from {self._text(self.low)} (pale) to {self._text(self.high)} (dark)"

    def words(self, vertex: Vertex) -> str:
        """Return the line that a vertex gets; "" where the quantity does not concern it."""
        if not self._concerns(vertex):
            return ""
        size = self._size(vertex)
        if size is None:
            absent = "let go of" if self.what == "memory" and vertex.freed else "not computed"
            return f"{self.what} {absent}"
        if self.what == "gradient" and vertex.gradient is not None and not math.isfinite(size):
            return f"gradient with {vertex.gradient.nans:,} NaN, {vertex.gradient.infs:,} Inf"
        return {"gradient": "gradient ", "memory": "keeps ", "time": ""}[self.what] + self._text(size)

    def style(self, vertex: Vertex) -> dict[str, str]:
        """Return the colours of a vertex, in place of its own."""
        if not self._concerns(vertex):
            return {"fillcolor": "#FFFFFF"}
        size = self._size(vertex)
        if size is None:
            return UNKNOWN | ({"style": "filled,dotted"} if vertex.kind in TENSORS else {})
        if not math.isfinite(size):
            return NOT_FINITE
        style = {"fillcolor": PALE_TO_DARK[self._shade(size)] if size else "#E0F2FE"}
        if self.what == "memory" and size:  # its area, in a drawing whose boxes are about as wide as each other
            style["height"] = f"{0.3 + TALLEST * size / self.high:.2f}"
        return style

    def _shade(self, size: float) -> int:
        """Return which colour stands for a size: gradients by their order of magnitude, the others in proportion."""
        if self.what == "gradient":
            span = math.log(self.high / self.low) if self.high > self.low else 0.0
            part = math.log(size / self.low) / span if span else 0.5
        else:
            part = size / self.high
        return min(int(part * len(PALE_TO_DARK)), len(PALE_TO_DARK) - 1)

    def _concerns(self, vertex: Vertex) -> bool:
        if vertex.kind == "hidden":
            return False
        return self.what == "gradient" or vertex.kind in ("operation", "module", "gradient")

    def _size(self, vertex: Vertex) -> float | None:
        if self.what == "memory":
            return vertex.saved_bytes
        if self.what == "gradient":
            stats = vertex.gradient
            return None if stats is None else math.inf if stats.nans or stats.infs else stats.norm
        times = [time for time in (vertex.forward_seconds, vertex.backward_seconds) if time is not None]
        return sum(times) if times else None

    def _text(self, size: float) -> str:
        if self.what == "gradient":
            return f"{size:.3g}"
        return bytes_text(int(size)) if self.what == "memory" else seconds_text(size)
