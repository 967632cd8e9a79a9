"""Making a batch of samples: arrays, tensors and numbers are stacked, containers are gone through.

What is no Tensor on a GPU already becomes one on the CPU, whatever the default device: batches are moved, once, by the
training loop.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.joining import stack
from autograd_core.creation.data import as_tensor, tensor
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

Collator = Callable[..., Any]  # (samples, *, collate_fn_map) -> batch
Kinds = dict[Any, Collator]  # a type or a tuple of types -> what collates it
TEXT = "SaUO"  # kinds of NumPy's dtypes that are no numbers
NUMBER = (host.bool_, host.number)


def default_convert(data: Any) -> Any:
    """Turn the arrays and NumPy numbers in ``data`` into tensors that share their memory; leave all else.

    Mappings, sequences and named tuples are gone through; tuples become lists.
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if isinstance(data, (host.ndarray, *NUMBER)):
        return data if data.dtype.kind in TEXT else _shared(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, Sequence):
        return _sequence_like(data, [default_convert(item) for item in data])
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Make a batch of samples: stack tensors, arrays and numbers into tensors with a new first dimension.

    Floats become float64, ints int64; texts stay a list; mappings, sequences and named tuples are collated by item,
    and tuples become lists.  ``default_collate_fn_map`` says what is done with which type, and may be added to.

    Raises: DTypeError for other samples; ShapeError for samples of different sizes.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Sequence[Any], *, collate_fn_map: Kinds | None = None) -> Any:
    """Make a batch as ``default_collate`` does, with functions of one's own by type: ``fn(batch, *, collate_fn_map)``.

    The type itself is looked for first, then the types that it is an instance of, in their order.
    """
    first = batch[0]
    function = _function_for(first, collate_fn_map or {})
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return _mapping_like(
            first, {key: collate([item[key] for item in batch], collate_fn_map=collate_fn_map) for key in first}
        )
    if isinstance(first, Sequence):
        sizes = {len(item) for item in batch}
        if len(sizes) > 1 and not hasattr(first, "_fields"):
            raise ShapeError(
                f"default_collate: each element in list of batch should be of equal size; got sizes {sorted(sizes)}"
            )
        return _sequence_like(first, [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch)])
    raise _uncollatable(type(first))


def _function_for(sample: Any, kinds: Kinds) -> Collator | None:
    if type(sample) in kinds:
        return kinds[type(sample)]
    return next((function for kind, function in kinds.items() if isinstance(sample, kind)), None)


def _uncollatable(what: Any) -> DTypeError:
    return DTypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {what}. "
        "Give the DataLoader a collate_fn of your own"
    )


# ---- containers ----


def _mapping_like(like: Any, items: dict[Any, Any]) -> Any:
    """Return a mapping of the same type with these items; a dict where the type has no way to be made."""
    try:
        if not isinstance(like, MutableMapping):
            return type(like)(items)
        made = copy.copy(like)  # it may have properties of its own
        made.update(items)
        return made
    except TypeError:
        return items


def _sequence_like(like: Any, items: list[Any]) -> Any:
    """Return a sequence of the same type with these items; a list for tuples, and where there is no way to make it."""
    if isinstance(like, tuple):
        return type(like)(*items) if hasattr(like, "_fields") else items
    try:
        if not isinstance(like, MutableSequence):
            return type(like)(items)
        made = copy.copy(like)
        for i, item in enumerate(items):
            made[i] = item
        return made
    except TypeError:
        return items


# ---- what is stacked ----


def _stacked(arrays: Sequence[Any]) -> Any:
    """Return the host's arrays of one shape and dtype stacked; None for others.

    ``host.stack``, which turns and looks at each array, takes 57 us for 64 of them, this 20.
    """
    if set(map(type, arrays)) != {host.ndarray} or len({array.dtype for array in arrays}) > 1:
        return None
    try:
        return host.array(arrays, arrays[0].dtype)  # N arrays of shape S -> (N, *S)
    except ValueError:  # other shapes
        return None


def _shared(array: Any) -> Tensor:
    """Return an array's memory as a tensor on the CPU."""
    return as_tensor(host.asarray(array), device="cpu")


def _collate_tensors(batch: Sequence[Tensor], *, collate_fn_map: Kinds | None = None) -> Tensor:
    arrays = [item._array for item in batch if item._node is None]
    joined = _stacked(arrays) if len(arrays) == len(batch) else None
    return stack(batch, 0) if joined is None else wrap(joined)


def _collate_arrays(batch: Sequence[Any], *, collate_fn_map: Kinds | None = None) -> Any:
    if batch[0].dtype.kind in TEXT:
        raise _uncollatable(batch[0].dtype)
    if collate_fn_map is not default_collate_fn_map or not _untouched():
        return collate([_shared(item) for item in batch], collate_fn_map=collate_fn_map)
    joined = _stacked([host.asarray(item) for item in batch])
    return stack([_shared(item) for item in batch], 0) if joined is None else _shared(joined)


def _collate_numbers(batch: Sequence[Any], *, collate_fn_map: Kinds | None = None) -> Tensor:
    alike = len(set(map(type, batch))) == 1  # others are promoted as PyTorch does
    return _shared(host.array(batch)) if alike else tensor(batch, device="cpu")


def _collate_ints(batch: Sequence[int], *, collate_fn_map: Kinds | None = None) -> Tensor:
    array = host.array(batch)
    return wrap(array) if array.dtype in (host.int64, host.bool_) else tensor(batch, device="cpu")


def _collate_floats(batch: Sequence[float], *, collate_fn_map: Kinds | None = None) -> Tensor:
    return tensor(batch, dtype="float64", device="cpu")


def _collate_texts(batch: Sequence[Any], *, collate_fn_map: Kinds | None = None) -> Any:
    return batch


default_collate_fn_map: Kinds = {
    Tensor: _collate_tensors,
    host.ndarray: _collate_arrays,
    NUMBER: _collate_numbers,
    float: _collate_floats,
    int: _collate_ints,
    str: _collate_texts,
    bytes: _collate_texts,
}
_OWN = dict(default_collate_fn_map)


def _untouched() -> bool:
    """Whether nobody has changed how tensors are collated."""
    return default_collate_fn_map == _OWN


def collates_by_stacking(collate_fn: Any) -> bool:
    """Whether a batch is the stack of its samples, so that it can be made in one go."""
    return collate_fn is default_collate and _untouched()


def pinned(data: Any) -> Any:
    """Return a batch with everything in it that has ``pin_memory()`` changed by it."""
    return by_method(data, "pin_memory")


def by_method(data: Any, name: str, *args: Any) -> Any:
    """Return a batch in which everything that has a method of this name is what it returns."""
    if hasattr(data, name):
        return getattr(data, name)(*args)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: by_method(value, name, *args) for key, value in data.items()})
    if isinstance(data, str | bytes) or not isinstance(data, Sequence):
        return data
    items = [by_method(item, name, *args) for item in data]
    if isinstance(data, tuple) and not hasattr(data, "_fields"):
        return type(data)(items)
    return _sequence_like(data, items)
