"""What a call of a primitive means, for every kind of argument.

Raw arrays are computed and returned raw.  Otherwise numbers and arrays become constants, dtypes are brought
together as the primitive says, and the result is recorded where a gradient is wanted.  Classes that define
``__primitive__`` (dual, batched, traced tensors) take the call over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.dtypes import (
    BY_NUMPY,
    HALVES,
    PYTHON_CATEGORY,
    bool_,
    dtype,
    float32,
    get_default_dtype,
    promote,
    python_dtype,
)
from autograd_core.engine.failure import describe_call, recover
from autograd_core.engine.large import forward
from autograd_core.engine.modes import GRAD
from autograd_core.engine.record import attach, note_view, output_node, wants_grad
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

PLAIN = (int, float, bool, complex, type(None))


def general(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Apply ``prim``; the meaning of every call, of which the generated callers are the unrolled common case.

    Raises: DTypeError, ShapeError, DeviceError naming the primitive, the arguments and what was wanted.
    """
    for value in args:
        if (interpret := getattr(type(value), "__primitive__", None)) is not None:
            return interpret(prim, args, meta)
    flat = [v for a in args for v in (a if type(a) in (list, tuple) else (a,))]
    for value in flat if prim.lists else ():
        if (interpret := getattr(type(value), "__primitive__", None)) is not None:
            return interpret(prim, args, meta)
    if not any(isinstance(v, Tensor) for v in flat):
        return _raw(prim, args, meta, flat)
    tensors = tuple(operand(prim, v, arg in prim.lists) for arg, v in zip(prim.args, args, strict=True))
    kind = common(prim, tensors) if prim.dtypes != "any" else None
    if prim.ordered and kind is not None and kind.is_complex:
        raise DTypeError(f"{meta.get('name', prim.name)}: not implemented for {kind}: complex numbers have no order")
    arrays = tuple(_array(t) for t in tensors)
    if kind in HALVES:
        return in_float32(prim, tensors, meta, kind)
    if kind is not None:
        chosen = [a not in prim.constants for a in prim.args]
        arrays = tuple(_cast(a, kind) if c else a for a, c in zip(arrays, chosen, strict=True))
    return apply(prim, tensors, arrays, meta)


def apply(prim: Primitive, tensors: tuple[Any, ...], arrays: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Run the forward on ``arrays`` and record it for ``tensors``, the arguments they came from."""
    xp = next(XP[type(v)] for a in arrays for v in (a if type(a) is list else (a,)) if type(v) in XP)
    try:
        results = forward(prim, xp, arrays, meta)
    except Exception as error:
        results = recover(prim, tensors, arrays, meta, error)
    results = results if prim.outputs or prim.residuals else (results,)
    results = tuple(r if type(r) in XP or not isinstance(r, host.generic) else xp.asarray(r) for r in results)
    nodes = tuple([_node(t) for t in a] if type(a) is list else _node(a) for a in tensors)
    recorded = GRAD.get() and wants_grad(prim, nodes) and BY_NUMPY[results[0].dtype].category > 1
    node = attach(prim, arrays, nodes, meta, results) if recorded else None
    if prim.outputs:
        return tuple(_wrap_output(prim, results[k], node, k) for k in range(len(prim.outputs)))
    out = wrap(results[0], node)
    if prim.view and out._array.base is not None:
        note_view(out, tensors[0], prim, meta)
    return out


def _wrap_output(prim: Primitive, array: Any, node: Any, index: int) -> Tensor:
    if node is None or prim.outputs[index] in prim.fixed_outputs:
        return wrap(array)
    return wrap(array, output_node(node, index, array.shape, array.dtype) if prim.gathers else node)


def _raw(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], flat: list[Any]) -> Any:
    arrays = [v for v in flat if type(v) in XP or isinstance(v, host.generic)]
    if not arrays:
        kinds = ", ".join(type(a).__name__ for a in args)
        name = meta.get("name", prim.name)
        raise DTypeError(f"{name}: got {kinds}; wanted at least one Tensor (see ag.tensor)")
    results = prim.forward(XP.get(type(arrays[0]), host), *args, **meta)
    if not prim.residuals:
        return results
    return results[: len(prim.outputs)] if prim.outputs else results[0]


def operand(prim: Primitive, value: Any, listed: bool = False) -> Any:
    """Return an argument as Tensor, Python number, None, or list of Tensors."""
    if type(value) in PLAIN or isinstance(value, Tensor):
        return value
    if listed and type(value) in (list, tuple):
        return [operand(prim, v) for v in value]
    if isinstance(value, host.generic):  # a NumPy number counts as a Python number, as in PyTorch
        return value.item()
    if type(value) in XP:
        return wrap(value)
    raise DTypeError(f"{prim.name}: got an argument of type {type(value).__name__}; wanted a Tensor or a number")


def _array(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._array
    return [_array(v) for v in value] if type(value) is list else value


def _node(value: Any) -> Any:
    return value._node if isinstance(value, Tensor) else None


def common(prim: Primitive, tensors: tuple[Any, ...]) -> dtype:
    """Return the dtype that the promoted arguments are brought to; the engine casts the gradients back."""
    chosen = [t for t, arg in zip(tensors, prim.args, strict=True) if arg not in prim.constants]
    values = [v for t in chosen for v in (t if type(t) is list else (t,))]
    kind = promote(strength(v) for v in values if v is not None)
    if prim.dtypes == "match":
        _check_match(prim, tensors, values)
    return get_default_dtype() if prim.dtypes == "float" and kind.category < 2 else kind


def in_float32(prim: Primitive, tensors: tuple[Any, ...], meta: dict[str, Any], half: dtype) -> Any:
    """Compute on half-precision floats in float32 and round the results, as PyTorch does; gradients follow."""
    from autograd_core.engine.fit import cast  # a primitive itself

    def widen(value: Any) -> Any:
        if type(value) is list:
            return [widen(v) for v in value]
        return cast(value, dtype=float32.dtype) if isinstance(value, Tensor) and value.dtype is half else value

    def narrow(value: Any) -> Any:
        return cast(value, dtype=half.dtype) if value.dtype is float32 else value

    results = prim.call(*map(widen, tensors), **meta)
    return tuple(map(narrow, results)) if type(results) is tuple else narrow(results)


def strength(value: Any) -> tuple[dtype, int]:
    """Return an operand's dtype and how much it counts in promotion: 2 with dims, 1 0-d, 0 a Python number."""
    if isinstance(value, Tensor):
        return value.dtype, 2 if value._array.ndim else 1
    return python_dtype(value), 0


def _check_match(prim: Primitive, tensors: tuple[Any, ...], values: list[Any]) -> None:
    found = {v.dtype for v in values if isinstance(v, Tensor)}
    if len(found) > 1:
        raise DTypeError(
            f"{prim.name}: the arguments have dtypes {' and '.join(sorted(map(str, found)))}, expected them to have "
            f"the same dtype; got {describe_call(prim, tensors)}; convert one with .to(dtype)"
        )


def _cast(value: Any, common: dtype) -> Any:
    if type(value) is list:
        return [_cast(v, common) for v in value]
    if type(value) in XP:
        return value if value.dtype == common.dtype else value.astype(common.dtype)
    if value is None or (PYTHON_CATEGORY[type(value)] == common.category and common.category != 1):
        return value
    return host.asarray(value).astype(common.dtype).item() if common is not bool_ else bool(value)  # -1 is 255 of uint8
