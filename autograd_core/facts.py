"""What a tensor is: its size, its place in memory, and the answers that are the same for every tensor here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.backend.device import address
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Size, Tensor
from autograd_core.errors import GraphError
from autograd_core.layouts import layout as Layout
from autograd_core.layouts import strided

METHODS = [
    "data_ptr", "dim", "dim_order", "element_size", "get_device", "is_complex", "is_floating_point", "is_pinned",
    "is_same_size", "is_shared", "is_signed", "ndimension", "nelement", "numel", "pin_memory", "size",
    "storage_offset", "stride",
]  # fmt: skip


def size(self: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the length of ``dim``."""
    return Size(self._array.shape) if dim is None else self._array.shape[dim]


def numel(self: Tensor) -> int:
    """Return the number of elements."""
    return int(self._array.size)


def dim(self: Tensor) -> int:
    """Return the number of dimensions."""
    return int(self._array.ndim)


nelement, ndimension = numel, dim


def element_size(self: Tensor) -> int:
    """Return the bytes of one element."""
    return int(self._array.itemsize)


def nbytes(self: Tensor) -> int:
    """Bytes of all elements."""
    return int(self._array.size * self._array.itemsize)


def is_floating_point(self: Tensor) -> bool:
    """Whether the dtype is a real floating one."""
    return self.dtype.is_floating_point


def is_complex(self: Tensor) -> bool:
    """Whether the dtype is a complex one."""
    return self.dtype.is_complex


def is_signed(self: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    return self.dtype.is_signed


def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Whether ``other`` has the same shape."""
    return bool(self._array.shape == other._array.shape)


# ---- where it is ----


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Return the step between neighbours in each dimension (or in ``dim``), in elements."""
    steps = tuple(s // self._array.itemsize for s in self._array.strides)
    return steps if dim is None else steps[dim]


def dim_order(self: Tensor) -> tuple[int, ...]:
    """Return the dimensions from the slowest in memory to the fastest."""
    return tuple(sorted(range(self._array.ndim), key=lambda d: -self._array.strides[d]))


def data_ptr(self: Tensor) -> int:
    """Return the address of the first element."""
    return address(self._array)


def storage_offset(self: Tensor) -> int:
    """Return where in the memory of the tensor that this is a view of the first element lies, in elements."""
    base = self if self._base is None else self._base
    return (address(self._array) - address(base._array)) // int(self._array.itemsize)


def get_device(self: Tensor) -> int:
    """Return the number of the GPU that holds the elements; -1 on the CPU."""
    return -1 if self.device.index is None else self.device.index


def pin_memory(self: Tensor) -> Tensor:
    """Return the tensor itself: there is no page-locked memory here."""
    return self


def is_pinned(self: Tensor) -> bool:
    """Whether the memory is page-locked: never here."""
    return False


def is_shared(self: Tensor) -> bool:
    """Whether other processes see the memory: never here."""
    return False


def is_cuda(self: Tensor) -> bool:
    """Whether the elements are on a GPU."""
    return self.device.type == "cuda"


def is_cpu(self: Tensor) -> bool:
    """Whether the elements are in the host's memory."""
    return self.device.type == "cpu"


def layout(self: Tensor) -> Layout:
    """How the elements are stored: ``ag.strided``, for every tensor."""
    return strided


def retains_grad(self: Tensor) -> bool:
    """Whether ``backward`` fills ``.grad`` of this non-leaf."""
    node = self._node
    return node is not None and type(node) is not Leaf and node.extra is not None and node.extra.retained is not None


def _never(what: str) -> Callable[[Tensor], bool]:
    def never(self: Tensor) -> bool:
        return False

    never.__doc__ = f"Whether the tensor is {what}: never here."
    return never


def __cuda_array_interface__(self: Tensor) -> Any:
    """The memory of a tensor on a GPU, as Numba and others take it.  Absent on the CPU.

    Raises: AttributeError on the CPU; GraphError for a tensor that requires grad.
    """
    if self._node is not None:
        raise GraphError("__cuda_array_interface__: Can't export tensors that require gradient, use tensor.detach()")
    return self._array.__cuda_array_interface__


PROPERTIES = {
    "__cuda_array_interface__": __cuda_array_interface__,
    "is_cpu": is_cpu, "is_cuda": is_cuda, "itemsize": element_size, "layout": layout, "nbytes": nbytes,
    "retains_grad": retains_grad,
    "is_ipu": _never("on a Graphcore device"), "is_meta": _never("without elements"),
    "is_mkldnn": _never("in oneDNN's layout"), "is_mps": _never("on an Apple GPU"),
    "is_nested": _never("a list of tensors"), "is_quantized": _never("quantised"), "is_sparse": _never("sparse"),
    "is_sparse_csr": _never("sparse"), "is_xla": _never("on an XLA device"), "is_xpu": _never("on an Intel GPU"),
}  # fmt: skip
