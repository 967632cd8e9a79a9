"""Devices: which array module serves which array, the default device, and transfers.

CuPy is imported when the first CUDA device is asked for, and named in this folder only.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.watches import report
from autograd_core.errors import DeviceError

Array = Any  # a NumPy or CuPy array: the two share no class
XP: dict[type, ModuleType] = {host.ndarray: host}  # array type -> its module; CuPy joins when first used

CHOICES = "'cpu', 'cuda', 'cuda:N' or 'auto'"


class device:
    """Where a tensor lives: ``ag.device("cpu")``, ``ag.device("cuda", 1)``, ``ag.device("cuda:1")``.

    As a context manager it is the default device inside: ``with ag.device("cuda"): x = ag.zeros(3)``.

    Raises: DeviceError where the text names no device.
    """

    __slots__ = ("_outer", "index", "type")

    type: str
    index: int | None
    _outer: device

    def __init__(self, type: str | device, index: int | None = None) -> None:
        """Parse ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; a bare ``"cuda"`` means the current GPU."""
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
            return
        match = re.fullmatch(r"(cpu|cuda)(?::(\d+))?", type) if isinstance(type, str) else None
        if match is None or (match[2] is not None and index is not None):
            raise DeviceError(f"device: got {type!r}; wanted 'cpu', 'cuda' or 'cuda:N'")
        self.type = match[1]
        self.index = int(match[2]) if match[2] is not None else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return device, (str(self),)

    def __enter__(self) -> device:
        self._outer = _Default.device
        set_default_device(self)
        return self

    def __exit__(self, *exc: object) -> None:
        set_default_device(self._outer)


CPU = device("cpu")


class _Default:
    device = CPU


def as_device(d: device | str | int | None) -> device:
    """Return the device that ``d`` names, with its index filled in; None is the default device.

    Raises: DeviceError where there is no such device, saying what is missing.
    """
    if d is None:
        return _Default.device
    wanted = d if type(d) is device else device("cuda", d) if isinstance(d, int) else device(d)
    if wanted.type == "cpu":
        return CPU
    cupy = cuda_module()
    index = cupy.cuda.runtime.getDevice() if wanted.index is None else wanted.index
    count = cupy.cuda.runtime.getDeviceCount()
    if index >= count:
        raise DeviceError(f"device: got 'cuda:{index}', but this machine has {count} CUDA device(s)")
    return device("cuda", index)


def get_default_device() -> device:
    """Return the device on which creation functions put tensors when they are not told."""
    return _Default.device


def set_default_device(d: device | str | int) -> None:
    """Set the device on which creation functions put tensors when they are not told."""
    chosen = as_device(d)
    if chosen.type == "cuda":
        cuda_module().cuda.Device(chosen.index).use()
    _Default.device = chosen


def cuda_module() -> ModuleType:
    """Return CuPy once a GPU has proved usable by a real allocation.

    Raises: DeviceError naming what is missing: CuPy, the driver, a device, or memory.
    """
    cupy = XP_CUDA.get("cupy")
    if cupy is None:
        cupy = _import_cupy()
        XP[cupy.ndarray] = cupy
        XP_CUDA["cupy"] = cupy
    return cupy


XP_CUDA: dict[str, ModuleType] = {}


def _import_cupy() -> ModuleType:
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        raise DeviceError(
            "device 'cuda': CuPy is not installed; pip install 'autograd-core[cuda13]' (or [cuda12])"
        ) from error
    try:
        if cupy.cuda.runtime.getDeviceCount() == 0:
            raise DeviceError("device 'cuda': CuPy and a driver are here, but no CUDA device is visible")
        cupy.zeros(1)
    except DeviceError:
        raise
    except Exception as error:  # CuPy's own errors live in CuPy: any failure here means that the GPU is not usable
        raise DeviceError(f"device 'cuda': no usable GPU or driver: {type(error).__name__}: {error}") from error
    return cupy


def cuda_is_available() -> bool:
    """Whether a CUDA device can be used: CuPy, a driver, a device, and room for an allocation."""
    try:
        cuda_module()
    except DeviceError:
        return False
    return True


def cuda_device_count() -> int:
    """Return the number of usable CUDA devices; 0 without CuPy or a driver."""
    return int(cuda_module().cuda.runtime.getDeviceCount()) if cuda_is_available() else 0


def module_of(array: Array) -> ModuleType:
    """Return the array module (NumPy or CuPy) that ``array`` belongs to."""
    known: ModuleType | None = XP.get(type(array))
    return known if known is not None else getattr(array, "module", host)  # an outline of a transform's tensor has one


def address(array: Array) -> int:
    """Return where in memory the first element of ``array`` lies, in bytes."""
    return int(array.ctypes.data if type(array) is host.ndarray else array.data.ptr)


def apart(array: Array) -> Array:
    """Return an array on the same memory that does not know ``array`` as its base."""
    if type(array) is not host.ndarray:
        return module_of(array).ndarray(array.shape, array.dtype, memptr=array.data, strides=array.strides)
    if array.dtype.char == "E":  # bfloat16 has no buffer
        return host.asarray(array.view("uint16").data).view(array.dtype)
    return host.asarray(array.data)


def device_of(array: Array) -> device:
    """Return the device that holds ``array``."""
    if type(array) is host.ndarray:
        return CPU
    return device("cuda", int(array.device.id)) if type(array) in XP else array.place  # an outline's


def module_for(d: device) -> ModuleType:
    """Return the array module that serves device ``d``."""
    return host if d.type == "cpu" else cuda_module()


def make_on(d: device, make: Callable[[ModuleType], Array]) -> Array:
    """Return ``make(xp)``, an array made on device ``d``."""
    if d.type == "cpu":
        return make(host)
    cupy = cuda_module()
    with cupy.cuda.Device(d.index):
        return make(cupy)


def to_device(array: Array, d: device) -> Array:
    """Return ``array`` on ``d``: itself where it is there already, a copy where not.

    Raises: on the way to the CPU, what a GPU was watched for.
    """
    if d.type == "cpu":
        if type(array) is host.ndarray:
            return array
        report()
        return getattr(module_of(array), "asnumpy", host.asarray)(array)  # an outline refuses, in its own words
    cupy = cuda_module()
    with cupy.cuda.Device(d.index):
        return array if type(array) is cupy.ndarray and array.device.id == d.index else cupy.array(array)


@functools.cache
def kernels_of(xp: ModuleType) -> ModuleType:
    """Return the kernels (convolution, pooling, scatter) written for the array module ``xp``."""
    return importlib.import_module("autograd_core.backend.onednn" if xp is host else "autograd_core.backend.cuda")


@functools.cache
def special_of(xp: ModuleType) -> ModuleType:
    """Return the special functions that go with ``xp``: ``scipy.special`` or CuPy's twin of it."""
    return _scipy_special() if xp is host else importlib.import_module("cupyx.scipy.special")


@functools.cache
def _scipy_special() -> ModuleType:
    return importlib.import_module("scipy.special")


def strict_linalg(xp: ModuleType) -> AbstractContextManager[Any]:
    """Return a context in which ``xp.linalg`` raises for a singular matrix, for which CuPy makes the host wait."""
    return nullcontext() if xp is host else importlib.import_module("cupyx").errstate(linalg="raise")


def default_from_environment() -> None:
    """Set the default device from ``AUTOGRAD_DEVICE``: cpu, cuda, cuda:N or auto.

    Raises: DeviceError for any other value, or where the device is not usable.
    """
    text = os.environ.get("AUTOGRAD_DEVICE", "cpu").strip() or "cpu"
    if text == "auto":
        set_default_device("cuda" if cuda_is_available() else "cpu")
    elif re.fullmatch(r"cpu|cuda(:\d+)?", text):
        set_default_device(text)
    else:
        raise DeviceError(f"AUTOGRAD_DEVICE={text!r}; wanted {CHOICES}")
