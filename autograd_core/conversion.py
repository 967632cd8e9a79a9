"""What a tensor can be turned into: other dtypes and devices, arrays, lists, numbers."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.backend.watches import report
from autograd_core.composites import splitting
from autograd_core.composites.copying import contiguous
from autograd_core.creation.legacy import TensorType, named_type, type_name
from autograd_core.dtypes import as_dtype, dtype
from autograd_core.engine import inplace
from autograd_core.engine.cuts import note
from autograd_core.engine.fit import cast
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.layouts import memory_format as MemoryFormat
from autograd_core.names import DTYPES
from autograd_core.ops import logic, shape

METHODS = ["apply_", "cpu", "cuda", "item", "map_", "numpy", "to", "tolist", "type", "type_as"]

# ---- out of the language ----


def item(self: Tensor) -> Any:
    """Return the one element as a Python number.  Raises: ShapeError where there is not exactly one."""
    if self._array.size != 1:
        raise ShapeError(
            f"item: a Tensor with {self._array.size} elements (shape {tuple(self.shape)}) cannot be converted to Scalar"
        )
    if builtins.type(self._array) is not host.ndarray:
        report()
    if self._node is not None:
        note("item()", self._node)
    return self._array.item()


def tolist(self: Tensor) -> Any:
    """Return the elements as nested Python lists (a number, for a 0-d tensor)."""
    if self._node is not None:
        note("tolist()", self._node)
    return to_device(self._array, as_device("cpu")).tolist()


def numpy(self: Tensor, *, force: bool = False) -> Any:
    """Return a NumPy array that shares the memory.

    Raises: GraphError for a tensor that requires grad, whose gradient would be lost (use ``.detach().numpy()``, or
    ``force=True``); DTypeError off the CPU without ``force``.
    """
    if self._node is not None and not force:
        raise GraphError("numpy: Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if isinstance(self, Lifted):
        self.level.refuse(
            "the values of a tensor were asked for, by numpy(), which would take it out of this transform"
        )
    if builtins.type(self._array) is not host.ndarray and not force:
        raise DTypeError(
            f"numpy: can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy it first"
        )
    if self._node is not None:
        note("numpy(force=True)", self._node)
    return to_device(self._array, as_device("cpu"))


def __bool__(self: Tensor) -> bool:
    """Return the truth of the one element."""
    if self._array.size != 1:
        raise ShapeError(
            f"bool: Boolean value of Tensor with {'no' if not self._array.size else 'more than one'} value is "
            f"ambiguous: shape {tuple(self.shape)}; use .any() or .all()"
        )
    if builtins.type(self._array) is not host.ndarray:
        report()
    return bool(self._array.item())


def __len__(self: Tensor) -> int:
    """Return the length of the first dimension."""
    if not self._array.ndim:
        raise DTypeError("len: len() of a 0-d tensor")
    return int(self._array.shape[0])


def __iter__(self: Tensor) -> Iterator[Tensor]:
    """Iterate over the first dimension."""
    if not self._array.ndim:
        raise DTypeError("iter: iteration over a 0-d tensor")
    return iter(splitting.unbind(self))


def __contains__(self: Tensor, element: Any) -> bool:
    """Whether any element equals ``element``."""
    return bool((logic.eq(self, element))._array.any())


# ---- dtype and device ----


def to(self: Tensor, *args: Any, memory_format: MemoryFormat | None = None, **kwargs: Any) -> Tensor:
    """Return the tensor in another dtype and/or on another device: itself where nothing changes.

    ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other)``; ``copy=True`` copies always.
    """
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    wanted, place = kwargs.pop("dtype", None), kwargs.pop("device", None)
    if kwargs:
        raise DTypeError(f"to: got an unexpected keyword argument {next(iter(kwargs))!r}")
    for value in args:
        if isinstance(value, Tensor):
            wanted, place = value.dtype, value.device
        elif isinstance(value, dtype | builtins.type):
            wanted = value
        elif value is not None and not isinstance(value, bool):
            place = value
    out = self
    if wanted is not None and (kind := as_dtype(wanted)) is not self.dtype:
        out = cast(out, dtype=kind.dtype) if kind.category > 1 else _whole(out, kind)
    if place is not None and (target := as_device(place)) != self.device:
        out = shape.transfer(out, device=target)
    if memory_format is not None:
        out = contiguous(out, memory_format)
    return shape.clone(out) if copy and out is self else out


def _whole(x: Tensor, kind: dtype) -> Tensor:
    """Return integers, of complex numbers the real part, or booleans; they have no gradient."""
    if isinstance(x, Lifted):
        return cast(x.detach(), dtype=kind.dtype) if kind.category else logic.ne(x.detach(), 0)
    array = x._array
    return wrap((array.real if array.dtype.kind == "c" and kind.category else array).astype(kind.dtype))


def _caster(name: str) -> Callable[..., Tensor]:
    def convert(self: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
        return to(self, dtype=name, memory_format=memory_format)

    convert.__doc__ = f"Return the tensor in dtype {as_dtype(name)}: itself where it is that already."
    return convert


CASTS = {
    name: _caster(kind)
    for name, kind in (DTYPES | {"bfloat16": "bfloat16", "bool": "bool", "byte": "uint8", "char": "int8"}).items()
}


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in ``other``'s dtype and on its device."""
    return to(self, other)


def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Return the name of the tensor's type, or the tensor in ``dtype``: one, a type as LongTensor, or its name."""
    if dtype is None:
        return type_name(self)
    kind = named_type(dtype) if isinstance(dtype, str) else dtype
    return to(self, kind.device_type, kind.dtype) if isinstance(kind, TensorType) else to(self, dtype=dtype)


def cpu(self: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
    """Return the tensor on the CPU."""
    return to(self, device="cpu", memory_format=memory_format)


def cuda(
    self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: MemoryFormat | None = None
) -> Tensor:
    """Return the tensor on a GPU, the current one by default."""
    return to(self, device="cuda" if device is None else device, memory_format=memory_format)


# ---- by a Python function ----


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Put ``callable`` of each element in its place, one after the other: slow, and on the CPU only."""
    return map_(self, self, lambda value, _: callable(value))


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Put ``callable`` of each element and ``tensor``'s, which broadcasts, in its place: slow, and on the CPU only."""
    pairs = zip(self.reshape(-1).tolist(), tensor.expand_as(self).reshape(-1).tolist(), strict=True)
    values = host.array([callable(a, b) for a, b in pairs], self._array.dtype).reshape(self._array.shape)
    return inplace.fill(self, "map_", lambda xp: values)
