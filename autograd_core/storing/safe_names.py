"""The names that a file of PyTorch's may use, and what each stands for here: all that such a file can have made.

Source: PyTorch, torch/_utils.py (the functions that build tensors) and torch/_weights_only_unpickler.py (the list of
what its own restricted reader takes).
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Any

from autograd_core import layouts
from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.dtypes import BY_NAME, BY_NUMPY
from autograd_core.engine.tensor import Parameter, Size, Tensor, wrap
from autograd_core.errors import FormatError

from .memory import Block, Window
from .pickle_machine import Machine, Maker
from .plain_values import device_named
from .tensor_file import NAMES, numpy_dtype

Array = Any  # a NumPy or CuPy array

MOST_DIMS = 64
KINDS = "biufc"  # of NumPy's dtypes
STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "UntypedStorage": "uint8",
}  # fmt: skip
CODECS = ("latin1", "latin-1", "ascii", "utf-8")


class StorageType:
    """A name such as ``torch.FloatStorage``: in what units a storage is counted."""

    def __init__(self, dtype: str) -> None:
        """Remember the dtype's name."""
        self.dtype = dtype


class TensorType:
    """A name such as ``torch.Tensor``."""


class Storage:
    """Memory of a file that tensors look at; ``block`` is None where only its size is known yet."""

    def __init__(self, dtype: Any, block: Block | None = None) -> None:
        """Take the unit in which offsets and strides are counted, and the memory."""
        self.dtype, self.block = dtype, block


# ---- tensors ----


def _tensor(
    m: Machine, storage: Storage, offset: int, size: Sequence[int], stride: Sequence[int], requires_grad: bool = False,
    hooks: Any = None, metadata: Any = None, dtype: Any = None,
) -> Any:  # fmt: skip
    """Return a view of a storage; an array where no Tensor has its dtype."""
    if not isinstance(storage, Storage) or storage.block is None:
        return None
    kind = storage.dtype if dtype is None else numpy_dtype(dtype.name)
    (begin,), sizes, strides = _counts([offset]), _counts(size), _counts(stride)
    array = storage.block.view(Window(kind, begin * kind.itemsize, sizes, tuple(n * kind.itemsize for n in strides)))
    for bit, change in (("conj", "conjugate"), ("neg", "negative")):
        if isinstance(metadata, dict) and metadata.get(bit):
            m.spend(array.nbytes)
            array = getattr(module_of(array), change)(array)
    if array.dtype not in BY_NUMPY:
        return array
    return wrap(array).requires_grad_(bool(requires_grad))


def _tensor_of_dtype(
    m: Machine, storage: Storage, offset: int, size: Any, stride: Any, requires_grad: bool, hooks: Any, dtype: Any,
    metadata: Any = None,
) -> Any:  # fmt: skip
    return _tensor(m, storage, offset, size, stride, requires_grad, hooks, metadata, dtype)


def _parameter(m: Machine, data: Any, requires_grad: bool, hooks: Any, state: Any = None) -> Any:
    return Parameter(data, bool(requires_grad)) if isinstance(data, Tensor) else data


def _of_class(m: Machine, make: Any, kind: Any, args: Any, state: Any) -> Any:
    """Return a tensor to which attributes were given; they are left out."""
    if not isinstance(make, Maker) or not isinstance(kind, TensorType) or type(args) is not tuple:
        raise FormatError("its pickle has a tensor of an unknown class")
    return make.make(m, *args)


def _counts(numbers: Any) -> tuple[int, ...]:
    """Return sizes, strides or offsets.  Raises: FormatError where they are none."""
    if not isinstance(numbers, list | tuple) or len(numbers) > MOST_DIMS:
        raise FormatError(f"its pickle has a size that is a {type(numbers).__name__}, or of too many dims")
    if any(type(n) is not int or n < 0 for n in numbers):
        raise FormatError(f"its pickle has the size or stride {tuple(numbers)}; wanted ints from 0 on")
    return tuple(numbers)


# ---- Python's values ----


def _size(m: Machine, sizes: Any) -> Size:
    return Size(_counts(_copied(m, sizes)))


def _device(m: Machine, kind: str, index: int | None = None) -> Any:
    """Return a device; as a text where there is none of the kind here."""
    name = kind if index is None else f"{kind}:{index}"
    return device_named(name) if name.split(":")[0] in ("cpu", "cuda") else name


def _copied(m: Machine, values: Any) -> list[Any]:
    if type(values) not in (list, tuple, set, frozenset):
        raise FormatError(f"its pickle makes a container of a {type(values).__name__}")
    m.spend(2 * len(values))
    return list(values)


def _keys(m: Machine, values: Any) -> list[Any]:
    return [m.keys.checked(value) for value in _copied(m, values)]


def _ordered(m: Machine, pairs: Any = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((m.keys.checked(key), value) for key, value in _copied(m, pairs))


def _counter(m: Machine, counts: Any = None) -> Counter[Any]:
    if type(counts) is not dict:
        raise FormatError("its pickle counts what is no dict")
    m.spend(len(counts))
    return Counter(counts)


def _default(m: Machine, factory: Any = None) -> defaultdict[Any, Any]:
    if factory is not None and getattr(factory, "factory", None) is None:
        raise FormatError("its pickle has a defaultdict of what is no plain type")
    return defaultdict(factory and factory.factory)


def _encoded(m: Machine, text: str, codec: str) -> bytes:
    if codec not in CODECS or type(text) is not str:
        raise FormatError(f"its pickle encodes with {codec!r}")
    m.spend(len(text))
    return text.encode(codec)


def _bytearray(m: Machine, content: Any = b"", codec: str = "latin1") -> bytearray:
    content = _encoded(m, content, codec) if type(content) is str else content
    if type(content) is not bytes:
        raise FormatError("its pickle makes a bytearray of what are no bytes")
    m.spend(len(content))
    return bytearray(content)


def _numbers(m: Machine, *numbers: Any) -> tuple[Any, ...]:
    if any(type(n) not in (int, float, bool, type(None)) for n in numbers):
        raise FormatError("its pickle has a range, slice or complex number of other things than numbers")
    return numbers


def _layout(m: Machine, name: str) -> Any:
    if name != "torch.strided":
        raise FormatError(f"it has a tensor of the layout {name!r}; wanted torch.strided")
    return layouts.strided


# ---- NumPy's values ----


class NumpyDType:
    """``numpy.dtype("f8")``, to which its byte order is told afterwards."""

    def __init__(self, name: str) -> None:
        """Take a dtype of numbers.  Raises: FormatError for any other."""
        self.dtype = host.dtype(name)
        if self.dtype.kind not in KINDS:
            raise FormatError(f"its pickle has an array of dtype {name!r}; wanted numbers")


def _numpy_dtype(m: Machine, name: str, *options: Any) -> NumpyDType:
    return NumpyDType(name)


def _numpy_scalar(m: Machine, kind: NumpyDType, content: Any) -> Any:
    (number,) = host.frombuffer(_content(content), kind.dtype).astype(kind.dtype.newbyteorder("="))
    return number


def _numpy_array(m: Machine, kind: Any, shape: Any, code: Any) -> Array:
    """Return an array without elements; its state brings them."""
    return host.empty(0)


def _numpy_buffer(m: Machine, content: Any, kind: NumpyDType, shape: Any, order: str) -> Array:
    array = host.empty(0)
    _array_state(m, array, (1, shape, kind, order == "F", content))
    return array


def _content(content: Any) -> Any:
    if type(content) not in (bytes, bytearray):
        raise FormatError(f"its pickle has an array whose content is {type(content).__name__}")
    return content


# ---- what is told afterwards ----


def _array_state(m: Machine, array: Array, state: Any) -> None:
    _, shape, kind, columns_first, content = state
    m.spend(len(_content(content)))
    if math.prod(_counts(shape)) * kind.dtype.itemsize != len(content):
        raise FormatError(f"its pickle has an array of shape {shape} and {len(content)} bytes")
    if kind.dtype.kind == "b" and max(content, default=0) > 1:
        raise FormatError("its pickle has an array of bools that are none")
    array.__setstate__((1, _counts(shape), kind.dtype, bool(columns_first), bytes(content)))


def _dtype_state(m: Machine, kind: NumpyDType, state: Any) -> None:
    if state[1] in ("<", ">"):
        kind.dtype = kind.dtype.newbyteorder(state[1])


def _dict_state(m: Machine, found: OrderedDict[Any, Any], state: Any) -> None:
    if isinstance(state, dict) and "_metadata" in state:
        found._metadata = state["_metadata"]  # type: ignore[attr-defined]


STATES: dict[type, Any] = {OrderedDict: _dict_state, host.ndarray: _array_state, NumpyDType: _dtype_state}

# ---- the table ----

BUILTINS: dict[str, Any] = {
    "set": Maker(lambda m, values=(): set(_keys(m, values)), set),
    "frozenset": Maker(lambda m, values=(): frozenset(_keys(m, values))),
    "list": Maker(lambda m, values=(): _copied(m, values), list),
    "tuple": Maker(lambda m, values=(): tuple(_copied(m, values)), tuple),
    "dict": Maker(lambda m: {}, dict),
    "int": Maker(lambda m: 0, int),
    "float": Maker(lambda m: 0.0, float),
    "bytes": Maker(lambda m: b"", bytes),
    "bytearray": Maker(_bytearray),
    "complex": Maker(lambda m, *parts: complex(*_numbers(m, *parts))),
    "range": Maker(lambda m, *parts: range(*_numbers(m, *parts))),
    "xrange": Maker(lambda m, *parts: range(*_numbers(m, *parts))),
    "slice": Maker(lambda m, *parts: slice(*_numbers(m, *parts))),
}
ARRAYS: dict[str, Any] = {"scalar": Maker(_numpy_scalar), "_reconstruct": Maker(_numpy_array)}
BUFFERS: dict[str, Any] = {"_frombuffer": Maker(_numpy_buffer)}
TABLE: dict[str, dict[str, Any]] = {
    "builtins": BUILTINS,
    "__builtin__": BUILTINS,
    "collections": {
        "OrderedDict": Maker(_ordered), "Counter": Maker(_counter), "defaultdict": Maker(_default),
    },
    "_codecs": {"encode": Maker(_encoded)},
    "numpy": {"dtype": Maker(_numpy_dtype), "ndarray": TensorType()},
    "numpy.core.multiarray": ARRAYS,
    "numpy._core.multiarray": ARRAYS,
    "numpy.core.numeric": BUFFERS,
    "numpy._core.numeric": BUFFERS,
    "torch": {
        "Size": Maker(_size), "device": Maker(_device), "Tensor": TensorType(),
        "strided": layouts.strided,
    } | {name: StorageType(dtype) for name, dtype in STORAGES.items()},
    "torch.cuda": {name: StorageType(dtype) for name, dtype in STORAGES.items()},
    "torch.storage": {"UntypedStorage": StorageType("uint8"), "_UntypedStorage": StorageType("uint8")},
    "torch.nn.parameter": {"Parameter": TensorType()},
    "torch.serialization": {"_get_layout": Maker(_layout)},
    "torch._tensor": {"_rebuild_from_type_v2": Maker(_of_class)},
    "torch._utils": {
        "_rebuild_tensor": Maker(_tensor), "_rebuild_tensor_v2": Maker(_tensor),
        "_rebuild_tensor_v3": Maker(_tensor_of_dtype), "_rebuild_parameter": Maker(_parameter),
        "_rebuild_parameter_with_state": Maker(_parameter),
    },
}  # fmt: skip


def find(module: str, name: str) -> Any:
    """Return what a name in a pickle stands for.  Raises: FormatError for one that is not in the table."""
    known = TABLE.get(module, {})
    if name in known:
        return known[name]
    if module == "torch" and name in BY_NAME:
        return BY_NAME[name]
    if module == "torch" and name in NAMES.values():  # a dtype that Tensors here do not have
        return numpy_dtype(name)
    raise FormatError(
        f"it asks for {module}.{name}, which is none of the names that mean tensors, numbers, texts and containers; as "
        "it may run any code, nothing was loaded"
    )
