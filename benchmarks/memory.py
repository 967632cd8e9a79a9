"""What a step adds to the process's resident memory at its peak.

Python's own tracing sees neither PyTorch's memory nor BLAS's, so the kernel is asked: it keeps the highest
resident size, and lets a process reset that mark to the present one. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


def status_bytes(field: str) -> int:
    """Return one field of /proc/self/status, which counts in kB, in bytes."""
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) * 1024


def resident() -> int:
    """Return the resident bytes, free pages given back first: kept ones would hide what a step needs."""
    with contextlib.suppress(OSError, AttributeError):  # a C library other than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return status_bytes("VmRSS")


def added_by(step: Callable[[], object], tries: int = 3) -> int | None:
    """Return the bytes that a warmed-up step adds at its peak, the least of ``tries``; None off Linux."""
    try:
        return min(_peak_of(step) for _ in range(tries))
    except OSError:
        return None


def _peak_of(step: Callable[[], object]) -> int:
    gc.collect()
    before = resident()
    CLEAR_REFS.write_text("5")  # see proc(5): the peak restarts at the present size
    step()
    return status_bytes("VmHWM") - before
