"""Layer norm's gradients on the CPU: of many rows by blocks, shared among threads."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import normalizing

__all__ = ["layer_norm_grads"]

_BLOCK = 1 << 17  # elements: a block and what is computed of it stay in the cache
_FEW = 1 << 19  # elements: for fewer, a second thread costs more than it brings


def layer_norm_grads(
    xp: ModuleType, g: Any, x: Any, weight: Any, center: Any, rstd: Any, wants: tuple[bool, ...]
) -> tuple[Any, Any, Any]:
    """Do ``layer_norm_grads`` of ``backend.shared.normalizing``."""
    if x.size < _FEW:
        return normalizing.layer_norm_grads(xp, g, x, weight, center, rstd, wants)
    step = max(1, _BLOCK // x.shape[1])
    starts = range(0, len(x), step)
    x_grad = np.empty_like(x)
    sums: list[Any] = [None] * len(starts)

    def work(part: range) -> None:
        for i in part:
            at = slice(starts[i], starts[i] + step)
            rows, *sums[i] = normalizing.layer_norm_grads(xp, g[at], x[at], weight, center[at], rstd[at], wants)
            if rows is not None:
                x_grad[at] = rows

    threads = min(thread_count(), len(starts))
    run_parts(work, [range(t, len(starts), threads) for t in range(threads)])
    weight_grad, bias_grad = (None if found[0] is None else np.sum(found, axis=0) for found in zip(*sums, strict=True))
    return x_grad if wants[0] else None, weight_grad, bias_grad
