"""Making tensors: from data, filled, in ranges, and sharing memory with NumPy, CuPy and DLPack."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, as_device, make_on, module_for, to_device
from autograd_core.composites.shaping import sizes
from autograd_core.dtypes import BY_NUMPY, as_dtype, dtype, get_default_dtype, promote_types, python_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_dlpack", "from_numpy", "full", "full_like", "linspace",
    "meshgrid", "ones", "ones_like", "scalar_tensor", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def finish(array: Any, device: Any, requires_grad: bool) -> Tensor:
    """Return a host array as a tensor on ``device`` (the default one for None)."""
    out = wrap(to_device(array, as_device(device)))
    return out.requires_grad_() if requires_grad else out


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """Return a tensor with a copy of ``data``: numbers, nested sequences, arrays, or a Tensor.

    Python floats take the default dtype (float32), ints int64, bools bool; arrays keep their dtype.
    Raises: DTypeError, ShapeError for what is no rectangular block of numbers.
    """
    array, place = _array_of(data, dtype)
    array = XP[type(array)].array(array, order="C") if type(array) is not host.ndarray else host.array(array, order="C")
    return finish(array, place if device is None else device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``data`` as a tensor, sharing its memory (and graph, if a Tensor) where dtype and device allow it."""
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype) if device is not None or dtype is not None else data
    array, place = _array_of(data, dtype)
    return finish(array, place if device is None else device, False)


def _array_of(data: Any, wanted: Any) -> tuple[Any, Any]:
    """Return data as an array in the dtype it gets, and the device it is on (None: the default)."""
    kind = None if wanted is None else as_dtype(wanted)
    if isinstance(data, Tensor):
        array, place = data._array, data.device
    elif type(data) in XP or isinstance(data, host.generic):
        array, place = data if type(data) in XP else host.asarray(data), None
    else:
        array, place = _from_python(data, kind), None
    if array.dtype not in BY_NUMPY:
        raise DTypeError(f"tensor: can't convert data of type {array.dtype}; wanted numbers or booleans")
    return (array if kind is None or array.dtype == kind.dtype else array.astype(kind.dtype)), place


def _from_python(data: Any, kind: dtype | None) -> Any:
    flat: list[Any] = []
    plain = _plain(data, flat)
    found: dtype | None = None
    kinds = {type(v): python_dtype(v) for v in flat if type(v) in (bool, int, float, complex)}.values()
    for d in (*kinds, *(BY_NUMPY[v.dtype] for v in flat if isinstance(v, host.generic | host.ndarray))):
        found = d if found is None else promote_types(found, d)
    target = kind or found or get_default_dtype()
    try:
        return host.array(plain, target.dtype)
    except (ValueError, TypeError, OverflowError) as error:
        kind_of = ShapeError if "inhomogeneous" in str(error) else DTypeError
        raise kind_of(f"tensor: data is no rectangular block of numbers ({error})") from None


def _plain(data: Any, flat: list[Any]) -> Any:
    """Return nested sequences with the tensors in them turned to arrays; gather the elements' kinds in ``flat``."""
    if isinstance(data, list | tuple | range):
        return [_plain(v, flat) for v in data]
    if isinstance(data, Tensor):
        data = to_device(data._array, as_device("cpu"))
    elif hasattr(data, "__array__") and not isinstance(data, host.generic):
        data = host.asarray(data)
    elif not isinstance(data, int | float | bool | complex | host.generic):
        raise DTypeError(f"tensor: could not infer dtype of {type(data).__name__}; wanted numbers, sequences or arrays")
    flat.append(data)
    return data


def legacy_tensor(cls: type, *args: Any, device: Any = None) -> Tensor:
    """Return ``Tensor(2, 3)``, zeros of that shape, or ``Tensor(data)`` as float32; ``cls`` may be a subclass."""
    if len(args) == 1 and not isinstance(args[0], int):
        made = tensor(args[0], dtype=get_default_dtype() if not isinstance(args[0], Tensor) else None, device=device)
        made = wrap(args[0]._array) if isinstance(args[0], Tensor) else made
    else:
        made = zeros(*(args or (0,)), device=device)
    if cls is Tensor:
        return made
    out: Tensor = object.__new__(cls)
    out._array, out._node, out._view = made._array, None, None
    return out


def _filled(operation: str, shape: tuple[Any, ...], value: Any, kind: Any, device: Any, requires_grad: bool) -> Tensor:
    d = as_dtype(kind) if kind is not None else get_default_dtype() if value is None else python_dtype(value)
    size = sizes(shape, operation)
    if min(size, default=0) < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: {size}")
    if value is None or value == 0:
        return _made(lambda xp: xp.zeros(size, d.dtype), device, requires_grad)
    return _made(lambda xp: xp.full(size, value, d.dtype), device, requires_grad)


def _made(make: Callable[[ModuleType], Any], device: Any, requires_grad: bool) -> Tensor:
    out = wrap(make_on(as_device(device), make))
    return out.requires_grad_() if requires_grad else out


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, out: None = None) -> Tensor:
    """Return zeros.  Shape: ``size``."""
    return _filled("zeros", size or ((),), None, dtype, device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones.  Shape: ``size``."""
    return _filled("ones", size or ((),), 1.0, dtype or get_default_dtype(), device, requires_grad)


def empty(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """Return a tensor to be filled.  It holds zeros: what a forgotten write leaves is then at least the same twice."""
    return _filled("empty", size or ((),), None, dtype, device, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ``fill_value`` everywhere; its kind gives the dtype where none is said."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _filled("full", (size,), value, dtype or python_dtype(value), device, requires_grad)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a 0-d tensor of a number, in the default floating dtype where none is said."""
    return full((), s, dtype=dtype or get_default_dtype(), device=device)


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros of ``input``'s shape, dtype and device."""
    return zeros(input.shape, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones of ``input``'s shape, dtype and device."""
    return ones(input.shape, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor of ``input``'s shape, dtype and device, to be filled; it holds zeros."""
    return zeros_like(input, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ``fill_value`` everywhere, in ``input``'s shape, dtype and device."""
    return full(input.shape, fill_value, dtype=dtype or input.dtype, device=device or input.device,
                requires_grad=requires_grad)  # fmt: skip


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return ``start, start + step, ...`` below ``end``; ``arange(end)`` starts at 0.  int64 if all are ints.

    Raises: ShapeError for a step of zero or of the wrong sign.
    """
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise ShapeError(f"arange: upper bound and lower bound inconsistent with step sign: {start}, {end}, {step}")
    whole = all(isinstance(v, int) for v in (start, end, step))
    kind = as_dtype(dtype) if dtype is not None else as_dtype("int64") if whole else get_default_dtype()
    n = math.ceil((end - start) / step)
    counting = "int64" if whole else "float64"
    return _made(lambda xp: (xp.arange(n, dtype=counting) * step + start).astype(kind.dtype), device, requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return ``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    Raises: ShapeError for a negative number of steps.
    """
    if steps < 0:
        raise ShapeError(f"linspace: steps is {steps}; wanted a non-negative int")
    kind = as_dtype(dtype) if dtype is not None else get_default_dtype()
    ends = float(start), float(end)
    return _made(lambda xp: xp.linspace(*ends, steps).astype(kind.dtype), device, requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones on the diagonal, zeros elsewhere.  Shape: (n, m), m being n where None.

    Raises: ShapeError for a negative size.
    """
    if n < 0 or (m is not None and m < 0):
        raise ShapeError(f"eye: got n={n}, m={m}; wanted non-negative ints")
    kind = as_dtype(dtype) if dtype is not None else get_default_dtype()
    return _made(lambda xp: xp.eye(n, n if m is None else m, dtype=kind.dtype), device, requires_grad)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of the grid that vectors span, one tensor each; 'ij' (matrix) or 'xy' order."""
    xs = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise DTypeError(f"meshgrid: indexing is {indexing!r}; wanted 'ij' or 'xy'")
    order = [1, 0, *range(2, len(xs))] if indexing == "xy" and len(xs) > 1 else list(range(len(xs)))
    shape = [xs[i]._array.size for i in order]
    return tuple(
        x.reshape([-1 if order[k] == i else 1 for k in range(len(xs))]).expand(*shape) for i, x in enumerate(xs)
    )


def from_numpy(ndarray: Any) -> Tensor:
    """Return a tensor that shares a NumPy array's memory.  Raises: DTypeError for anything else."""
    if not isinstance(ndarray, host.ndarray):
        raise DTypeError(f"from_numpy: expected np.ndarray (got {type(ndarray).__name__})")
    if ndarray.dtype not in BY_NUMPY:
        raise DTypeError(f"from_numpy: can't convert an array of dtype {ndarray.dtype}; wanted numbers or booleans")
    return wrap(host.asarray(ndarray))


def from_dlpack(ext_tensor: Any) -> Tensor:
    """Return a tensor that shares the memory of any object with ``__dlpack__`` (PyTorch, JAX, CuPy, NumPy)."""
    kind = ext_tensor.__dlpack_device__()[0]
    return wrap(module_for(as_device("cpu" if kind == 1 else "cuda")).from_dlpack(ext_tensor))
