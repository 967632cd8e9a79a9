"""What a kernel in many steps asks of the CPU: memory without fresh pages, and threads for its sequences or rows."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts, thread_count

__all__ = ["lasting", "temporary"]

_BLOCK_ELEMENTS = 1 << 15
_FEW_ELEMENTS = 1 << 13  # of a step: threads with less wait longer for each other than they gain
_KEPT_BYTES = 1 << 25
_pool = threading.local()


def temporary(xp: ModuleType, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of unset elements, valid until this thread asks for the same name again."""
    return scratch(name, shape, dtype)


def lasting(xp: ModuleType, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of unset elements; its memory is used again once nobody looks at it.

    What a training step keeps for its way back has the same size in every step; fresh pages cost as much as the
    arithmetic.  This thread keeps at most 32 MiB.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    kept: list[Any] = _pool.__dict__.setdefault("buffers", [])
    for buffer in kept:
        if buffer.size == size and sys.getrefcount(buffer) == 3:  # the list, this loop, the question itself
            return buffer.view(dtype).reshape(shape)
    made = np.empty(size, np.uint8)
    kept.append(made)
    while sum(b.size for b in kept) > _KEPT_BYTES:
        kept.pop(0)
    return made.view(dtype).reshape(shape)
