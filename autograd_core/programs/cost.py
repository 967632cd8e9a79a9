"""What a run of a program costs: operations, bytes read and written, and memory, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from autograd_core.insight.labels import bytes_text
from autograd_core.programs.flops import flops
from autograd_core.programs.ir import Listing, Variable
from autograd_core.programs.writing import line_text

__all__ = ["Cost", "LineCost", "cost_of"]

WIDTH = 100  # columns of a line's text in the table


@dataclass(frozen=True, slots=True)
class LineCost:
    """One line: floating-point operations, bytes read and written, and bytes alive while it runs."""

    text: str
    flops: int
    read: int
    written: int
    live: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The lines' costs and their totals; ``peak``: the most bytes alive at once, inputs and bound values included.

    A view reads and writes nothing.  What a primitive needs for itself is not counted.
    """

    lines: tuple[LineCost, ...]
    peak: int

    @property
    def flops(self) -> int:
        """Floating-point operations of all lines."""
        return sum(line.flops for line in self.lines)

    @property
    def read(self) -> int:
        """Bytes that all lines read."""
        return sum(line.read for line in self.lines)

    @property
    def written(self) -> int:
        """Bytes that all lines write."""
        return sum(line.written for line in self.lines)

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("flops", "read", "written", "live", "")]
        rows += [(*_numbers(c.flops, c.read, c.written, c.live), _cut(c.text)) for c in self.lines]
        rows.append((*_numbers(self.flops, self.read, self.written, self.peak), "total; live: the peak"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        return "\n".join("  ".join([*(t.rjust(w) for t, w in zip(r, widths)), r[4]]).rstrip() for r in rows)


def cost_of(listing: Listing) -> Cost:
    """Return the cost of a run."""
    owners = listing.owners
    ends = _ends(listing, owners)
    base = sum(v.nbytes for v in (*listing.inputs, *(b.variable for b in listing.bound)))
    live = peak = base
    lines: list[LineCost] = []
    for i, line in enumerate(listing.lines):
        own = [v for v in line.outputs if owners[v.name] == v.name]
        live += sum(v.nbytes for v in own)
        peak = max(peak, live)
        read = sum(v.nbytes for v in set(line.inputs)) if own else 0
        lines.append(LineCost(line_text(line), flops(line), read, sum(v.nbytes for v in own), live))
        live -= sum(v.nbytes for v in ends.get(i, ()))
    return Cost(tuple(lines), peak)


def _ends(listing: Listing, owners: dict[str, str]) -> dict[int, list[Variable]]:
    """Return, by line, the variables whose memory no later line needs, through views either."""
    seen = {owners[v.name] for v in listing.kept()} | {v.name for v in listing.inputs}
    seen |= {b.variable.name for b in listing.bound}
    made = {v.name: v for line in listing.lines for v in line.outputs}
    ends: dict[int, list[Variable]] = {}
    for i in reversed(range(len(listing.lines))):
        line = listing.lines[i]
        for name in dict.fromkeys(owners[v.name] for v in (*line.outputs, *line.inputs)):
            if name not in seen:
                seen.add(name)
                ends.setdefault(i, []).append(made[name])
    return ends


def _numbers(count: int, *sizes: int) -> tuple[str, ...]:
    return (f"{count:,}", *map(bytes_text, sizes))


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."
