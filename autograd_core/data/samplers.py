"""Samplers: the order in which a loader asks for samples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from autograd_core.creation.data import as_tensor
from autograd_core.errors import ShapeError
from autograd_core.randomness.generators import Generator, stream_of
from autograd_core.randomness.outcomes import multinomial

__all__ = [
    "BatchSampler", "DistributedSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler",
    "WeightedRandomSampler",
]  # fmt: skip

T_co = TypeVar("T_co", covariant=True)
DRAWN_AT_ONCE = 4096  # indices drawn with replacement


class Sampler(Generic[T_co]):
    """Indices, or lists of them, in an order: a subclass has ``__iter__`` and, for ``len(loader)``, ``__len__``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: subclasses of Sampler should implement __iter__")


class SequentialSampler(Sampler[int]):
    """0, 1, ... to the last index of ``data_source``."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices of ``data_source`` in random order, new each time; ``num_samples`` of them (as many as there are).

    With ``replacement`` each is drawn from all; without, more than there are begin a new permutation.

    Raises: TypeError for a ``replacement`` that is no bool; ValueError for less than one sample.
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement should be a boolean value, but got replacement={replacement}")
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        _positive("RandomSampler", "num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices there will be."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        count, stream = len(self.data_source), (self.generator or _apart()).stream
        left = self.num_samples
        while left > 0:
            most = min(left, DRAWN_AT_ONCE if self.replacement else count)
            drawn = stream.integers(0, count, (most,), "int64") if self.replacement else stream.permutation(count)
            yield from drawn[:most].tolist()
            left -= most

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in stream_of(self.generator).permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """``num_samples`` indices, each drawn with probability in proportion to its weight.

    Raises: ValueError for less than one sample, a ``replacement`` that is no bool, weights of more than one dimension.
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Generator | None = None
    ) -> None:
        _positive("WeightedRandomSampler", "num_samples", num_samples)
        _boolean("WeightedRandomSampler", "replacement", replacement)
        self.weights = as_tensor(weights, dtype="float64", device="cpu")
        if self.weights.ndim != 1:
            raise ShapeError(
                "WeightedRandomSampler: weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler (or any iterable) in lists of ``batch_size``; the last may be shorter.

    Raises: ValueError for a size below one, or a ``drop_last`` that is no bool.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        _positive("BatchSampler", "batch_size", batch_size)
        _boolean("BatchSampler", "drop_last", drop_last)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        count: int = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


class DistributedSampler(Sampler[int]):
    """The part of a data set that is process ``rank``'s, of ``num_replicas`` processes that train together.

    All parts are equally long: without ``drop_last`` the first samples are repeated, with it the last are left out.
    ``set_epoch`` before each epoch gives a new order, the same in all processes.

    Raises: RuntimeError where the two numbers are not given: there is no process group to ask; ValueError for a bad
    ``rank``.
    """

    def __init__(
        self, dataset: Sized, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
        seed: int = 0, drop_last: bool = False,
    ) -> None:  # fmt: skip
        if num_replicas is None or rank is None:
            raise RuntimeError("DistributedSampler: requires num_replicas and rank; there is no process group here")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        whole, rest = divmod(len(dataset), num_replicas)
        self.num_samples = whole + (rest > 0 and not drop_last)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        mixed = Generator().manual_seed(self.seed + self.epoch).stream
        order = mixed.permutation(count).tolist() if self.shuffle else list(range(count))
        repeated = order * math.ceil(self.total_size / max(count, 1))
        return iter(repeated[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes, for an order of its own."""
        self.epoch = epoch


def _apart() -> Generator:
    """Return a generator seeded by the default one: what a training draws between batches does not change the order."""
    return Generator().manual_seed(draw_seed(None))


def draw_seed(generator: Generator | None) -> int:
    """Return a seed drawn from a generator (the default one for None)."""
    return int(stream_of(generator).integers(0, 2**63 - 1, (), "int64"))


def _positive(operation: str, name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{operation}: {name} should be a positive integer value, but got {name}={value}")


def _boolean(operation: str, name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{operation}: {name} should be a boolean value, but got {name}={value}")
