"""Tensors filled with a number, by shape or in the likeness of another tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.shaping import sizes
from autograd_core.composites.views import as_strided
from autograd_core.creation.data import creates, made
from autograd_core.dtypes import as_dtype, dtype, get_default_dtype, python_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "empty", "empty_like", "empty_permuted", "empty_strided", "eye", "full", "full_like", "ones", "ones_like",
    "scalar_tensor", "zeros", "zeros_like",
]  # fmt: skip


def filled(operation: str, shape: tuple[Any, ...], value: Any, kind: Any, device: Any) -> Tensor:
    """Return ``value`` everywhere, of dtype ``kind`` (the default floating one for None).

    Raises: ShapeError for a negative length; DTypeError for lengths that are no ints, or a value that does not fit.
    """
    size = sizes(shape, operation)
    if min(size, default=0) < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: {size}")
    d = get_default_dtype() if kind is None else as_dtype(kind)
    if value == 0:
        return made(lambda xp: xp.zeros(size, d.dtype), device)
    number = fitting(operation, value, d)
    return made(lambda xp: xp.full(size, number, d.dtype), device)


def fitting(operation: str, value: Any, kind: dtype) -> Any:
    """Return a number as ``kind`` can hold it; negative ones wrap in unsigned dtypes.

    Raises: DTypeError where it does not fit: an imaginary part, an infinity, or an integer that is too large.
    """
    plain, fits = value, True
    if type(value) is complex and kind.category < 3:
        plain, fits = value.real, value.imag == 0
    if fits and kind.category < 2:
        bits = 8 * kind.itemsize - kind.is_signed
        fits = math.isfinite(plain) and (kind.category == 0 or -(2**bits) <= plain < 2**bits)
    if not fits:
        raise DTypeError(f"{operation}: value {value} cannot be converted to type {kind} without overflow")
    if kind.category == 1:
        return host.asarray(int(plain)).astype(kind.dtype).item()
    return bool(plain) if kind.category == 0 else plain


@creates
def zeros(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return zeros.  Shape: ``size``."""
    return filled("zeros", shape if size is None else (size,), 0, dtype, device)


@creates
def ones(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones.  Shape: ``size``."""
    return filled("ones", shape if size is None else (size,), 1, dtype, device)


@creates
def empty(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor to be filled; it holds zeros.  Shape: ``size``."""
    return filled("empty", shape if size is None else (size,), 0, dtype, device)


@creates
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``fill_value`` everywhere, in its own dtype where none is said.  Shape: ``size``."""
    return filled("full", (size,), value := number("full", fill_value), dtype or python_dtype(value), device)


def number(operation: str, value: Any) -> Any:
    """Return a Python number, also from a 0-d tensor or NumPy's numbers.  Raises: DTypeError for anything else."""
    if isinstance(value, Tensor | host.generic) and value.ndim == 0:
        return value.item()
    if not isinstance(value, bool | int | float | complex):
        raise DTypeError(f"{operation}: argument 'fill_value' must be a number; got {type(value).__name__}")
    return value


@creates
def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a 0-d tensor of a number, in the default floating dtype where none is said."""
    return filled("scalar_tensor", ((),), number("scalar_tensor", s), dtype, device)


@creates
def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones on the diagonal, zeros elsewhere.  Shape: (n, m), m being n where None.

    Raises: ShapeError for a negative size.
    """
    if n < 0 or (m is not None and m < 0):
        raise ShapeError(f"eye: got n={n}, m={m}; wanted non-negative ints")
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return made(lambda xp: xp.eye(n, n if m is None else m, dtype=kind.dtype), device)


# ---- in another's likeness ----


@creates
def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return zeros of ``input``'s shape, dtype and device."""
    return filled("zeros_like", (input._array.shape,), 0, dtype or input.dtype, device or input.device)


@creates
def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones of ``input``'s shape, dtype and device."""
    return filled("ones_like", (input._array.shape,), 1, dtype or input.dtype, device or input.device)


@creates
def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor of ``input``'s shape, dtype and device, to be filled; it holds zeros."""
    return filled("empty_like", (input._array.shape,), 0, dtype or input.dtype, device or input.device)


@creates
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``fill_value`` everywhere, in ``input``'s shape, dtype and device."""
    value = number("full_like", fill_value)
    return filled("full_like", (input._array.shape,), value, dtype or input.dtype, device or input.device)


# ---- in an order of memory ----


@creates
def empty_permuted(size: Any, physical_layout: Sequence[int], *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor to be filled whose dimensions lie in memory in the order ``physical_layout``; it holds zeros.

    Raises: ShapeError where that is no permutation of the dimensions.
    """
    shape, order = sizes((size,), "empty_permuted"), tuple(physical_layout)
    if sorted(order) != list(range(len(shape))):
        raise ShapeError(
            f"empty_permuted: Number of dimensions in size {shape} does not match the length of the physical_layout "
            f"{order}, or that repeats one"
        )
    laid = filled("empty_permuted", (tuple(shape[d] for d in order),), 0, dtype, device)
    return wrap(laid._array.transpose([order.index(d) for d in range(len(order))]))


@creates
def empty_strided(size: Any, stride: Sequence[int], *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor to be filled with so many elements of memory between neighbours; it holds zeros.

    Raises: ShapeError where the lists differ in length.
    """
    shape, steps = sizes((size,), "empty_strided"), tuple(stride)
    reach = 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=False)) if min(shape, default=1) else 0
    memory = filled("empty_strided", (reach,), 0, dtype, device)
    return as_strided(memory, shape, steps).detach()
