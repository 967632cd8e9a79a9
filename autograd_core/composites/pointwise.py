"""Elementwise functions in PyTorch's form."""

from __future__ import annotations

import functools
from typing import Any

from autograd_core.composites.arguments import need_tensors, older_order
from autograd_core.composites.rounding import trunc
from autograd_core.creation.data import as_tensor
from autograd_core.dtypes import HALVES
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.ops import arithmetic, logic, reduce
from autograd_core.ops.dims import one

METHODS = [
    "add", "addcdiv", "addcmul", "clamp", "clamp_max", "clamp_min", "div", "lerp", "log_softmax", "reciprocal",
    "softmax", "sub",
]  # fmt: skip
__all__ = [*METHODS, "rsub", "where"]
IN_PLACE = [
    "add", "addcdiv", "addcmul", "clamp", "clamp_max", "clamp_min", "div", "lerp", "reciprocal", "sub",
]  # fmt: skip

Number = float | int | bool


def add(input: Any, other: Any, *older: Any, alpha: Number = 1) -> Tensor:
    """Return ``input + alpha * other``.  Shape: broadcastable pair -> common shape."""
    if older:
        other, alpha = older_order("add", other, *older)
    return arithmetic.add(input, other if alpha == 1 else _scaled(other, alpha))


def sub(input: Any, other: Any, *older: Any, alpha: Number = 1) -> Tensor:
    """Return ``input - alpha * other``.  Shape: broadcastable pair -> common shape."""
    if older:
        other, alpha = older_order("sub", other, *older)
    return arithmetic.sub(input, other if alpha == 1 else _scaled(other, alpha))


def _scaled(value: Any, alpha: Number) -> Any:
    return arithmetic.mul(value, alpha) if isinstance(value, Tensor) else value * alpha


def reciprocal(input: Tensor) -> Tensor:
    """Return ``1 / input``; integers are divided as floats."""
    return arithmetic.div(1.0, input)


def rsub(input: Any, other: Any, *, alpha: Number = 1) -> Tensor:
    """Return ``other - alpha * input``."""
    need_tensors("rsub", input)
    return sub(other, input, alpha=alpha)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Return ``input / other``, as it is, or rounded by 'trunc' or 'floor'.

    Raises: DTypeError for another rounding mode.
    """
    if rounding_mode is None:
        return arithmetic.div(input, other)
    if rounding_mode == "floor":
        return arithmetic.floor_divide(input, other)
    if rounding_mode == "trunc":
        if not _any_floating(input, other):  # exactly, where floats have too few digits
            return arithmetic.floor_divide(arithmetic.sub(input, arithmetic.fmod(input, other)), other)
        return trunc(arithmetic.div(input, other))
    raise DTypeError(f"div: rounding_mode is {rounding_mode!r}; wanted None, 'trunc' or 'floor'")


def _any_floating(*values: Any) -> bool:
    return any(v.dtype.is_floating_point if isinstance(v, Tensor) else isinstance(v, float) for v in values)


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Return ``input`` limited to [``min``, ``max``]: numbers or tensors, either may be absent, ``max`` wins.

    The gradient passes inside and at the limits.  Raises: DTypeError where both limits are absent.
    """
    if min is None and max is None:
        raise DTypeError("clamp: At least one of 'min' or 'max' must not be None")
    if not isinstance(min, Tensor) and not isinstance(max, Tensor):
        if not input.dtype.is_floating_point and _any_floating(min, max):
            input = arithmetic.add(input, 0.0)
        return arithmetic.clamp(input, low=min, high=max)
    need_tensors("clamp", input)
    return _clamp_by_tensors(input, min, max)


def _clamp_by_tensors(x: Tensor, low: Any, high: Any) -> Tensor:
    """Limit ``x``; the gradient goes to what the result was taken from, and to nothing where a NaN decided."""
    value = x.detach()
    value = value if low is None else arithmetic.maximum(value, _detached(low))
    value = out = value if high is None else arithmetic.minimum(value, _detached(high))
    inside = []
    if high is not None:
        inside.append(logic.le(x, high))
        beyond = logic.gt(x, high) if low is None else logic.bitwise_or(logic.gt(x, high), logic.gt(low, high))
        out = arithmetic.where(logic.bitwise_and(beyond, logic.eq(value, high)), high, out)
    if low is not None:
        inside.append(logic.ge(x, low))
        below = logic.lt(x, low) if high is None else logic.bitwise_and(logic.lt(x, low), logic.lt(low, high))
        out = arithmetic.where(below, low, out)
    return arithmetic.where(functools.reduce(logic.bitwise_and, inside), x, out)


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Return ``input`` raised to at least ``min``."""
    return clamp(input, min, None)


def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Return ``input`` lowered to at most ``max``."""
    return clamp(input, None, max)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Return ``input`` where ``condition`` holds, else ``other``; with ``condition`` alone, its nonzero indices.

    Raises: DTypeError where condition is no Tensor, or only one of the two values is given.
    """
    if not isinstance(condition, Tensor):
        raise DTypeError(f"where: condition is {type(condition).__name__}; wanted a boolean Tensor")
    if input is None and other is None:
        from autograd_core.composites.masking import nonzero  # which is built on this room

        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise DTypeError("where: got one of input and other; wanted both or neither")
    if condition._array.dtype.kind != "b":
        condition = logic.ne(condition, 0)
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        input = as_tensor(input, device=condition.device)
    return arithmetic.where(condition, input, other)


def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """Return ``input + weight * (end - input)``, from the nearer end where ``weight`` is a number."""
    if _two_bytes(input) and _all_half(input, end):
        return _in_float32(lerp, input, end, weight)
    difference = arithmetic.sub(end, input)
    if isinstance(weight, (float, int)) and weight >= 0.5:  # exactly ``end`` at 1
        return arithmetic.sub(end, arithmetic.mul(difference, 1 - weight))
    return arithmetic.add(input, arithmetic.mul(difference, weight))


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *older: Any, value: Number = 1) -> Tensor:
    """Return ``input + value * tensor1 * tensor2``."""
    if older:
        tensor1, tensor2, value = older_order("addcmul", tensor1, tensor2, *older)
    if _two_bytes(input) and _all_half(input, tensor1, tensor2):
        return _in_float32(addcmul, input, tensor1, tensor2, value=value)
    product = arithmetic.mul(tensor1, tensor2)
    return arithmetic.add(input, product if value == 1 else arithmetic.mul(product, value))


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *older: Any, value: Number = 1) -> Tensor:
    """Return ``input + value * tensor1 / tensor2``."""
    if older:
        tensor1, tensor2, value = older_order("addcdiv", tensor1, tensor2, *older)
    if _two_bytes(input) and _all_half(input, tensor1, tensor2):
        return _in_float32(addcdiv, input, tensor1, tensor2, value=value)
    quotient = arithmetic.div(tensor1, tensor2)
    return arithmetic.add(input, quotient if value == 1 else arithmetic.mul(quotient, value))


def _two_bytes(value: Any) -> bool:
    return isinstance(value, Tensor) and value._array.dtype.itemsize == 2


def _all_half(*values: Any) -> bool:
    return all(isinstance(x, Tensor) and x.dtype in HALVES for x in values)


def _in_float32(function: Any, *values: Any, **options: Any) -> Tensor:
    """Compute several steps in float32 before the one rounding to half precision, as PyTorch does."""
    half = values[0].dtype
    return function(*(x.float() if isinstance(x, Tensor) else x for x in values), **options).to(half)


def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` along ``dim``, computed without overflow, in ``dtype`` where given."""
    return _along(reduce.softmax, "softmax", input, dim, dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return ``log(softmax(x))`` along ``dim``, computed without overflow, in ``dtype`` where given."""
    return _along(reduce.log_softmax, "log_softmax", input, dim, dtype)


def _along(operation: Any, name: str, input: Tensor, dim: int, dtype: Any) -> Tensor:
    if dtype is not None:
        input = input.to(dtype)
    ndim = input._array.ndim
    if not ndim:
        return operation(input.reshape(1), dim=one(dim, 0, name)).reshape(())
    return operation(input, dim=dim if 0 <= dim < ndim else one(dim, ndim, name))
