"""``cupy.cuda``: devices, streams and the memory pool, as far as a CPU can play them."""

from __future__ import annotations

import threading
from time import perf_counter
from types import ModuleType
from typing import Any

from .sync import synchronize


class CUDARuntimeError(RuntimeError):
    """What CuPy raises where the CUDA runtime returns an error."""


class OutOfMemoryError(MemoryError):
    """What CuPy raises where the pool cannot grow."""


class _Current(threading.local):
    device = 0


_current = _Current()
_machine = {"devices": 2}


def set_device_count(count: int) -> None:
    """Say how many devices the machine has; 0 plays a machine without a GPU."""
    _machine["devices"] = count
    _current.device = 0


def current_device() -> int:
    """Return the index of the current device."""
    return _current.device


def set_device(index: int) -> None:
    """Make ``index`` the current device.

    Raises: CUDARuntimeError where there is no such device.
    """
    if not 0 <= index < max(_machine["devices"], 1):
        raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
    _current.device = index


def need_device() -> None:
    """Raise as an allocation does on a machine without a GPU."""
    if not _machine["devices"]:
        raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")


class Device:
    """``cupy.cuda.Device``: current while its ``with`` block runs."""

    __slots__ = ("_outer", "id")

    def __init__(self, device: int | Device | None = None) -> None:
        self.id = current_device() if device is None else int(getattr(device, "id", device))
        self._outer: list[int] = []

    def __enter__(self) -> Device:
        self._outer.append(current_device())
        set_device(self.id)
        return self

    def __exit__(self, *exc: object) -> None:
        set_device(self._outer.pop())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __int__(self) -> int:
        return self.id

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    @property
    def compute_capability(self) -> str:
        """The compute capability as CuPy writes it."""
        return "90"

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return 8 << 30, 8 << 30

    def use(self) -> None:
        """Make this the current device."""
        set_device(self.id)

    def synchronize(self) -> None:
        """Wait for the device."""
        synchronize("Device.synchronize")


class Stream:
    """``cupy.cuda.Stream``: work runs at once here, so only its waits matter."""

    null: Stream

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False) -> None:
        self.ptr = 0 if null else id(self)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def use(self) -> Stream:
        """Make this the current stream."""
        return self

    def synchronize(self) -> None:
        """Wait for the stream."""
        synchronize("Stream.synchronize")


Stream.null = Stream(null=True)


class Event:
    """``cupy.cuda.Event``: a moment of the host's clock, since work runs at once here."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self._moment: float | None = None

    def record(self, stream: Stream | None = None) -> None:
        """Note the moment at which the stream gets here."""
        need_device()
        self._moment = perf_counter()

    def synchronize(self) -> None:
        """Wait until the stream has got here."""
        synchronize("Event.synchronize")


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Return milliseconds from one event to the other.

    Raises: CUDARuntimeError where one was not recorded.
    """
    if start_event._moment is None or end_event._moment is None:
        raise CUDARuntimeError("cudaErrorInvalidResourceHandle: invalid resource handle")
    return (end_event._moment - start_event._moment) * 1e3


class Memory:
    """One allocation: counted in its pool while an array holds it."""

    __slots__ = ("nbytes",)
    used = 0
    peak = 0

    def __init__(self, nbytes: int) -> None:
        need_device()
        self.nbytes = -(-nbytes // 512) * 512  # the pool rounds up to 512 bytes
        Memory.used += self.nbytes
        Memory.peak = max(Memory.peak, Memory.used)

    def __del__(self) -> None:
        Memory.used -= getattr(self, "nbytes", 0)


class MemoryPool:
    """``cupy.cuda.MemoryPool``: knows the bytes that live arrays hold."""

    def used_bytes(self) -> int:
        """Bytes held by arrays."""
        return Memory.used

    def total_bytes(self) -> int:
        """Bytes taken from the device: the most that arrays have held since the last release."""
        return Memory.peak

    def free_all_blocks(self, stream: Stream | None = None) -> None:
        """Give unused blocks back to the device."""
        Memory.peak = Memory.used


class MemoryPointer:
    """``ndarray.data``: an address and the device it belongs to."""

    __slots__ = ("array", "device_id", "ptr")

    def __init__(self, array: Any, ptr: int, device_id: int) -> None:
        self.array, self.ptr, self.device_id = array, ptr, device_id

    @property
    def device(self) -> Device:
        """The device that the address belongs to."""
        return Device(self.device_id)


def build() -> ModuleType:
    """Return the module ``cupy.cuda`` with its ``runtime`` and ``memory``."""
    runtime = ModuleType("cupy.cuda.runtime")
    _fill(
        runtime,
        getDeviceCount=lambda: _machine["devices"],
        getDevice=current_device,
        setDevice=set_device,
        deviceSynchronize=lambda: synchronize("deviceSynchronize"),
        driverGetVersion=lambda: 13000,
        runtimeGetVersion=lambda: 13000,
        getDeviceProperties=lambda index: {"name": b"Fake GPU", "totalGlobalMem": 8 << 30},
        CUDARuntimeError=CUDARuntimeError,
        is_hip=False,
    )
    memory = ModuleType("cupy.cuda.memory")
    _fill(memory, OutOfMemoryError=OutOfMemoryError, MemoryPool=MemoryPool, MemoryPointer=MemoryPointer)
    cuda = ModuleType("cupy.cuda")
    _fill(
        cuda,
        Device=Device,
        Event=Event,
        MemoryPointer=MemoryPointer,
        MemoryPool=MemoryPool,
        Stream=Stream,
        get_current_stream=lambda: Stream.null,
        get_device_id=current_device,
        get_elapsed_time=get_elapsed_time,
        is_available=lambda: _machine["devices"] > 0,
        memory=memory,
        runtime=runtime,
    )
    return cuda


def _fill(module: ModuleType, **names: Any) -> None:
    vars(module).update(names)
