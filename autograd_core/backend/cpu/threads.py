"""Share the parts of one kernel among the cores, with BLAS at one thread in each.

Two threads that each copy and multiply half of a batch take half the time; two threads of BLAS halve only the
multiplications.  Without OpenBLAS inside NumPy nothing is shared, and BLAS does as it likes.
"""

from __future__ import annotations

import contextvars
import ctypes
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeVar

__all__ = ["blas_at_one_thread", "run_parts", "set_thread_count", "stop_idle_threads", "thread_count"]

T = TypeVar("T")


class _Blas:
    """The OpenBLAS inside NumPy, and how many threads it takes: one inside a ``with`` block of this."""

    # Idle threads of OpenBLAS spin for 2**26 ticks (26 ms) on the cores that ours need: a convolution after a
    # product of matrices then gains nothing from a second thread.  2**16 costs the products nothing measurable.
    _IDLE_TICKS_LOG2 = "16"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._threads = 1
        try:
            # The handle of NumPy's own extension module also finds the symbols of the libraries it links.
            self._library: ctypes.PyDLL | None = ctypes.PyDLL(
                importlib.import_module("numpy._core._multiarray_umath").__file__
            )
        except (ImportError, OSError):
            self._library = None
        names = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
        self._get = self._function(*(name.format("get") for name in names)) or (lambda: 1)
        self._set = self._function(*(name.format("set") for name in names)) or (lambda count: count)

    def _function(self, *names: str) -> Callable[..., Any] | None:
        """Return the first of these functions that the library has."""
        found = (getattr(self._library, name, None) for name in names)
        return next((function for function in found if function is not None), None)

    @property
    def in_use(self) -> bool:
        """Whether anyone holds BLAS at one thread."""
        return self._users > 0

    @property
    def threads(self) -> int:
        """How many threads BLAS takes when nobody holds it at one."""
        return self._threads if self._users else self._get()

    def set(self, count: int) -> None:
        """Take ``count`` threads when nobody holds BLAS at one."""
        with self._lock:
            self._threads = count
            if not self._users:
                self._set(count)

    def __enter__(self) -> None:
        """Hold BLAS at one thread while anyone is inside."""
        with self._lock:
            if self._users == 0:
                self._threads = self._get()
                self._set(1)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._set(self._threads)

    def rest_when_idle(self) -> None:
        """Make idle threads sleep soon, unless the user has set when."""
        read_environment = self._function("openblas_read_env")
        stop_threads = self._function("blas_thread_shutdown_")  # as OpenBLAS does at a fork; they start again on demand
        name = "OPENBLAS_THREAD_TIMEOUT"
        if read_environment is None or stop_threads is None or name in os.environ:
            return
        if threading.active_count() > 1:  # another thread may be inside BLAS, and would wait for ever
            return
        os.environ[name] = self._IDLE_TICKS_LOG2
        read_environment()
        del os.environ[name]
        stop_threads()


_blas = _Blas()
_blas.rest_when_idle()  # now, when there are fewest threads
_pool: ThreadPoolExecutor | None = None
_pool_lock = threading.Lock()


def _begin_anew() -> None:
    """Forget, in a forked child, the threads it has not and the locks that nobody will release."""
    global _blas, _pool, _pool_lock
    _blas, _pool, _pool_lock = _Blas(), None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def thread_count() -> int:
    """Return how many threads share a kernel: as many as BLAS may use."""
    return _blas.threads


def set_thread_count(count: int) -> None:
    """Let products of matrices, and with them the kernels, use ``count`` threads."""
    _blas.set(count)


def blas_at_one_thread() -> AbstractContextManager[None]:
    """Return a context in which BLAS takes one thread."""
    return _blas


def run_parts(work: Callable[[T], None], parts: Sequence[T]) -> None:
    """Call ``work(part)`` for each of at most ``thread_count()`` parts, each in a thread of its own.

    The threads see the caller's context, so that ``np.errstate`` holds in them too.
    """
    if len(parts) < 2:
        for part in parts:
            work(part)
        return
    with _blas:
        pool = _ready_pool()
        others = [pool.submit(contextvars.copy_context().run, work, part) for part in parts[1:]]
        try:
            work(parts[0])
        finally:
            errors = [other.exception() for other in others]  # waits for each
    for error in errors:
        if error is not None:
            raise error


def stop_idle_threads() -> None:
    """End the threads, unless they work; they start again on demand.  A process forks more safely without."""
    global _pool
    with _pool_lock:
        if _pool is not None and not _blas.in_use:
            _pool.shutdown()
            _pool = None


def _ready_pool() -> ThreadPoolExecutor:
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), thread_name_prefix="autograd-kernel")
        return _pool
