"""What the lines of a program make: shapes and dtypes from shapes and dtypes.

No tensor of the program's is made for it: elementwise primitives run on one element to tell their dtype, the others
have a rule for shapes and one for dtypes.  So a program that claims 10**12 elements costs no more than a small one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd_core.backend import host
from autograd_core.dtypes import bool_, dtype, float64, int64, uint8
from autograd_core.engine.general import common
from autograd_core.engine.modes import no_grad
from autograd_core.engine.primitive import Primitive
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ProgramError, ShapeError
from autograd_core.programs.ir import Shape, Variable
from autograd_core.programs.options import described, first, short
from autograd_core.programs.shape_rules import RULES, broadcast

for _rules in ("indexing", "window_shapes"):  # fill the table of rules
    importlib.import_module(f"autograd_core.programs.{_rules}")

MOST_DIMS = 64  # NumPy's limit
MOST_ELEMENTS = 1 << 48  # no memory holds more
Type = tuple[Shape, dtype | None]  # None: one that the device chooses

def _integral(kind: dtype) -> dtype:
    return int64 if kind.category < 2 else kind


def _real(kind: dtype) -> dtype:
    return kind.to_real()


def _complex(kind: dtype) -> dtype:
    return kind.to_complex()


def _itself(kind: dtype) -> dtype:
    return kind


# dtypes of the outputs, from the common dtype of the arguments; what is not named keeps that
RESULTS: dict[str, tuple[Callable[[dtype], dtype | None], ...]] = {
    "sum": (_integral,),
    "cumsum": (_integral,),
    "mean": (lambda kind: float64 if kind.category < 2 else kind,),
    "argextreme": (lambda _: int64,),
    "extreme": (_itself, lambda _: int64),
    "argsort": (lambda _: int64,),
    "running_argextreme": (lambda _: int64,),
    "search": (lambda _: int64,),
    "max_pool": (_itself, lambda _: None),
    "max_pool_places": (lambda _: int64,),
    "truth": (lambda _: bool_,),
    "draw": (_itself, lambda _: uint8),
    "eigh": (_real, _itself),
    "svd": (_itself, _real, _itself),
    "slogdet": (_itself, _real),
    "view_as_real": (_real,),
    "view_as_complex": (_complex,),
    "fft": (_complex,),
    "rfft": (_complex,),
    "irfft": (_real,),
}


LINEAR_ALGEBRA = frozenset({"cholesky", "det", "eigh", "qr", "slogdet", "svd"})


def infer(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> tuple[Type, ...] | None:
    """Return shape and dtype of each output; None for a primitive of the user's, which has no rule.

    Raises: ProgramError where ``prim`` cannot be applied so.
    """
    if not prim.elementwise and prim.name not in RULES:
        return None
    try:
        with no_grad(), host.errstate(all="ignore"):
            return _elementwise(prim, args, meta) if prim.elementwise else _by_rule(prim, args, meta)
    except Exception as error:  # rules and kernels meet whatever a text says, and fail in any way
        given = short(", ".join(described(a) for a in args))
        raise ProgramError(f"{prim.name} of {given}: {short(str(error) or type(error).__name__)}") from error


def _elementwise(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> tuple[Type, ...]:
    shape = broadcast(*map(_shape, args))
    if prim.name == "keep" and shape != args[0].shape:
        raise ShapeError(f"the mask has shape {_shape(args[1])}, which does not broadcast to {args[0].shape}")
    small = prim.call(*[_sample(a) for a in args], **meta)
    return ((shape, small.dtype),)


def _by_rule(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> tuple[Type, ...]:
    shapes = RULES[prim.name](*map(_shape, args), **prim.meta | meta)
    kind = meta["dtype"] if prim.name == "draw" else _kind(prim, args)
    made = [*(shapes if isinstance(shapes, list) else [shapes])]
    for shape in made:
        check_variable(shape)
    rules = RESULTS.get(prim.name, (_itself,) * len(made))
    return tuple([(tuple(shape), of(kind)) for shape, of in zip(made, rules, strict=True)])


def _kind(prim: Primitive, args: tuple[Any, ...]) -> dtype:
    """Return the dtype that the arguments are brought to, and check those that count."""
    for arg, value in zip(prim.args, args, strict=True):
        if arg in prim.constants and value.dtype.category != 1:
            raise DTypeError(f"{arg} is {value.dtype}; wanted integers")
    kind = first(args).dtype if prim.dtypes == "any" else common(prim, tuple(map(_sample, args)))
    if prim.ordered and kind.is_complex:
        raise DTypeError(f"not implemented for {kind}: complex numbers have no order")
    if prim.name in LINEAR_ALGEBRA and kind.category < 2:
        raise DTypeError(f"not implemented for {kind}; wanted floats")
    if (prim.name == "view_as_real") != kind.is_complex and prim.name in ("view_as_real", "view_as_complex"):
        raise DTypeError(f"not implemented for {kind}")
    return kind


def _shape(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shape(v) for v in value]
    return None if value is None else value.shape if isinstance(value, Variable) else ()


def _sample(value: Any) -> Any:
    """Return one element in place of a tensor, with as many dims."""
    if isinstance(value, tuple):
        return [_sample(v) for v in value]
    return _one(len(value.shape), value.dtype) if isinstance(value, Variable) else value


@cache
def _one(ndim: int, kind: dtype) -> Tensor:
    return wrap(host.ones((1,) * ndim, kind.dtype))


def check_variable(shape: Shape) -> None:
    """Raise a ProgramError for a shape that no tensor has."""
    count = 1
    for n in shape:
        count *= max(n, 1)
    if len(shape) > MOST_DIMS or count > MOST_ELEMENTS:
        raise ProgramError(f"the shape has {len(shape)} dims, {count} elements; wanted at most {MOST_DIMS}, 2**48")
