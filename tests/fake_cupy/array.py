"""``cupy.ndarray``: a NumPy array behind a wall that has CuPy's doors only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import bridge, cuda
from .indexing import Key
from .signatures import METHODS, check_call
from .sync import synchronize


class Flags:
    """``ndarray.flags``: contiguity and ownership; CuPy knows no read-only memory."""

    __slots__ = ("c_contiguous", "f_contiguous", "owndata")

    def __init__(self, array: ndarray) -> None:
        self.c_contiguous = array._host.flags.c_contiguous
        self.f_contiguous = array._host.flags.f_contiguous
        self.owndata = array.base is None

    def __getitem__(self, name: str) -> bool:
        return getattr(self, name.lower())

    @property
    def forc(self) -> bool:
        """Whether the memory is contiguous in either order."""
        return self.c_contiguous or self.f_contiguous

    @property
    def fnc(self) -> bool:
        """Whether the memory is contiguous in Fortran's order only."""
        return self.f_contiguous and not self.c_contiguous


class ndarray:
    """An array on a fake device.  New memory is poisoned, as ``cupy.ndarray(shape)`` leaves it undefined."""

    __slots__ = ("__weakref__", "_device_id", "_host", "_memory", "base")
    __array_priority__ = 100
    __hash__ = None

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"
    ) -> None:
        if memptr is None:
            self._own(bridge.poison(np.empty(shape, dtype, order=order)))
            return
        source = memptr.array
        self._host = np.lib.stride_tricks.as_strided(source._host, shape, strides)
        self.base, self._device_id, self._memory = None, source._device_id, source._memory

    def _own(self, host: np.ndarray) -> None:
        bridge.check_dtype(host.dtype)
        self._host, self.base, self._device_id = host, None, cuda.current_device()
        self._memory = cuda.Memory(host.nbytes)

    @classmethod
    def _new(cls, host: Any, order: str = "C") -> ndarray:
        """Return an array in memory of its own on the current device; CuPy's kernels write C order."""
        host = np.asarray(host)
        if host.base is not None or (order == "C" and not host.flags.c_contiguous):
            host = np.array(host, order=order)
        self = object.__new__(cls)
        self._own(host)
        return self

    @classmethod
    def _view(cls, host: np.ndarray, source: ndarray) -> ndarray:
        """Return an array on the memory of ``source``."""
        self = object.__new__(cls)
        self._host, self._device_id, self._memory = host, source._device_id, source._memory
        self.base = source if source.base is None else source.base
        return self

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        own = self._host.__array_interface__
        return {
            "shape": self.shape,
            "typestr": own["typestr"],
            "descr": own["descr"],
            "version": 3,
            "strides": None if self.flags.c_contiguous else self.strides,
            "data": (own["data"][0], False),
            "stream": 1,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, self._device_id  # kDLCUDA

    def __dlpack__(self, **options: Any) -> Capsule:
        return Capsule(self)

    # what NumPy asks of it

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from .modules import cupy

        twin = getattr(cupy, function.__name__, None)
        if method != "__call__" or twin is None:
            return NotImplemented
        if "out" in options:
            (options["out"],) = options["out"]
        return twin(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from .modules import cupy

        if any(kind not in (ndarray, np.ndarray) for kind in types):
            return NotImplemented
        module: Any = cupy
        for name in function.__module__.split(".")[1:]:
            module = getattr(module, name, None)
        twin = getattr(module, function.__name__, None)
        return NotImplemented if twin is None else twin(*args, **options)

    # attributes

    shape = property(lambda self: self._host.shape, lambda self, shape: setattr(self._host, "shape", shape))
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    strides = property(lambda self: self._host.strides)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    flags = property(Flags)
    device = property(lambda self: cuda.Device(self._device_id))
    data = property(lambda self: cuda.MemoryPointer(self, self._host.ctypes.data, self._device_id))
    T = property(lambda self: lift(self._host.T, [self]))
    mT = property(lambda self: lift(self._host.mT, [self]))
    real = property(lambda self: lift(self._host.real, [self]))
    imag = property(lambda self: lift(self._host.imag, [self]))

    # the host waits

    def get(
        self, stream: Any = None, order: str = "C", out: np.ndarray | None = None, blocking: bool = True
    ) -> np.ndarray:
        """Return a copy in host memory."""
        synchronize("get()")
        if out is None:
            return np.array(self._host, order=order)
        np.copyto(out, self._host)
        return out

    def item(self) -> Any:
        """Return the one element as a Python number."""
        synchronize("item()")
        return self._host.item()

    def tolist(self) -> Any:
        """Return nested lists of Python numbers."""
        synchronize("tolist()")
        return self._host.tolist()

    def tobytes(self, order: str = "C") -> bytes:
        """Return the bytes."""
        synchronize("tobytes()")
        return self._host.tobytes(order)

    def nonzero(self) -> tuple[ndarray, ...]:
        """Return the indices of the elements that are not zero."""
        synchronize("nonzero()")
        return lift(self._host.nonzero(), [self])

    def __bool__(self) -> bool:
        synchronize("bool()")
        return bool(self._host)

    def __int__(self) -> int:
        synchronize("int()")
        return int(self._host)

    def __float__(self) -> float:
        synchronize("float()")
        return float(self._host)

    def __complex__(self) -> complex:
        synchronize("complex()")
        return complex(self._host)

    def __repr__(self) -> str:
        synchronize("repr()")
        return repr(self._host)

    def __str__(self) -> str:
        synchronize("str()")
        return str(self._host)

    def __format__(self, spec: str) -> str:
        synchronize("format()")
        return format(self._host, spec)

    def __reduce__(self) -> Any:
        return ndarray._new, (self.get(),)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[i] for i in range(len(self)))

    # copies and writes

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy a NumPy array of the same shape and dtype into this one."""
        if type(arr) is not np.ndarray or (arr.dtype, arr.shape) != (self.dtype, self.shape):
            raise TypeError(f"{arr!r} cannot be set to {self.dtype} array of shape {self.shape}")
        self._host[...] = arr

    def fill(self, value: Any) -> None:
        """Write one number everywhere."""
        if isinstance(value, np.ndarray) and value.shape != ():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        if isinstance(value, (list, tuple, ndarray)):
            raise TypeError(f"fill takes a number; got {type(value)}")
        bridge.check_devices([self])
        self._host.fill(value)

    def astype(
        self, dtype: Any, order: str = "K", casting: str | None = None, subok: None = None, copy: bool = True
    ) -> ndarray:
        """Return a copy of another dtype, or this array where nothing changes and ``copy`` is false."""
        host = self._host.astype(dtype, order=order, casting=casting or "unsafe", copy=copy)
        return lift(host, [self], order="K")

    def copy(self, order: str = "C") -> ndarray:
        """Return a copy on the current device."""
        return ndarray._new(self._host.copy(order), order="K")

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ndarray:
        with self.device:
            return self.copy()

    def conj(self) -> ndarray:
        """Return the conjugate: this very array where it is real."""
        return lift(self._host.conj(), [self]) if self.dtype.kind == "c" else self

    conjugate = conj

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
        """Return a view of the diagonal, writable as CuPy's is."""
        host = self._host.diagonal(offset, axis1, axis2)
        host.flags.writeable = self._host.flags.writeable
        return lift(host, [self])

    def take(self, indices: Any, axis: int | None = None, out: ndarray | None = None) -> ndarray:
        """Return the elements at ``indices``, which wrap round silently where they are out of range."""
        host = indices._host if isinstance(indices, ndarray) else np.asarray(indices, int)
        size = self.size if axis is None else self.shape[axis]
        taken = np.take(self._host, host % max(size, 1), axis)
        return _finish(taken, [self, *bridge.arrays_in(indices)], out)

    def repeat(self, repeats: Any, axis: int | None = None) -> ndarray:
        """Return the elements repeated; CuPy must know on the host how often."""
        if isinstance(repeats, ndarray):
            raise ValueError("cupy.ndarray cannot be specified as `repeats` argument.")
        return lift(self._host.repeat(repeats, axis), [self])

    # indexing

    def __getitem__(self, key: Any) -> ndarray:
        return Key(key, self).read()

    def __setitem__(self, key: Any, value: Any) -> None:
        Key(key, self).write(value)

    def scatter_add(self, slices: Any, value: Any) -> None:
        """Add ``value`` at an index, duplicates included."""
        Key(slices, self).scatter("add", value)

    def scatter_max(self, slices: Any, value: Any) -> None:
        """Raise to ``value`` at an index, duplicates included."""
        Key(slices, self).scatter("max", value)

    def scatter_min(self, slices: Any, value: Any) -> None:
        """Lower to ``value`` at an index, duplicates included."""
        Key(slices, self).scatter("min", value)


class Capsule:
    """What ``__dlpack__`` hands over; only ``from_dlpack`` of this module takes it."""

    def __init__(self, array: ndarray) -> None:
        self.array = array


def lift(result: Any, sources: list[ndarray], order: str = "C") -> Any:
    """Return a NumPy result as fake arrays: views where it is one, 0-d arrays for scalars."""
    if isinstance(result, (tuple, list)):
        return (list if isinstance(result, list) else tuple)(lift(item, sources, order) for item in result)
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    for source in sources:
        if result is source._host:
            return source
    host = np.asarray(result)
    for source in sources:
        if bridge.shares(host, source._host):
            return ndarray._view(host, source)
    bridge.check_devices(sources)
    return ndarray._new(host, order)


def _finish(host: np.ndarray, sources: list[ndarray], out: ndarray | None) -> ndarray:
    if out is None:
        return lift(host, sources)
    bridge.check_devices([*sources, out])
    np.copyto(out._host, host)
    return out


def call(function: Callable[..., Any], args: Any, options: Any, order: str = "C") -> Any:
    """Call a NumPy function on fake arrays, without NumPy's warnings about floating point."""
    sources = list(bridge.arrays_in([*args, options]))
    with np.errstate(all="ignore"):
        result = function(*bridge.lower(list(args)), **bridge.lower(options))
    return lift(result, sources, order)


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np.ndarray, name)

    def method(self: ndarray, *args: Any, **options: Any) -> Any:
        check_call(f"ndarray.{name}", METHODS[name], (self, *args), options)
        return call(function, (self, *args), options)

    method.__name__ = name
    return method


for _name in METHODS:
    if _name not in vars(ndarray) and hasattr(np.ndarray, _name):
        setattr(ndarray, _name, _method(_name))
