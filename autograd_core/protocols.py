"""How other libraries take a tensor: NumPy's arrays and ufuncs, DLPack, the array API, copy and pickle."""

from __future__ import annotations

import copy
import importlib
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, as_device, to_device
from autograd_core.conversion import numpy
from autograd_core.engine.modes import GRAD
from autograd_core.engine.tensor import Parameter, Tensor, wrap
from autograd_core.errors import DTypeError, GraphError

# NumPy's names of functions that have another one here
UFUNCS = {
    "conjugate": "conj", "equal": "eq", "greater": "gt", "greater_equal": "ge", "invert": "bitwise_not",
    "left_shift": "bitwise_left_shift", "less": "lt", "less_equal": "le", "not_equal": "ne", "power": "pow",
    "right_shift": "bitwise_right_shift",
}  # fmt: skip


def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    """Give NumPy the elements, where no gradient would be lost."""
    array = numpy(self)
    wanted = array if dtype is None else array.astype(dtype, copy=False)
    return wanted.copy() if copy and wanted is array else wanted


def __array_ufunc__(self: Tensor, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
    """Do what a NumPy ufunc does, by the function of its name here, so that it is recorded.

    Ufuncs without one (and their methods, such as ``np.add.reduce``) compute on the arrays and return a tensor.

    Raises: GraphError where such a one would lose a gradient.
    """
    space = importlib.import_module("autograd_core")
    places = tuple(out or ())
    known = getattr(space, UFUNCS.get(ufunc.__name__, ufunc.__name__), None) if method == "__call__" else None
    if known is not None and hasattr(Tensor, known.__name__) and not options and _all_tensors(places):
        return known(*map(_tensor, inputs), **({"out": places[0]} if places else {}))
    if GRAD.get() and any(isinstance(v, Tensor) and v._node is not None for v in (*inputs, *places)):
        raise GraphError(
            f"numpy.{ufunc.__name__}: an argument requires grad, and this call is not differentiated; use a function "
            f"of ag, or .detach()"
        )
    options |= {"out": tuple(map(_array, places))} if places else {}
    results = getattr(ufunc, method)(*map(_array, inputs), **options)
    if places:
        return places[0] if len(places) == 1 else places
    return tuple(map(_tensor, results)) if isinstance(results, tuple) else _tensor(results)


def _all_tensors(values: tuple[Any, ...]) -> bool:
    return all(isinstance(v, Tensor) for v in values)


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Tensor) else value


def _tensor(value: Any) -> Any:
    """Return arrays, and scalars that a ufunc gave, as tensors; anything else as it is."""
    if type(value) in XP:
        return wrap(value)
    return wrap(host.asarray(value)) if isinstance(value, host.generic) else value


def __array_namespace__(self: Tensor, *, api_version: str | None = None) -> Any:
    """Return the array API's functions on tensors, for libraries such as einops and SciPy.

    Source: https://data-apis.org/array-api, version 2024.12.
    """
    space = importlib.import_module("autograd_core.array_api")
    if api_version is not None and api_version not in space.VERSIONS:
        raise DTypeError(f"__array_namespace__: api_version is {api_version!r}; wanted one of {space.VERSIONS}")
    return space


def __deepcopy__(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """Copy a leaf with its data and, unless it is a Parameter, its gradient and what users hung on it.

    Raises: GraphError for a tensor inside a graph.
    """
    if not self.is_leaf:
        raise GraphError(
            "deepcopy: Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at "
            "the moment; use .detach() or .clone()"
        )
    out = object.__new__(type(self))
    memo[id(self)] = out
    out._array, out._node, out._view = self._array.copy(), None, None
    out.requires_grad_(self.requires_grad)
    if isinstance(self, Parameter):
        return out
    if self._grad is not None:
        out._grad = wrap(self._grad._array.copy())
    if hung := _hung_on(self):
        vars(out).update(copy.deepcopy(hung, memo))
    return out


def _hung_on(tensor: Tensor) -> dict[str, Any]:
    """Return the attributes that are not the engine's."""
    return {name: value for name, value in vars(tensor).items() if name not in ("_grad", "_children", "_cut")}


def __reduce_ex__(self: Tensor, protocol: Any) -> Any:
    """Pickle the data and what users hung on the tensor, without the graph."""
    data = to_device(self._array, as_device("cpu"))
    return _rebuild, (type(self), data, str(self.device), self.requires_grad), _hung_on(self) or None


def _rebuild(cls: type, array: Any, place: str, requires_grad: bool) -> Tensor:
    out: Tensor = object.__new__(cls)
    out._array, out._node, out._view = to_device(array, as_device(place)), None, None
    return out.requires_grad_(requires_grad)


def __dlpack__(self: Tensor, **options: Any) -> Any:
    """Share the memory by the DLPack protocol.  Raises: GraphError for a tensor that requires grad."""
    if self._node is not None:
        raise GraphError("dlpack: Can't export tensors that require gradient, use tensor.detach()")
    return self._array.__dlpack__(**options)


def __dlpack_device__(self: Tensor) -> Any:
    """Say where the memory is, in DLPack's numbers."""
    return self._array.__dlpack_device__()
