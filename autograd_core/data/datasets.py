"""Data sets: what a loader draws samples from, and what puts data sets together, apart or beside each other.

A data set that can make a whole batch in one go says so by ``_gatherer()``: a loader then asks for batches instead of
samples.  60 000 images of 28 x 28 with labels, in batches of 64: 28 us a batch, where sample by sample takes 200.
"""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import AssertedError, DTypeError
from autograd_core.randomness.generators import Generator, stream_of

__all__ = [
    "ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "StackDataset", "Subset", "TensorDataset",
    "random_split",
]  # fmt: skip

T_co = TypeVar("T_co", covariant=True)
Gatherer = Callable[[Any], Any]  # an array of indices -> the collated batch


class Dataset(Generic[T_co]):
    """A map from indices to samples: a subclass has ``__getitem__`` and, for samplers, ``__len__``.

    It may have ``__getitems__``, which takes a list of indices and returns the list of their samples.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__}: subclasses of Dataset should implement __getitem__")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A stream of samples: a subclass has ``__iter__``, and ``__len__`` where the length is known.

    Each of a loader's workers has a copy, and would give all of it: ``get_worker_info`` says which part to give.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: subclasses of IterableDataset should implement __iter__")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of one length: sample i is the tuple of their rows i.

    A loader with the default ``collate_fn`` indexes the tensors once per batch.

    Raises: DTypeError for what is no Tensor; AssertedError for tensors of different lengths, or none.
    """

    def __init__(self, *tensors: Tensor) -> None:
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise DTypeError(
                    f"TensorDataset: tensors[{i}] is {type(tensor).__name__}; wanted a Tensor (see ag.as_tensor)"
                )
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise AssertedError(f"TensorDataset: Size mismatch between tensors: {shapes}; wanted one first length")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])

    def _gatherer(self) -> Gatherer | None:
        """Return what makes a batch from an array of indices; None where a subclass changes what a sample is."""
        if not _untouched(self, TensorDataset):
            return None
        tensors = self.tensors
        return lambda rows: [_rows(tensor, rows) for tensor in tensors]


class StackDataset(Dataset[Any]):
    """Data sets of one length beside each other: a sample is the tuple of theirs, or the dict by their keywords.

    Raises: ValueError for data sets of different lengths, for none, or for both kinds of arguments.
    """

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if bool(args) == bool(kwargs):
            what = "both tuple- and dict-like data sets" if args else "no data set"
            raise ValueError(f"StackDataset: got {what}; wanted at least one dataset, all positional or all by keyword")
        self.datasets: Any = args or kwargs
        lengths = [len(part) for part in self._parts()]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: Size mismatch between datasets: their lengths are {lengths}")
        self._length = lengths[0]

    def _parts(self) -> list[Any]:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def _assembled(self, parts: list[Any], kind: type = tuple) -> Any:
        """Return what the parts give, one each, under their keywords or as a ``kind``."""
        return dict(zip(self.datasets, parts)) if isinstance(self.datasets, dict) else kind(parts)

    def __getitem__(self, index: Any) -> Any:
        return self._assembled([part[index] for part in self._parts()])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        columns = [samples_at(part, indices) for part in self._parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    f"StackDataset: Nested dataset's output size mismatch. Expected {len(indices)}, got {len(column)}"
                )
        return [self._assembled(list(sample)) for sample in zip(*columns)]

    def __len__(self) -> int:
        return self._length

    def _gatherer(self) -> Gatherer | None:
        gatherers = [gatherer_of(part) for part in self._parts()] if _untouched(self, StackDataset) else [None]
        if None in gatherers:
            return None
        return lambda rows: self._assembled([gather(rows) for gather in gatherers if gather], list)


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other.  Raises: AssertedError for none, or for one that is iterable only."""

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets: list[Any] = list(datasets)
        if not self.datasets:
            raise AssertedError("ConcatDataset: datasets should not be an empty iterable")
        if any(isinstance(part, IterableDataset) for part in self.datasets):
            raise AssertedError("ConcatDataset does not support IterableDataset; see ChainDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """Return where each of the data sets ends."""
        return list(itertools.accumulate(len(part) for part in sequence))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> Any:
        if idx < 0:
            if -idx > len(self):
                raise ValueError("ConcatDataset: absolute value of index should not exceed dataset length")
            idx += len(self)
        part = bisect.bisect_right(self.cumulative_sizes, idx)
        if part == len(self.datasets):
            raise IndexError(f"ConcatDataset: index {idx} is out of range for {len(self)} samples")
        return self.datasets[part][idx - (self.cumulative_sizes[part - 1] if part else 0)]


class ChainDataset(IterableDataset[T_co]):
    """Streams one after the other.  Raises: AssertedError, when it is used, for a part that is no IterableDataset."""

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise AssertedError(f"ChainDataset only supports IterableDataset, got {type(part).__name__}")
            yield part

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(len(part) for part in self._streams())


class Subset(Dataset[T_co]):
    """The samples of a data set at ``indices``.

    Raises: NotImplementedError for a subclass with a ``__getitem__`` of its own and no ``__getitems__``, which a
    loader would not see.
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset: Any = dataset
        self.indices = indices
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ and own.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__, by which a DataLoader asks; add\n"
                "    def __getitems__(self, indices):\n        return [self[index] for index in indices]"
            )

    def __getitem__(self, idx: Any) -> Any:
        return self.dataset[[self.indices[i] for i in idx] if isinstance(idx, list) else self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        return samples_at(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)

    def _gatherer(self) -> Gatherer | None:
        gather = gatherer_of(self.dataset) if _untouched(self, Subset) else None
        chosen = host.asarray(self.indices) if gather else host.empty(0)
        if gather is None or chosen.dtype.kind != "i" or chosen.ndim != 1:
            return None
        return lambda rows: gather(chosen[rows])


def random_split(
    dataset: Dataset[Any], lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """Split a data set at random into parts of these lengths, or of these fractions, which sum to 1.

    A fraction gives ``floor(fraction * len(dataset))`` samples; those left over go to the parts in turn.

    Raises: ValueError for lengths that do not sum to the data set's, or a fraction outside [0, 1].
    """
    count = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _shares(count, lengths)
    if sum(lengths) != count:
        raise ValueError(
            "random_split: Sum of input lengths does not equal the length of the input dataset! "
            f"Got {list(lengths)} for {count} samples"
        )
    order = stream_of(generator).permutation(count).tolist()
    ends = list(itertools.accumulate(int(length) for length in lengths))
    return [Subset(dataset, order[start:end]) for start, end in zip([0, *ends], ends)]


def _shares(count: int, fractions: Sequence[float]) -> list[int]:
    """Return the lengths of parts by their fractions."""
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split: Fraction at index {i} is not between 0 and 1: {fraction}")
    shares = [math.floor(count * fraction) for fraction in fractions]
    for i in range(count - sum(shares)):
        shares[i % len(shares)] += 1
    for i, share in enumerate(shares):
        if share == 0:
            warnings.warn(f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=3)
    return shares


# ---- whole batches ----


def gatherer_of(dataset: Any) -> Gatherer | None:
    """Return what makes a collated batch of a data set from an array of indices; None for most data sets."""
    ask = getattr(type(dataset), "_gatherer", None)
    return ask(dataset) if ask else None


def _untouched(dataset: Any, kind: type) -> bool:
    """Whether samples are what ``kind`` says they are."""
    names = ("__getitem__", "__getitems__")
    return all(getattr(type(dataset), name, None) is getattr(kind, name, None) for name in names)


def _rows(tensor: Tensor, rows: Any) -> Tensor:
    array = tensor._array
    if type(array) is host.ndarray and tensor._node is None:
        return wrap(array.take(rows, axis=0))
    return tensor[rows.tolist()]


def samples_at(dataset: Any, indices: list[Any]) -> list[Any]:
    """Return the samples at these indices, from ``__getitems__`` where there is one."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if callable(at_once) else [dataset[index] for index in indices]
