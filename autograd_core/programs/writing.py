"""A listing as text: the tensor language.  ``docs/programs.md`` has its grammar, ``parsing`` its inverse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from autograd_core.backend.device import device
from autograd_core.dtypes import dtype
from autograd_core.engine.primitive import Primitive
from autograd_core.programs.ir import SHORT, Application, Bound, Listing, Shape, Variable

WIDTH = 120  # columns from which the inputs stand on lines of their own
INDENT = "    "


def write(listing: Listing) -> str:
    """Return the text of a program, which ends with a line end."""
    body = [*map(bound_text, listing.bound), *map(line_text, listing.lines)]
    body += [f"update {update.target.name} = {value_text(update.value)}" for update in listing.updates]
    body.append(f"return {value_text(listing.result)}")
    return "\n".join([_head(listing), *(INDENT + line for line in body), ""])


def _head(listing: Listing) -> str:
    inputs = [declared(v) for v in listing.inputs]
    head = f"program {listing.name}({', '.join(inputs)}):"
    if len(head) <= WIDTH:
        return head
    return "\n".join([f"program {listing.name}(", *(f"{INDENT}{v}," for v in inputs), "):"])


def declared(v: Variable) -> str:
    """Return a variable with its type, as ``x: f32[2, 3]``."""
    return f"{v.name}: {type_text(v.shape, v.dtype)}"


def type_text(shape: Shape, kind: dtype) -> str:
    """Return a shape and dtype, as ``f32[2, 3]``."""
    return f"{SHORT[kind.name]}[{', '.join(map(str, shape))}]"


def bound_text(bound: Bound) -> str:
    """Return the line of the header that declares a bound value."""
    literal = "" if bound.literal is None else f" = {value_text(bound.literal)}"
    return f"{bound.kind} {declared(bound.variable)}{literal}"


def line_text(line: Application) -> str:
    """Return the line of an application."""
    return f"{', '.join(map(declared, line.outputs))} = {call_text(line)}"


def call_text(line: Application) -> str:
    """Return what stands to the right of the equals sign."""
    args = [_list(a) if isinstance(a, tuple) else value_text(a) for a in line.args]
    args += [f"{key}={option_text(key, value)}" for key, value in line.meta.items()]
    return f"{line.primitive}({', '.join(args)})"


def option_text(key: str, value: Any) -> str:
    """Return the value of a keyword: what is called ``key`` is an index, in brackets."""
    return _list(value) if key == "key" and isinstance(value, tuple) else value_text(value)


def value_text(value: Any) -> str:
    """Return an argument, option or result as text; floats come back exactly."""
    if isinstance(value, Variable):
        return value.name
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(value_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return _list(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(k)}: {option_text(k, v)}' for k, v in value.items())}}}"
    return _word(value)


def _word(value: Any) -> str:
    if value is Ellipsis:
        return "..."
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, slice):
        ends = ["" if n is None else value_text(n) for n in (value.start, value.stop)]
        return ":".join(ends) + ("" if value.step is None else f":{value_text(value.step)}")
    if isinstance(value, dtype):
        return SHORT[value.name]
    if isinstance(value, device):
        return f'device("{value}")'
    if isinstance(value, Primitive):
        return f'primitive("{value.name}")'
    return repr(value)  # numbers, bools, None


def _list(values: Any) -> str:
    return f"[{', '.join(map(value_text, values))}]"
