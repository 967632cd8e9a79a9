"""What every function of the public namespaces does besides its work: say what is no tensor, and fill ``out``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd_core.engine.out import deliver
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError

ROOMS = ("autograd_core.composites.",)


def protect(namespace: dict[str, Any], rooms: tuple[str, ...] = ROOMS) -> None:
    """Guard the functions of ``namespace`` that were written in one of ``rooms``; give primitives their ``out=``."""
    functions = {n: f for n, f in namespace.items() if inspect.isfunction(f) and not n.startswith("_")}
    for name, function in functions.items():
        if hasattr(function, "primitive"):
            namespace[name] = function.primitive.public
        elif function.__module__.startswith(rooms):
            namespace[name] = guarded(function)


@functools.cache  # an alias is the function itself
def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with ``out=``, and a clear error where an argument is missing what only tensors have.

    Checking each argument would cost every call; an AttributeError about an argument costs the failing call alone.
    """

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        try:
            if out is None:
                return function(*args, **options)
            return deliver(function, args, options, out)
        except AttributeError as error:
            given = error.obj
            if isinstance(given, Tensor) or not any(given is a for a in _flat((*args, *options.values()))):
                raise
            kind = type(given).__name__
            raise DTypeError(f"{function.__name__}: got {kind}; wanted a Tensor (see ag.tensor)") from None

    return call


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [v for value in values for v in (value if isinstance(value, list | tuple) else (value,))]
