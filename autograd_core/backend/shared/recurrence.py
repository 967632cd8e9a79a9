"""What recurrent layers share: the steps of their sequences, and the products that all steps enter.

The elements of all sequences lie in the rows of one matrix, step after step (packed): ``sizes[t]`` sequences have a
step ``t``, the longest first.  Steps of one size follow each other in a *run*, inside which features come before
sequences: a gate is one piece of memory, and ``w @ h`` takes half the time of ``h @ w.T``.

A *part* of the sequences goes through all its steps without the others: on the CPU each thread takes one, with memory
of its own.  Every ``kept`` is a list of parts, and each of these a list of what the runs keep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, groupby
from types import ModuleType
from typing import Any, NamedTuple

from autograd_core.backend.device import kernels_of

__all__ = [
    "Run",
    "blocks",
    "each_part",
    "half_plus_half",
    "in_row_blocks",
    "joined",
    "roll_rows",
    "row_blocks",
    "sequence_parts",
    "steps",
    "sum_parts",
    "transposed",
]

Array = Any
Sizes = tuple[int, ...]


def steps(sizes: Sizes, reverse: bool) -> list[tuple[slice, int]]:
    """Return for each step, in the order in which they are taken, its rows and how many these are."""
    found = [(slice(end - n, end), n) for n, end in zip(sizes, accumulate(sizes), strict=True)]
    return found[::-1] if reverse else found


class Run(NamedTuple):
    """Steps of one size: where they are in all rows, and where in the memory of one part of the sequences."""

    start: int
    length: int
    batch: int
    reverse: bool  # whether the last step comes first
    part: slice
    n: int  # sequences of the part
    at: int

    def of_rows(self, rows: Array) -> Array:
        """Return the part's view in the order of the steps.  Shape: (all rows, features) -> (length, features, n)."""
        own = rows[self.start : self.start + self.length * self.batch]
        ahead = own.reshape(self.length, self.batch, rows.shape[1])[:, self.part].swapaxes(1, 2)
        return ahead[::-1] if self.reverse else ahead

    def of_columns(self, columns: Array) -> Array:
        """Return a view, by steps, of the part's own memory.  Shape: (features, its rows) -> (length, features, n)."""
        own = columns[:, self.at : self.at + self.length * self.n]
        return own.reshape(len(columns), self.length, self.n).swapaxes(0, 1)


def _runs(sizes: Sizes, reverse: bool, part: slice) -> list[Run]:
    """Return the runs of a part in the order in which they are taken."""
    found, start, at = [], 0, 0
    for batch, group in groupby(sizes):
        length, n = len(list(group)), len(range(batch)[part])
        if n:
            found.append(Run(start, length, batch, reverse, part, n, at))
        start, at = start + length * batch, at + length * n
    return found[::-1] if reverse else found


def each_part(xp: ModuleType, work: Callable[[slice, list[Run]], Any], count: int, sizes: Sizes, reverse: bool) -> Any:
    """Return ``work(part, runs)`` of ``count`` parts, which share the sequences as one deals cards."""
    results = [None] * count

    def do(k: int) -> None:
        part = slice(k, None, count)
        results[k] = work(part, _runs(sizes, reverse, part))

    kernels_of(xp).run_parts(do, range(count))
    return results


def sequence_parts(xp: ModuleType, sizes: Sizes, w: Array) -> int:
    """Return how many parts of the sequences are worth a thread; ``w`` is what a step multiplies by."""
    return int(kernels_of(xp).sequence_parts(sizes[0], w.size))


def in_row_blocks(xp: ModuleType, w: Array, n: int) -> Array:
    """Return ``w`` as the stack of blocks of rows by which ``n`` columns are multiplied fastest."""
    return w.reshape(kernels_of(xp).row_blocks(len(w), w.shape[1] * n), -1, w.shape[1])


def row_blocks(w: Array, a: Array) -> Array:
    """Return a view for products with the stack ``w``.  Shape: (length, rows, n) -> (length, blocks, rows each, n)."""
    return a.reshape(len(a), len(w), -1, a.shape[2])


def blocks(a: Array, n: int) -> list[Array]:
    """Return views of ``n`` blocks of features.  Shape: (..., n * size, batch) -> n of (..., size, batch)."""
    size = a.shape[-2] // n
    return [a[..., k * size : (k + 1) * size, :] for k in range(n)]


def joined(xp: ModuleType, *parts: Array | None, roll: int = 0) -> Array:
    """Return weights and biases side by side, the last ``roll`` rows first; None is a bias of zeros."""
    like = next(p for p in parts if p is not None)
    widths = [1 if p is None or p.ndim == 1 else p.shape[1] for p in parts]
    out = xp.empty((len(like), sum(widths)), like.dtype)
    for part, width, end in zip(parts, widths, accumulate(widths), strict=True):
        columns = out[:, end - width : end]
        if part is None:
            columns[...] = 0
        else:
            roll_rows(part.reshape(len(part), width), roll, columns)
    return out


def roll_rows(w: Array, by: int, out: Array) -> None:
    """Write ``w`` into ``out``, its last ``by`` rows first."""
    out[by:], out[:by] = w[: len(w) - by], w[len(w) - by :]


def transposed(xp: ModuleType, w: Array, roll: int = 0) -> Array:
    """Return a copy of ``w.T``, the last ``roll`` columns first."""
    out = xp.empty(w.shape[::-1], w.dtype)
    roll_rows(w, roll, out.T)
    return out


def half_plus_half(a: Array) -> None:
    """Overwrite ``tanh(x / 2)`` with ``sigmoid(x)``: tanh is the quickest function NumPy has."""
    a *= 0.5
    a += 0.5


def sum_parts(found: Sequence[Array], columns: slice | int) -> Array:
    """Return the sum over the parts of some columns, in memory of its own; None where the parts are None."""
    if found[0] is None:
        return None
    total = found[0][:, columns].copy()
    for other in found[1:]:
        total += other[:, columns]
    return total
