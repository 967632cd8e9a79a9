"""Keep the memory that one operation or step frees for the next one.

glibc maps every block above a threshold for itself, and gives what is free at the top of its heap back to the system;
the next array faults it in again, page by page.  Both thresholds follow the blocks that were freed, up to 32 MB.  Set
higher, a chain of eight elementwise operations on 10 M float32, forward and backward, took 64 ms instead of 120, with
the same peak; up to ``KEPT`` bytes then stay with the process where glibc alone would have given them back.

Nothing changes on other C libraries, where ``MALLOC_*`` or glibc's tunables say what malloc is to do, or with
``AUTOGRAD_KEEP_MEMORY=0``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

__all__ = ["keep_freed_memory"]

KEPT = 512 << 20  # bytes free at the top of the heap
LARGEST = (256 << 20, 32 << 20)  # bytes of a block that comes from the heap; before glibc 2.35 no more than the second
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # <malloc.h>


def keep_freed_memory(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Have freed memory kept, where the C library is glibc and nobody has decided otherwise; say whether it is.

    It takes 60 us, and holds for the whole process.
    """
    if platform != "linux" or _is_decided(environment):
        return False
    try:
        import ctypes

        library = ctypes.CDLL(None)
        if not hasattr(library, "gnu_get_libc_version"):
            return False
        kept = any(library.mallopt(MMAP_THRESHOLD, size) for size in LARGEST)
        return bool(library.mallopt(TRIM_THRESHOLD, KEPT)) and kept
    except (ImportError, OSError, AttributeError):
        return False


def _is_decided(environment: Mapping[str, str]) -> bool:
    """Whether the user has said how malloc is to behave."""
    return (
        environment.get("AUTOGRAD_KEEP_MEMORY", "").strip().lower() in ("0", "no", "false", "off")
        or any(name.startswith("MALLOC_") for name in environment)
        or "glibc.malloc" in environment.get("GLIBC_TUNABLES", "")
    )
