"""PyTorch's ``cuda`` namespace: what can be asked of GPUs."""

from __future__ import annotations

from autograd_core.backend.device import (
    as_device,
    cuda_device_count,
    cuda_is_available,
    cuda_module,
    set_default_device,
)

__all__ = [
    "current_device",
    "device_count",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "set_device",
    "synchronize",
]

from autograd_core.backend.watches import report
from autograd_core.creation.legacy import types_of
from autograd_core.randomness.generators import manual_seed

manual_seed_all = manual_seed


def is_available() -> bool:
    """Whether a GPU can be used: CuPy, a driver, a device, and room for an allocation."""
    return cuda_is_available()


def device_count() -> int:
    """Return the number of usable GPUs; 0 without CuPy or a driver."""
    return cuda_device_count()


def current_device() -> int:
    """Return the index of the current GPU.  Raises: DeviceError without one."""
    return int(cuda_module().cuda.runtime.getDevice())


def set_device(device: int | str) -> None:
    """Make a GPU the current one.  Raises: DeviceError where there is no such device."""
    set_default_device(as_device(device))


def synchronize() -> None:
    """Wait until the GPU has done all that was asked of it.

    Raises: IndexRangeError where an index was out of range since the host last waited.
    """
    cuda_module().cuda.runtime.deviceSynchronize()
    report()


globals().update(types_of("cuda"))  # FloatTensor, LongTensor, ...
