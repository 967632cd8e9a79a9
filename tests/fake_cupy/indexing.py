"""Indexing as CuPy does it: masks make the host wait, integer arrays wrap round silently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import bridge
from .sync import synchronize

if TYPE_CHECKING:
    from .array import ndarray

INTS = (np.int32, np.uint32)
WIDE = (np.int32, np.int64, np.uint32, np.uint64)
FLOATS = (np.float32, np.float64)
# What CUDA's atomic operations take.  CuPy's atomicMax and atomicMin skip NaN, and round float64 to float32.
ATOMICS: dict[str, tuple[np.ufunc, tuple[type, ...]]] = {
    "add": (np.add, (*INTS, np.uint64, np.float16, *FLOATS)),
    "sub": (np.subtract, INTS),
    "max": (np.fmax, (*INTS, np.uint64, *FLOATS)),
    "min": (np.fmin, (*INTS, np.uint64, *FLOATS)),
    "and": (np.bitwise_and, WIDE),
    "or": (np.bitwise_or, WIDE),
    "xor": (np.bitwise_xor, WIDE),
}
PLAIN = {"max": np.maximum, "min": np.minimum}


class Key:
    """An index with its integer arrays already wrapped into range, and the array it indexes."""

    def __init__(self, key: Any, array: ndarray) -> None:
        self.array = array
        self.sources = [array, *bridge.arrays_in(key)]
        items = [_item(item) for item in (key if isinstance(key, tuple) else (key,))]
        self.advanced = any(isinstance(item, np.ndarray) for item in items)
        self.masked = any(isinstance(item, np.ndarray) and item.dtype == bool for item in items)
        if self.masked:
            synchronize("a boolean mask as index")
        if not any(item is Ellipsis for item in items):
            items.append(Ellipsis)  # so that NumPy returns a 0-d view, never a scalar
        self.host = _wrap(items, array.shape)

    def read(self) -> ndarray:
        """Return the view or, with an array in the index, the copy."""
        from .array import lift, ndarray

        found = self.array._host[self.host]
        if not self.advanced:
            return lift(found, [self.array])
        bridge.check_devices(self.sources)
        return ndarray._new(np.array(found))

    def write(self, value: Any) -> None:
        """Write ``value``; of duplicates the first wins here, because on a GPU any may."""
        target = self.array._host
        if not self.advanced:
            if not hasattr(type(value), "_host"):
                return self.read().fill(value)
            bridge.check_devices([*self.sources, value])
            target[self.host] = value._host
            return None
        places, values = self._flat(value)
        target.flat[places[::-1]] = values[::-1]
        return None

    def scatter(self, op: str, value: Any) -> None:
        """Combine ``value`` into the places of the index, duplicates included."""
        function, dtypes = ATOMICS[op]
        target = self.array._host
        if not self.advanced:
            view = self.read()._host
            PLAIN.get(op, function)(view, bridge.lower_operand(value), out=view, casting="same_kind")
            return
        if not self.masked and target.dtype.type not in dtypes:
            names = ", ".join(dtype.__name__ for dtype in dtypes)
            raise TypeError(f"cupy.{function.__name__}.at only supports {names}; got {target.dtype}")
        places, values = self._flat(value)
        rounded = op in ("max", "min") and target.dtype == np.float64 and not self.masked
        flat = target.astype(np.float32 if rounded else target.dtype).ravel()
        function.at(flat, places, values.astype(flat.dtype))
        touched = target.ravel()
        touched[places] = flat[places]
        target[...] = touched.reshape(target.shape)

    def _flat(self, value: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the flat places of the index and the values for them, both 1-D."""
        bridge.check_devices([*self.sources, *bridge.arrays_in(value)])
        target = self.array._host
        places = np.arange(target.size).reshape(target.shape)[self.host]
        values = np.asarray(value._host if hasattr(type(value), "_host") else value).astype(target.dtype)
        return places.ravel(), np.broadcast_to(values, places.shape).ravel()


def _item(item: Any) -> Any:
    """Return one part of an index as NumPy takes it: arrays and lists as arrays, integers as they are."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if hasattr(type(item), "_host"):
        host = item._host
    elif isinstance(item, (bool, np.bool_, list, tuple, np.ndarray)):
        host = np.asarray(item)
        host = host.astype(np.int32) if host.size == 0 and isinstance(item, (list, tuple)) else host
    else:
        return item
    if host.dtype.kind not in "biu":
        raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {host.dtype.type})")
    return host


def _wrap(items: list[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the index with each integer array taken modulo the length of its dimension."""
    widths = [_width(item) for item in items]
    missing = len(shape) - sum(widths)
    if missing < 0:
        raise IndexError(f"too many indices for array: array is {len(shape)}-dimensional")
    wrapped, dim = [], 0
    for item, width in zip(items, widths):
        if isinstance(item, np.ndarray) and item.dtype != bool:
            if item.size and not shape[dim]:
                raise IndexError("cannot do a non-empty take from an empty axes.")
            item = item % max(shape[dim], 1)
        wrapped.append(item)
        dim += missing if item is Ellipsis else width
    return tuple(wrapped)


def _width(item: Any) -> int:
    """Return how many dimensions of the array one part of an index uses up."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype == bool else 1
