"""Lines that equal one of their arguments, or a shorter line, whatever the values: the rules of ``simplify``.

Each holds bit by bit.  So ``x + 0.0`` stays, which makes 0.0 of -0.0, and ``x * 0.0``, which keeps NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from autograd_core.programs.ir import Application, Variable

Lines = Mapping[str, Application]  # by the name of the output
Rule = Callable[[Application, Lines], Any]

RULES: dict[str, Rule] = {}


def shortened(line: Application, made: Lines) -> Application | Variable:
    """Return a variable that equals the output of ``line``, or an equal line, at least the line itself.

    ``made``: the lines before, by the names of their outputs.
    """
    rule = RULES.get(line.primitive)
    found = rule(line, made) if rule is not None else None
    if isinstance(found, Variable):
        output = line.outputs[0]
        return found if (found.shape, found.dtype) == (output.shape, output.dtype) else line
    return found or line


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of the primitives of these names."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return enter


def _before(line: Application, made: Lines) -> Application | None:
    """Return the line that made the argument, where it is of the same primitive."""
    found = made.get(line.args[0].name)
    return found if found is not None and found.primitive == line.primitive else None


@rule("clone", "broadcast_to", "sum_to", "cast")
def _same(line: Application, made: Lines) -> Variable | None:
    """What has the shape and dtype already stays as it is."""
    return line.args[0]


@rule("mul")
def _times_one(line: Application, made: Lines) -> Variable | None:
    a, b = line.args
    return _unless_complex(a if _is(b, 1) else b if _is(a, 1) else None)


@rule("div", "pow")
def _by_one(line: Application, made: Lines) -> Variable | None:
    return _unless_complex(line.args[0] if _is(line.args[1], 1) else None)


@rule("sub")
def _less_zero(line: Application, made: Lines) -> Variable | None:
    return _unless_complex(line.args[0] if _is(line.args[1], 0) else None)


@rule("add")
def _plus_zero(line: Application, made: Lines) -> Variable | None:
    a, b = line.args
    found = a if _is(b, 0) else b if _is(a, 0) else None
    return found if isinstance(found, Variable) and found.dtype.category == 1 else None


def _is(value: Any, number: float) -> bool:
    """Whether an argument is this number; 0 is not -0.0, which ``x - 0`` would turn."""
    return type(value) in (int, float) and value == number and str(value)[0] != "-"


def _unless_complex(value: Any) -> Variable | None:
    """Return a real variable: products of complex numbers make NaN of infinities."""
    return value if isinstance(value, Variable) and not value.dtype.is_complex else None


@rule("neg", "bitwise_not")
def _twice(line: Application, made: Lines) -> Variable | None:
    inner = _before(line, made)
    return inner.args[0] if inner is not None else None


@rule("conjugate")
def _conjugate(line: Application, made: Lines) -> Variable | None:
    x = line.args[0]
    return _twice(line, made) if x.dtype.is_complex else x


@rule("permute")
def _permute(line: Application, made: Lines) -> Any:
    x, dims = line.args[0], tuple(d % len(line.args[0].shape) for d in line.meta["dims"])
    inner = _before(line, made)
    if inner is not None:
        first = tuple(d % len(dims) for d in inner.meta["dims"])
        x, dims = inner.args[0], tuple(first[d] for d in dims)
    if dims == tuple(range(len(dims))):
        return x
    return replace(line, args=(x,), meta={"dims": dims})


@rule("reshape")
def _reshape(line: Application, made: Lines) -> Any:
    inner = _before(line, made)
    x = line.args[0] if inner is None else inner.args[0]
    return x if x.shape == line.outputs[0].shape else replace(line, args=(x,))


@rule("getitem")
def _whole(line: Application, made: Lines) -> Variable | None:
    everything = all(part is Ellipsis or (type(part) is slice and part == slice(None)) for part in line.meta["key"])
    return line.args[0] if everything else None
