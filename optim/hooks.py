"""Hooks around ``optimizer.step`` and around state dicts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVar

from autograd_core.engine.hooks import RemovableHandle

F = TypeVar("F", bound=Callable[..., Any])
Table = dict[int, Callable[..., Any]]

_step_pre: Table = {}  # for every optimiser
_step_post: Table = {}


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before every optimiser's step; it may return new ``(args, kwargs)``."""
    return RemovableHandle(_step_pre, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after every optimiser's step."""
    return RemovableHandle(_step_post, hook)


class Hooked:
    """The part of ``Optimizer`` that holds its hooks."""

    # Of optimisers around others, which may do without ``super().__init__()``: none, and none can be registered.
    _step_pre: Any = MappingProxyType({})
    _step_post: Any = _step_pre

    def __init__(self) -> None:
        """Start without hooks."""
        self._step_pre = {}
        self._step_post = {}
        self._save_pre: Table = {}
        self._save_post: Table = {}
        self._load_pre: Table = {}
        self._load_post: Table = {}

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return new ``(args, kwargs)``.

        ``args`` begins with the optimiser itself, as in PyTorch.
        """
        return RemovableHandle(self._step_pre, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._step_post, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before a state dict is made."""
        return RemovableHandle(self._save_pre, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` on a state dict just made; it may change it or return another."""
        return RemovableHandle(self._save_post, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` on a shallow copy before it is loaded; it may return another."""
        return RemovableHandle(self._load_pre, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` once a state dict is loaded."""
        return RemovableHandle(self._load_post, hook, prepend)


def with_hooks(step: F) -> F:
    """Return ``step`` with the hooks of its optimiser, and of all, called around it."""

    @functools.wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        for hook in (*_step_pre.values(), *self._step_pre.values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{hook} must return None or a tuple of (new_args, new_kwargs), but got {changed}"
                    )
                args, kwargs = changed
        self._opt_called = True  # for the schedulers, which are to be stepped after their optimiser
        result = step(*args, **kwargs)
        for hook in (*self._step_post.values(), *_step_post.values()):
            hook(self, args, kwargs)
        return result

    hooked.hooked = True  # type: ignore[attr-defined]
    return hooked  # type: ignore[return-value]
