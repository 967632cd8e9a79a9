"""Functions of ``cupy`` that are not NumPy's with CuPy's signature: creation, transfers, indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import bridge, cuda
from .array import Capsule, call, lift, ndarray
from .sync import synchronize

DRIVER_ERROR = "the fake device compiles no CUDA source: test this kernel on a real GPU"


class Kernel:
    """``ElementwiseKernel``, ``RawKernel`` and their kin: built, never run."""

    def __init__(self, *source: Any, **options: Any) -> None:
        self.source = source

    def __call__(self, *args: Any, **options: Any) -> Any:
        raise NotImplementedError(DRIVER_ERROR)

    def get_function(self, name: str) -> Kernel:
        """Return a kernel of a module."""
        return Kernel(name)


class Grid:
    """``mgrid`` and ``ogrid``: coordinates on the device."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def __getitem__(self, key: Any) -> Any:
        return lift(self._host[key], [])


def array(
    obj: Any,
    dtype: Any = None,
    copy: bool | None = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> ndarray:
    """Return an array on the current device, made from numbers, a NumPy array or a fake one."""
    held = isinstance(obj, ndarray)
    stays = held and not copy and obj.device.id == cuda.current_device()
    if stays and dtype in (None, obj.dtype) and ndmin <= obj.ndim:
        return obj
    host = obj._host if held else np.asarray(_stacked(obj), dtype)
    return ndarray._new(np.array(host, dtype, ndmin=ndmin, order="C" if order is None else order), order="K")


def _stacked(obj: Any) -> Any:
    """Return nested lists with the fake arrays in them replaced: CuPy stacks those on the device."""
    if isinstance(obj, ndarray):
        return obj._host
    return [_stacked(item) for item in obj] if isinstance(obj, (list, tuple)) else obj


def asarray(
    a: Any, dtype: Any = None, order: str | None = None, *, copy: bool | None = None, blocking: bool = False
) -> ndarray:
    """Return ``a`` on the current device, itself where it is there."""
    return array(a, dtype, copy, "K" if order is None else order)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    """Return ``a`` in C order and of at least one dimension."""
    made = asarray(a, dtype)
    made = made if made.ndim else made.reshape(1)
    return made if made.flags.c_contiguous else made.copy()


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    """Return ``a`` in host memory."""
    if isinstance(a, ndarray):
        return a.get(stream, order, out)
    return np.array(a, order=order, copy=None)


def empty(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """Return an array whose values must not be read before they are written: they are poison."""
    return ndarray(shape, dtype, order=order)


def empty_like(
    prototype: ndarray, dtype: Any = None, order: str = "K", subok: None = None, shape: Any = None
) -> ndarray:
    """Return a poisoned array like ``prototype``."""
    return ndarray._new(bridge.poison(np.empty_like(prototype._host, dtype, order, False, shape)), order="K")


def broadcast_to(array: ndarray, shape: Any) -> ndarray:
    """Return a view of another shape; this very array where the shape is the same."""
    wanted = tuple(shape) if np.iterable(shape) else (shape,)
    return array if array.shape == wanted else call(np.broadcast_to, (array, wanted), {})


def take(a: ndarray, indices: Any, axis: int | None = None, out: ndarray | None = None) -> ndarray:
    """Return the elements at ``indices``, wrapping round."""
    return a.take(indices, axis, out)


def take_along_axis(a: ndarray, indices: ndarray, axis: int | None) -> ndarray:
    """Return the elements along ``axis``, wrapping round."""
    a, axis = (a.ravel(), 0) if axis is None else (a, axis)
    bridge.check_devices([a, indices])
    return ndarray._new(np.take_along_axis(a._host, indices._host % max(a.shape[axis], 1), axis))


def put_along_axis(arr: ndarray, indices: ndarray, values: Any, axis: int) -> None:
    """Write along ``axis``, wrapping round."""
    axis %= arr.ndim
    grid = np.indices(indices.shape, sparse=True)
    arr[tuple(indices if dim == axis else array(line) for dim, line in enumerate(grid))] = values


def put(a: ndarray, ind: Any, v: Any, mode: str = "wrap") -> None:
    """Write at flat places, wrapping round unless told to raise, which makes the host wait."""
    if mode == "raise":
        synchronize("put(mode='raise')")
    np.put(a._host, bridge.lower(asarray(ind)), bridge.lower(asarray(v)), mode)


def repeat(a: ndarray, repeats: Any, axis: int | None = None) -> ndarray:
    """Return the elements repeated: as often as the host says, never as the device does."""
    return a.repeat(repeats, axis)


def diagonal(a: ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    """Return a view of the diagonal."""
    return a.diagonal(offset, axis1, axis2)


def astype(x: ndarray, dtype: Any, /, *, copy: bool = True) -> ndarray:
    """Return ``x`` in another dtype."""
    return x.astype(dtype, copy=copy)


def clip(a: ndarray, a_min: Any, a_max: Any, out: ndarray | None = None) -> ndarray:
    """Return ``a`` limited to a range."""
    return call(np.clip, (a, a_min, a_max), {} if out is None else {"out": out})


def from_dlpack(x: Any) -> ndarray:
    """Return a view of what an object exports from the device."""
    if x.__dlpack_device__()[0] != 2:
        raise BufferError("from_dlpack takes arrays on a CUDA device")
    capsule = x.__dlpack__()
    if not isinstance(capsule, Capsule):
        raise TypeError(f"from_dlpack of the fake device takes fake arrays; got {type(x)}")
    return lift(capsule.array._host.view(), [capsule.array])


def get_array_module(*args: Any) -> Any:
    """Return the fake module where any argument is a fake array, NumPy where none is."""
    from .modules import cupy

    return cupy if any(isinstance(arg, ndarray) for arg in args) else np


def fuse(*args: Any, **options: Any) -> Any:
    """Return the function itself: fusing changes speed, not results."""
    return args[0] if args and callable(args[0]) else lambda function: function
