"""Keys of one example as keys of all of them: where the array module puts the dimensions of index arrays.

Arrays in a key are broadcast together.  Their dimensions stand in the result where the first of them stands in the
key, or before all others where a slice, None or Ellipsis stands between them; ints beside arrays count as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.engine.indices import keyed
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.batching import spaced

__all__ = ["Layout", "aligned", "drawn_in", "for_rows", "layout", "pushed_back", "spread_key"]

Key = tuple[Any, ...]
Flags = Sequence[bool]
ALL = slice(None)


@dataclass(frozen=True)
class Layout:
    """The dimensions of ``x[key]`` for one example."""

    ndim: int
    rank: int  # those that the index arrays have together
    before: int  # those that stand before them
    apart: bool  # whether something stands between the arrays

    @property
    def indexed(self) -> tuple[int, ...]:
        """The dimensions of the arrays in the result of all examples, where those of each are in their place."""
        return tuple(range(1 + self.before, 1 + self.before + self.rank))

    @property
    def first(self) -> tuple[int, ...]:
        """The same dimensions where they follow the examples."""
        return tuple(range(1, 1 + self.rank))


def layout(key: Key, ndim: int, differ: Flags = ()) -> Layout:
    """Return how the result of a key is laid out for a tensor of ``ndim`` dims; parts that ``differ`` have one more."""
    taken = [_taken(p) for p in key]
    ranks = [_rank(p, f) for p, f in zip(key, differ or [False] * len(key), strict=True)]
    given = [0 if r is not None or type(p) is int else 1 for p, r in zip(key, ranks, strict=True)]
    rest = ndim - sum(taken)
    given = [rest if p is Ellipsis else n for p, n in zip(key, given, strict=True)]
    rank = max((r for r in ranks if r is not None), default=0)
    spots = [i for i, (p, r) in enumerate(zip(key, ranks, strict=True)) if r is not None or type(p) is int]
    arrays = any(r is not None for r in ranks)
    apart = arrays and spots[-1] - spots[0] >= len(spots)
    before = sum(given[: spots[0]]) if arrays and not apart else 0
    after = 0 if any(p is Ellipsis for p in key) else rest
    return Layout(sum(given) + after + rank, rank, before, apart)


def _taken(part: Any) -> int:
    """Return how many dimensions of the tensor a part of a key takes."""
    if part is None or part is Ellipsis or type(part) is bool:
        return 0
    return part.ndim if _is_mask(part) else 1


def _rank(part: Any, differs: bool) -> int | None:
    """Return how many dimensions an array has as an index of one example; None for other parts of a key."""
    if part is None or part is Ellipsis or type(part) in (int, slice):
        return None
    return 1 if type(part) is bool or _is_mask(part) else part.ndim - differs


def _is_mask(part: Any) -> bool:
    return not isinstance(part, Tensor) and hasattr(part, "dtype") and part.dtype.kind == "b"


def spread_key(key: Key, differ: Flags, rank: int) -> list[Any]:
    """Return the parts of a key with the examples along the first of ``rank + 1`` dimensions of those that differ."""
    parts: list[Any] = []
    for part, differs in zip(key, differ or [False] * len(key), strict=True):
        if differs:
            part = part if isinstance(part, Tensor) else wrap(part)
            parts.append(spaced(part, rank - part.ndim + 1))
        elif _is_mask(part) and part.ndim:
            parts += part.nonzero()
        else:
            parts.append(part)
    return parts


def for_rows(size: int, like: Any, key: Key, differ: Flags, rank: int) -> Key:
    """Return the key that takes of example i what its own key says: the dimensions of arrays follow the examples."""
    xp = module_of(like._array if isinstance(like, Tensor) else like)
    rows = xp.arange(size).reshape(size, *(1,) * rank)
    return keyed([rows, *spread_key(key, differ, rank)])


def drawn_in(value: Any, dims: Layout) -> Any:
    """Return examples with the dimensions of index arrays right after the first.  Shape: (B, ...) -> (B, ...)."""
    return value.movedim(dims.indexed, dims.first) if dims.rank and dims.before else value


def pushed_back(value: Any, dims: Layout) -> Any:
    """Return the inverse of ``drawn_in``."""
    return value.movedim(dims.first, dims.indexed) if dims.rank and dims.before else value


def aligned(value: Any, flag: bool, ndim: int) -> Any:
    """Return a value to be written, with the dimension of examples (1 if shared) before ``ndim`` others."""
    if not isinstance(value, Tensor) or not (flag or value.ndim):
        return value
    shape = tuple(value.shape)
    lead, own = ((shape[0],), shape[1:]) if flag else ((1,), shape)
    return value.reshape((*lead, *(1,) * (ndim - len(own)), *own))
