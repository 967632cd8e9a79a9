"""What a program says, without the values it is bound to: variables, applications of primitives, a listing.

Each variable is set once (SSA): an input, a bound value, or an output of one line.  In ``args`` stand variables,
Python numbers, None, and tuples of variables where the primitive takes a list; in ``meta`` what ``plain`` returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import EllipsisType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import device
from autograd_core.dtypes import as_dtype, dtype
from autograd_core.engine.primitive import PRIMITIVES, Primitive
from autograd_core.errors import ProgramError

Shape = tuple[int, ...]
RANDOM = "random"  # the position in the default generator's stream: no value of the program's own
KINDS = ("parameter", "buffer", "constant", RANDOM)
SHORT = {
    "bool": "bool", "uint8": "u8", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "float16": "f16",
    "bfloat16": "bf16", "float32": "f32", "float64": "f64", "complex64": "c64", "complex128": "c128",
}  # fmt: skip
DTYPES = {short: as_dtype(name) for name, short in SHORT.items()}
# what a name in an argument means before it means a variable
RESERVED = frozenset({"True", "False", "None", "inf", "nan", *DTYPES})


@dataclass(frozen=True, slots=True)
class Variable:
    """A tensor of the program."""

    name: str
    shape: Shape
    dtype: dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Application:
    """One line: ``outputs = primitive(*args, **meta)``."""

    primitive: str
    args: tuple[Any, ...]
    meta: Mapping[str, Any]
    outputs: tuple[Variable, ...]

    @property
    def entry(self) -> Primitive:
        """The primitive itself."""
        return PRIMITIVES[self.primitive]

    @property
    def is_view(self) -> bool:
        """Whether the output may share memory with the first argument."""
        indexed = any(variables(self.meta))  # an index array copies
        return (self.entry.view and not indexed) or self.primitive in ("spread", "transfer")

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The variables that the line reads, those in an index too, in order."""
        return (*variables(self.args), *variables(self.meta))


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that the program brings with it: one of ``KINDS``; ``literal`` holds that of a small constant."""

    kind: str
    variable: Variable
    literal: Any = None


@dataclass(frozen=True, slots=True)
class Update:
    """What a bound value becomes when the program has run."""

    target: Variable
    value: Any


@dataclass(frozen=True)
class Listing:
    """All that the text of a program says.  ``result``: a variable, a number, None, or a tree of them."""

    name: str
    inputs: tuple[Variable, ...] = ()
    bound: tuple[Bound, ...] = ()
    lines: tuple[Application, ...] = ()
    result: Any = None
    updates: tuple[Update, ...] = ()

    def kept(self) -> Iterator[Variable]:
        """Yield what is still needed when all lines have run."""
        yield from variables(self.result)
        for update in self.updates:
            yield from variables(update.value)

    @cached_property
    def last_uses(self) -> dict[int, list[str]]:
        """The variables that no later line and no result needs, by line."""
        seen = {v.name for v in self.kept()}
        last: dict[int, list[str]] = {}
        for i in reversed(range(len(self.lines))):
            for v in (*self.lines[i].outputs, *self.lines[i].inputs):
                if v.name not in seen:
                    seen.add(v.name)
                    last.setdefault(i, []).append(v.name)
        return last

    @cached_property
    def owners(self) -> dict[str, str]:
        """For each variable the one whose memory it may share: itself where it is no view."""
        owners = {v.name: v.name for v in (*self.inputs, *(b.variable for b in self.bound))}
        for line in self.lines:
            owner = owners[line.inputs[0].name] if line.is_view else ""
            owners |= {v.name: owner or v.name for v in line.outputs}
        return owners

    def names(self) -> set[str]:
        """Return the names of all variables."""
        found = {v.name for v in self.inputs} | {b.variable.name for b in self.bound}
        return found | {v.name for line in self.lines for v in line.outputs}


def variables(value: Any) -> Iterator[Variable]:
    """Yield the variables in an argument, an option or a result, in order."""
    if isinstance(value, Variable):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from variables(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from variables(part)


def replaced(value: Any, by: Any) -> Any:
    """Return an argument, option or result with each variable ``v`` in it replaced by ``by(v)``."""
    if isinstance(value, Variable):
        return by(value)
    if isinstance(value, tuple | list):
        return type(value)([replaced(part, by) for part in value])
    if isinstance(value, Mapping):
        return {key: replaced(part, by) for key, part in value.items()}
    return value


def plain(value: Any) -> Any:
    """Return an option of a primitive in the form that a listing holds, which can be written.

    Numbers, texts, bools, None, Ellipsis, slices, dtypes, devices, primitives and variables, in tuples and dicts.

    Raises: ProgramError for anything else.
    """
    if value is None or type(value) in (bool, int, float, complex, str, EllipsisType, dtype, device):
        return value
    if isinstance(value, Variable | Primitive):
        return value
    if isinstance(value, slice):
        return slice(*map(plain, (value.start, value.stop, value.step)))
    if isinstance(value, tuple | list):
        return tuple(map(plain, value))
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, host.generic):
        return value.item()
    if isinstance(value, host.dtype) or (isinstance(value, type) and issubclass(value, host.generic)):
        return as_dtype(value)
    if isinstance(getattr(value, "primitive", None), Primitive):
        return value.primitive
    raise ProgramError(f"a {type(value).__name__} cannot stand in a program; make a tensor of it outside")
