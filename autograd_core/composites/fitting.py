"""Indices and values brought to the form in which indexing takes them, with PyTorch's errors."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.backend.ranges import check_range
from autograd_core.dtypes import finfo, iinfo
from autograd_core.engine.indices import all_values, as_part, keyed
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.dims import one

ALL = slice(None)
INDICES = frozenset({host.dtype("int64"), host.dtype("int32")})


def index_part(operation: str, index: Any, size: int, wraps: bool = False) -> Any:
    """Return an index tensor as it stands in a key, checked to be int32 or int64 and within [0, ``size``).

    That is its array, or the tensor itself inside a transform.  ``wraps``: indices from ``-size`` count from the end.

    Raises: DTypeError; IndexRangeError naming an index that is out of bounds (on a GPU later: see ``check_range``).
    """
    if not isinstance(index, Tensor):
        raise DTypeError(f"{operation}: index is {type(index).__name__}; wanted an integer Tensor")
    array = index._array
    if array.dtype not in INDICES:
        if not array.size:  # an empty list makes a float tensor
            return as_part(index.long())
        raise DTypeError(f"{operation}: index has dtype {index.dtype}; Expected dtype int32/int64 for index")
    plain = type(index) is Tensor  # which is most of them, and spares two calls
    check_range(operation, array if plain else all_values(index), size, wraps)
    return array if plain else as_part(index)


def along(operation: str, input: Tensor, dim: int, index: Any) -> tuple[int, Any]:
    """Return ``dim`` counted from the first, and a 1-d ``index`` along it for a key; a 0-d tensor has one slice.

    Raises: ShapeError for an index of more dimensions; DTypeError, IndexRangeError as ``index_part``.
    """
    shape = input._array.shape
    d = one(dim, len(shape), operation)
    part = index_part(operation, index, shape[d] if shape else 1)
    if part.ndim > 1:
        raise ShapeError(f"{operation}: Index is supposed to be a vector; got shape {tuple(part.shape)}")
    return d, part.reshape(-1)


def key_along(d: int, part: Any) -> tuple[Any, ...]:
    """Return the key of the slices at an index along dim ``d``."""
    key = (ALL,) * d + (part,) if d else (part,)
    return keyed(key) if isinstance(part, Tensor) else key


def known_values(operation: str, x: Tensor, what: str) -> Any:
    """Return the array of what decides a shape.  Raises: GraphError where a transform does not know it."""
    array = x._array
    if isinstance(x, Lifted) and type(array) not in XP:
        x.level.refuse(
            f"{operation}: {what} how many elements the result has, and the values, of shape {tuple(array.shape)}, "
            f"are not known inside the transform"
        )
    return array


def known_mask(operation: str, mask: Tensor) -> Any:
    """Return a mask's array.  Raises: GraphError where a transform does not know it."""
    return known_values(operation, mask, "a mask decides (where, or a product with it, does not)")


def lifted(x: Tensor) -> Tensor:
    """Return a 0-d tensor as a vector of one element, and others as they are."""
    return x if x._array.ndim else x.reshape(1)


def same_dtype(operation: str, input: Tensor, name: str, other: Any) -> None:
    """Raise DTypeError where a source is no tensor of ``input``'s dtype."""
    if not isinstance(other, Tensor):
        raise DTypeError(f"{operation}: {name} is {type(other).__name__}; wanted a Tensor of dtype {input.dtype}")
    if other._array.dtype != input._array.dtype:
        raise DTypeError(
            f"{operation}: Expected self.dtype to be equal to {name}.dtype; got {input.dtype} and {other.dtype}"
        )


def fitted(operation: str, value: Any, like: Tensor) -> Any:
    """Return a value (a number or tensor) in ``like``'s dtype, to be written into it.

    Raises: DTypeError for a complex value where ``like`` is real, or a number that its dtype cannot hold.
    """
    if type(value) is float and like._array.dtype.char in "fd":
        return value
    kind = like.dtype
    if isinstance(value, Tensor):
        if value.dtype.category == 3 and kind.category < 3:
            raise _unfit(operation, value.dtype, kind)
        return value if value.dtype is kind else value.to(kind)
    if not isinstance(value, bool | int | float | complex):
        raise DTypeError(f"{operation}: value is {type(value).__name__}; wanted a number or a Tensor")
    if kind.category == 3:
        return complex(value)
    try:
        number: Any = (bool, int, float)[kind.category](value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # complex, NaN and infinity into integers
        raise _unfit(operation, value, kind) from None
    if kind.category == 1 and not iinfo(kind).min <= number <= iinfo(kind).max:
        raise _unfit(operation, value, kind)
    if kind.category == 2 and finfo(kind).max < abs(number) < float("inf"):
        raise _unfit(operation, value, kind)
    return number


def _unfit(operation: str, value: Any, kind: Any) -> DTypeError:
    return DTypeError(f"{operation}: value cannot be converted to type {kind} without overflow; got {value}")
