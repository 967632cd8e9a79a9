"""``out=``: the result of a function put into a tensor that the caller has made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend.device import address, module_of
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine.failure import describe_value
from autograd_core.engine.lifted import LEVELS, refuse_lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import note_write, owner_of
from autograd_core.errors import DeviceError, DTypeError, GraphError, ShapeError


def deliver(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any], out: Any) -> Any:
    """Return ``out``, a tensor (or one per result), holding ``function(*args, **options)``.

    An ``out`` of another shape is given new memory, as in PyTorch; one that has elements warns.

    Raises: GraphError where a gradient would be lost; DTypeError where the result does not fit ``out``'s dtype;
    DeviceError where ``out`` is elsewhere.
    """
    name = getattr(function, "__name__", "out")
    places = [out] if isinstance(out, Tensor) else list(out) if isinstance(out, Sequence) else []
    if not places or not all(isinstance(t, Tensor) for t in places):
        raise DTypeError(f"{name}: out is {describe_value(out)}; wanted a Tensor, or a tuple of one per result")
    if LEVELS.get():
        refuse_lifted(f"{name} with out", *_flat([*args, *options.values()]), *places)
    _refuse_gradients(name, [*args, *options.values(), *places])
    token = GRAD.set(False)
    try:
        result = function(*args, **options)
    finally:
        GRAD.reset(token)
    results = [result] if isinstance(result, Tensor) else list(result)
    if len(results) != len(places):
        raise ShapeError(f"{name}: out holds {len(places)} tensors; wanted {len(results)}")
    given = [v for v in _flat([*args, *options.values()]) if isinstance(v, Tensor)]
    for place, value in zip(places, results, strict=True):
        _check(name, place, value, given)
    for place, value in zip(places, results, strict=True):
        _put(name, place, value)
    return out if isinstance(out, Tensor) or not hasattr(result, "_fields") else type(result)(*places)


def _refuse_gradients(name: str, values: list[Any]) -> None:
    if GRAD.get() and any(isinstance(v, Tensor) and v._node is not None for v in _flat(values)):
        raise GraphError(
            f"{name}: functions with out=... arguments don't support automatic differentiation, but one of the "
            f"arguments requires grad; call it under no_grad(), or without out"
        )


def _flat(values: list[Any]) -> list[Any]:
    return [v for value in values for v in (value if isinstance(value, list | tuple) else (value,))]


def _check(name: str, place: Tensor, value: Tensor, given: list[Tensor]) -> None:
    array = place._array
    twice = array.size and any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape, strict=True))
    if twice or any(_overlaps(array, tensor._array, value._array.shape) for tensor in given):
        raise ShapeError(
            f"{name}: unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
            f"single memory location; out is {describe_value(place)}. Give out memory of its own"
        )
    if place.device != value.device:
        raise DeviceError(f"{name}: out is on {place.device}; wanted {value.device}, where the result is")
    check_kind(value._array, place, name)


def check_kind(array: Any, target: Tensor, operation: str) -> None:
    """Raise where a result is of a category above the target's: complex into real, floating into integers."""
    kind = BY_NUMPY[array.dtype] if hasattr(array, "dtype") else target.dtype
    if kind.category > target.dtype.category:
        raise DTypeError(f"{operation}: result type {kind} can't be cast to the desired output type {target.dtype}")


def _overlaps(array: Any, other: Any, shape: tuple[int, ...]) -> bool:
    """Whether ``array`` shares memory with an input, other than a result of ``shape`` put in the input's place."""
    if owner_of(array) is not owner_of(other) or not array.size or not other.size:
        return False
    if array.strides == other.strides and array.shape == other.shape == shape and address(array) == address(other):
        return False
    return bool(module_of(array).may_share_memory(array, other))


def _put(name: str, place: Tensor, value: Tensor) -> None:
    array = value._array
    if place._array.shape == array.shape:
        place._array[...] = array
        note_write(place._array)
        return
    if place._array.size:
        warnings.warn(
            f"{name}: an output with one or more elements was resized since it had shape {tuple(place.shape)}, "
            f"which does not match the required output shape {tuple(value.shape)}",
            stacklevel=4,
        )
    place._array, place._view = array.astype(place._array.dtype, copy=True), None
