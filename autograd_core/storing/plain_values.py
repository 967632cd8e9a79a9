"""What a checkpoint may hold besides tensors, lists and dicts: one row per type, how it is taken apart and made again.

``VALUES`` are written as a text, ``SEQUENCES`` as their parts, ``MAPPINGS`` as their pairs.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from autograd_core import layouts
from autograd_core.backend.device import device
from autograd_core.dtypes import as_dtype, dtype
from autograd_core.engine.tensor import Size
from autograd_core.errors import DeviceError, FormatError


class Kind(NamedTuple):
    """A type: its name in files, what it becomes there, and the way back."""

    tag: str
    apart: Callable[[Any], Any]
    make: Callable[[Any], Any]


def _float_text(value: float) -> str:
    return "-nan" if math.isnan(value) and math.copysign(1, value) < 0 else repr(value)


def _bytes_text(value: Any) -> str:
    return b64encode(value).decode()


def _in_order(values: Iterable[Any]) -> list[Any]:
    """Return the elements of a set in an order that is the same each time."""
    return sorted(values, key=lambda value: (type(value).__name__, repr(value)))


def _named(kind: type) -> Callable[[str], Any]:
    """Return what finds the layout or memory format of a name."""
    return {name: found for name in layouts.__all__ if type(found := getattr(layouts, name)) is kind}.__getitem__


def device_named(name: str) -> device:
    """Return a device.  Raises: FormatError for a text that names none."""
    try:
        return device(name)
    except DeviceError as error:
        raise FormatError(str(error)) from error


class Keys:
    """The keys of dicts and elements of sets that come out of a file.

    Python hashes tuples in tuples again and again, and by recursion: a short file may ask for work without end.
    """

    def __init__(self, size: int) -> None:
        """Begin with the work that is right for a file of ``size`` bytes."""
        self.room = 10**4 + 4 * size

    def checked(self, key: Any) -> Any:
        """Return ``key``.  Raises: FormatError where all keys together have too many parts."""
        self.room -= 1
        if self.room < 0:
            raise FormatError("the keys of its dicts and the elements of its sets have too many parts")
        for part in (key.start, key.stop, key.step) if type(key) is slice else key if _has_parts(key) else ():
            self.checked(part)
        return key


def _has_parts(key: Any) -> bool:
    return isinstance(key, tuple | frozenset)


def _ints(parts: list[Any]) -> list[int]:
    if not all(type(n) is int for n in parts):
        raise ValueError(f"got {parts}; wanted ints")
    return parts


VALUES: dict[type, Kind] = {
    int: Kind("int", hex, lambda text: int(text, 16)),
    float: Kind("float", _float_text, float),
    bytes: Kind("bytes", _bytes_text, b64decode),
    bytearray: Kind("bytearray", _bytes_text, lambda text: bytearray(b64decode(text))),
    dtype: Kind("dtype", lambda d: d.name, as_dtype),
    device: Kind("device", str, device_named),
    layouts.layout: Kind("layout", lambda x: x.name, _named(layouts.layout)),
    layouts.memory_format: Kind("memory_format", lambda x: x.name, _named(layouts.memory_format)),
}
SEQUENCES: dict[type, Kind] = {
    tuple: Kind("tuple", list, tuple),
    Size: Kind("Size", list, lambda parts: Size(_ints(parts))),
    set: Kind("set", _in_order, set),
    frozenset: Kind("frozenset", _in_order, frozenset),
    complex: Kind("complex", lambda c: [c.real, c.imag], lambda parts: complex(*parts)),
    range: Kind("range", lambda r: [r.start, r.stop, r.step], lambda parts: range(*_ints(parts))),
    slice: Kind("slice", lambda s: [s.start, s.stop, s.step], lambda parts: slice(*parts)),
}
MAPPINGS: dict[type, str] = {
    dict: "dict", OrderedDict: "OrderedDict", Counter: "Counter", defaultdict: "defaultdict",
}  # fmt: skip
FACTORIES: dict[Any, str | None] = {None: None} | {
    kind: kind.__name__ for kind in (list, dict, set, tuple, int, float, str, bool)
}
EXACT = 2**53  # ints below it are numbers in JSON; longer ones become texts
