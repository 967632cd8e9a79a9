"""One pass of a loader over its data: in this process, or by handing tasks to workers and taking their batches back."""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

from autograd_core.backend.device import cuda_is_available
from autograd_core.data.collating import pinned
from autograd_core.data.crews import Crew, Late, ThreadCrew
from autograd_core.data.fetching import Recipe
from autograd_core.data.processes import ProcessCrew
from autograd_core.data.samplers import draw_seed
from autograd_core.data.workers import ENDED, Failure, Job
from autograd_core.errors import AssertedError

if TYPE_CHECKING:
    from autograd_core.data.loading import DataLoader

__all__ = ["InProcess", "LoaderIterator", "ThroughWorkers"]


class LoaderIterator:
    """What ``iter(loader)`` returns."""

    def __init__(self, loader: DataLoader) -> None:
        self._sampler = loader._index_sampler
        self._recipe = Recipe(loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)
        self._pins = loader.pin_memory and cuda_is_available()
        if loader.pin_memory and not self._pins:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used.", stacklevel=4,
            )  # fmt: skip
        self._begin(loader)

    def _begin(self, loader: DataLoader) -> None:
        self._indices = iter(self._sampler)
        # Drawn for each pass, and without workers too: the order depends neither on how many there are nor on whether
        # they stay from one pass to the next.
        self._base_seed = draw_seed(loader.generator)
        self._promised = loader._iterable_length
        self._given = 0

    def __iter__(self) -> LoaderIterator:
        return self

    def __len__(self) -> int:
        return len(self._sampler)

    def __next__(self) -> Any:
        batch = self._next_batch()
        if self._pins:
            batch = pinned(batch)
        if self._promised is not None:
            self._count(self._promised)
        return batch

    def _next_batch(self) -> Any:
        raise NotImplementedError

    def _count(self, promised: int) -> None:
        self._given += 1
        if self._given > promised:
            warnings.warn(
                f"Length of IterableDataset {self._recipe.dataset} was reported to be {promised} (when accessing "
                f"len(dataloader)), but {self._given} samples have been fetched. With several workers, each has to "
                "give a share of its own: see get_worker_info.", stacklevel=3,
            )  # fmt: skip


class InProcess(LoaderIterator):
    """Makes each batch when it is asked for."""

    def __init__(self, loader: DataLoader) -> None:
        if loader.timeout:
            raise AssertedError(f"DataLoader: timeout={loader.timeout} needs workers, and num_workers is 0")
        super().__init__(loader)
        self._fetch = self._recipe.fetch()

    def _next_batch(self) -> Any:
        return self._fetch(next(self._indices))


class ThroughWorkers(LoaderIterator):
    """Keeps each worker busy with ``prefetch_factor`` tasks, dealt out in turn, and takes batches in their order."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        self._workers, self._timeout, self._in_order = loader.num_workers, loader.timeout, loader.in_order
        self._most = (loader.prefetch_factor or 1) * loader.num_workers  # tasks at a time
        self._persistent = loader.persistent_workers
        self._epoch = 0
        self._turns: deque[int] = deque()  # the workers that owe a reply, in the order of the tasks
        self._crew = self._hired(loader)
        # At the end of the program, multiprocessing and daemon threads see to themselves, without grace.
        self._closed = weakref.finalize(self, self._crew.close)
        self._closed.atexit = False
        self._prime()

    def _hired(self, loader: DataLoader) -> Crew:
        method = "thread" if loader.worker_type == "thread" else "multiprocessing"
        jobs = [
            Job(self._recipe, worker, self._workers, self._base_seed, loader.worker_init_fn, method)
            for worker in range(self._workers)
        ]
        return ThreadCrew(jobs) if method == "thread" else ProcessCrew(jobs, loader._context())

    @property
    def alive(self) -> bool:
        """Whether the workers are there."""
        return self._closed.alive

    def reset(self, loader: DataLoader) -> None:
        """Begin another epoch with the same workers."""
        while self._turns:  # an epoch that was left early
            self._receive()
        self._begin(loader)
        self._epoch += 1
        self._prime()

    def _prime(self) -> None:
        self._active = [True] * self._workers  # False: its stream has ended
        self._cycle = itertools.cycle(range(self._workers))
        for _ in range(self._most):
            self._hand_out()

    def _hand_out(self) -> None:
        """Give the next task to the next worker."""
        worker = self._next_worker()
        if worker is not None:
            index = next(self._indices, ENDED)
            if index is not ENDED:
                self._guarded(self._crew.send, worker, (self._epoch, index))
                self._turns.append(worker)

    def _next_worker(self) -> int | None:
        """Return whose turn it is; out of order, only who has not more to do than the others."""
        active = sum(self._active)
        share = self._most if self._in_order else -(-self._most // max(active, 1))
        turns = itertools.islice(self._cycle, self._workers)
        return next((w for w in turns if self._active[w] and self._turns.count(w) < share), None)

    def _receive(self) -> tuple[int, Any]:
        wanted = (self._turns[0],) if self._in_order else set(self._turns)
        worker, reply = self._guarded(self._crew.receive, wanted, self._timeout)
        self._turns.remove(worker)
        return worker, reply

    def _guarded(self, act: Any, *args: Any) -> Any:
        """Deal with the crew; where a worker has died or the user gives up, end the others too."""
        try:
            return act(*args)
        except BaseException as error:
            self._crew.grace = 0
            if not isinstance(error, Late):  # who comes late may come yet
                self._turns.clear()
                self._closed()
            raise

    def _next_batch(self) -> Any:
        while self._turns:
            worker, reply = self._receive()
            if reply is ENDED:
                self._active[worker] = False
            self._hand_out()
            if isinstance(reply, Failure):
                raise reply.error()
            if reply is not ENDED:
                return reply
        if not self._persistent:
            self._closed()
        raise StopIteration
