"""``ParameterList`` and ``ParameterDict``: a list and a dictionary whose tensors are registered as parameters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, TypeVar

from autograd_core import Tensor

from .base.module import Module
from .container import pairs, position
from .parameter import Parameter

__all__ = ["ParameterList", "ParameterDict"]

PL = TypeVar("PL", bound="ParameterList")
PD = TypeVar("PD", bound="ParameterDict")


def adopt(value: Any) -> Any:
    """Return a plain Tensor as a Parameter, anything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def describe(key: object, value: Any) -> str:
    """Return the line that ``repr`` shows for one entry."""
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    size = "x".join(str(n) for n in value.shape)
    device = f" ({value.device})" if value.device.type == "cuda" else ""
    return f"  ({key}): Parameter containing: [{value.dtype} of size {size}{device}]"


class ParameterList(Module):
    """A list whose tensors are registered as parameters; it may hold other values too."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        """Hold ``values``; plain tensors become parameters."""
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self._size))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(*index.indices(self._size))])
        return getattr(self, str(position(self, index, self._size)))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(position(self, index, self._size)), adopt(value))

    def append(self: PL, value: Any) -> PL:
        """Add ``value`` at the end."""
        setattr(self, str(self._size), adopt(value))
        self._size += 1
        return self

    def extend(self: PL, values: Iterable[Any]) -> PL:
        """Add the values of an iterable at the end.

        Raises: TypeError where ``values`` is no iterable, or a single Tensor.
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend: got {type(values).__name__}; wanted an iterable of parameters")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self: PL, values: Iterable[Any]) -> PL:
        return self.extend(values)

    def extra_repr(self) -> str:
        """Return one line per entry."""
        return "\n".join(describe(i, value) for i, value in enumerate(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a list does nothing.

        Raises: RuntimeError always.
        """
        raise RuntimeError("ParameterList: called like a layer; index or iterate over it instead")


class ParameterDict(Module):
    """A dictionary whose tensors are registered as parameters, in the order of insertion."""

    def __init__(self, parameters: Any = None) -> None:
        """Hold the items of a mapping, or of an iterable of pairs; plain tensors become parameters."""
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: key is {type(key).__name__} ({key!r}); wanted a string")
        setattr(self, key, adopt(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """Return the parameters."""
        return [self[key] for key in self._keys]

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the pairs of name and parameter."""
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the parameter under ``key``, or ``default``."""
        return self[key] if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the parameter under ``key``, which becomes ``default`` if there is none."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Remove and return the parameter under ``key``."""
        taken = self[key]
        del self[key]
        return taken

    def popitem(self) -> tuple[str, Any]:
        """Remove and return the pair that was added last.

        Raises: KeyError where there is none.
        """
        if not self._keys:
            raise KeyError("ParameterDict.popitem: it is empty; wanted at least one entry")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Remove every entry."""
        for key in list(self._keys):
            del self[key]

    def copy(self) -> ParameterDict:
        """Return a new ParameterDict of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a new ParameterDict that has ``default`` under each of ``keys``."""
        return ParameterDict([(key, default) for key in keys])

    def update(self, parameters: Any) -> None:
        """Add the items of a mapping, or of an iterable of pairs, over what is there.

        A plain ``dict`` is added in the order of its sorted keys, as PyTorch does.

        Raises: TypeError where ``parameters`` is neither; ValueError where an element is no pair.
        """
        items = pairs(self, parameters)
        unordered = isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict)
        for key, value in sorted(items, key=lambda item: item[0]) if unordered else items:
            self[key] = value

    def __or__(self, other: Any) -> ParameterDict:
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**other, **dict(self.items())}

    def __ior__(self: PD, other: Any) -> PD:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        """Return one line per entry."""
        return "\n".join(describe(key, value) for key, value in self.items())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a dictionary does nothing.

        Raises: RuntimeError always.
        """
        raise RuntimeError("ParameterDict: called like a layer; index it instead")
