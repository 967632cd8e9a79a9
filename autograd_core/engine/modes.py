"""What holds for the code that is running: whether operations are recorded, and inside which module.

Both live in context variables: one value per thread (and per asyncio task), read in 20 ns.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType
from typing import Any, TypeVar, overload

__all__ = [
    "enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_grad_enabled",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

GRAD: ContextVar[bool] = ContextVar("grad_enabled", default=True)
INFERENCE: ContextVar[bool] = ContextVar("inference", default=False)
SCOPE: ContextVar[Scope | None] = ContextVar("scope", default=None)
# the lines that switched recording off, the newest last: a graph that is cut there is explained by them
QUIET: deque[tuple[CodeType, int]] = deque(maxlen=64)
_caller = sys._getframe


class Scope:
    """One running ``Module.__call__``: the module, the call around it, and the user's line that made the call."""

    __slots__ = ("code", "lasti", "module_ref", "outer")

    def __init__(self, outer: Scope | None, module_ref: Any, code: CodeType, lasti: int) -> None:
        """Note a call; ``module_ref`` is a weak reference, so that a graph never keeps a module alive."""
        self.outer = outer
        self.module_ref = module_ref
        self.code = code
        self.lasti = lasti


def is_grad_enabled() -> bool:
    """Whether operations on this thread are recorded."""
    return GRAD.get()


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside ``inference_mode``."""
    return INFERENCE.get()


class _Mode:
    """A grad mode as context manager and as decorator (of functions and of generator functions)."""

    enabled = True

    def __enter__(self) -> None:
        self._outer = GRAD.get()
        GRAD.set(self.enabled)
        if not self.enabled:
            frame = _caller(1)
            QUIET.append((frame.f_code, frame.f_lasti))

    def __exit__(self, *exc: object) -> None:
        GRAD.set(self._outer)

    def _clone(self) -> _Mode:
        return type(self)()

    def __call__(self, function: F) -> F:
        """Return ``function`` so wrapped that every call of it (every step, if a generator) runs in this mode."""
        if inspect.isgeneratorfunction(function):
            return _wrap_generator(function, self._clone)  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._clone():
                _note_quiet(function.__code__)
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]


def _note_quiet(code: CodeType) -> None:
    """Note that a function whose decorator is a mode runs without recording, if so."""
    if not GRAD.get():
        QUIET.append((code, 0))


def _wrap_generator(function: Callable[..., Any], mode: Callable[[], _Mode]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        steps = function(*args, **kwargs)
        try:
            with mode():
                _note_quiet(function.__code__)
                item = steps.send(None)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    with mode():
                        steps.close()
                    raise
                except BaseException as error:
                    with mode():
                        item = steps.throw(error)
                else:
                    with mode():
                        item = steps.send(sent)
        except StopIteration as stop:
            return stop.value

    return wrapped


class no_grad(_Mode):
    """Do not record operations: ``with no_grad():``, ``@no_grad()`` or ``@no_grad``."""

    enabled = False

    @overload
    def __new__(cls) -> no_grad: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]  # as a decorator the class gives a function
    def __new__(cls, function: Any = None) -> Any:
        """Make the mode, or wrap ``function`` where the class itself is the decorator."""
        mode = object.__new__(cls)
        return mode if function is None else mode(function)


class enable_grad(no_grad):
    """Record operations even inside ``no_grad``: ``with enable_grad():`` or as a decorator."""

    enabled = True


class set_grad_enabled(_Mode):
    """Switch recording on or off at once; as a context manager, until its end."""

    def __init__(self, mode: bool) -> None:
        """Switch to ``mode`` now."""
        self.enabled = bool(mode)
        self._outer = GRAD.get()
        GRAD.set(self.enabled)
        if not mode:
            frame = _caller(1)
            QUIET.append((frame.f_code, frame.f_lasti))

    def __enter__(self) -> None:
        GRAD.set(self.enabled)

    def __call__(self, function: F) -> F:
        """Return ``function`` wrapped in this mode, which is left again at once outside it."""
        GRAD.set(self._outer)
        return super().__call__(function)

    def _clone(self) -> _Mode:
        return set_grad_enabled(self.enabled)


class inference_mode(_Mode):
    """Like ``no_grad``: nothing is recorded.  ``inference_mode(False)`` changes nothing.

    PyTorch also bars tensors made inside from later graphs; here they are ordinary constants.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        """Make the mode, or wrap the function where the class itself is the decorator."""
        made = object.__new__(cls)
        made.on = mode if isinstance(mode, bool) else True
        return made if isinstance(mode, bool) else made(mode)

    on: bool

    def _clone(self) -> _Mode:
        return inference_mode(self.on)

    def __enter__(self) -> None:
        self._before = GRAD.get(), INFERENCE.get()
        GRAD.set(not self.on and self._before[0])
        INFERENCE.set(self.on or self._before[1])
        if self.on:
            frame = _caller(1)
            QUIET.append((frame.f_code, frame.f_lasti))

    def __exit__(self, *exc: object) -> None:
        GRAD.set(self._before[0])
        INFERENCE.set(self._before[1])
