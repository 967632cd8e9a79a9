"""What a tensor is, and what it can be turned into: other dtypes and devices, arrays, numbers, copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.composites import joining, shaping
from autograd_core.creation import full, tensor
from autograd_core.dtypes import as_dtype, dtype
from autograd_core.engine.fit import cast
from autograd_core.engine.tensor import Size, Tensor, wrap
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.ops import logic, shape

# ---- what it is ----


def size(self: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the length of ``dim``."""
    return Size(self._array.shape) if dim is None else self._array.shape[dim]


def numel(self: Tensor) -> int:
    """Return the number of elements."""
    return int(self._array.size)


def dim(self: Tensor) -> int:
    """Return the number of dimensions."""
    return int(self._array.ndim)


def element_size(self: Tensor) -> int:
    """Return the bytes of one element."""
    return int(self._array.itemsize)


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Return the step between neighbours in each dimension (or in ``dim``), in elements."""
    steps = tuple(s // self._array.itemsize for s in self._array.strides)
    return steps if dim is None else steps[dim]


def is_contiguous(self: Tensor) -> bool:
    """Whether the elements lie in row-major order without gaps."""
    return bool(self._array.flags.c_contiguous)


def contiguous(self: Tensor) -> Tensor:
    """Return the tensor itself where it is contiguous, else a contiguous copy."""
    return self if self._array.flags.c_contiguous else shape.clone(self)


def is_floating_point(self: Tensor) -> bool:
    """Whether the dtype is a real floating one."""
    return self.dtype.is_floating_point


def is_complex(self: Tensor) -> bool:
    """Whether the dtype is a complex one."""
    return self.dtype.is_complex


def item(self: Tensor) -> Any:
    """Return the one element as a Python number.  Raises: ShapeError where there is not exactly one."""
    if self._array.size != 1:
        raise ShapeError(
            f"item: a Tensor with {self._array.size} elements (shape {tuple(self.shape)}) cannot be converted to Scalar"
        )
    return self._array.item()


def tolist(self: Tensor) -> Any:
    """Return the elements as nested Python lists (a number, for a 0-d tensor)."""
    return to_device(self._array, as_device("cpu")).tolist()


def numpy(self: Tensor, *, force: bool = False) -> Any:
    """Return a NumPy array that shares the memory.

    Raises: GraphError for a tensor that requires grad, whose gradient would be lost (use ``.detach().numpy()``, or
    ``force=True``); DTypeError off the CPU without ``force``.
    """
    if self._node is not None and not force:
        raise GraphError("numpy: Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if type(self._array) is not host.ndarray and not force:
        raise DTypeError(
            f"numpy: can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy it first"
        )
    return to_device(self._array, as_device("cpu"))


def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    """Give NumPy the elements, where no gradient would be lost."""
    array = numpy(self)
    wanted = array if dtype is None else array.astype(dtype, copy=False)
    return wanted.copy() if copy and wanted is array else wanted


def __bool__(self: Tensor) -> bool:
    """Return the truth of the one element."""
    if self._array.size != 1:
        raise ShapeError(
            f"bool: Boolean value of Tensor with {'no' if not self._array.size else 'more than one'} value is "
            f"ambiguous: shape {tuple(self.shape)}; use .any() or .all()"
        )
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
    return iter(joining.unbind(self))


def __contains__(self: Tensor, element: Any) -> bool:
    """Whether any element equals ``element``."""
    return bool((logic.eq(self, element))._array.any())


# ---- dtype and device ----


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return the tensor in another dtype and/or on another device: itself where nothing changes.

    ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other)``; ``copy=True`` copies always.
    """
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    wanted, place = kwargs.pop("dtype", None), kwargs.pop("device", None)
    for value in args:
        if isinstance(value, Tensor):
            wanted, place = value.dtype, value.device
        elif isinstance(value, dtype | type):
            wanted = value
        elif value is not None and not isinstance(value, bool):
            place = value
    out = self
    if wanted is not None and (kind := as_dtype(wanted)) is not self.dtype:
        out = cast(out, dtype=kind.dtype) if kind.category > 1 else wrap(out._array.astype(kind.dtype))
    if place is not None and (target := as_device(place)) != self.device:
        out = shape.transfer(out, device=target)
    return shape.clone(out) if copy and out is self else out


def _caster(name: str) -> Callable[[Tensor], Tensor]:
    def convert(self: Tensor) -> Tensor:
        return to(self, dtype=name)

    convert.__doc__ = f"Return the tensor in dtype {as_dtype(name)}: itself where it is that already."
    return convert


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in ``other``'s dtype and on its device."""
    return to(self, other)


def type_(self: Tensor, dtype: Any = None) -> Any:
    """Return the name of the tensor's type, or the tensor in ``dtype``."""
    if dtype is None:
        return f"ag.{'cuda.' if self.device.type == 'cuda' else ''}{self.dtype.name.capitalize()}Tensor"
    return to(self, dtype=dtype)


def cpu(self: Tensor) -> Tensor:
    """Return the tensor on the CPU."""
    return to(self, device="cpu")


def cuda(self: Tensor, device: Any = None) -> Tensor:
    """Return the tensor on a GPU, the current one by default."""
    return to(self, device="cuda" if device is None else device)


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ``data`` as a tensor of this one's dtype and device."""
    kind = dtype or (self.dtype if not isinstance(data, Tensor) else None)
    return tensor(data, dtype=kind, device=device or self.device, requires_grad=requires_grad)


def new_full(
    self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ``fill_value`` everywhere, in this tensor's dtype and on its device."""
    return full(size, fill_value, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)


def new_zeros(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros in this tensor's dtype and on its device."""
    return new_full(self, shaping.sizes(size), 0, dtype=dtype, device=device, requires_grad=requires_grad)


def new_ones(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones in this tensor's dtype and on its device."""
    return new_full(self, shaping.sizes(size), 1, dtype=dtype, device=device, requires_grad=requires_grad)


# ---- copies ----


def clone(self: Tensor) -> Tensor:
    """Return a copy in memory of its own; the gradient flows back to the original."""
    return shape.clone(self)


def __deepcopy__(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """Copy a leaf with its data and gradient.  Raises: GraphError for a tensor inside a graph."""
    if not self.is_leaf:
        raise GraphError(
            "deepcopy: Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at "
            "the moment; use .detach() or .clone()"
        )
    out = object.__new__(type(self))
    memo[id(self)] = out
    out._array, out._node, out._view = self._array.copy(), None, None
    out.requires_grad_(self.requires_grad)
    if self._grad is not None:
        out._grad = wrap(self._grad._array.copy())
    return out


def __reduce_ex__(self: Tensor, protocol: Any) -> Any:
    """Pickle the data, without the graph."""
    return _rebuild, (type(self), to_device(self._array, as_device("cpu")), str(self.device), self.requires_grad)


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
