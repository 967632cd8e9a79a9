"""Whether freed memory is kept for the next step: only where the C library is glibc, and nobody has said otherwise."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import ClassVar

import pytest

from autograd_core.backend.heap import keep_freed_memory

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


@pytest.mark.parametrize(
    "environment",
    [
        {"AUTOGRAD_KEEP_MEMORY": "0"}, {"AUTOGRAD_KEEP_MEMORY": "Off "}, {"MALLOC_TRIM_THRESHOLD_": "131072"},
        {"MALLOC_ARENA_MAX": "2"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1"},
    ],
)  # fmt: skip
def test_the_user_decides(environment, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", None)  # not even asked for
    assert not keep_freed_memory(environment, "linux")


@pytest.mark.parametrize("platform", ["darwin", "win32", "cygwin"])
def test_other_systems_are_left_alone(platform, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", None)
    assert not keep_freed_memory({}, platform)


class Musl:
    """A C library that has neither ``mallopt`` nor glibc's version."""

    def __init__(self, name):
        pass


class Old:
    """glibc before 2.35: no threshold above 32 MB."""

    calls: ClassVar[list[tuple[int, int]]] = []

    def __init__(self, name):
        self.gnu_get_libc_version = None

    def mallopt(self, parameter, value):
        self.calls.append((parameter, value))
        return int(parameter != -3 or value <= 32 << 20)


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", Musl)
    assert not keep_freed_memory({}, "linux")


def test_an_old_library_takes_the_smaller_threshold(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", Old)
    assert keep_freed_memory({}, "linux")
    assert Old.calls == [(-3, 256 << 20), (-3, 32 << 20), (-1, 512 << 20)]


FAULTS = """
import resource, autograd_core, numpy as np
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        a = np.empty(10 << 20, "f4"); a[::1024] = 1; b = np.empty(10 << 20, "f4"); b[::1024] = 1; del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
def test_large_arrays_are_not_faulted_in_again():
    def run(**environment):
        done = subprocess.run([sys.executable, "-c", FAULTS], env=plain() | environment, capture_output=True, text=True)
        return int(done.stdout)

    assert run() < 10 < 100 < run(AUTOGRAD_KEEP_MEMORY="0", NUMPY_MADVISE_HUGEPAGE="0")


def plain():
    return {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_", "AUTOGRAD_"))} | {
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)
    }
