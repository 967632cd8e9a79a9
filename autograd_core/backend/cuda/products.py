"""Matrix products."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def affine(xp: ModuleType, x: Any, w: Any, b: Any) -> Any:
    """Return ``x @ w.T + b``; ``b`` may be None."""
    y = xp.matmul(x, w.T)
    if b is not None:
        y += b
    return y


def product(xp: ModuleType, a: Any, b: Any) -> Any:
    """Return the product of two matrices."""
    return a.dot(b)


def sum_rows(xp: ModuleType, x: Any) -> Any:
    """Return the column sums of a matrix."""
    return x.sum(axis=0)


def sum_ends(xp: ModuleType, x: Any, dim: tuple[int, ...]) -> Any:
    """Return the sums over the first dimensions, or over the last ones."""
    return x.sum(axis=dim)


def sum_over(xp: ModuleType, x: Any, dim: tuple[int, ...]) -> Any:
    """Return the sums over any dimensions."""
    return x.sum(axis=dim)
