"""Running a program: its primitives are called one after the other, on tensors of any kind.

So a run is recorded, batched or differentiated as the function would be that the program came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd_core.dtypes import dtype
from autograd_core.engine.indices import keyed
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ProgramError
from autograd_core.programs.ir import RANDOM, Application, Listing, Variable, replaced
from autograd_core.programs.writing import declared, line_text, type_text
from autograd_core.randomness.generators import get_rng_state, set_rng_state
from autograd_core.transforms.trees import leaves_of


def run(listing: Listing, values: Mapping[str, Tensor], args: Sequence[Any]) -> Any:
    """Return the result on ``args``, the tensors of the inputs in order, alone or in trees; then make the updates.

    Raises: ProgramError for inputs of another number, shape or dtype, and for a bound value that is missing.
    """
    known = _inputs(listing, args) | _bound(listing, values)
    last = listing.last_uses
    for i, line in enumerate(listing.lines):
        try:
            known.update(applied(line, known))
        except Exception as error:
            if hasattr(error, "add_note"):  # Python 3.11
                error.add_note(f"in the line {line_text(line)}")
            raise
        for name in last.get(i, ()):
            del known[name]
    if listing.updates:
        _apart(listing, known)
    result = replaced(listing.result, lambda v: known[v.name])
    new = [(values.get(u.target.name), known[u.value.name]) for u in listing.updates]
    with no_grad():
        for target, value in new:
            if target is None:
                set_rng_state(value)
            else:
                target.copy_(value.detach())
    return result


def _apart(listing: Listing, known: dict[str, Any]) -> None:
    """Copy what is kept of the targets' memory: results, and other targets' new values, are from before the updates."""
    targets = {u.target.name for u in listing.updates}
    for v in listing.kept():
        if listing.owners[v.name] in targets:
            known[v.name] = known[v.name].clone()


def _inputs(listing: Listing, args: Sequence[Any]) -> dict[str, Any]:
    leaves = [leaf for arg in args for leaf in leaves_of(arg)]
    if len(leaves) != len(listing.inputs):
        wanted = ", ".join(map(declared, listing.inputs)) or "none"
        others = len(leaves) - sum(isinstance(leaf, Tensor) for leaf in leaves)
        rest = f" and {others} other values, which it has already" if others else ""
        given = f"{len(leaves) - others} tensors{rest}"
        raise ProgramError(f"{listing.name}: got {given}; wanted {len(listing.inputs)}: {wanted}")
    for variable, given in zip(listing.inputs, leaves, strict=True):
        _check(listing, variable, given, "input")
    return {v.name: given for v, given in zip(listing.inputs, leaves, strict=True)}


def _bound(listing: Listing, values: Mapping[str, Tensor]) -> dict[str, Any]:
    random = {b.variable.name: get_rng_state() for b in listing.bound if b.kind == RANDOM}
    missing = [b.variable.name for b in listing.bound if b.variable.name not in {*values, *random}]
    if missing:
        names = ", ".join(missing)
        raise ProgramError(f"{listing.name}: without a value: {names}; give it with .bind({{name: tensor}})")
    return {b.variable.name: values[b.variable.name] for b in listing.bound if b.kind != RANDOM} | random


def check_value(listing: Listing, variable: Variable, given: Any) -> None:
    """Raise a ProgramError where ``given`` is no value of a bound variable."""
    _check(listing, variable, given, "value of")


def _check(listing: Listing, variable: Variable, given: Any, what: str) -> None:
    if not isinstance(given, Tensor):
        kind = type(given).__name__
        raise ProgramError(f"{listing.name}: the {what} {declared(variable)} is a {kind}; wanted a tensor")
    if given.shape != variable.shape or given.dtype is not variable.dtype:
        found = type_text(given.shape, given.dtype)
        raise ProgramError(f"{listing.name}: the {what} {declared(variable)} is {found}")


def applied(line: Application, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a line by their names."""
    prim = line.entry
    args = [_values(a, known) for a in line.args]
    results = prim.call(*args, **{key: _option(value, known) for key, value in line.meta.items()})
    made: dict[str, Any] = {}
    for variable, result in zip(line.outputs, results if prim.outputs else (results,), strict=True):
        if result.shape != variable.shape or result.dtype is not variable.dtype:
            found = type_text(result.shape, result.dtype)
            raise ProgramError(f"{line_text(line)}: {variable.name} turned out to be {found}")
        made[variable.name] = result
    return made


def _values(arg: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(arg, tuple):
        return [known[v.name] for v in arg]
    return known[arg.name] if isinstance(arg, Variable) else arg


def _option(value: Any, known: Mapping[str, Any]) -> Any:
    """Return an option as the primitive takes it: NumPy's dtype, and arrays in an index."""
    if isinstance(value, dtype):
        return value.dtype
    if isinstance(value, Mapping):
        return {key: _option(part, known) for key, part in value.items()}
    if isinstance(value, tuple) and any(isinstance(part, Variable) for part in value):
        return keyed([known[part.name] if isinstance(part, Variable) else part for part in value])
    return value
