"""What every function of the public namespaces does besides its work: say what is no tensor, and fill ``out``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd_core.engine import failure
from autograd_core.engine.out import deliver
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError

ROOMS = ("autograd_core.composites.",)
# NumPy's names of arguments, which PyTorch's functions take too
NUMPY = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "x1": "input", "x2": "other"}


def protect(namespace: dict[str, Any], rooms: tuple[str, ...] = ROOMS, tensor_first: bool = False) -> None:
    """Guard the functions of ``namespace`` that were written in one of ``rooms``; give primitives their ``out=``."""
    functions = {n: f for n, f in namespace.items() if inspect.isfunction(f) and not n.startswith("_")}
    for name, function in functions.items():
        if hasattr(function, "primitive"):
            namespace[name] = function.primitive.public
        elif function.__module__.startswith(rooms):
            namespace[name] = guarded(function, tensor_first)
            if tensor_first:  # layers hold such functions, and pickle looks for them where users find them
                namespace[name].__module__ = namespace["__name__"]


@functools.cache  # an alias is the function itself
def guarded(function: Callable[..., Any], tensor_first: bool = False) -> Callable[..., Any]:
    """Return ``function`` with ``out=``, and a clear error where an argument is missing what only tensors have.

    Checking each argument would cost every call; an AttributeError about an argument costs the failing call alone,
    and so does a name of NumPy's for an argument, which is PyTorch's after all.
    ``tensor_first``: the first argument must be a tensor, so that an error about anything that came of it says so.
    """

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        try:
            if out is None:
                return function(*args, **options)
            return deliver(function, args, options, out)
        except (AttributeError, TypeError) as error:
            if tensor_first and args and not isinstance(args[0], Tensor):
                raise _refused(function.__name__, args[0]) from None
            if isinstance(error, TypeError):
                renamed = {NUMPY.get(name, name): value for name, value in options.items()}
                if renamed.keys() == options.keys() or not _fits(function, args, renamed):
                    failure.place(error)
                    raise
                return call(*args, out=out, **renamed)
            raise no_tensor(function.__name__, error, (*args, *options.values())) from None
        except Exception as error:
            failure.place(error)
            raise

    return call


def _fits(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*args, **options)
    except TypeError:
        return False
    return True


def no_tensor(operation: str, error: AttributeError, values: tuple[Any, ...]) -> Exception:
    """Return what to raise for an ``error`` about one of the arguments: that it is no tensor, or the error itself."""
    given = error.obj
    if isinstance(given, Tensor) or not any(given is value for value in (*values, *_flat(values))):
        return error
    return _refused(operation, given)


def _refused(operation: str, given: Any) -> DTypeError:
    return DTypeError(f"{operation}: got {type(given).__name__}; wanted a Tensor (see ag.tensor)")


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [v for value in values for v in (value if isinstance(value, list | tuple) else (value,))]
