"""Tables as text, and the quantities in them."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence

__all__ = ["columns", "cut", "seconds_text"]

LONGEST = 72  # of a name: a module's path, a line


def columns(rows: Sequence[Sequence[str]], left: Container[str]) -> str:
    """Return rows of equal length, headings first, as lines: the columns ``left`` to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [
        [cell.ljust(width) if head in left else cell.rjust(width) for cell, width, head in zip(row, widths, rows[0])]
        for row in rows
    ]
    return "\n".join("  ".join(cells).rstrip() for cells in aligned)


def cut(name: str) -> str:
    """Return a line, or another name, that is too long for a table without its folder, and then without its end."""
    if len(name) > LONGEST:
        place, colon, code = name.partition(": ")
        name = os.path.basename(place) + colon + code
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def seconds_text(seconds: float) -> str:
    """Return a time with three digits and its unit."""
    for unit in ("s", "ms", "µs"):
        if abs(seconds) >= 0.9995 or unit == "µs":
            break
        seconds *= 1000
    return f"{seconds:.3g} {unit}" if abs(seconds) < 999.5 else f"{seconds:.0f} {unit}"
