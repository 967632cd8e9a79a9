"""PyTorch's ``random`` namespace: seeds, positions in the stream, and leaving it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_core.randomness.generators import (
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

__all__ = [
    "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state",
]  # fmt: skip


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, *, device_type: str = "cuda") -> Iterator[None]:
    """Draw inside as one likes, and go on outside as if nothing had been drawn; not so where ``enabled`` is False.

    One stream serves all devices, so ``devices`` and ``device_type`` change nothing.
    """
    seed_before, state = initial_seed(), get_rng_state()
    try:
        yield
    finally:
        if enabled:
            manual_seed(seed_before)
            set_rng_state(state)
