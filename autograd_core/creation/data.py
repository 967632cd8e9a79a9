"""Making tensors from data: numbers, arrays, buffers, and what other libraries hold; shared or copied."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, as_device, make_on, module_for, to_device
from autograd_core.dtypes import BY_NUMPY, as_dtype, dtype, get_default_dtype, promote_types, python_dtype
from autograd_core.engine.cuts import note
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.out import deliver
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DeviceError, DTypeError, ShapeError
from autograd_core.layouts import strided

__all__ = ["as_tensor", "asarray", "from_dlpack", "from_numpy", "frombuffer", "tensor"]

# what every function that makes tensors takes besides its own arguments
COMMON = {"out": None, "layout": None, "pin_memory": False, "memory_format": None, "requires_grad": False}


def creates(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Give a function that makes a tensor the options that all of them have.

    ``out`` is a tensor to be filled, whose dtype and device hold where none is said; ``requires_grad`` makes the result
    a leaf of the graph; ``layout``, ``pin_memory`` and ``memory_format`` change nothing here.

    Raises: DTypeError for a layout other than ``ag.strided``.
    """

    @functools.wraps(make)
    def call(
        *args: Any, out: Tensor | None = None, layout: Any = None, pin_memory: bool = False, memory_format: Any = None,
        requires_grad: bool = False, **options: Any,
    ) -> Tensor:  # fmt: skip
        if layout is not None and layout is not strided:
            raise DTypeError(f"{make.__name__}: layout is {layout!r}; wanted ag.strided, the only one there is")
        if out is None:
            made = make(*args, **options)
        else:
            said = {name: value for name, value in options.items() if value is not None}
            made = deliver(make, args, {"dtype": out.dtype, "device": out.device} | said, out)
        return made.requires_grad_() if requires_grad else made

    own = inspect.signature(make)
    more = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=d) for name, d in COMMON.items()]
    call.__signature__ = own.replace(parameters=[*own.parameters.values(), *more])  # type: ignore[attr-defined]
    return call


def made(make: Callable[[ModuleType], Any], device: Any) -> Tensor:
    """Return ``make(xp)`` as a tensor on ``device`` (the default one for None)."""
    return wrap(make_on(as_device(device), make))


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
    if isinstance(data, Lifted):
        copied: Tensor = data.detach().to(device=device, dtype=dtype).clone()
        return copied.requires_grad_() if requires_grad else copied
    array, place = _array_of(data, dtype)
    array = XP[type(array)].array(array, order="C") if type(array) is not host.ndarray else host.array(array, order="C")
    made = finish(array, place if device is None else device, requires_grad)
    if isinstance(data, Tensor) and data._node is not None:
        made._cut = note("ag.tensor()", data._node)
    return made


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
    if not known(array.dtype):
        raise DTypeError(f"tensor: can't convert data of type {array.dtype}; wanted numbers or booleans")
    return (array if kind is None or array.dtype == kind.dtype else array.astype(kind.dtype)), place


def known(kind: Any) -> bool:
    """Whether there is a dtype for one of NumPy's."""
    return kind in BY_NUMPY or kind.name == "bfloat16"


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


def from_numpy(ndarray: Any) -> Tensor:
    """Return a tensor that shares a NumPy array's memory.  Raises: DTypeError for anything else."""
    if not isinstance(ndarray, host.ndarray):
        raise DTypeError(f"from_numpy: expected np.ndarray (got {type(ndarray).__name__})")
    if not known(ndarray.dtype):
        raise DTypeError(f"from_numpy: can't convert an array of dtype {ndarray.dtype}; wanted numbers or booleans")
    return wrap(host.asarray(ndarray))


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor that shares the memory of any object with ``__dlpack__`` (PyTorch, JAX, CuPy, NumPy).

    ``copy=True`` gives it memory of its own; ``copy=False`` refuses where another ``device`` needs that.

    Raises: DeviceError for ``copy=False`` and a device on which the memory is not.
    """
    kind = ext_tensor.__dlpack_device__()[0]
    found = wrap(module_for(as_device("cpu" if kind == 1 else "cuda")).from_dlpack(ext_tensor))
    moved = found if device is None else found.to(device)
    if copy is False and moved is not found:
        raise DeviceError(f"from_dlpack: the memory is on {found.device}; wanted copy=True to have it on {device}")
    return moved.clone() if copy and moved is found else moved


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """Return ``obj`` as a tensor: sharing memory where it can (``copy=None``), must (False), or not at all (True).

    Arrays, tensors and what speaks DLPack or Python's buffer protocol (as bytes of ``dtype``) can be shared.

    Raises: ShapeError where ``copy=False`` cannot be.
    """
    if isinstance(obj, bytes | bytearray | memoryview):
        obj = host.frombuffer(obj, (get_default_dtype() if dtype is None else as_dtype(dtype)).dtype)
    elif hasattr(obj, "__dlpack__") and not isinstance(obj, Tensor) and type(obj) not in XP:
        obj = from_dlpack(obj)
    out = as_tensor(obj, dtype, device)
    shared = out is obj or (type(obj) in XP and XP[type(obj)].shares_memory(out._array, obj))
    if copy is False and not shared:
        raise ShapeError("asarray: can't alias obj: its memory, dtype or device is not what is asked for")
    if copy and shared:
        out = wrap(out._array.copy())
    elif out is obj and requires_grad is not obj.requires_grad:
        out = out.detach()
    return out.requires_grad_() if requires_grad else out


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a 1-d tensor that shares the memory of an object with Python's buffer protocol, read as ``dtype``.

    Raises: ShapeError where the buffer holds no whole number of elements, or too few.
    """
    kind, size = as_dtype(dtype), memoryview(buffer).nbytes
    left = size - offset
    if size == 0 or not 0 <= offset < size or count == 0 or (count < 0 and left % kind.itemsize) or (
        count > 0 and count * kind.itemsize > left
    ):
        raise ShapeError(
            f"frombuffer: a buffer of {size} bytes holds no {count if count > 0 else 'whole number of'} elements of "
            f"{kind} ({kind.itemsize} bytes each) after an offset of {offset}"
        )
    out = wrap(host.frombuffer(buffer, kind.dtype, count, offset))
    return out.requires_grad_() if requires_grad else out
