"""What a user hangs on a module: hooks around ``forward``, around backward, and around state dicts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_core.engine.hooks import RemovableHandle

from .backward_hooks import Watch

if TYPE_CHECKING:
    from .module import Module


class Hook(NamedTuple):
    """A forward hook with how it wants to be called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


class Hooks:
    """The hooks of one module.  A module that has none keeps None instead, and its calls cost nothing."""

    __slots__ = ("backward", "backward_pre", "forward", "forward_pre", "load_post", "load_pre", "save_post", "save_pre")

    def __init__(self) -> None:
        """Start without hooks."""
        for kind in self.__slots__:
            setattr(self, kind, {})

    forward_pre: dict[int, Hook]
    forward: dict[int, Hook]
    backward_pre: dict[int, Callable[..., Any]]
    backward: dict[int, Callable[..., Any]]
    save_pre: dict[int, Callable[..., Any]]
    save_post: dict[int, Callable[..., Any]]
    load_pre: dict[int, Callable[..., Any]]
    load_post: dict[int, Callable[..., Any]]

    def around_calls(self) -> bool:
        """Return whether there is a hook that a call must heed; the others are for state dicts."""
        return bool(self.forward_pre or self.forward or self.backward or self.backward_pre)

    def none_left(self) -> bool:
        """Return whether every hook was removed."""
        return not any(getattr(self, kind) for kind in self.__slots__)


class Hooked:
    """The part of ``Module`` that takes hooks."""

    _hooks: Hooks | None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before ``forward``; what it returns, if not None, replaces ``args``.

        ``with_kwargs``: the hook is called with ``(module, args, kwargs)`` and may return ``(args, kwargs)``.
        """
        return self._hang("forward_pre", Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns, if not None, replaces the output.

        ``with_kwargs``: it is called with ``(module, args, kwargs, output)``.  ``always_call``: it is called, with
        None for the output, even where ``forward`` raised.
        """
        return self._hang("forward", Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before backward enters the module.

        ``grad_output`` is a tuple; the tuple that the hook returns, if not None, replaces it.
        """
        return self._hang("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when backward leaves the module.

        The tuple that the hook returns, if not None, replaces ``grad_input``, whose entries stand for the positional
        arguments (None for those that are no tensors).  Where no input requires a gradient, the hook is called as soon
        as the gradients of the outputs are known.
        """
        return self._hang("backward", hook, prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads this module."""
        return self._hang("save_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict`` has read this module."""
        return self._hang("save_post", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call a hook before ``load_state_dict`` reads this module's entries; it may change the state dict.

        Its arguments are ``(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)``.
        """
        return self._hang("load_pre", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` once this module's values are loaded.

        It may clear or extend the lists ``missing_keys`` and ``unexpected_keys`` on which ``strict`` decides.
        """
        return self._hang("load_post", hook)

    def _hang(self, kind: str, hook: Any, prepend: bool = False) -> RemovableHandle:
        if self._hooks is None:
            self._hooks = Hooks()
        return RemovableHandle(getattr(self._hooks, kind), hook, prepend)

    def _hooks_of(self, kind: str) -> list[Any]:
        """Return the hooks of one kind as they are now: a hook may remove itself."""
        return [] if self._hooks is None else list(getattr(self._hooks, kind).values())


def call_hooked(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run ``module.forward`` with the module's hooks around it."""
    hooks = module._hooks
    if hooks is None or not hooks.around_calls():
        if hooks is not None and hooks.none_left():
            module._hooks = None  # its calls cost nothing more from now on
        return module.forward(*args, **kwargs)
    owed = {hook for hook in module._hooks_of("forward") if hook.always_call}
    try:
        args, kwargs = _before(module, args, kwargs)
        backward, backward_pre = module._hooks_of("backward"), module._hooks_of("backward_pre")
        watch = Watch(module, backward, backward_pre) if backward or backward_pre else None
        if watch is not None:
            args = watch.enter(args)
        result = module.forward(*args, **kwargs)
        for hook in module._hooks_of("forward"):
            owed.discard(hook)
            result = _after(hook, module, args, kwargs, result)
        return result if watch is None else watch.leave(result)
    except Exception:
        for hook in owed:
            _after_failure(hook, module, args, kwargs)
        raise


def _before(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook in module._hooks_of("forward_pre"):
        if not hook.with_kwargs:
            changed = hook.function(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
            continue
        changed = hook.function(module, args, kwargs)
        if changed is not None:
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"{type(module).__name__}: forward pre-hook returned {changed!r}; wanted None or (args, kwargs)"
                )
            args, kwargs = changed
    return args, kwargs


def _after(hook: Hook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    given = (args, kwargs) if hook.with_kwargs else (args,)
    changed = hook.function(module, *given, result)
    return result if changed is None else changed


def _after_failure(hook: Hook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Call an ``always_call`` hook while an error is on its way, which an error of the hook must not hide."""
    try:
        _after(hook, module, args, kwargs, None)
    except Exception as error:
        warnings.warn(
            f"{type(module).__name__}: a forward hook with always_call=True raised {error!r}, silenced because "
            "another error was raised in forward",
            stacklevel=4,
        )
