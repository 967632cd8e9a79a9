"""PyTorch's choice among kernels of attention, for programs that make it: here there is one, and it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from autograd_core.errors import AssertedError


class SDPBackend(IntEnum):
    """The kernels that PyTorch chooses from."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: SDPBackend | list[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Run the block as it is: ``scaled_dot_product_attention`` has one kernel.

    Raises: AssertedError where ``backends`` is neither a backend nor a list of them.
    """
    chosen = backends if isinstance(backends, list) else [backends]
    if not all(isinstance(backend, SDPBackend) for backend in chosen):
        raise AssertedError(f"sdpa_kernel: got {backends!r}; wanted an SDPBackend or a list of them")
    yield
