"""The data loader: a data set, an order, and how batches are made of them."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from autograd_core.data.collating import default_collate, default_convert
from autograd_core.data.datasets import Dataset, IterableDataset
from autograd_core.data.iterating import InProcess, LoaderIterator, ThroughWorkers
from autograd_core.data.samplers import BatchSampler, RandomSampler, SequentialSampler
from autograd_core.data.workers import get_worker_info
from autograd_core.randomness.generators import Generator

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)
FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class _Endless:
    """The sampler of an iterable data set, which has no indices: it ends by itself, in each worker."""

    def __iter__(self) -> Any:
        while True:
            yield None


class DataLoader(Generic[T_co]):
    """An iterable of batches of a data set, with PyTorch's arguments.

    Args:
        dataset: What to load; an ``IterableDataset`` gives samples as they come.
        batch_size: How many samples make a batch; None gives the samples themselves.
        shuffle: Whether to take the samples in an order that is drawn anew for each pass.
        sampler: The order of the samples, any iterable of indices; instead of ``shuffle``.
        batch_sampler: The batches, any iterable of lists of indices; instead of the three above and ``drop_last``.
        num_workers: How many workers make batches ahead; 0 makes each when it is asked for.
        collate_fn: Makes a batch of a list of samples: ``default_collate``, or ``default_convert`` of single ones.
        pin_memory: Where there is a GPU, calls ``pin_memory()`` of what has one; tensors stay as they are.
        drop_last: Whether to leave out the last batch where it is not full.
        timeout: Seconds to wait for a worker's batch; 0 waits for ever.
        worker_init_fn: Called in each worker with its number, when its generators are seeded.
        multiprocessing_context: How processes start: 'fork', 'spawn', 'forkserver' or a context; None takes Python's.
        generator: Draws the order and the workers' seeds; None takes the default one, see ``ag.manual_seed``.
        prefetch_factor: How many batches each worker makes ahead (2).
        persistent_workers: Whether the workers, and their copies of the data set, live from one pass to the next.
        pin_memory_device: Changes nothing, as in PyTorch.
        in_order: Whether batches come in the order of their indices; False takes them as workers have them ready.
        worker_type: 'process', for data sets that compute in Python, or 'thread', for those that spend their time in
            NumPy or in files: threads start at once, copy nothing, and share the data set, which must allow that.

    Raises: ValueError for arguments that contradict each other; while iterating, what a worker raised, with its
    traceback as the message, and RuntimeError for a worker that died or took longer than ``timeout``.
    """

    _initialized = False

    def __init__(
        self, dataset: Dataset[T_co], batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None, batch_sampler: Iterable[list[Any]] | None = None, num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None, generator: Generator | None = None, *,
        prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
        in_order: bool = True, worker_type: str = "process",
    ) -> None:  # fmt: skip
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, worker_type)
        self.dataset: Any = dataset
        self.num_workers, self.worker_type, self.in_order = num_workers, worker_type, in_order
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers, self.timeout, self.worker_init_fn = persistent_workers, timeout, worker_init_fn
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        if isinstance(dataset, IterableDataset):
            _check_stream(shuffle, sampler, batch_sampler)
        _check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.sampler = self._default_sampler(bool(shuffle)) if sampler is None else sampler
        self.batch_size, self.batch_sampler, self.drop_last = batch_size, batch_sampler, drop_last
        if batch_sampler is not None:
            self.batch_size = None
        elif batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.collate_fn = collate_fn or (default_collate if self._auto_collation else default_convert)
        self._iterator: ThroughWorkers | None = None
        self._iterable_length: int | None = None  # what len() said
        self._initialized = True
        self.check_worker_number_rationality()

    def _default_sampler(self, shuffle: bool) -> Iterable[Any]:
        if isinstance(self.dataset, IterableDataset):
            return _Endless()
        return RandomSampler(self.dataset, generator=self.generator) if shuffle else SequentialSampler(self.dataset)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> BaseContext | None:
        """How worker processes are started; None for Python's own way."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: str | BaseContext | None) -> None:
        if context is not None and (self.num_workers == 0 or self.worker_type == "thread"):
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading (num_workers > 0 and "
                f"worker_type='process'), but got num_workers={self.num_workers}, worker_type={self.worker_type!r}"
            )
        if isinstance(context, str):
            methods = multiprocessing.get_all_start_methods()
            if context not in methods:
                raise ValueError(
                    f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                    f"multiprocessing_context={context!r}"
                )
            context = multiprocessing.get_context(context)
        if context is not None and not isinstance(context, BaseContext):
            raise TypeError(
                "multiprocessing_context option should be a valid context object or a string specifying the start "
                f"method, but got multiprocessing_context={context}"
            )
        self._multiprocessing_context = context

    def _context(self) -> BaseContext:
        return self._multiprocessing_context or multiprocessing.get_context()

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> LoaderIterator:
        if self.num_workers == 0:
            return InProcess(self)
        if not self.persistent_workers:
            return ThroughWorkers(self)
        if self._iterator is None or not self._iterator.alive:
            self._iterator = ThroughWorkers(self)
        else:
            self._iterator.reset(self)
        return self._iterator

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length: int = len(self.dataset)  # type: ignore[arg-type]
        self._iterable_length = length
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn where there are to be more worker processes than cores."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if self.worker_type == "process" and self.num_workers > cores:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number "
                f"of worker in current system is {cores}, which is smaller than what this DataLoader is going to "
                "create. Please be aware that excessive worker creation might get DataLoader running slow or even "
                "freeze, lower the worker number to avoid potential slowness/freeze if necessary.", stacklevel=3,
            )  # fmt: skip


def _check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool, worker_type: str
) -> None:
    if num_workers < 0:
        raise ValueError(
            f"num_workers option should be non-negative, but got {num_workers}; use num_workers=0 to disable "
            "multiprocessing."
        )
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, but got {timeout}")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            f"prefetch_factor option could only be specified with workers, but got {prefetch_factor}: let "
            "num_workers > 0, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 1:
        raise ValueError(f"prefetch_factor option should be positive, but got {prefetch_factor}")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if worker_type not in ("process", "thread"):
        raise ValueError(f"worker_type option should be 'process' or 'thread', but got {worker_type!r}")


def _check_stream(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


def _check_order(batch_size: int | None, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: bool) -> None:
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
