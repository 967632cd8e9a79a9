"""Buffers that a thread uses again and again, so that kernels do not wait for fresh pages."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

__all__ = ["scratch"]

_KEPT_BYTES = 1 << 23  # larger buffers are made for one use
_buffers = threading.local()


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of unset elements, valid until this thread asks for the same name again."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = getattr(_buffers, name, None)
    if buffer is None or buffer.size < size:
        buffer = np.empty(size, np.uint8)
        if size <= _KEPT_BYTES:
            setattr(_buffers, name, buffer)
    return buffer[:size].view(dtype).reshape(shape)
