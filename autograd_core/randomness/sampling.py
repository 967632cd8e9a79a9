"""Random tensors by shape; numbers are drawn on the host."""

from __future__ import annotations

from typing import Any

from autograd_core.composites.shaping import sizes
from autograd_core.creation.data import creates, finish
from autograd_core.dtypes import as_dtype, dtype, get_default_dtype, iinfo
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.randomness.generators import Generator, stream_of
from autograd_core.randomness.levels import drawn

__all__ = ["rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm"]


def _floating(operation: str, dtype: Any) -> Any:
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted.category < 2:
        raise DTypeError(f"{operation}: dtype is {wanted}; wanted a floating dtype or a complex one")
    return wanted.dtype


def _shape(operation: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return a shape given as ints or as one sequence.  Raises: ShapeError for a negative length."""
    shape = sizes(size, operation)
    if min(shape, default=0) < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: {shape}")
    return shape


@creates
def rand(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
         device: Any = None) -> Tensor:  # fmt: skip
    """Return numbers drawn evenly from [0, 1).  Shape: ``size``."""
    lengths = _shape("rand", shape if size is None else (size,))
    kind = _floating("rand", dtype)
    if LEVELS.get():
        return drawn("uniform", generator, size=lengths, dtype=kind, device=device)
    return finish(stream_of(generator).uniform(lengths, kind), device, False)


@creates
def randn(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
          device: Any = None) -> Tensor:  # fmt: skip
    """Return numbers drawn from the standard normal distribution.  Shape: ``size``."""
    lengths = _shape("randn", shape if size is None else (size,))
    kind = _floating("randn", dtype)
    if LEVELS.get():
        return drawn("normal", generator, size=lengths, dtype=kind, device=device)
    return finish(stream_of(generator).normal(lengths, kind), device, False)


@creates
def randint(low: int = 0, high: Any = None, size: Any = None, *, generator: Generator | None = None,
            dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [``low``, ``high``); ``randint(high, size)`` draws from 0.

    Raises: ShapeError where the range is empty, or reaches beyond the dtype.
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    kind = as_dtype(dtype or "int64")
    low, high = whole_range("randint", low, high, kind)
    lengths = _shape("randint", (size,))
    if LEVELS.get():
        return drawn("integers", generator, size=lengths, dtype=kind.dtype, numbers=(low, high), device=device)
    return finish(stream_of(generator).integers(low, high, lengths, kind.dtype), device, False)


def whole_range(operation: str, low: Any, high: Any, kind: dtype) -> tuple[int, int]:
    """Return the ends of a range of integers.

    Raises: DTypeError for ends that are no integers; ShapeError where the range is empty, or reaches beyond the dtype.
    """
    if not (hasattr(low, "__index__") and hasattr(high, "__index__")):
        raise DTypeError(f"{operation}: got low={low!r}, high={high!r}; wanted ints")
    first, last = int(low), int(high) - 1
    if first > last:
        raise ShapeError(f"{operation}: random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    least, most = (iinfo(kind).min, iinfo(kind).max) if kind.category == 1 else (0, 1)
    if kind.category < 2 and not least <= first <= last <= most:
        raise ShapeError(f"{operation}: from={low}, to={high}: 'to - 1' or 'from' is out of bounds for {kind}")
    return first, last + 1


@creates
def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return the integers 0 ... n-1 in random order.  Raises: ShapeError for a negative ``n``."""
    if n < 0:
        raise ShapeError(f"randperm: n is {n}; wanted a non-negative int")
    kind = as_dtype(dtype or "int64").dtype
    if LEVELS.get():
        return drawn("permutation", generator, size=(n,), dtype=kind, device=device)
    return finish(stream_of(generator).permutation(n).astype(kind), device, False)


# ---- in another's likeness ----


@creates
def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``rand`` of ``input``'s shape, dtype and device."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device)


@creates
def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``randn`` of ``input``'s shape, dtype and device."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device)


@creates
def randint_like(input: Tensor, low: int = 0, high: int | None = None, *, generator: Generator | None = None,
                 dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Return ``randint`` of ``input``'s shape, dtype and device; ``randint_like(input, high)`` draws from 0."""
    options = {"generator": generator, "dtype": dtype or input.dtype, "device": device or input.device}
    return randint(low, high, input.shape, **options)
