"""Modules that learn the shapes of their parameters from their first input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor

from ..parameter import is_lazy
from .state_dict import Incoming, Write

if TYPE_CHECKING:
    from .module import Module as Base
else:
    Base = object

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(Base):
    """Mixed into a module before its other base, has it make its parameters at the first call.

    Until then they are ``UninitializedParameter`` and ``UninitializedBuffer``, which have a dtype and a device and
    nothing else.  The first call, a dry run, hands its input to ``initialize_parameters``, which materialises them;
    the module then becomes one of the class ``cls_to_become``.  Loading a state dict materialises them, too.
    """

    cls_to_become: type[Any] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of the class beside this one."""
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materialise the parameters for the arguments of a call; every subclass defines it.

        Raises: NotImplementedError where it does not.
        """
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Return whether a parameter or buffer of this module itself has no shape yet."""
        return any(is_lazy(value) for value in (*self._parameters.values(), *self._buffers.values()))

    def _infer_parameters(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> None:
        """Before the first call: make the parameters, and the module one of its final class."""
        self.initialize_parameters(*args, **(kwargs or {}))
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        self._initialize_hook.remove()
        del self._initialize_hook
        if self._hooks is not None and self._hooks.none_left():
            self._hooks = None  # its calls cost nothing more from now on
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, True)
        for name in () if keep_vars else self._state():
            value = destination[prefix + name]
            destination[prefix + name] = value if is_lazy(value) else value.detach()

    def _take(
        self, state_dict: Incoming, prefix: str, name: str, target: Tensor, assign: bool, error_msgs: list[str]
    ) -> None:
        given = state_dict[prefix + name]
        if is_lazy(target) and is_lazy(given):
            return
        if not is_lazy(target) or not hasattr(given, "shape"):
            super()._take(state_dict, prefix, name, target, assign, error_msgs)
        else:
            value = given if isinstance(given, Tensor) else ag.as_tensor(given)
            do = partial(self._replace, name, value) if assign else partial(_fill, target, value)
            state_dict.writes.append(Write(do, partial(self._undo_of, name, target)))

    def _undo_of(self, name: str, target: Any) -> Callable[[], None]:
        kind, empty = type(target), target.data

        def undo() -> None:
            target.data, target.__class__ = empty, kind
            setattr(self, name, target)

        return undo


def _fill(target: Any, value: Tensor) -> None:
    target.materialize(value.shape)
    target.copy_(value)
