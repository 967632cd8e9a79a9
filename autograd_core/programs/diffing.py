"""What differs between two programs, whatever their variables are called."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from autograd_core.programs.ir import Application, Listing, Variable, replaced
from autograd_core.programs.writing import type_text, write

__all__ = ["difference"]


def difference(p: Listing, q: Listing) -> str:
    """Return the lines to take away from ``p`` (-) and to add (+) to have ``q``; an empty text where there are none.

    Lines of the same primitive, types and options are paired in order, and then go by ``p``'s names in both.
    """
    old, new = write(p).splitlines(), write(_named_as(p, q)).splitlines()
    return "\n".join(difflib.unified_diff(old, new, p.name, q.name, lineterm="", n=2))


def _named_as(p: Listing, q: Listing) -> Listing:
    """Return ``q`` with the names that ``p`` has for the same things."""
    names = {b.name: a.name for a, b in zip(p.inputs, q.inputs, strict=False)}
    for i, j in _pairs([_kind(x) for x in p.lines], [_kind(y) for y in q.lines]):
        names |= {b.name: a.name for a, b in zip(p.lines[i].outputs, q.lines[j].outputs, strict=True)}
    return _renamed(q, _without_clashes(names, p, q))


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of equal lines, in order: those at both ends first, which costs no search."""
    least = min(len(old), len(new))
    start = next((i for i in range(least) if old[i] != new[i]), least)
    end = next((i for i in range(least - start) if old[-1 - i] != new[-1 - i]), least - start)
    yield from ((i, i) for i in range(start))
    yield from ((len(old) - 1 - i, len(new) - 1 - i) for i in range(end))
    middle = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    for block in middle.get_matching_blocks():
        yield from ((start + block.a + k, start + block.b + k) for k in range(block.size))


def _kind(line: Application) -> str:
    """Return a line without the names in it."""
    meta = {key: replaced(value, lambda v: type_text(v.shape, v.dtype)) for key, value in line.meta.items()}
    types = [type_text(v.shape, v.dtype) for v in (*line.outputs, *line.inputs)]
    numbers = [a for a in line.args if not isinstance(a, Variable | tuple)]
    return repr((line.primitive, types, numbers, meta))


def _without_clashes(names: dict[str, str], p: Listing, q: Listing) -> dict[str, str]:
    """Give what has no pair in ``p`` a name that neither program has, where its own is taken."""
    taken, own = set(names.values()) | {b.variable.name for b in q.bound}, p.names()
    for v in [v for line in q.lines for v in line.outputs] + list(q.inputs):
        if v.name not in names:
            name = v.name
            while name in taken or (name != v.name and name in own):
                name += "_"
            names[v.name] = name
            taken.add(name)
    return names


def _renamed(q: Listing, names: dict[str, str]) -> Listing:
    def by(value: Any) -> Any:
        return replaced(value, lambda v: replace(v, name=names.get(v.name, v.name)))

    lines = [replace(x, args=by(x.args), meta=by(x.meta), outputs=tuple(map(by, x.outputs))) for x in q.lines]
    updates = tuple(replace(u, value=by(u.value)) for u in q.updates)
    inputs = tuple(map(by, q.inputs))
    return replace(q, inputs=inputs, lines=tuple(lines), updates=updates, result=by(q.result))
