"""oneDNN as a loaded library: found where the extra ``fast`` installs it, and called through ctypes."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import sys
import threading
from ctypes import c_int, c_void_p
from typing import Any

import numpy as np

from autograd_core.backend.choices import OneDnn
from autograd_core.backend.cpu.threads import thread_count
from autograd_core.backend.onednn.interface import AVX2, CHEAP, CPU_ENGINE, IN_ORDER, RETURNS, SIGNATURES

__all__ = ["CACHE_LINE", "Library", "OneDnnError", "installed", "library"]

DISTRIBUTION = "onednn-cpu-gomp"
CACHE_LINE = 64  # bytes, as a register of AVX-512
IDLE_SPINS = "8000"  # of a thread that waits for work: a longer wait takes the core from OpenBLAS's threads and ours


class OneDnnError(RuntimeError):
    """oneDNN refused: the function, and its status."""


class Library:
    """The loaded library, its one engine and its one stream; executions take turns under ``lock``."""

    def __init__(self, path: str) -> None:
        """Load it.

        Raises: OSError where the system cannot; OneDnnError where it is not oneDNN 3, or the processor lacks AVX2.
        """
        self._waking = _load_openmp()
        library, held = ctypes.CDLL(path), ctypes.PyDLL(path)
        self.functions: dict[str, Any] = {}
        for name, types in SIGNATURES.items():
            function = getattr(held if name in CHEAP else library, "dnnl_" + name, None)
            if function is None:
                raise OneDnnError(f"oneDNN at {path}: it has no dnnl_{name}; wanted version 3")
            function.argtypes, function.restype = types, RETURNS.get(name, c_int)
            self.functions[name] = function
        self.instructions = self.functions["get_effective_cpu_isa"]()
        if self.instructions & AVX2 != AVX2:
            raise OneDnnError("oneDNN: this processor has no AVX2")
        self.place = self.functions["memory_set_data_handle"]
        self.multiply = self.functions["sgemm"]
        self.execute = self.functions["primitive_execute"]
        self.lock = threading.RLock()
        self.engine = self.create("engine", CPU_ENGINE, 0)
        self.stream = self.create("stream", self.engine, IN_ORDER)
        self.threads = threading.local()
        self._scratch, self._base = np.empty(0, np.uint8), 0

    def create(self, thing: str, *arguments: Any) -> c_void_p:
        """Return the new ``thing``: what ``dnnl_<thing>_create`` writes into its first argument.

        Raises: OneDnnError with oneDNN's status where it makes none.
        """
        handle = c_void_p()
        name = thing if "_create" in thing else thing + "_create"
        self.check(name, self.functions[name](ctypes.byref(handle), *arguments))
        return handle

    def check(self, name: str, status: int) -> None:
        """Raise the OneDnnError of a status that is not success."""
        if status:
            raise OneDnnError(f"oneDNN: dnnl_{name} returned status {status}")

    @property
    def version(self) -> str:
        """The version, as in ``3.2.0``."""
        found = self.functions["version"]().contents
        return f"{found.major}.{found.minor}.{found.patch}"

    def scratch(self, size: int) -> int:
        """Return the address of ``size`` bytes that are free until the lock is; it starts a cache line."""
        if self._scratch.size < size + CACHE_LINE:
            self._scratch = np.empty(size + CACHE_LINE, np.uint8)
            self._base = -(-self._scratch.ctypes.data // CACHE_LINE) * CACHE_LINE
        return self._base

    def use_threads(self) -> int:
        """Let this thread's next primitives run in as many threads as products of matrices; return how many."""
        count = thread_count()
        if getattr(self.threads, "count", 0) != count:
            self._waking.omp_set_num_threads(count)
            self.threads.count = count
        return count


def _load_openmp() -> ctypes.CDLL:
    """Load GNU's OpenMP, which oneDNN runs its threads with, so that they sleep soon when there is nothing to do."""
    name = "GOMP_SPINCOUNT"
    if name in os.environ or "OMP_WAIT_POLICY" in os.environ:
        return ctypes.CDLL("libgomp.so.1")
    os.environ[name] = IDLE_SPINS  # it is read once, when the library is loaded
    try:
        return ctypes.CDLL("libgomp.so.1")
    finally:
        del os.environ[name]


_found: list[Library | None] = []


def library() -> Library | None:
    """Return oneDNN; None where it is not installed, not for this system, or switched off."""
    return installed() if OneDnn.enabled else None


def installed() -> Library | None:
    """Return oneDNN, loaded at the first call; None where it is not installed, or not for this system."""
    if not _found:
        _found.append(_find())
    return _found[0]


def _find() -> Library | None:
    if sys.platform != "linux":
        return None
    try:
        files = importlib.metadata.files(DISTRIBUTION) or ()
        path = next((file.locate() for file in files if file.name == "libdnnl.so.3"), None)
        return None if path is None else Library(str(path))
    except (importlib.metadata.PackageNotFoundError, OSError, OneDnnError):
        return None


def _begin_anew() -> None:
    """Load nothing in a forked child, where the threads of OpenMP are gone and a wait for them would not end."""
    _found[:] = [None]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
