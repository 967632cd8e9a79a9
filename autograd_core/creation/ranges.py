"""Tensors of numbers in a row, and of the coordinates of triangles."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend import host
from autograd_core.creation.data import creates, finish, made
from autograd_core.dtypes import as_dtype, dtype, get_default_dtype, int64
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["arange", "linspace", "logspace", "tril_indices", "triu_indices"]

PLAIN = (int, float, complex, bool)


def _numbers(operation: str, *values: Any) -> list[Any]:
    """Return numbers, also from 0-d tensors.  Raises: ShapeError for tensors with dimensions."""
    return [value if type(value) in PLAIN else _number(operation, value) for value in values]


def _number(operation: str, value: Any) -> Any:
    if isinstance(value, Tensor) and value._array.ndim:
        raise ShapeError(
            f"{operation}: only supports 0-dimensional tensors, but got one with {value._array.ndim} dimension(s)"
        )
    if not isinstance(value, Tensor | host.generic | float):
        raise DTypeError(f"{operation}: got {type(value).__name__}; wanted a number or a 0-d Tensor")
    return value.item() if hasattr(value, "item") else float(value)


@creates
def arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``start, start + step, ...`` below ``end``; ``arange(end)`` starts at 0.  int64 if all are ints.

    Raises: ShapeError for a step of zero or of the wrong sign, or an infinite range.
    """
    start, end, step = _numbers("arange", *((0, start, step) if end is None else (start, end, step)))
    whole = all(isinstance(v, int) for v in (start, end, step))
    kind = as_dtype(dtype) if dtype is not None else int64 if whole else get_default_dtype()
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ShapeError(f"arange: unsupported range: {start} -> {end}")
    if kind is int64:  # PyTorch rounds towards zero before it counts
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) * step < 0:
        raise ShapeError(
            f"arange: upper bound and lower bound inconsistent with step sign: {start}, {end}, {step}; step must be "
            f"nonzero"
        )
    n = math.ceil((end - start) / step)
    if kind.category < 2:
        start, step = int(start), int(step)
    counting = "int64" if kind.category < 2 else "float64"
    return made(lambda xp: (xp.arange(n, dtype=counting) * step + start).astype(kind.dtype), device)


@creates
def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``steps`` evenly spaced numbers from ``start`` to ``end``, both included; integers are cut off.

    Raises: ShapeError for a negative number of steps.
    """
    kind, start, end, steps = _span("linspace", start, end, steps, dtype)
    return made(lambda xp: _spaced(xp, start, end, steps, kind).astype(kind.dtype), device)


@creates
def logspace(
    start: Any, end: Any, steps: int, base: Any = 10.0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return ``base`` to the power of ``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    Raises: ShapeError for a negative number of steps.
    """
    kind, start, end, steps = _span("logspace", start, end, steps, dtype)
    (base,) = _numbers("logspace", base)
    wide = base if kind.category == 3 else float(base)
    return made(lambda xp: (wide ** _spaced(xp, start, end, steps, kind)).astype(kind.dtype), device)


def _span(operation: str, start: Any, end: Any, steps: int, kind: Any) -> tuple[dtype, Any, Any, int]:
    """Return dtype, ends and count, the ends as the dtype holds them."""
    start, end = _numbers(operation, start, end)
    if not hasattr(steps, "__index__"):
        raise DTypeError(f"{operation}: steps is {steps!r}; wanted an int")
    if steps < 0:
        raise ShapeError(f"{operation}: steps is {steps}; wanted a non-negative int")
    mixed = isinstance(start, complex) or isinstance(end, complex)
    found = as_dtype(kind) if kind is not None else get_default_dtype().to_complex() if mixed else get_default_dtype()
    if found.category < 2:
        return found, int(start), int(end), int(steps)
    return found, start, end, int(steps)


def _spaced(xp: Any, start: Any, end: Any, steps: int, kind: dtype) -> Any:
    """Return evenly spaced numbers in double precision, counted from the nearer end as PyTorch does."""
    if steps == 1:
        return xp.full(1, start, "complex128" if kind.category == 3 else "float64")
    width = (end - start) / max(steps - 1, 1)
    up = xp.arange(steps // 2, dtype="float64") * width + start
    down = end - xp.arange(steps - steps // 2, dtype="float64")[::-1] * width
    return xp.concatenate([up, down])


@creates
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = "int64", device: Any = None) -> Tensor:
    """Return the rows and columns of a (row, col) matrix's lower triangle, row by row.  Shape: (2, count).

    Raises: ShapeError for a negative size.
    """
    return _triangle("tril_indices", host.tril_indices, row, col, offset, dtype, device)


@creates
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = "int64", device: Any = None) -> Tensor:
    """Return the rows and columns of a (row, col) matrix's upper triangle, row by row.  Shape: (2, count).

    Raises: ShapeError for a negative size.
    """
    return _triangle("triu_indices", host.triu_indices, row, col, offset, dtype, device)


def _triangle(operation: str, indices: Any, row: int, col: int, offset: int, kind: Any, device: Any) -> Tensor:
    if row < 0 or col < 0:
        raise ShapeError(f"{operation}: row and col must be non-negative, got {row} and {col}")
    return finish(host.stack(indices(row, offset, col)).astype(as_dtype(kind).dtype), device, False)
