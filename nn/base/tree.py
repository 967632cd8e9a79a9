"""The walks over a module and everything below it: modules, parameters and buffers, by their dotted names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor

from ..parameter import Parameter
from .members import BUFFER, MODULE, PARAMETER, Holder, Kind, describe

if TYPE_CHECKING:
    from .module import Module


def join(prefix: str, name: str) -> str:
    """Return the dotted name of member ``name`` of the module called ``prefix``."""
    return f"{prefix}.{name}" if prefix else name


class Tree(Holder):
    """The part of ``Module`` that walks its tree of children."""

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield ``(name, child)`` for each direct child once."""
        seen: set[Module] = set()
        values = vars(self)
        for name in MODULE.names(self):
            module = values[name]
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield each direct child once."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield ``(dotted name, module)`` for this module (named ``prefix``) and all below it, parents first.

        ``remove_duplicate`` yields a module that stands in several places once, under its first name.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)  # type: ignore[arg-type]  # a Tree is always a Module
        yield prefix, self  # type: ignore[misc]
        values = vars(self)
        for name in MODULE.names(self):
            module = values[name]
            if module is not None:
                yield from module.named_modules(memo, join(prefix, name), remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Yield this module and all below it, each once, parents first."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield ``(dotted name, parameter)``, of this module alone if not ``recurse``.

        ``remove_duplicate`` yields a shared parameter once, under its first name.
        """
        return self._named_members(PARAMETER, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters, each once: what an optimiser takes."""
        for _, parameter in self._named_members(PARAMETER, "", recurse, True):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield ``(dotted name, buffer)``, of this module alone if not ``recurse``."""
        return self._named_members(BUFFER, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers, each once."""
        for _, buffer in self._named_members(BUFFER, "", recurse, True):
            yield buffer

    def _named_members(
        self, kind: Kind, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        found = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in found if recurse else ((prefix, self),):
            values = vars(module)
            for name in kind.names(module):
                value = values[name]
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield join(path, name), value

    def get_submodule(self, target: str) -> Module:
        """Return the module at dotted path ``target``; the empty path is this module.

        Raises: AttributeError naming the module on the path that lacks the next name, and what it has.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = module._member(MODULE, name, target)
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put ``module`` at dotted path ``target``, in the place of the one there or, unless ``strict``, as a new one.

        Raises: ValueError where the path is empty or ``module`` is no Module; AttributeError where the path leads
            nowhere, ends at what is no module, or, with ``strict``, at nothing.
        """
        where = f"{type(self).__name__}.set_submodule"
        if not target:
            raise ValueError(f"{where}: Cannot set the submodule without a target name!")
        if not isinstance(module, self._module_type):
            raise ValueError(f"{where}: module is {describe(module)}, which is not an nn.Module")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{where}: {type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), self._module_type):
            raise AttributeError(f"{where}: `{name}` of {type(parent).__name__} is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at dotted path ``target``.

        Raises: AttributeError naming the module on the path that lacks the next name, and what it has.
        """
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._member(PARAMETER, name, target)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at dotted path ``target``.

        Raises: AttributeError naming the module on the path that lacks the next name, and what it has.
        """
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._member(BUFFER, name, target)

    def _member(self, kind: Kind, name: str, target: str) -> Any:
        names = kind.names(self)
        if name not in names:
            raise AttributeError(
                f"path '{target}': {type(self).__name__} has no {kind.noun} '{name}'; "
                f"its {kind.noun}s are {', '.join(names) or 'none'}"
            )
        value = vars(self)[name]
        if value is None and kind is not BUFFER:
            raise AttributeError(f"path '{target}': {kind.noun} '{name}' of {type(self).__name__} is None")
        return value
