"""Modules that hold others: ``Sequential``, ``ModuleList``, ``ModuleDict``."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from typing import Any, TypeVar, overload

from autograd_core.errors import AssertedError

from .base.module import Module, indent

__all__ = ["Sequential", "ModuleList", "ModuleDict"]

S = TypeVar("S", bound="Sequential")
L = TypeVar("L", bound="ModuleList")


def position(owner: Module, index: Any, size: int) -> int:
    """Return ``index`` counted from the front.

    Raises: IndexError where it is out of range.
    """
    where = operator.index(index)
    if not -size <= where < size:
        raise IndexError(f"{type(owner).__name__}: index {where} is out of range for length {size}")
    return where % size


def pairs(owner: Module, items: Any) -> Iterable[tuple[str, Any]]:
    """Return the key-value pairs of a mapping or of an iterable of pairs.

    Raises: TypeError where ``items`` is neither; ValueError where an element is no pair.
    """
    if isinstance(items, Mapping) or hasattr(items, "items"):
        return list(items.items())
    where = f"{type(owner).__name__}.update"
    if not isinstance(items, Iterable):
        raise TypeError(f"{where}: got {type(items).__name__}; wanted a mapping or an iterable of pairs")
    listed = list(items)
    for i, item in enumerate(listed):
        if not isinstance(item, Iterable):
            raise TypeError(f"{where}: element {i} is {type(item).__name__}; wanted a (key, value) pair")
        if len(tuple(item)) != 2:
            raise ValueError(f"{where}: element {i} has length {len(tuple(item))}; wanted a (key, value) pair")
    return [(item[0], item[1]) for item in listed]


class _Chain(Module):
    """What ``Sequential`` and ``ModuleList`` share: children in a row, named ``0``, ``1``, ...

    (A Sequential that is made from an OrderedDict has names of its own.)
    """

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _name_at(self, index: Any) -> str:
        return list(self._modules)[position(self, index, len(self))]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name_at(index)]:
            delattr(self, name)
        self._renumber(list(self))

    def _renumber(self, modules: list[Module]) -> None:
        self._modules = {str(i): module for i, module in enumerate(modules)}

    def pop(self, index: int | slice) -> Any:
        """Remove and return the module at ``index``."""
        taken = self[index]
        del self[index]
        return taken

    def _insert(self, index: int, module: Module) -> None:
        if not isinstance(module, Module):
            raise AssertedError(f"{type(self).__name__}.insert: module is {type(module).__name__}; wanted an nn.Module")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"{type(self).__name__}.insert: index {index} is out of range for length {len(self)}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def _extend(self, modules: Any) -> None:
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}.extend: got {type(modules).__name__}; wanted an iterable of modules"
            )
        for module in list(modules):
            self.add_module(str(len(self)), module)

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError


class Sequential(_Chain):
    """Modules that run one after the other, each on the output of the one before.

    Made from modules in order, or from one ``OrderedDict`` that names them.
    """

    def __init__(self, *args: Any) -> None:
        """Hold ``args`` in order, or the items of the one ``OrderedDict``."""
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        for name, module in args[0].items() if named else enumerate(args):
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        """Return the last module's output."""
        members = self.__dict__
        for name in self._module_names:
            input = members[name](input)
        return input

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self: S, index: slice) -> S: ...
    def __getitem__(self, index: Any) -> Any:
        """Return the module at ``index``, or a Sequential of those in the slice, under their names."""
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def append(self: S, module: Module) -> S:
        """Add ``module`` at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self: S, index: int, module: Module) -> S:
        """Put ``module`` before position ``index``; the modules are numbered anew.

        Raises: AssertedError where it is no Module; IndexError where ``index`` is out of range.
        """
        self._insert(index, module)
        return self

    def extend(self: S, sequential: Iterable[Module]) -> S:
        """Add the modules of an iterable at the end."""
        self._extend(sequential)
        return self

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *self._checked(other))

    def __iadd__(self: S, other: Sequential) -> S:
        return self.extend(self._checked(other))

    def _checked(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential +: got {type(other).__name__}; wanted a Sequential")
        return other

    def _times(self, times: Any) -> list[Module]:
        if not isinstance(times, int):
            raise TypeError(f"Sequential *: got {type(times).__name__}; wanted a positive int")
        if times <= 0:
            raise ValueError(f"Sequential *: got {times}; wanted a positive int")
        return list(self) * times

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._times(times))

    def __rmul__(self, times: int) -> Sequential:
        return self * times

    def __imul__(self: S, times: int) -> S:
        return self.extend(self._times(times)[len(self) :])


class ModuleList(_Chain):
    """A list whose modules are registered.  It has no ``forward``: index or iterate over it."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        """Hold ``modules``."""
        super().__init__()
        if modules is not None:
            self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self, index: Any) -> Any:
        """Return the module at ``index``, or a ModuleList of those in the slice."""
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[str(position(self, index, len(self)))]

    def append(self: L, module: Module) -> L:
        """Add ``module`` at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: L, modules: Iterable[Module]) -> L:
        """Add the modules of an iterable at the end.

        Raises: TypeError where ``modules`` is no iterable.
        """
        self._extend(modules)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put ``module`` before position ``index``.

        Raises: AssertedError where it is no Module; IndexError where ``index`` is out of range.
        """
        self._insert(index, module)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self: L, modules: Iterable[Module]) -> L:
        return self.extend(modules)

    def __repr__(self) -> str:
        """Show equal neighbours once, as ``(0-5): 6 x Linear(...)``."""
        lines, start = [], 0
        for text, group in groupby(repr(module) for module in self):
            count = len(list(group))
            line = f"({start}): {text}" if count == 1 else f"({start}-{start + count - 1}): {count} x {text}"
            lines.append(indent(line))
            start += count
        inner = "\n  " + "\n  ".join(lines) + "\n" if lines else ""
        return f"{type(self).__name__}({inner})"


class ModuleDict(Module):
    """A dictionary whose modules are registered, in the order of insertion.  It has no ``forward``."""

    def __init__(self, modules: Any = None) -> None:
        """Hold the items of a mapping, or of an iterable of pairs."""
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Return the pairs of name and module."""
        return self._modules.items()

    def clear(self) -> None:
        """Remove every module."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Remove and return the module under ``key``."""
        return self._modules.pop(key)

    def update(self, modules: Any) -> None:
        """Add the items of a mapping, or of an iterable of pairs, over what is there.

        Raises: TypeError where ``modules`` is neither; ValueError where an element is no pair.
        """
        for key, module in pairs(self, modules):
            self[key] = module
