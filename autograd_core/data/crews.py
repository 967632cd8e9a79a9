"""A loader's workers, seen from the loader: what a crew of them does, and the crew whose workers are threads.

Each worker's replies come in the order of its tasks, so a loader that keeps the order needs only ask the right worker.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Collection
from typing import Any, Protocol

from autograd_core.data.workers import Job, work

__all__ = ["Crew", "Deadline", "Late", "ThreadCrew"]

GRACE = 5.0
CHECK = 1.0  # seconds between looks at whether a silent worker lives


class Late(RuntimeError):
    """A worker has taken longer than the loader's ``timeout``."""


class Crew(Protocol):
    """Workers by number."""

    grace: float  # seconds that a worker may take over its last batch, when the loop has ended

    def send(self, worker: int, task: Any) -> None:
        """Give a worker its next task."""

    def receive(self, workers: Collection[int], timeout: float) -> tuple[int, Any]:
        """Return a worker and its next reply, from the first of these to have one.

        Raises: Late after ``timeout`` seconds (0: never); RuntimeError where a worker has died.
        """

    def close(self) -> None:
        """End the workers: at once those that wait, the others when their batch is done or ``grace`` is over."""


class Deadline:
    """The end of a loader's patience."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._end = time.monotonic() + timeout if timeout else float("inf")

    def step(self, most: float) -> float:
        """Return how long to wait next.  Raises: Late where the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Late(f"DataLoader timed out after {self._timeout} seconds")
        return min(most, left)


class ThreadCrew:
    """Workers that are threads of this process: they share the data set, and nothing is copied."""

    grace = GRACE

    def __init__(self, jobs: list[Job]) -> None:
        self._tasks: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in jobs]
        self._replies: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._kept: list[deque[Any]] = [deque() for _ in jobs]
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(
                target=_run_thread, args=(job, tasks, self._replies, self._closing), name=job.where, daemon=True
            )
            for job, tasks in zip(jobs, self._tasks)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, worker: int, task: Any) -> None:
        """Give a worker its next task."""
        self._tasks[worker].put(task)

    def receive(self, workers: Collection[int], timeout: float) -> tuple[int, Any]:
        """Return a worker and its next reply; keep those of other workers.  Raises: Late after ``timeout``."""
        deadline = Deadline(timeout)
        while not (found := [worker for worker in workers if self._kept[worker]]):
            try:
                worker, reply = self._replies.get(timeout=deadline.step(CHECK))
                self._kept[worker].append(reply)
            except queue.Empty:
                pass
        return found[0], self._kept[found[0]].popleft()

    def close(self) -> None:
        """End the threads; one that takes longer than ``grace`` over its batch ends after it."""
        self._closing.set()
        until = time.monotonic() + self.grace
        for tasks in self._tasks:
            tasks.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():  # the garbage collector may run in any
                thread.join(max(0.0, until - time.monotonic()))


def _run_thread(job: Job, tasks: Any, replies: Any, closing: threading.Event) -> None:
    def next_task() -> Any:
        task = tasks.get()
        return None if closing.is_set() else task

    work(job, next_task, lambda reply: replies.put((job.worker, reply)))
