"""Reading and writing at keys: ``x[key]``, ``x[key] = value``, and ``index_put``.

A key is a tuple of ints, slices, None, Ellipsis, bools, and arrays of integers or bools, as in PyTorch; the engine's
``getitem`` takes it in NumPy's form.  The two differ where an int stands apart from the arrays, and in uint8 masks.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any, NoReturn

from autograd_core.backend import host
from autograd_core.backend.device import CPU, XP, device_of, module_of, to_device
from autograd_core.backend.ranges import check_range
from autograd_core.composites.fitting import fitted, known_mask, same_dtype
from autograd_core.engine import inplace
from autograd_core.engine.indices import Index, all_values, keyed
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.record import note_view
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, IndexTypeError, ShapeError
from autograd_core.ops import arithmetic
from autograd_core.ops import index as ops

__all__ = ["index_put"]
METHODS = ["index_put"]
IN_PLACE = ["index_put"]

Key = tuple[Any, ...]

ALL = slice(None)
BASIC = frozenset({int, slice, type(None), EllipsisType})
PARTS = BASIC | {bool, host.ndarray}  # what a key in NumPy's form is made of on the CPU
PLAIN = frozenset({int, float})
BYTE = host.dtype("uint8")
MASKS = frozenset({BYTE, host.dtype("bool")})
AS_IS = frozenset({host.dtype("int64"), host.dtype("bool")})
INDEXING = frozenset({host.dtype("int64"), host.dtype("int32"), host.dtype("bool"), BYTE})


def getitem(input: Tensor, key: Any) -> Tensor:
    """Return ``input[key]``: a view for ints, slices, None and Ellipsis; a copy where an index or mask is in it.

    Raises: IndexRangeError for an index outside its dimension, too many of them, or a mask of another shape;
    IndexTypeError for what does not index.
    """
    if type(key) is int and type(input) is Tensor and input._node is None and type(input._array) is host.ndarray:
        # A row outside the graph, as data sets read them by the thousand: 1.18 us where the primitive takes 1.35.
        try:
            row = wrap(input._array[key, ...])
        except IndexError:
            return ops.getitem(input, key=(key,))  # says which index of how many
        note_view(row, input, ops.getitem.primitive, {"key": (key,)})
        return row
    if type(key) in BASIC:
        return ops.getitem(input, key=(key,))
    if type(key) is tuple and BASIC.issuperset(map(type, key)):
        return ops.getitem(input, key=key)
    if type(key) is Tensor:  # one array is NumPy's as it is
        array = key._array
        if array.ndim and array.dtype in AS_IS and type(array) is type(input._array):
            _check_ranges("getitem", input, (array,))
            return ops.getitem(input, key=(array,))
    ints, rest = split(input, key)
    region = input if ints is None else ops.getitem(input, key=ints)
    _check_ranges("getitem", region, rest)
    return ops.getitem(region, key=rest)


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Write ``value`` (a tensor or number that broadcasts to the region) at ``key``, differentiated.

    Where a key names an element twice, one of its values is written.

    Raises: ShapeError where it does not broadcast; DTypeError for complex values in a real tensor, or a number that its
    dtype cannot hold; GraphError for a leaf that requires grad, outside ``no_grad``.
    """
    if type(key) in BASIC:
        where: Key = (key,)
    elif type(key) is tuple and BASIC.issuperset(map(type, key)):
        where = key
    else:
        ints, where = split(input, key)
        input = input if ints is None else ops.getitem(input, key=ints)
        _check_ranges("setitem", input, where)
        if type(where) is Index:
            _refuse_write(where)
    if isinstance(value, Tensor):
        value = _broadcastable(input, value)
    elif type(value) not in PLAIN or input._array.dtype.char not in "fd":
        number = isinstance(value, bool | int | float | complex)
        value = fitted("setitem", value, input) if number else _broadcastable(input, input.new_tensor(value))
    inplace.assign(input, ops.setitem, {"key": where}, value, "setitem", lambda array, v: _put(array, where, v))


def _refuse_write(key: Key) -> NoReturn:
    """Refuse a write at an index that only a transform knows."""
    level = next(part.level for part in key if isinstance(part, Lifted))
    level.refuse("x[key] = value writes in place, at an index that only the transform knows; use x = x.index_put(...)")


def _broadcastable(input: Tensor, value: Tensor) -> Tensor:
    """Return a value without leading dimensions of length 1, which may be more than the region has."""
    if value._array.dtype.kind == "c":
        value = fitted("setitem", value, input)
    shape = value._array.shape
    if not shape or shape[0] != 1:
        return value
    extra = next((d for d, n in enumerate(shape) if n != 1), len(shape))
    return value.reshape(shape[extra:])


def _put(array: Any, key: Key, value: Any) -> None:
    try:
        array[key] = value
    except ValueError as error:
        raise ShapeError(f"setitem: {_why_not(array, key, value, str(error))}") from error
    except IndexError as error:
        raise IndexRangeError(f"setitem: {error}; the tensor has shape {array.shape}") from error
    except TypeError as error:
        raise DTypeError(f"setitem: {error}; the tensor has shape {array.shape}") from error


def _why_not(array: Any, key: Key, value: Any, reason: str) -> str:
    if "read-only" in reason:
        return (
            f"unsupported operation: more than one element of the target (shape {array.shape}) refers to a single "
            f"memory location, or its memory is read-only. Write into a .clone()"
        )
    if "broadcast" in reason or "sequence" in reason or "assign" in reason:
        return (
            f"shape mismatch: value of shape {getattr(value, 'shape', ())} cannot be broadcast to indexing result of "
            f"shape {array[key].shape}"
        )
    return f"{reason}; the tensor has shape {array.shape}"


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """Return a copy with ``values`` (which broadcast) written at ``indices``, a tuple of integer or boolean tensors.

    ``accumulate``: add them to what is there; duplicates add up.

    Raises: IndexRangeError, IndexTypeError as ``input[indices]``; DTypeError for values of another dtype; ShapeError.
    """
    if not isinstance(indices, list | tuple) or not all(isinstance(i, Tensor) for i in indices):
        raise DTypeError("index_put: indices is no tuple of Tensors; wanted one for each of the first dimensions")
    same_dtype("index_put", input, "values", values)
    key = keyed([_part(input, i) for i in indices])
    _check_ranges("index_put", input, key)
    if not accumulate:
        return ops.setitem(input, _broadcastable(input, values), key=key)
    xp, shape = module_of(input._array), input._array.shape
    known = tuple([xp.zeros(p._array.shape, int) if isinstance(p, Tensor) else p for p in key])
    region = xp.broadcast_to(xp.zeros((), bool), shape)[known].shape
    return arithmetic.add(input, ops.put_zeros(values.expand(region), shape=shape, key=key))


# ---- keys in NumPy's form ----


def split(input: Tensor, key: Any) -> tuple[Key | None, Key]:
    """Return a key as two, to be taken one after the other: of ints alone (often None), and the rest.

    PyTorch takes ints first; NumPy counts them as arrays of no dimension, and puts the arrays' dimensions in front
    where a slice, None or Ellipsis stands between.
    """
    parts = tuple([_part(input, k) for k in _sequence(key)])
    kinds = [_kind(p) for p in parts]
    if "..." in kinds and "array" in kinds:
        parts = _without_ellipsis(input, parts, kinds.index("..."))
        kinds = [_kind(p) for p in parts]
    run = "".join(["." if k in ("int", "array") else " " for k in kinds]).strip()
    if not ("int" in kinds and "array" in kinds and " " in run):
        return None, parts if PARTS.issuperset(map(type, parts)) else keyed(parts)
    ints: list[Any] = []
    for part, kind in zip(parts, kinds, strict=True):
        ints += [part if isinstance(part, Tensor) else int(part)] if kind == "int" else [ALL] * _width(part)
    return keyed(ints), keyed([p for p, kind in zip(parts, kinds, strict=True) if kind != "int"])


def _sequence(key: Any) -> tuple[Any, ...]:
    """Return a key as a tuple; a list that holds more than numbers is one, too."""
    if type(key) is tuple:
        return key
    parts = (slice, EllipsisType, type(None))
    if isinstance(key, list) and any(isinstance(k, parts) or (isinstance(k, Tensor) and k._array.ndim) for k in key):
        return tuple(key)
    return (key,)


def _part(input: Tensor, part: Any) -> Any:
    """Return one part of a key as an int, slice, bool, None, Ellipsis, or array on ``input``'s device.

    Integers that only a transform knows stay a tensor.
    """
    if type(part) in BASIC or isinstance(part, bool):
        return part
    if isinstance(part, Tensor):
        kind = part._array.dtype
        if isinstance(part, Lifted) and kind.kind == "i" and kind in INDEXING:
            return part if part.device == input.device else part.to(input.device)
        part = known_mask("getitem", part) if kind in MASKS else part._array
    elif isinstance(part, list | tuple | range):
        part = host.asarray([p.item() if isinstance(p, Tensor) else p for p in part] if part else [], None)
        part = part.astype("int64") if part.size == 0 else part
    elif type(part) not in XP and hasattr(part, "__index__"):
        return part.__index__()
    if type(part) not in XP or part.dtype not in INDEXING:
        raise _no_index(part)
    if part.dtype == BYTE:  # a mask, as PyTorch had it before it had booleans
        part = part.astype(bool)
    elif not part.ndim and part.dtype.kind != "b" and type(part) is host.ndarray:
        return int(part)
    where = device_of(input._array)
    return part if where == CPU and type(part) is host.ndarray else to_device(part, where)


def _no_index(part: Any) -> IndexTypeError:
    kind = f"{part.dtype} array" if type(part) in XP else type(part).__name__
    return IndexTypeError(
        f"getitem: an index is a {kind}; tensors used as indices must be long, int, byte or bool, and others ints, "
        f"slices, None or Ellipsis"
    )


def _kind(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if type(part) in XP:
        return "array" if part.ndim or part.dtype.kind == "b" else "int"
    if isinstance(part, Tensor):  # of a transform
        return "array" if part._array.ndim else "int"
    return "array" if isinstance(part, bool) else "int" if isinstance(part, int) else "slice"


def _width(part: Any) -> int:
    """Return how many dimensions of the tensor a part of a key takes."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    return part.ndim if type(part) in XP and part.dtype.kind == "b" else 1


def _is_empty_mask(part: Any) -> bool:
    return type(part) in XP and part.dtype.kind == "b" and not part.size


def _check_ranges(operation: str, input: Tensor, key: Key) -> None:
    """Check the indices of a key on a GPU, where they would wrap, and masks without elements, which NumPy lets pass."""
    wraps = type(input._array) is not host.ndarray and module_of(input._array) is not host
    if not wraps and not any(map(_is_empty_mask, key)):  # NumPy says itself what is out of range
        return
    kinds = [_kind(part) for part in key]
    shape, at = input._array.shape, 0
    for part in _without_ellipsis(input, key, kinds.index("...")) if "..." in kinds else key:
        if (type(part) in XP or isinstance(part, Tensor)) and at < len(shape):
            array = all_values(part) if isinstance(part, Tensor) and wraps else part
            if _is_empty_mask(array) and array.shape != (region := shape[at : at + array.ndim]):
                raise IndexRangeError(
                    f"{operation}: The shape of the mask {list(array.shape)} at index {at} does not match the shape of "
                    f"the indexed tensor, {list(region)} there"
                )
            if wraps and array.dtype.kind != "b":
                check_range(operation, array, shape[at], wraps=True)
        at += _width(part)


def _without_ellipsis(input: Tensor, parts: Key, at: int) -> Key:
    """Return a key with its Ellipsis written as slices: an empty one would still stand between arrays for NumPy."""
    missing = input._array.ndim - sum(map(_width, parts))
    if missing < 0 or any(p is Ellipsis for p in parts[at + 1 :]):
        return parts  # NumPy says what is wrong
    return parts[:at] + (ALL,) * missing + parts[at + 1 :]
