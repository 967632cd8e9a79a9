"""Hooks that compute a tensor of a module before each call: how they are found and taken away."""

from __future__ import annotations

from typing import Any

from ..base.module import Module


def pre_hook(module: Module, kind: type, attribute: str, name: str) -> Any:
    """Return the forward pre-hook of a kind whose ``attribute``, the tensor that it computes, is ``name``, or None."""
    for hook in module._hooks_of("forward_pre"):
        if isinstance(hook.function, kind) and getattr(hook.function, attribute) == name:
            return hook.function
    return None


def take_away(module: Module, function: Any) -> None:
    """Remove every hook of ``module`` that is ``function`` or a method of it."""
    hooks = module._hooks
    if hooks is None:
        return
    for kind in hooks.__slots__:
        held = getattr(hooks, kind)
        for key, hook in list(held.items()):
            called = getattr(hook, "function", hook)
            if function in (called, getattr(called, "__self__", None)):
                del held[key]
    forget_none_left(module)


def forget_none_left(module: Module) -> None:
    """Let a module whose hooks were all removed forget that it had any: its calls then cost nothing more."""
    if module._hooks is not None and module._hooks.none_left():
        module._hooks = None
