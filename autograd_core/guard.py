"""Functions of the public namespace say which operation got something that is no tensor."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError


@functools.cache  # an alias is the function itself
def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with a clear error where an argument is missing what only tensors have.

    Checking each argument would cost every call; an AttributeError about an argument costs the failing call alone.
    """

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except AttributeError as error:
            given = error.obj
            if isinstance(given, Tensor) or not any(given is a for a in _flat((*args, *options.values()))):
                raise
            kind = type(given).__name__
            raise DTypeError(f"{function.__name__}: got {kind}; wanted a Tensor (see ag.tensor)") from None

    return call


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [v for value in values for v in (value if isinstance(value, list | tuple) else (value,))]
