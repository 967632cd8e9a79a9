"""What a line says: whether a primitive takes these arguments and options, whatever their shapes.

A text may come from a stranger.  So an option has the type that the primitive's forward declares, and a text among
them is one of a list: any other could name a function that was never meant.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache
from inspect import Parameter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import autograd_core.ops
from autograd_core.backend.device import device
from autograd_core.backend.draws import DRAWS
from autograd_core.dtypes import dtype
from autograd_core.engine.primitive import PRIMITIVES, Primitive
from autograd_core.errors import ProgramError
from autograd_core.ops.special_functions import PAIR_VALUES, VALUES
from autograd_core.programs.ir import Variable
from autograd_core.programs.shape_rules import RULES
from autograd_core.programs.writing import type_text, value_text

for _room in pkgutil.iter_modules(autograd_core.ops.__path__):
    importlib.import_module(f"autograd_core.ops.{_room.name}")  # fill the table of primitives

# texts that an option may have
WORDS: dict[tuple[str, str], frozenset[str]] = {
    ("whole", "name"): frozenset({"floor", "ceil", "trunc"}),
    ("integer_pair", "name"): frozenset({"gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"}),
    ("special_function", "name"): frozenset(VALUES),
    ("special_pair", "name"): frozenset(PAIR_VALUES),
    ("draw", "of"): frozenset(DRAWS),
    ("gelu", "approximate"): frozenset({"none", "tanh"}),
    ("rnn", "nonlinearity"): frozenset({"relu", "tanh"}),
    ("solve", "triangle"): frozenset({"", "lower", "upper"}),
    **dict.fromkeys([("cholesky", "triangle"), ("eigh", "triangle")], frozenset({"L", "U"})),
    **dict.fromkeys([(f, "norm") for f in ("fft", "rfft", "irfft")], frozenset({"backward", "ortho", "forward"})),
}
# of options that are declared as Any
KINDS: dict[str, type] = {"dtype": dtype, "device": device, "key": tuple, "view": Primitive, "meta": dict}
# arguments that may be left out, or be a number, of primitives that are not elementwise
OPTIONAL = frozenset({"b", "bias", "weight", "kept", "b_ih", "b_hh", "w_hr"})


def primitive_named(name: str) -> Primitive:
    """Return a primitive of the language.  Raises: ProgramError where there is none of that name."""
    if name not in PRIMITIVES:
        near = difflib.get_close_matches(name[:60], PRIMITIVES, 1)
        raise ProgramError(f"there is no primitive {name[:60]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return PRIMITIVES[name]


def check_arguments(prim: Primitive, args: tuple[Any, ...]) -> None:
    """Raise a ProgramError where there are too few or many, a list in place of a tensor, or no tensor at all."""
    if len(args) != len(prim.args):
        raise ProgramError(f"{prim.name} takes {len(prim.args)} ({', '.join(prim.args)}), not {len(args)} arguments")
    for arg, value in zip(prim.args, args, strict=True):
        if isinstance(value, tuple) != (arg in prim.lists) or value == ():
            raise ProgramError(f"{prim.name}: {arg}: wanted {'a list of tensors' if arg in prim.lists else 'a tensor'}")
    if first(args) is None:
        raise ProgramError(f"{prim.name}: none of its arguments is a tensor")
    if not prim.elementwise and prim.name in RULES:
        _check_tensors(prim, args)


def _check_tensors(prim: Primitive, args: tuple[Any, ...]) -> None:
    for arg, value in zip(prim.args, args, strict=True):
        left_out = value is None and arg in OPTIONAL and prim.name not in ("matmul", "solve")
        written = arg == "v" and prim.name in ("setitem", "replace_view") and value is not None
        tensors = all(isinstance(v, Variable) for v in (value if isinstance(value, tuple) else (value,)))
        if not (tensors or left_out or written):
            raise ProgramError(f"{prim.name}: {arg} is {described(value)}; wanted a tensor")


def check_option(prim: Primitive, key: str, value: Any) -> None:
    """Raise a ProgramError where ``prim`` takes no such option."""
    if key not in prim.meta:
        known = ", ".join(prim.meta) or "none"
        raise ProgramError(f"{prim.name} has no option {key!r}; its options: {known}")
    wanted = _hints(prim).get(key, Any)
    wanted = KINDS.get(key, Any) if wanted is Any else wanted
    if not _fits(value, wanted):
        named = getattr(wanted, "__name__", wanted) if not get_args(wanted) else wanted
        raise ProgramError(f"{prim.name}: {key} is {short(value_text(value))}; wanted {named}")
    words = WORDS.get((prim.name, key))
    if words is not None and value not in words:
        known = ", ".join(map(repr, sorted(words)))
        raise ProgramError(f"{prim.name}: {key} is {short(repr(value))}; wanted one of {known}")
    if key == "meta" and isinstance(value, dict):
        for inner in value.values():
            if not isinstance(inner, tuple | int):
                raise ProgramError(f"{prim.name}: meta holds {short(value_text(inner))}; wanted the options of a view")


def check_complete(prim: Primitive, meta: dict[str, Any]) -> None:
    """Raise a ProgramError where an option without a default is missing."""
    missing = [key for key, default in prim.meta.items() if default is Parameter.empty and key not in meta]
    if missing:
        raise ProgramError(f"{prim.name} wants {', '.join(f'{key}=' for key in missing)}")
    if prim.name == "replace_view":
        for key, value in meta["meta"].items():
            check_option(meta["view"], key, value)
        check_complete(meta["view"], meta["meta"])


@cache
def _hints(prim: Primitive) -> dict[str, Any]:
    try:
        return get_type_hints(prim.forward)
    except NameError:  # a user's primitive, annotated with names that are not there
        return {}


def _fits(value: Any, wanted: Any) -> bool:
    """Return whether an option has the type that the primitive's forward declares."""
    if wanted is Any:
        return True
    if get_origin(wanted) in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(wanted))
    if get_origin(wanted) is tuple:
        kinds = get_args(wanted)
        if not isinstance(value, tuple) or (kinds[-1] is not Ellipsis and len(kinds) != len(value)):
            return False
        kinds = (kinds[0],) * len(value) if kinds[-1] is Ellipsis else kinds
        return all(map(_fits, value, kinds))
    if wanted is float:
        return type(value) in (int, float, bool)
    return value is None if wanted in (None, NoneType) else type(value) is wanted


# ---- values in messages ----


def first(value: Any) -> Any:
    """Return the first variable of an argument, or of all."""
    if isinstance(value, Variable):
        return value
    for part in value if isinstance(value, tuple) else ():
        if (found := first(part)) is not None:
            return found
    return None


def described(value: Any) -> str:
    """Return an argument with its type in place of its name."""
    if isinstance(value, Variable):
        return type_text(value.shape, value.dtype)
    return f"[{', '.join(map(described, value))}]" if isinstance(value, tuple) else value_text(value)


def short(text: str) -> str:
    """Return a text cut where a message would become too long."""
    return text if len(text) <= 300 else text[:300] + "..."
