"""From indices to a batch: asking the data set for samples, and collating them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.data.collating import collates_by_stacking
from autograd_core.data.datasets import IterableDataset, gatherer_of, samples_at

__all__ = ["Fetch", "Recipe"]

Fetch = Callable[[Any], Any]  # an index, or a list of them -> a batch


class Recipe(NamedTuple):
    """How batches are made: all that a worker needs to know of its loader."""

    dataset: Any
    batched: bool  # whether indices come in lists, and samples are collated
    collate_fn: Callable[[Any], Any]
    drop_last: bool

    @property
    def streams(self) -> bool:
        """Whether the data set is iterable, and ends when it likes."""
        return isinstance(self.dataset, IterableDataset)

    def fetch(self) -> Fetch:
        """Return the function that makes one epoch's batches.  It raises StopIteration where a stream has ended."""
        if self.streams:
            return _Stream(self)
        if not self.batched:
            return lambda index: self.collate_fn(self.dataset[index])
        gather = gatherer_of(self.dataset) if collates_by_stacking(self.collate_fn) else None
        return self._by_sample if gather is None else lambda indices: self._gathered(gather, indices)

    def _by_sample(self, indices: list[Any]) -> Any:
        return self.collate_fn(samples_at(self.dataset, indices))

    def _gathered(self, gather: Callable[[Any], Any], indices: list[Any]) -> Any:
        """Return the batch from one indexing of each tensor; sample by sample where an index is odd or out of range."""
        try:
            rows = host.asarray(indices)
            if rows.dtype.kind == "i" and rows.ndim == 1:
                return gather(rows)
        except (IndexError, TypeError, ValueError):
            pass  # the samples say which index it was
        return self._by_sample(indices)


class _Stream:
    """Makes the batches of an iterable data set."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._samples = iter(recipe.dataset)
        self._ended = False

    def __call__(self, indices: Any) -> Any:
        """Return the next batch, of as many samples as there are indices."""
        if self._ended:
            raise StopIteration
        if not self._recipe.batched:
            return self._recipe.collate_fn(next(self._samples))
        batch = []
        for _ in indices:
            try:
                batch.append(next(self._samples))
            except StopIteration:
                self._ended = True
                break
        if not batch or (self._recipe.drop_last and len(batch) < len(indices)):
            raise StopIteration
        return self._recipe.collate_fn(batch)
