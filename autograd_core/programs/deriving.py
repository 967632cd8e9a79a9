"""Programs of programs: the gradient, the tangent, the batched one.  Each is a trace of a transform of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ProgramError
from autograd_core.programs.ir import RANDOM, Listing, Variable
from autograd_core.programs.recording import record
from autograd_core.programs.running import run
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad

__all__ = ["batched", "gradient", "tangent"]

Values = Mapping[str, Tensor]
Derived = tuple[Listing, dict[str, Tensor]]


def gradient(listing: Listing, values: Values, wrt: str | Sequence[str] | None) -> Derived:
    """Return the program of the gradient by inputs or bound values: a tensor for one name, a dict for several.

    Raises: ProgramError where the result is no scalar, or a name is none of the program's, or no float's.
    """
    result = listing.result
    if not isinstance(result, Variable) or result.shape:
        raise ProgramError(f"{listing.name}.grad: the result is {result!r}; wanted one tensor of shape []")
    names = [wrt] if isinstance(wrt, str) else list(_differentiable(listing) if wrt is None else wrt)
    _check(listing, names)
    plain = _without_writes(listing)

    def slopes(*given: Tensor) -> Any:
        places = _by_name(listing, given)

        def value(chosen: dict[str, Tensor]) -> Tensor:
            args = [chosen.get(v.name, x) for v, x in zip(listing.inputs, given, strict=True)]
            return run(plain, stand_ins | {n: x for n, x in chosen.items() if n not in places}, args)

        found = grad(value)({n: places[n] if n in places else stand_ins[n] for n in names})
        return found[names[0]] if isinstance(wrt, str) else found

    stand_ins = _stand_ins(listing, values)
    return _derived(listing, values, stand_ins, slopes, _inputs(listing.inputs), f"{listing.name}_grad")


def tangent(listing: Listing, values: Values, wrt: str | Sequence[str] | None) -> Derived:
    """Return the program of the value and its tangent; the inputs' tangents are further inputs, ``x_tangent``."""
    names = [wrt] if isinstance(wrt, str) else list(wrt or [v.name for v in listing.inputs if v.dtype.category > 1])
    _check(listing, names)
    own = {v.name: v for v in listing.inputs}
    if unknown := [n for n in names if n not in own]:
        raise ProgramError(f"{listing.name}.jvp: {', '.join(unknown)}: wanted inputs, of {', '.join(own)}")
    plain = _without_writes(listing)

    def both(*given: Tensor) -> Any:
        xs, changes = given[: len(own)], given[len(own) :]
        places = dict(zip(own, xs, strict=True))

        def value(*moving: Tensor) -> Any:
            return run(plain, stand_ins, list((places | dict(zip(names, moving, strict=True))).values()))

        return jvp(value, tuple([places[n] for n in names]), tuple(changes))

    stand_ins = _stand_ins(listing, values)
    inputs = _inputs(listing.inputs) | {f"{n}_tangent": _stand_in(own[n].shape, own[n]) for n in names}
    return _derived(listing, values, stand_ins, both, inputs, f"{listing.name}_jvp")


def batched(listing: Listing, values: Values, size: int, in_dims: Any, out_dims: Any) -> Derived:
    """Return the program of ``size`` examples, which inputs have along ``in_dims``, an int or None each."""
    dims = list(in_dims) if isinstance(in_dims, tuple | list) else [in_dims] * len(listing.inputs)
    if len(dims) != len(listing.inputs):
        wanted = len(listing.inputs)
        raise ProgramError(f"{listing.name}.vmap: got {len(dims)} in_dims; wanted one for each of {wanted} inputs")
    plain = _without_writes(listing)
    inputs = {}
    for v, d in zip(listing.inputs, dims, strict=True):
        place = None if d is None else d % (len(v.shape) + 1)
        shape = v.shape if place is None else (*v.shape[:place], size, *v.shape[place:])
        inputs[v.name] = _stand_in(shape, v)
    each = vmap(lambda *xs: run(plain, stand_ins, xs), in_dims=tuple(dims), out_dims=out_dims)
    stand_ins = _stand_ins(listing, values)
    return _derived(listing, values, stand_ins, each, inputs, f"{listing.name}_vmap")


def _without_writes(listing: Listing) -> Listing:
    """Return the listing without updates, but for the one that moves the random numbers on."""
    random = {b.variable.name for b in listing.bound if b.kind == RANDOM}
    return replace(listing, updates=tuple([u for u in listing.updates if u.target.name in random]))


def _derived(
    listing: Listing, values: Values, stand_ins: Values, function: Callable[..., Any], inputs: Mapping[str, Tensor],
    name: str,
) -> Derived:  # fmt: skip
    """Trace ``function`` without computing it; bind what it uses of the program's values."""
    kinds = {b.variable.name: b.kind for b in listing.bound}
    labels = {n: (kinds[n], x) for n, x in stand_ins.items()}
    made, found = record(function, list(inputs.values()), labels=labels, name=name, abstract=True, inputs=list(inputs))
    return made, {n: values.get(n, x) for n, x in found.items() if n in values or n not in stand_ins}


def _stand_in(shape: tuple[int, ...], like: Variable) -> Tensor:
    """Return a tensor that takes no memory."""
    return wrap(host.broadcast_to(host.zeros((), like.dtype.dtype), shape))


def _stand_ins(listing: Listing, values: Values) -> dict[str, Tensor]:
    """Return for each bound value its own, outside every graph, or where it has none what stands for it."""
    found = {}
    for bound in listing.bound:
        v = bound.variable
        if bound.kind == RANDOM:
            continue
        found[v.name] = values[v.name].detach() if v.name in values else _stand_in(v.shape, v)
    return found


def _inputs(variables: Sequence[Variable]) -> dict[str, Tensor]:
    return {v.name: _stand_in(v.shape, v) for v in variables}


def _by_name(listing: Listing, given: Sequence[Tensor]) -> dict[str, Tensor]:
    return {v.name: x for v, x in zip(listing.inputs, given, strict=True)}


def _differentiable(listing: Listing) -> list[str]:
    """Return the parameters; where there are none, the inputs of floating point."""
    parameters = [b.variable.name for b in listing.bound if b.kind == "parameter"]
    return parameters or [v.name for v in listing.inputs if v.dtype.category > 1]


def _check(listing: Listing, names: Sequence[str]) -> None:
    known = {v.name: v for v in (*listing.inputs, *(b.variable for b in listing.bound))}
    for name in names:
        if name not in known:
            there = ", ".join(known)
            raise ProgramError(f"{listing.name}: there is no {name!r} to differentiate by; there are {there}")
        if known[name].dtype.category < 2:
            raise ProgramError(f"{listing.name}: {name} is {known[name].dtype}; wanted one of floating point")
    if not names:
        raise ProgramError(f"{listing.name}: there is nothing of floating point to differentiate by")
