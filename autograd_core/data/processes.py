"""The crew whose workers are processes, with a socket each.

No lock is shared between processes, so that a worker killed at any moment holds nobody up.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import socket
import threading
import time
import warnings
import weakref
from collections.abc import Collection, Iterator
from multiprocessing.connection import wait
from pickle import PicklingError
from typing import Any

from autograd_core.backend.cpu.threads import set_thread_count, stop_idle_threads
from autograd_core.data.crews import CHECK, GRACE, Deadline
from autograd_core.data.messages import pack, receive, send
from autograd_core.data.workers import Job, work

__all__ = ["ProcessCrew"]


class ProcessCrew:
    """Workers that are processes, each with a copy of the data set."""

    grace = GRACE

    def __init__(self, jobs: list[Job], context: Any) -> None:
        self._owner = os.getpid()
        self._processes: list[Any] = []
        self._ends: list[socket.socket] = []
        stop_idle_threads()  # of the kernels, before a fork
        try:
            for job in jobs:
                self._start(job, context)
        except BaseException:
            self.grace = 0
            self.close()
            raise

    def _start(self, job: Job, context: Any) -> None:
        ours, theirs = socket.socketpair()
        _our_ends.add(ours)
        self._ends.append(ours)
        process = context.Process(target=_run_process, args=(job, theirs), name=job.where, daemon=True)
        try:
            with _uninterrupted():
                process.start()
        except (TypeError, AttributeError, PicklingError):
            warnings.warn(
                "DataLoader: a worker process could not be given its data set or functions, which must be picklable "
                f"with the start method {context.get_start_method()!r}: define them at the top level of a module, or "
                "choose multiprocessing_context='fork' or worker_type='thread'",
                stacklevel=6,
            )
            raise
        finally:
            theirs.close()
        self._processes.append(process)

    @property
    def pids(self) -> list[int]:
        """The processes' numbers."""
        return [process.pid for process in self._processes]

    def send(self, worker: int, task: Any) -> None:
        """Give a worker its next task.  Raises: RuntimeError where it has died."""
        try:
            send(self._ends[worker], pack(task))
        except OSError:
            raise self._death(worker) from None

    def receive(self, workers: Collection[int], timeout: float) -> tuple[int, Any]:
        """Return a worker and its next reply.  Raises: RuntimeError where it has died; Late after ``timeout``."""
        ends = {self._ends[worker]: worker for worker in workers}
        deadline = Deadline(timeout)
        while not (ready := wait(list(ends), deadline.step(CHECK))):
            # Its end of the socket may be open still, in a process that the worker started.
            for worker in workers:
                if not self._processes[worker].is_alive():
                    raise self._death(worker)
        worker = ends[ready[0]]  # type: ignore[index]
        try:
            return worker, receive(self._ends[worker])
        except EOFError:
            raise self._death(worker) from None

    def _death(self, worker: int) -> RuntimeError:
        """Return what to say of a worker that is no more."""
        process = self._processes[worker]
        process.join(CHECK)
        code = process.exitcode
        who = f"DataLoader worker (pid {process.pid})"
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in list(signal.Signals) else "unknown"
            more = ". Perhaps the system was out of memory" if name == "SIGKILL" else ""
            return RuntimeError(f"{who} is killed by signal: {signal.strsignal(-code)} ({name}){more}.")
        return RuntimeError(
            f"{who} exited unexpectedly with exit code {code}. What it said stands above; num_workers=0 may show more."
        )

    def close(self) -> None:
        """End the processes; those that take longer than ``grace`` over their batch are killed."""
        if os.getpid() != self._owner:
            return  # a forked child's copy
        for end in self._ends:
            _hang_up(end)
        until = time.monotonic() + self.grace
        for process in self._processes:
            process.join(max(0.0, until - time.monotonic()))
        for process in self._processes:
            if process.is_alive():
                process.kill()
            process.join()


_our_ends: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _close_our_ends() -> None:
    """Close, in a forked child, its copies: a worker must see that the loader is gone when the loader itself is."""
    for end in list(_our_ends):
        end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_our_ends)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C back until a process has started, and from the process until it says what to do then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hang_up(end: socket.socket) -> None:
    """Close a connection for both sides, whoever has copies of it."""
    with contextlib.suppress(OSError):  # the other side may have gone first
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _hung_up(end: socket.socket) -> bool:
    """Whether the other side has closed the connection, though there are messages to be read still."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(end, 0)
    return bool(poll.poll(0))


def _run_process(job: Job, end: socket.socket) -> None:
    """Be a worker.  Replies are sent by a thread, so that the next batch is made while the loader is busy."""
    signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is for the loader's process to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    set_thread_count(1)  # the workers are the parallel part
    outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    sender = threading.Thread(target=_send_all, args=(outbox, end), daemon=True)
    sender.start()

    def next_task() -> Any:
        try:
            return None if _hung_up(end) else receive(end)
        except EOFError:
            return None

    try:
        work(job, next_task, lambda reply: outbox.put(pack(reply)))
    finally:
        outbox.put(None)
        sender.join()


def _send_all(outbox: queue.SimpleQueue[Any], end: socket.socket) -> None:
    while (parts := outbox.get()) is not None:
        try:
            send(end, parts)
        except OSError:
            return
