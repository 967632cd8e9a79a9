"""Hooks on every module: around all calls, and around whatever any module registers.

Those around calls come before a module's own.  Without any, calls are as quick as ever: the first one hung puts another
``Module.__call__`` in the place of the usual one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from weakref import ref

from autograd_core.engine.blame import MODULE_CALLS
from autograd_core.engine.hooks import RemovableHandle
from autograd_core.engine.modes import SCOPE, Scope

from .hooks import EVERY, Hook, call_hooked
from .members import BUFFER, MODULE, PARAMETER
from .module import Module

__all__ = [
    "register_module_backward_hook", "register_module_buffer_registration_hook", "register_module_forward_hook",
    "register_module_forward_pre_hook", "register_module_full_backward_hook", "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook", "register_module_parameter_registration_hook",
]  # fmt: skip


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before every module's ``forward``; what it returns replaces ``args``."""
    return _hang("forward_pre", Hook(hook))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after every module's ``forward``; what it returns replaces the output.

    ``with_kwargs`` and ``always_call`` are those of ``Module.register_forward_hook``.
    """
    return _hang("forward", Hook(hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` whenever backward enters a module."""
    return _hang("backward_pre", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` whenever backward leaves a module."""
    return _hang("backward", hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Do as ``register_module_full_backward_hook``, which is PyTorch's newer name."""
    return register_module_full_backward_hook(hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` before any registers; what it returns, if not None, is registered."""
    return RemovableHandle(PARAMETER.hooks, hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` before any registers; what it returns, if not None, is registered."""
    return RemovableHandle(BUFFER.hooks, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, child)`` before any registers; what it returns, if not None, is registered."""
    return RemovableHandle(MODULE.hooks, hook)


MODULE_CALLS.add(__file__)
_usual_call = Module.__call__


class _Heeding(Module):
    """How modules are called while there are hooks on all of them."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        outer, frame = SCOPE.get(), sys._getframe(1)
        SCOPE.set(Scope(outer, ref(self), frame.f_code, frame.f_lasti))
        del frame  # in a traceback it would keep the caller's variables alive
        try:
            if not EVERY.around_calls():
                Module.__call__ = _usual_call  # type: ignore[method-assign]
            return call_hooked(self, args, kwargs)
        finally:
            SCOPE.set(outer)


def _hang(kind: str, hook: Any) -> RemovableHandle:
    handle = RemovableHandle(getattr(EVERY, kind), hook)
    Module.__call__ = _Heeding.__call__  # type: ignore[method-assign, assignment]
    return handle
