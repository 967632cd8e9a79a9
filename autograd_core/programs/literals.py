"""Small constants that stand in the text itself: nested lists of numbers."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import get_default_device, to_device
from autograd_core.dtypes import bfloat16
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ProgramError
from autograd_core.programs.ir import Shape, Variable
from autograd_core.programs.writing import value_text

MOST, MOST_DIMS = 16, 8  # elements and dims of a constant that is written out
KINDS: tuple[type, ...] = (bool, int, float, complex)  # by the category of a dtype


def literal_of(value: Tensor) -> Any:
    """Return a tensor as nested lists of numbers; None where it is too large to be read."""
    array = value._array
    if array.size > MOST or array.ndim > MOST_DIMS:
        return None
    return (array.astype("float32") if value.dtype is bfloat16 else array).tolist()  # ml_dtypes' numbers are its own


def made(literal: Any, variable: Variable) -> Tensor:
    """Return the tensor that a literal stands for, on the default device."""
    with host.errstate(all="ignore"):
        array = host.array(literal, variable.dtype.dtype).reshape(variable.shape)
    return wrap(to_device(array, get_default_device()))


def check_literal(literal: Any, variable: Variable) -> None:
    """Raise a ProgramError where a literal is none of ``variable``'s shape and dtype."""
    _check(literal, variable.shape, KINDS[variable.dtype.category], variable)
    try:
        made(literal, variable)
    except (OverflowError, ValueError) as error:
        raise ProgramError(f"{variable.name} of {variable.dtype}: {error}") from error


def _check(literal: Any, shape: Shape, kind: type, variable: Variable) -> None:
    if not shape:
        if type(literal) is not kind:
            shown = value_text(literal)[:40]
            raise ProgramError(f"{variable.name} of {variable.dtype} has an element {shown}; wanted {kind.__name__}")
        return
    if type(literal) is not list or len(literal) != shape[0]:
        raise ProgramError(f"{variable.name} has shape {variable.shape}; wanted a list of {shape[0]} here")
    for part in literal:
        _check(part, shape[1:], kind, variable)
