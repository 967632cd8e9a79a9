"""A backward pass of numbers as a textbook works it out: values, local derivatives, and what they are multiplied by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.insight.naming import Names
from autograd_core.insight.rules.local_text import local_text
from autograd_core.insight.stepper.calls import operands, paper_text
from autograd_core.insight.stepper.numbers_text import number_text
from autograd_core.insight.stepper.step import Outgoing, Step
from autograd_core.insight.stepper.values import Values

LARGEST = 60  # operations that one follows by hand
UNKNOWN = "?"


def is_by_hand(nodes: list[Node]) -> bool:
    """Whether a graph is one of single numbers, and few."""
    numbers = all(math.prod(node.shape) == 1 and node.dtype.kind == "f" for node in nodes)
    return numbers and sum(not isinstance(node, Leaf) for node in nodes) <= LARGEST


class Textbook:
    """The story of one pass: the forward pass as it was, then what each step adds."""

    def __init__(self, nodes: list[Node], values: Values, names: Names, digits: int) -> None:
        """Take down, before the walk lets go of it, what each node computed."""
        self.names, self.digits = names, digits
        self.shown = [node for node in nodes if node.prim is not OUTPUT]
        self.papers = {n.order: "" if isinstance(n, Leaf) else paper_text(n, names) for n in self.shown}
        self.operands = {n.order: {} if isinstance(n, Leaf) else operands(n, names) for n in self.shown}
        self.values = {n.order: self._text(wrap(values[n.order])) for n in self.shown if n.order in values}
        self.gradients: dict[int, str] = {}
        self.sums: dict[int, str] = {}  # what has come together for a node
        self.rows: list[tuple[str, ...]] = []  # a line each: as it is, or in columns

    def add(self, step: Step) -> None:
        """Take in one step."""
        g = step.incoming if step.hooked is None else step.hooked
        given = next((part for part in g if part is not None), None) if isinstance(g, tuple) else g
        if given is not None:
            self.gradients[step.node.order] = self._text(given)
        if step.node.prim is OUTPUT:
            return
        if step.leaf is None:
            self.rows.append((f"{step.name} = {self.papers[step.node.order]}",))
        self.rows.extend(self._row(step, out) for out in step.outgoing)

    def _row(self, step: Step, out: Outgoing) -> tuple[str, ...]:
        """Return (the local derivative, times what comes in, where it goes); of a ``.grad`` one sentence."""
        g, gradient = self.gradients.get(step.node.order, UNKNOWN), self._text(out.gradient)
        if not out.argument:
            before = "" if out.first else f"{self._text(out.total - out.gradient)} + {gradient} = "
            return (f"{out.target} = {before}{self._text(out.total)}",)
        before = self.sums.get(out.node.order, "")
        self.sums[out.node.order] = self._text(out.total) if before else gradient
        added = f": {before} + {gradient} = {self.sums[out.node.order]}" if before else ""
        if out.local is None:
            return out.rule, f"= {gradient}", f"-> {out.target}{added}"
        taken = self.operands[step.node.order] | {"y": step.name}
        slope, said = self._text(out.local), local_text(out.formula, taken)
        written = f"{said} = {slope}" if said not in ("", slope) else slope
        return f"d{step.name}/d{out.target} = {written}", f"{slope} * {g} = {gradient}", f"-> {out.target}{added}"

    def text(self) -> Iterator[str]:
        """Yield the lines: a table of values and gradients, then how these came about."""
        rows: list[tuple[str, ...]] = [("", "value", "gradient")]
        for node in self.shown:
            paper, name = self.papers[node.order], self.names.of(node)
            value = self.values.get(node.order, UNKNOWN)
            rows.append((f"{name} = {paper}" if paper else name, value, self.gradients.get(node.order, UNKNOWN)))
        for line, row in zip(_columns(rows), rows, strict=True):
            yield line + ("   (no rule kept it)" if row[1] == UNKNOWN else "")
        yield ""
        in_columns = iter(_columns([row for row in self.rows if len(row) > 1]))
        yield from (row[0] if len(row) == 1 else f"    {next(in_columns)}" for row in self.rows)

    def _text(self, number: Tensor | Any) -> str:
        return number_text(number.reshape(()), self.digits)


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return lines in which the columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
