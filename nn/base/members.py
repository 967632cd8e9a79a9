"""What one module holds, by name: parameters, buffers and child modules.

The values lie in the module's ``__dict__`` like any attribute, so that ``self.weight`` costs a plain attribute
lookup; beside them the module keeps, per kind, the names in the order of registration.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor

from ..parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


class Members(MutableMapping[str, Any]):
    """The live mapping from name to value of one kind of a module's members."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: dict[str, bool], values: dict[str, Any]) -> None:
        """Show those ``values`` whose name is in ``names``."""
        self._names = names
        self._values = values

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._names.setdefault(name, True)
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(self.copy())

    def copy(self) -> dict[str, Any]:
        """Return a dictionary of its own."""
        values = self._values
        return {name: values[name] for name in self._names}

    # as a dictionary's, these can be walked backwards
    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._names.keys()

    def values(self) -> ValuesView[Any]:
        """Return the values, as they are now."""
        return self.copy().values()

    def items(self) -> ItemsView[str, Any]:
        """Return the pairs of name and value, as they are now."""
        return self.copy().items()


class Kind:
    """One kind of member: the attribute that lists its names (name -> is it saved?), and its place in errors.

    As a class attribute it gives the ``Members`` of the module at hand.
    """

    def __init__(self, noun: str, wanted: str) -> None:
        """``noun`` and ``wanted`` are this kind and the type it takes, as errors word them."""
        self.noun = noun
        self.wanted = wanted
        self.listing = f"_{noun}_names"
        self.hooks: dict[int, Callable[..., Any]] = {}  # on what any module registers: see global_hooks

    def passed(self, module: Holder, name: str, value: Any) -> Any:
        """Return what to register for ``value``, after the hooks."""
        for hook in list(self.hooks.values()):
            changed = hook(module, name, value)
            value = value if changed is None else changed
        return value

    def names(self, module: Holder) -> dict[str, bool]:
        """Return the names of ``module``'s members of this kind, each with whether state dicts save it."""
        return vars(module)[self.listing]

    def __get__(self, module: Holder, owner: type[Holder]) -> Members:
        return Members(self.names(module), vars(module))

    def __set__(self, module: Holder, members: MutableMapping[str, Any]) -> None:
        fresh = dict(members)
        held = Members(self.names(module), vars(module))
        held.clear()
        held.update(fresh)


PARAMETER = Kind("parameter", "an nn.Parameter")
BUFFER = Kind("buffer", "a Tensor")
MODULE = Kind("module", "an nn.Module")


def describe(value: Any) -> str:
    """Name a value's type for an error, with its shape where it has one."""
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else ""
    return f"{type(value).__name__}{shape}"


class Holder:
    """The part of ``Module`` that registers parameters, buffers and child modules under its attributes' names."""

    _parameters = PARAMETER
    _buffers = BUFFER
    _modules = MODULE
    _module_type: type[Module]  # set by Module itself: this file comes first

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make ``param`` a parameter of this module under ``name``; None holds the place.

        Raises: AttributeError before ``super().__init__()``; KeyError where the name is taken or malformed;
            TypeError where ``param`` is no Parameter; ValueError where it is no leaf.
        """
        self._check_name(PARAMETER, name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"{self._title}.register_parameter: param '{name}' is {describe(param)}; wanted an nn.Parameter or None"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"{self._title}.register_parameter: param '{name}' was computed by {param.grad_fn}; wanted a leaf. "
                "Compute values that depend on other tensors in forward()"
            )
        self._parameters[name] = param if param is None else PARAMETER.passed(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make ``tensor`` a buffer: state that moves with the module but is not trained.

        ``persistent=False`` leaves it out of state dicts.

        Raises: AttributeError before ``super().__init__()``; KeyError where the name is taken or malformed;
            TypeError where ``tensor`` is no Tensor.
        """
        self._check_name(BUFFER, name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"{self._title}.register_buffer: tensor '{name}' is {describe(tensor)}; wanted a Tensor or None"
            )
        value = BUFFER.passed(self, name, tensor)
        BUFFER.names(self)[name] = persistent
        self._buffers[name] = value

    def add_module(self, name: str, module: Module | None) -> None:
        """Make ``module`` a child of this module under ``name``; None holds the place.

        Raises: AttributeError before ``super().__init__()``; KeyError where the name is taken or malformed;
            TypeError where ``module`` is no Module.
        """
        if module is not None and not isinstance(module, self._module_type):
            raise TypeError(
                f"{self._title}.add_module: module '{name}' is {describe(module)}; wanted an nn.Module or None"
            )
        self._check_name(MODULE, name)
        self._modules[name] = MODULE.passed(self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Alias of ``add_module``."""
        self.add_module(name, module)

    @property
    def _title(self) -> str:
        return type(self).__name__

    def _check_name(self, kind: Kind, name: str) -> None:
        where = f"{self._title}: {kind.noun} name"
        if kind.listing not in vars(self):
            raise AttributeError(f"cannot assign {kind.noun} '{name}' before {self._title} calls super().__init__()")
        if not isinstance(name, str):
            raise TypeError(f"{where} is {describe(name)}; wanted a string")
        if "." in name or not name:
            raise KeyError(f"{where} is {name!r}; wanted a string that is not empty and has no '.'")
        if hasattr(self, name) and name not in kind.names(self):
            raise KeyError(f"{where} '{name}' is taken: attribute '{name}' already exists")

    def __setattr__(self, name: str, value: Any) -> None:
        comes = self._kind_of(value)
        held = self._kind_held(name)
        if comes is held is None:
            object.__setattr__(self, name, value)
            return
        # Parameters come before modules, and those before buffers: the name is the stronger kind's.
        both = (comes, held)
        kind = PARAMETER if PARAMETER in both else MODULE if MODULE in both else BUFFER
        if kind.listing not in vars(self):
            raise AttributeError(f"cannot assign {kind.noun} '{name}' before {self._title} calls super().__init__()")
        if kind is not comes and not (value is None or (kind is BUFFER and isinstance(value, Tensor))):
            raise TypeError(
                f"{self._title}.{name}: cannot assign {describe(value)} over a {kind.noun}; "
                f"wanted {kind.wanted} or None (del {name} first to free the name)"
            )
        if kind is not held:
            self._forget(name)
        if kind is PARAMETER:
            self.register_parameter(name, value)
        elif comes is BUFFER:
            self.register_buffer(name, value, value.persistent)
        else:
            getattr(self, f"_{kind.noun}s")[name] = kind.passed(self, name, value)

    def _kind_of(self, value: Any) -> Kind | None:
        """Return the kind that ``value`` is by its own type; a plain Tensor is a buffer only by registration."""
        if isinstance(value, Parameter):
            return PARAMETER
        if isinstance(value, Tensor):
            return BUFFER if getattr(value, "_is_buffer", False) else None
        return MODULE if isinstance(value, self._module_type) else None

    def _kind_held(self, name: str) -> Kind | None:
        """Return the kind that ``name`` is registered as, or None."""
        here = vars(self)
        for kind in (PARAMETER, MODULE, BUFFER):
            if name in here.get(kind.listing, ()):
                return kind
        return None

    def _forget(self, name: str) -> None:
        held = self._kind_held(name)
        if held is not None:
            del held.names(self)[name]
        vars(self).pop(name, None)

    def __delattr__(self, name: str) -> None:
        if self._kind_held(name) is None:
            object.__delattr__(self, name)
        else:
            self._forget(name)
