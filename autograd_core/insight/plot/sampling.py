"""The numbers in a tensor: the statistics of all of them, and a sample for a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.graphs.graph import Stats

SAMPLE = 100_000  # so many values draw the same histogram as all of them


@dataclass
class Spread:
    """What is in a tensor: the statistics of all values, and some of the finite ones, in float64."""

    stats: Stats
    sample: Any

    @property
    def lost(self) -> int:
        """How many values are NaN or infinite."""
        return self.stats.nans + self.stats.infs

    @property
    def rms(self) -> float:
        """The root mean square of the finite values; NaN where there are none."""
        finite = self.stats.size - self.lost
        return self.stats.norm / math.sqrt(finite) if finite else math.nan


def values(tensor: Tensor) -> Any:
    """Return a tensor's values as a NumPy array of float64 in its shape; of complex numbers their sizes."""
    array = tensor.detach().cpu().numpy()
    return host.abs(array) if array.dtype.kind == "c" else array.astype("float64")


def spread(tensor: Tensor, generator: Any) -> Spread:
    """Return what is in ``tensor``; ``generator``, one of NumPy's, chooses the sample of a large one."""
    flat = values(tensor).ravel()
    kept = flat[host.isfinite(flat)]
    sample = kept if kept.size <= SAMPLE else kept[generator.integers(0, kept.size, SAMPLE)]
    return Spread(Stats.of(flat), sample)


def floats_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of real or complex floating-point numbers in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        if value.is_floating_point() or value.is_complex():
            yield value
    elif isinstance(value, tuple | list | Mapping):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from floats_in(inner)


def few(items: list[Any], most: int | None) -> list[Any]:
    """Return at most ``most`` of ``items``, the first, the last, and evenly between; None returns all."""
    if most is None or len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / max(most - 1, 1))] for i in range(most)]


def check_most(function: str, most: int | None) -> None:
    """Refuse a cap below 1."""
    if most is not None and most < 1:
        raise ValueError(f"{function}: argument max_rows: got {most}; wanted at least 1, or None for all")


def percent(part: int, whole: int) -> str:
    """Return a share as ``0``, ``<1 %``, ``48 %`` or ``all``: never rounded to none or to all."""
    if part == 0 or part == whole:
        return "all" if part else "0"
    share = 100 * part / whole
    return "<1 %" if share < 1 else ">99 %" if share > 99 else f"{share:.0f} %"
