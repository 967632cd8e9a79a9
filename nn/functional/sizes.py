"""Window sizes as PyTorch takes them: one int for every dimension, or one int per dimension."""

from __future__ import annotations

from typing import Any

Sizes = tuple[int, ...]
Size = int | Sizes


def expand(value: Any, n: int, operation: str, argument: str) -> Sizes:
    """Return ``value`` as a tuple of ``n`` ints.

    Raises: ValueError where it is a sequence of another length.
    """
    if isinstance(value, int):
        return (value,) * n
    sizes = tuple(value)
    if len(sizes) == 1:
        return sizes * n
    if len(sizes) != n:
        raise ValueError(f"{operation}: {argument} is {sizes}; wanted one int, or {n} of them")
    return sizes
