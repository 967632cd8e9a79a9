"""Checks of what transforms are made with: each names the transform, the argument, what came, what was wanted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from numbers import Real
from typing import Any

from autograd_core.errors import DTypeError

__all__ = [
    "RESIZING", "WARPING", "InterpolationMode", "around", "interval", "is_number", "mode_of", "pair_of_sizes",
    "positive", "probability",
]  # fmt: skip


class InterpolationMode(Enum):
    """How values between pixels are found; the texts ``"nearest"``, ``"bilinear"``, ``"bicubic"`` do as well."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


RESIZING = ("nearest", "nearest-exact", "bilinear", "bicubic")
WARPING = ("nearest", "bilinear")


def mode_of(operation: str, interpolation: Any, among: tuple[str, ...]) -> str:
    """Return the name of an interpolation.  Raises: ValueError for one that is not ``among`` these."""
    mode = interpolation.value if isinstance(interpolation, InterpolationMode) else interpolation
    if mode not in among:
        raise ValueError(f"{operation}: interpolation is {interpolation!r}; wanted one of {', '.join(among)}")
    return mode


def is_number(value: Any) -> bool:
    """Whether this is a real number, and no bool."""
    return isinstance(value, Real) and not isinstance(value, bool)


def probability(operation: str, p: Any, name: str = "p") -> float:
    """Return a probability.  Raises: ValueError for what lies outside [0, 1]."""
    if not is_number(p) or not 0 <= p <= 1:
        raise ValueError(f"{operation}: {name} is {p!r}; wanted a probability, from 0 to 1")
    return float(p)


def positive(operation: str, name: str, value: Any, zero: bool = False) -> float:
    """Return a number above zero, or at least zero where ``zero``.  Raises: ValueError for any other."""
    if not is_number(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{operation}: {name} is {value!r}; wanted a number {'of at least' if zero else 'above'} 0")
    return float(value)


def interval(operation: str, name: str, value: Any, least: float | None = None) -> tuple[float, float]:
    """Return (low, high).  Raises: ValueError for what are no two numbers in this order, or less than ``least``."""
    ends = tuple(value) if isinstance(value, Sequence) else ()
    good = len(ends) == 2 and all(map(is_number, ends)) and ends[0] <= ends[1]
    if not good or (least is not None and ends[0] < least):
        limit = "" if least is None else f", of at least {least:g}"
        raise ValueError(f"{operation}: {name} is {value!r}; wanted two numbers (low, high) with low <= high{limit}")
    return float(ends[0]), float(ends[1])


def around(operation: str, name: str, value: Any) -> tuple[float, float]:
    """Return (-value, value) for a number, (low, high) for two.  Raises: ValueError for anything else."""
    if is_number(value) and value < 0:
        raise ValueError(f"{operation}: {name} is {value!r}; a single number must be at least 0: it means both signs")
    return (-float(value), float(value)) if is_number(value) else interval(operation, name, value)


def pair_of_sizes(operation: str, size: Any, name: str = "size") -> tuple[int, int]:
    """Return (height, width) of an int, for both, or of two.  Raises: DTypeError or ValueError for anything else."""
    sizes = tuple(size) if isinstance(size, Sequence) else (size,)
    if len(sizes) not in (1, 2) or not all(isinstance(n, int) and not isinstance(n, bool) for n in sizes):
        raise DTypeError(f"{operation}: {name} is {size!r}; wanted an int, or two: (height, width)")
    if min(sizes) < 1:
        raise ValueError(f"{operation}: {name} is {size!r}; wanted lengths of at least 1")
    return sizes[0], sizes[-1]
