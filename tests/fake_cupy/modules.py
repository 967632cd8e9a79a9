"""The module objects: every name of CuPy's API is here, or says that the fake does not play it yet."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from . import cuda as _cuda
from . import functions as _functions
from . import linear as _linear
from . import operators as _operators  # noqa: F401  gives ndarray its operators
from .array import call, ndarray
from .random import Generator, Legacy, default_rng
from .signatures import API, check_call
from .sync import DeviceSynchronized, synchronize
from .ufunc import ufunc

HOSTS = {
    "cupy": "numpy",
    "cupy.fft": "numpy.fft",
    "cupy.lib.stride_tricks": "numpy.lib.stride_tricks",
    "cupy.linalg": "numpy.linalg",
    "cupyx.scipy.special": "scipy.special",
}
WAITS = {
    "argwhere", "array_repr", "array_str", "bincount", "compress", "delete", "extract", "flatnonzero",
    "histogram", "intersect1d", "nonzero", "place", "setdiff1d", "setxor1d", "trim_zeros", "union1d",
    "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
}  # fmt: skip
NOT_YET = "{}.{} is in CuPy, but the fake device does not play it yet"
ARRAY_ANSWERS = {"allclose", "array_equal", "array_equiv"}  # a Python bool from NumPy, a 0-d array from CuPy
KEEP_ORDER = {"asfortranarray", "copy", "full_like", "ones_like", "zeros_like"}
ARRAYS_ONLY = {"a", "ar", "array", "arr", "m", "x"}  # a first argument of this name is never a list


def twin(module: str, name: str) -> Callable[..., Any]:
    """Return NumPy's (or SciPy's) function of this name behind CuPy's signature.

    Raises: NotImplementedError where CuPy has it and the host library has not.
    """
    host = getattr(importlib.import_module(HOSTS[module]), name, None)
    text = API["modules"][module]["functions"][name]
    if host is None:
        raise NotImplementedError(NOT_YET.format(module, name))
    first = text.split(",")[0].split("=")[0].strip()

    def function(*args: Any, **options: Any) -> Any:
        check_call(f"{module}.{name}", text, args, options)
        if first in ARRAYS_ONLY and args and not isinstance(args[0], (ndarray, *_functions.bridge.SCALARS)):
            raise TypeError(f"{module}.{name}: Unsupported type {type(args[0])}")
        if name in WAITS or (name == "where" and len(args) == 1):
            synchronize(f"{module}.{name}")
        order = "K" if name in KEEP_ORDER else "C"
        if module == "cupy.linalg":
            return _linear.checked(name, args, lambda: call(host, args, options, order))
        result = call(host, args, options, order)
        return ndarray._new(result) if name in ARRAY_ANSWERS else result

    function.__name__ = name
    return function


class Module(ModuleType):
    """A module whose names are those of the API snapshot, made when they are first asked for."""

    def __getattr__(self, name: str) -> Any:
        api = API["modules"].get(self.__name__, {"functions": {}, "ufuncs": {}, "others": []})
        if name in api["ufuncs"]:
            value: Any = self._ufunc(name, api["ufuncs"][name]["at"])
        elif name in api["functions"]:
            value = twin(self.__name__, name)
        elif name in api["others"]:
            value = _constant(self.__name__, name)
        else:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        setattr(self, name, value)
        return value

    def _ufunc(self, name: str, scatter: str | None) -> ufunc:
        module = importlib.import_module(HOSTS[self.__name__])
        host = getattr(module, name, None)
        if not isinstance(host, np.ufunc):  # SciPy's zeta is a function around one
            host = getattr(getattr(module, "_ufuncs", None), f"_{name}", None)
        if not isinstance(host, np.ufunc):
            raise NotImplementedError(NOT_YET.format(self.__name__, name))
        return ufunc(name, host, scatter)


def _constant(module: str, name: str) -> Any:
    """Return a number or a type that CuPy has from NumPy; its other objects make arrays."""
    value = getattr(np, name, _constant)
    kinds = (np.generic, np.dtype, np.finfo, np.iinfo, Exception)
    if value is None or isinstance(value, float) or (isinstance(value, type) and issubclass(value, kinds)):
        return value
    raise NotImplementedError(NOT_YET.format(module, name))


def _module(name: str, **names: Any) -> Module:
    module = Module(name)
    vars(module).update(names)
    return module


def _rsqrt(x: ndarray, **options: Any) -> ndarray:
    return cupy.divide(cupy.asarray(1, x.dtype), cupy.sqrt(x), **options)


def _public(module: ModuleType) -> dict[str, Any]:
    known = API["modules"]["cupy"]
    return {name: value for name, value in vars(module).items() if name in known["functions"]}


_legacy = Legacy()
random = _module("cupy.random", Generator=Generator, default_rng=default_rng, seed=_legacy.seed)
random.__dict__["__getattr__"] = _legacy.__getattr__
stride_tricks = _module("cupy.lib.stride_tricks")
lib = _module("cupy.lib", stride_tricks=stride_tricks)
linalg = _module("cupy.linalg", LinAlgError=np.linalg.LinAlgError)
fft = _module("cupy.fft")
cuda = _cuda.build()

cupy = _module(
    "cupy",
    __version__=API["version"],
    **_public(_functions),
    asanyarray=_functions.asarray,
    mgrid=_functions.Grid(np.mgrid),
    ogrid=_functions.Grid(np.ogrid),
    ndarray=ndarray,
    ufunc=ufunc,
    cuda=cuda,
    fft=fft,
    lib=lib,
    linalg=linalg,
    random=random,
    is_available=cuda.is_available,
    get_default_memory_pool=_cuda.MemoryPool,
    bool=np.bool_,
    ElementwiseKernel=_functions.Kernel,
    RawKernel=_functions.Kernel,
    RawModule=_functions.Kernel,
    ReductionKernel=_functions.Kernel,
    AxisError=np.exceptions.AxisError,
)

special = _module("cupyx.scipy.special")
scipy = _module("cupyx.scipy", special=special, get_array_module=_functions.get_array_module)
cupyx = _module(
    "cupyx",
    scipy=scipy,
    errstate=_linear.errstate,
    rsqrt=_rsqrt,
    scatter_add=ndarray.scatter_add,
    scatter_max=ndarray.scatter_max,
    scatter_min=ndarray.scatter_min,
    DeviceSynchronized=DeviceSynchronized,
)

ALL = {
    module.__name__: module
    for module in (cupy, cuda, cuda.runtime, cuda.memory, fft, lib, stride_tricks, linalg, random,
                   cupyx, scipy, special)
}  # fmt: skip
