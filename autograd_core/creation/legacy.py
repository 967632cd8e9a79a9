"""PyTorch's older ways to make tensors: ``Tensor(2, 3)``, and a type per dtype and device such as ``LongTensor``."""

from __future__ import annotations

from typing import Any

from autograd_core.creation.data import as_tensor, tensor
from autograd_core.creation.filling import zeros
from autograd_core.dtypes import as_dtype, dtype, get_default_dtype
from autograd_core.engine.tensor import Size, Tensor
from autograd_core.errors import DTypeError

DTYPES = {
    "Bool": "bool", "Byte": "uint8", "Char": "int8", "Short": "int16", "Int": "int32", "Long": "int64",
    "Half": "float16", "BFloat16": "bfloat16", "Float": "float32", "Double": "float64",
    "ComplexFloat": "complex64", "ComplexDouble": "complex128",
}  # fmt: skip
NAMES = {kind: name for name, kind in DTYPES.items()}
__all__ = [f"{name}Tensor" for name in DTYPES]


def made(args: tuple[Any, ...], kind: dtype, device: Any) -> Tensor:
    """Return zeros of a shape given as ints or Size, or data as a tensor of dtype ``kind``; of a tensor, an alias.

    Raises: DTypeError for a tensor of another dtype, or for what is neither shape nor data.
    """
    if not args or isinstance(args[0], int | Size):
        return zeros(*(args or (0,)), dtype=kind, device=device)
    if len(args) > 1 or not hasattr(args[0], "__len__"):
        raise DTypeError(f"{NAMES[kind.name]}Tensor: got {args}; wanted a shape as ints, or a sequence of data")
    if isinstance(args[0], Tensor):
        if args[0].dtype is not kind:
            raise DTypeError(f"{NAMES[kind.name]}Tensor: expected a tensor of {kind}, but got {args[0].dtype}")
        return as_tensor(args[0].detach(), device=device)
    return tensor(args[0], dtype=kind, device=device)


def legacy_tensor(cls: type, *args: Any, device: Any = None) -> Tensor:
    """Return ``Tensor(2, 3)``, zeros of that shape, or ``Tensor(data)`` as float32; ``cls`` may be a subclass."""
    alias = len(args) == 1 and isinstance(args[0], Tensor)
    out = made(args, args[0].dtype if alias else get_default_dtype(), device)
    if cls is Tensor:
        return out
    own: Tensor = object.__new__(cls)
    own._array, own._node, own._view = out._array, None, None
    return own


class TensorType:
    """The tensors of one dtype on one kind of device: ``LongTensor(2, 3)`` makes one, ``isinstance`` knows them."""

    def __init__(self, name: str, device_type: str = "cpu") -> None:
        """Name the type; ``name`` is one of ``DTYPES``."""
        self.dtype, self.device_type = as_dtype(DTYPES[name]), device_type
        self.__name__ = self.__qualname__ = f"{name}Tensor"
        self.__module__ = "torch" if device_type == "cpu" else f"torch.{device_type}"

    @property
    def is_cuda(self) -> bool:
        """Whether its tensors are on a GPU."""
        return self.device_type == "cuda"

    def __call__(self, *args: Any, device: Any = None) -> Tensor:
        """Return zeros of a shape, or data, as a tensor of this type."""
        return made(args, self.dtype, device or self.device_type)

    def __instancecheck__(self, instance: Any) -> bool:
        """Whether ``instance`` is a tensor of this dtype, on this kind of device."""
        return isinstance(instance, Tensor) and str(self) == type_name(instance)

    def __str__(self) -> str:
        return f"{self.__module__}.{self.__name__}"

    def __repr__(self) -> str:
        return f"<class '{self}'>"


def type_name(x: Tensor) -> str:
    """Return PyTorch's name of a tensor's type, such as 'torch.cuda.FloatTensor'."""
    return f"torch.{'cuda.' if x.device.type == 'cuda' else ''}{NAMES[x.dtype.name]}Tensor"


def named_type(name: str) -> TensorType | None:
    """Return the type of a name such as 'torch.cuda.FloatTensor'; None for a name that is none's."""
    kind = name.rsplit(".", 1)[-1].removesuffix("Tensor")
    if kind not in DTYPES or not name.endswith("Tensor"):
        return None
    return TensorType(kind, "cuda" if ".cuda." in name else "cpu")


def types_of(device_type: str) -> dict[str, TensorType]:
    """Return the types on a kind of device, by name."""
    return {f"{name}Tensor": TensorType(name, device_type) for name in DTYPES}


globals().update(types_of("cpu"))
