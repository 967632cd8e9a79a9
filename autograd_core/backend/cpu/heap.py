"""Keep the memory that a training step frees for the next step.

glibc gives what is free at the top of its heap back to the system beyond twice the largest block that it has mapped
and freed so far, and the next step faults it in again, page by page: of 80 ms for a step of a GPT that took 20.
Freeing one unused block of the largest size that counts has 64 MB kept.  ``MALLOC_*`` in the environment decides, where
set.
"""

from __future__ import annotations

from autograd_core.backend import host

LARGEST = 32 << 20  # bytes: glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64 bits


def keep_freed_memory() -> None:
    """Have freed memory kept, where the C library is glibc; elsewhere nothing changes."""
    host.empty(LARGEST - (64 << 10), "uint8")
