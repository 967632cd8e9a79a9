"""PyTorch's ``profiler`` namespace: ``ag.profile`` under PyTorch's arguments, and labels for parts of a program."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from autograd_core.insight.usage.profiling import Profile, record_function

__all__ = ["ProfilerActivity", "profile", "record_function"]


class ProfilerActivity(Enum):
    """What is timed."""

    CPU = 0
    CUDA = 2


def profile(
    *,
    activities: Sequence[ProfilerActivity] | None = None,
    record_shapes: bool = False,
    profile_memory: bool = False,
    with_stack: bool = False,
    with_modules: bool = False,
) -> Profile:
    """Return ``ag.profile()``.

    Args:
        activities: with ``ProfilerActivity.CUDA``, or by default where a GPU is in use, the GPU is timed, too.
        record_shapes: accepted for PyTorch's signature: shapes are in the trace in any case.
        profile_memory: likewise: the bytes of the results are.
        with_stack: likewise: the user's line is.
        with_modules: likewise: the modules are.
    """
    return Profile(None if activities is None else ProfilerActivity.CUDA in activities)
