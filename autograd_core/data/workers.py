"""What a worker does: answer each task with a batch, with what failed, or with the news that its stream has ended."""

from __future__ import annotations

import pickle
import random
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.data.fetching import Fetch, Recipe
from autograd_core.randomness.generators import Generator, manual_seed, own_generator

__all__ = ["ENDED", "Failure", "Job", "WorkerInfo", "get_worker_info", "work"]


@dataclass(frozen=True)
class Randomness:
    """The generators that are a thread's own; the process-wide ones of Python and NumPy belong to all threads."""

    random_generator: random.Random
    torch_generator: Generator
    numpy_generator: Any


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this is: its number, how many there are, its seed, its data set, its generators in a thread."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Randomness | None = None
    worker_method: str = "multiprocessing"


_info: ContextVar[WorkerInfo | None] = ContextVar("worker_info", default=None)  # threads have one each


def get_worker_info() -> WorkerInfo | None:
    """Return what a loader's worker knows of itself, to be asked in its data set or ``worker_init_fn``.

    None outside of workers.  An iterable data set gives its share with it: every ``num_workers``-th sample from ``id``
    on, say.
    """
    return _info.get()


class Failure(NamedTuple):
    """An exception on its way to another process: its type, and its traceback as text."""

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: BaseException, where: str) -> Failure:
        """Return what to send for an error."""
        kind = type(error)
        try:
            pickle.dumps(kind)
        except Exception:  # a class made in a function
            kind = RuntimeError
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return cls(kind, f"Caught {type(error).__name__} in {where}.\nOriginal {trace}")

    def error(self) -> BaseException:
        """Return an exception of the same type with the traceback as its message, or as near as its type allows."""
        if issubclass(self.kind, KeyError):
            return self.kind(_Shown(self.text))
        if issubclass(self.kind, StopIteration):  # would end the loop in silence
            return RuntimeError(self.text)
        try:
            return self.kind(self.text)
        except Exception:
            return RuntimeError(self.text)


class _Shown(str):
    """A text that a KeyError shows as it is, with its line breaks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return self


class _Ended:
    """The reply of a worker whose stream has ended; one object in each process."""

    def __reduce__(self) -> str:
        return "ENDED"


ENDED = _Ended()


class Job(NamedTuple):
    """What a worker is told when it starts."""

    recipe: Recipe
    worker: int
    num_workers: int
    base_seed: int
    worker_init_fn: Callable[[int], Any] | None
    method: str  # "multiprocessing" or "thread"

    @property
    def where(self) -> str:
        """The worker, in words."""
        return f"DataLoader worker {'thread' if self.method == 'thread' else 'process'} {self.worker}"

    def settle(self) -> None:
        """Seed the worker's generators, say who it is, and let the user's function do the rest."""
        seed = self.base_seed + self.worker
        apart = host.random.SeedSequence((self.base_seed, self.worker))
        rng = None
        if self.method == "thread":
            rng = Randomness(random.Random(seed), Generator().manual_seed(seed), host.random.default_rng(apart))
            own_generator(rng.torch_generator)
        else:
            random.seed(seed)
            manual_seed(seed)
            host.random.seed(apart.generate_state(4))
        _info.set(WorkerInfo(self.worker, self.num_workers, seed, self.recipe.dataset, rng, self.method))
        if self.worker_init_fn is not None:
            self.worker_init_fn(self.worker)


def work(job: Job, next_task: Callable[[], Any], reply: Callable[[Any], None]) -> None:
    """Answer tasks, which are (epoch, index), one by one until there is None."""
    errors = BaseException if job.method == "thread" else Exception  # Ctrl-C and exit() may end a process
    failure: Failure | None = None
    try:
        job.settle()
    except errors as error:
        failure = Failure.of(error, job.where)
    current = -1
    while (task := next_task()) is not None:
        epoch, index = task
        try:
            if failure is None and epoch != current:
                fetch, current = job.recipe.fetch(), epoch
            reply(failure or _batch(fetch, index, job))
        except errors as error:
            reply(Failure.of(error, job.where))


def _batch(fetch: Fetch, index: Any, job: Job) -> Any:
    try:
        return fetch(index)
    except StopIteration as end:
        return ENDED if job.recipe.streams else Failure.of(end, job.where)
