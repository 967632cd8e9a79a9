"""The way between the fake array and the NumPy array inside it.

``lower`` takes arguments down to NumPy and refuses what CuPy refuses; ``lift`` brings results up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import cuda

SCALARS = (bool, int, float, complex, np.number, np.bool_)
DTYPES = "?bBhHiIlLqQefdFD"  # what CuPy can hold, with ml_dtypes' bfloat16


def arrays_in(value: Any) -> Iterator[Any]:
    """Yield the fake arrays in an argument, looking into lists, tuples and dicts."""
    if hasattr(type(value), "_host"):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))


def lower(value: Any) -> Any:
    """Return ``value`` with every fake array replaced by the NumPy array inside.

    Raises: TypeError for a NumPy array: CuPy never moves one to the device unasked.
    """
    if hasattr(type(value), "_host"):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)(lower(item) for item in value)
    if isinstance(value, dict):
        return {name: lower(item) for name, item in value.items()}
    return value


def lower_operand(value: Any) -> Any:
    """Return the NumPy array or scalar behind an operand of a ufunc.

    Raises: TypeError for anything that is neither a fake array nor a number.
    """
    if hasattr(type(value), "_host"):
        return value._host
    if not isinstance(value, SCALARS):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


def check_devices(arrays: Any) -> None:
    """Raise where a kernel on the current device would read another device's memory.

    Raises: ValueError in CuPy's words.
    """
    here = cuda.current_device()
    for array in arrays:
        if array.data.device_id != here:
            raise ValueError(
                f"The device where the array resides ({array.data.device_id}) is different from the current "
                f"device ({here}). Peer access is unavailable between these devices."
            )


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Raise for a dtype that CuPy cannot hold.

    Raises: ValueError in CuPy's words.
    """
    if dtype.char not in DTYPES and dtype.name != "bfloat16":
        raise ValueError(f"Unsupported dtype {dtype}")


def shares(host: np.ndarray, other: np.ndarray) -> bool:
    """Whether ``host`` is a view into the memory of ``other``."""
    if host.base is None:
        return False
    root = other if other.base is None else other.base
    return host.base is root or np.may_share_memory(host, other)


def poison(host: np.ndarray) -> np.ndarray:
    """Fill fresh memory with what nobody can take for a result: NaN, an extreme integer, True."""
    if host.dtype.kind in "iu":
        limits = np.iinfo(host.dtype)
        host.fill(limits.min or limits.max)
    else:
        host.fill(np.nan)
    return host
