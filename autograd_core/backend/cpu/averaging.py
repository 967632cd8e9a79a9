"""Average pooling on the CPU: the shared kernels, for large inputs on blocks of images in several threads."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import averaging

__all__ = ["avg_pool", "avg_pool_grad"]

Array = Any

_BLOCK_ELEMENTS = 1 << 18
_FEW_ELEMENTS = 1 << 20  # for fewer, two threads gain less than a fifth


def _by_blocks(kernel: Callable[..., Array]) -> Callable[..., Array]:
    """Return ``kernel`` with its images shared out; it treats each by itself."""

    @functools.wraps(kernel)
    def by_blocks(xp: ModuleType, x: Array, **options: Any) -> Array:
        elements = math.prod(x.shape[:2]) * math.prod(options.get("input_size", x.shape[2:]))
        if elements < _FEW_ELEMENTS or thread_count() == 1:
            return kernel(xp, x, **options)
        y = np.empty((x.shape[0], *kernel(xp, x[:0], **options).shape[1:]), x.dtype)
        at_once = max(1, _BLOCK_ELEMENTS * x.shape[0] // elements)
        blocks = [slice(n, n + at_once) for n in range(0, x.shape[0], at_once)]

        def work(part: list[slice]) -> None:
            for images in part:
                y[images] = kernel(xp, x[images], **options)

        threads = min(thread_count(), len(blocks))
        run_parts(work, [blocks[t::threads] for t in range(threads)])
        return y

    return by_blocks


avg_pool = _by_blocks(averaging.avg_pool)
avg_pool_grad = _by_blocks(averaging.avg_pool_grad)
