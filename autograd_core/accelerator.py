"""PyTorch's ``accelerator``: the GPU, whatever its maker."""

from __future__ import annotations

from autograd_core.backend.device import as_device, cuda_device_count, cuda_is_available, device
from autograd_core.cuda import current_device, set_device, synchronize

__all__ = ["current_accelerator", "current_device_index", "device_count", "is_available", "set_device_index",
           "synchronize"]  # fmt: skip


def is_available() -> bool:
    """Whether a GPU can be used."""
    return cuda_is_available()


def device_count() -> int:
    """Return the number of usable GPUs."""
    return cuda_device_count()


def current_accelerator(check_available: bool = False) -> device | None:
    """Return the kind of accelerator, ``device('cuda')``; None without one."""
    return as_device("cuda") if cuda_is_available() else None


current_device_index, set_device_index = current_device, set_device
