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


class ReturnsNone(NamedTuple):
    """A hook after ``state_dict`` that must not return another one."""

    function: Callable[..., Any]

    def __call__(self, *args: Any) -> None:
        """Call it.  Raises: RuntimeError where it returns something."""
        if self.function(*args) is not None:
            raise RuntimeError("state_dict post-hook must return None")


class WithoutModule(NamedTuple):
    """A hook that is not told which module calls it."""

    function: Callable[..., Any]

    def __call__(self, module: Module, *args: Any) -> Any:
        """Call it without the module."""
        return self.function(*args)


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


EVERY = Hooks()  # the hooks on calls of every module: see global_hooks


class Listing:
    """As a class attribute: the live dictionary of a module's hooks of one kind."""

    def __init__(self, kind: str) -> None:
        """``kind``: which attribute of ``Hooks``."""
        self.kind = kind

    def __get__(self, module: Hooked, owner: type[Hooked]) -> dict[int, Any]:
        return module._listed(self.kind)

    def __set__(self, module: Hooked, hooks: dict[int, Any]) -> None:
        fresh, held = dict(hooks), module._listed(self.kind)
        held.clear()
        held.update(fresh)


class Hooked:
    """The part of ``Module`` that takes hooks."""

    _hooks: Hooks | None
    # PyTorch's names of the dictionaries, for programs that count or clear them
    _forward_pre_hooks = Listing("forward_pre")
    _forward_hooks = Listing("forward")
    _backward_pre_hooks = Listing("backward_pre")
    _backward_hooks = Listing("backward")

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

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Do as ``register_full_backward_hook``, by PyTorch's older name for a form that saw part of the gradients."""
        return self.register_full_backward_hook(hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads this module."""
        return self._hang("save_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict`` has read this module.

        ``state_dict`` raises RuntimeError where the hook returns something.
        """
        return self._hang("save_post", ReturnsNone(hook))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Do as ``register_state_dict_post_hook``; a dict that the hook returns takes the place of the state dict."""
        return self._hang("save_post", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call a hook before ``load_state_dict`` reads this module's entries; it may change the state dict.

        Its arguments are ``(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)``.
        """
        return self._hang("load_pre", hook)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        """Do as ``register_load_state_dict_pre_hook``, without the module unless ``with_module``."""
        return self._hang("load_pre", hook if with_module else WithoutModule(hook))

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` once this module's values are loaded.

        It may clear or extend the lists ``missing_keys`` and ``unexpected_keys`` on which ``strict`` decides.
        """
        return self._hang("load_post", hook)

    def _hang(self, kind: str, hook: Any, prepend: bool = False) -> RemovableHandle:
        return RemovableHandle(self._listed(kind), hook, prepend)

    def _listed(self, kind: str) -> dict[int, Any]:
        if self._hooks is None:
            self._hooks = Hooks()
        return getattr(self._hooks, kind)

    def _hooks_of(self, kind: str) -> list[Any]:
        """Return the hooks of one kind, those of every module first, as they are now: a hook may remove itself."""
        own = () if self._hooks is None else getattr(self._hooks, kind).values()
        return [*getattr(EVERY, kind).values(), *own]


def call_hooked(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run ``module.forward`` with the module's hooks around it."""
    hooks = module._hooks
    if not (EVERY.around_calls() or (hooks is not None and hooks.around_calls())):
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
