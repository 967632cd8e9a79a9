"""A shorter program with the same values: dead lines, equal lines, lines of constants, and the obvious algebra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.programs.algebra import shortened
from autograd_core.programs.ir import Application, Bound, Listing, Update, Variable, replaced
from autograd_core.programs.literals import literal_of
from autograd_core.programs.running import applied
from autograd_core.programs.writing import call_text

__all__ = ["simplified"]

Values = dict[str, Tensor]
MOST = 4096  # elements of a constant that is computed beforehand, unless its arguments have more


def simplified(listing: Listing, values: Mapping[str, Tensor]) -> tuple[Listing, Values]:
    """Return a program of the same values, bit by bit, and what it is bound to.

    Results keep memory of their own where they had it: lines that make them are not replaced by others' outputs.
    """
    known = dict(values)
    while True:
        count = len(listing.lines)
        listing = _without_dead(_Pass(listing, known).run())
        if len(listing.lines) == count:
            break
    names = listing.names()
    return listing, {name: value for name, value in known.items() if name in names}


class _Pass:
    """One walk from the first line to the last."""

    def __init__(self, listing: Listing, values: Values) -> None:
        self.listing, self.values = listing, values
        self.instead: dict[str, Variable] = {}  # of variables that equal an earlier one
        self.made: dict[str, Application] = {}
        self.texts: dict[str, Application] = {}
        self.folded: list[Bound] = []
        changing = {u.target.name for u in listing.updates}
        constants = [b.variable.name for b in listing.bound if b.kind == "constant"]
        self.constants = {n for n in constants if n in values and n not in changing and not values[n].requires_grad}
        self.results = {v.name for v in listing.kept()}
        self.numbers = {n: number for n in self.constants if (number := _number(values[n])) is not None}

    def run(self) -> Listing:
        """Return the listing with each line in its shortest form."""
        lines = [line for old in self.listing.lines if (line := self.line(self.renamed(old))) is not None]
        updates = [Update(u.target, self.renamed(u.value)) for u in self.listing.updates]
        return replace(
            self.listing, bound=(*self.listing.bound, *self.folded), lines=tuple(lines),
            result=self.renamed(self.listing.result), updates=tuple(u for u in updates if u.value is not u.target),
        )  # fmt: skip

    def renamed(self, thing: Any) -> Any:
        """Return a line, argument or result with earlier variables in place of those that equal them."""
        if isinstance(thing, Application):
            return replace(thing, args=self.renamed(thing.args), meta=self.renamed(thing.meta))
        return replaced(thing, lambda v: self.instead.get(v.name, v))

    def line(self, line: Application) -> Application | None:
        """Return a line that does the same; None where none is needed."""
        line = self.with_numbers(line)
        free = line.entry.view or self.results.isdisjoint(v.name for v in line.outputs)
        short = shortened(line, self.made)
        if isinstance(short, Application):
            line = short
        elif free:
            self.instead[line.outputs[0].name] = short
            return None
        if self.fold(line):
            return None
        text = call_text(line)
        if free and text in self.texts:
            equal = self.texts[text].outputs
            self.instead |= {old.name: new for old, new in zip(line.outputs, equal, strict=True)}
            return None
        self.texts.setdefault(text, line)
        self.made |= {v.name: line for v in line.outputs}
        return line

    def with_numbers(self, line: Application) -> Application:
        """Return an elementwise line with numbers in place of constants that are everywhere the same."""
        prim, output = line.entry, line.outputs[0]
        if not prim.elementwise or len(line.args) < 2 or output.dtype.category != 2:
            return line
        shared = [isinstance(a, Variable) and a.name in self.numbers and a.dtype is output.dtype for a in line.args]
        decides = [
            isinstance(a, Variable) and not n and (a.shape, a.dtype) == (output.shape, output.dtype)
            and arg not in prim.constants
            for a, n, arg in zip(line.args, shared, prim.args, strict=True)
        ]  # of what is left, one must tell the shape and dtype
        if not any(decides):
            return line
        chosen = [n and arg not in prim.constants for n, arg in zip(shared, prim.args, strict=True)]
        return replace(
            line, args=tuple(self.numbers[a.name] if c else a for a, c in zip(line.args, chosen, strict=True))
        )

    def fold(self, line: Application) -> bool:
        """Compute a line of constants now, where the result is not large; return whether that was done."""
        inputs = line.inputs
        most = max(MOST, sum(v.size for v in inputs))
        if not self.constants.issuperset(v.name for v in inputs) or sum(v.size for v in line.outputs) > most:
            return False
        if line.primitive == "transfer" or not self.results.isdisjoint(v.name for v in line.outputs):
            return False
        try:
            with no_grad():
                found = applied(line, self.values)
        except Exception:  # what fails will fail when the program runs, and say why there
            return False
        for v in line.outputs:
            self.folded.append(Bound("constant", v, literal_of(found[v.name])))
        self.values |= found
        self.numbers |= {n: number for n, x in found.items() if (number := _number(x)) is not None}
        self.constants |= found.keys()
        return True


def _number(value: Tensor) -> float | None:
    """Return the number that a tensor of floats holds in each element; None where they differ."""
    array = value._array
    if array.dtype.kind != "f" or not 0 < array.size <= MOST:
        return None
    first = array.reshape(-1)[:1]
    return float(first[0]) if bool((array == first).all()) and bool(first[0] != 0) else None


def _without_dead(listing: Listing) -> Listing:
    """Return the listing without lines and constants that nothing needs."""
    needed = {v.name for v in listing.kept()} | {u.target.name for u in listing.updates}
    lines: list[Application] = []
    for line in reversed(listing.lines):
        if not needed.isdisjoint(v.name for v in line.outputs):
            lines.append(line)
            needed.update(v.name for v in line.inputs)
    bound = tuple(b for b in listing.bound if b.kind != "constant" or b.variable.name in needed)
    return replace(listing, lines=tuple(reversed(lines)), bound=bound)
