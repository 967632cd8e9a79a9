"""Functions of several steps on half-precision floats: rounded once, at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from autograd_core.dtypes import HALVES, dtype, float32
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.shape import cast

Function = TypeVar("Function", bound=Callable[..., Any])


def in_float32(function: Function) -> Function:
    """Return ``function`` that computes half-precision floats in float32 and rounds its results, as PyTorch does."""

    @functools.wraps(function)
    def call(input: Tensor, *args: Any, **options: Any) -> Any:
        half = input.dtype
        if half is not HALVES[0] and half is not HALVES[1]:
            return function(input, *args, **options)
        args = tuple(map(_widened, (input, *args)))
        result = function(*args, **{k: _widened(v) for k, v in options.items()})
        return result if options.get("dtype") is not None else _rounded(result, half)

    return call  # type: ignore[return-value]


def _widened(value: Any) -> Any:
    return cast(value, dtype=float32.dtype) if isinstance(value, Tensor) and value.dtype in HALVES else value


def _rounded(result: Any, half: dtype) -> Any:
    if isinstance(result, tuple):
        parts = [_rounded(r, half) for r in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return cast(result, dtype=half.dtype) if result.dtype is float32 else result
