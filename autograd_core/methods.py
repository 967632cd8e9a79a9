"""Tensor's operators and methods: those written here, and those that the rooms offer by their ``METHODS``.

``engine/tensor.pyi`` is generated from this list: ``python -m autograd_core.stub`` writes it, a test compares.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from autograd_core import printing
from autograd_core.backend.device import XP
from autograd_core.composites import (
    algebra,
    complex_numbers,
    integers,
    keys,
    pointwise,
    shaping,
)
from autograd_core.conversion import CASTS, __bool__, __contains__, __iter__, __len__, item
from autograd_core.creation.data import as_tensor
from autograd_core.engine import inplace, inplace_views
from autograd_core.engine.backward import backward as walk_back
from autograd_core.engine.cuts import note
from autograd_core.engine.lifted import refuse_lifted
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import GraphError
from autograd_core.names import SHARED
from autograd_core.ops import arithmetic, functions, logic
from autograd_core.protocols import (
    __array__,
    __array_namespace__,
    __array_ufunc__,
    __deepcopy__,
    __dlpack__,
    __dlpack_device__,
    __reduce_ex__,
)

# ---- graph ----


def backward(
    self: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False,
    inputs: Any = None,
) -> None:  # fmt: skip
    """Add the gradient of this tensor to the ``.grad`` of every leaf it came from (or of ``inputs`` alone).

    Args:
        gradient: d(objective)/d(self); 1 for a scalar.
        retain_graph: keep what the rules saved, for another pass.  Default: ``create_graph``.
        create_graph: record the pass itself, so that gradients can be differentiated.
        inputs: the tensors whose ``.grad`` to fill.

    Raises: GraphError for a tensor outside every graph, a non-scalar without ``gradient``, a freed graph, or a saved
    tensor that was changed.
    """
    wanted = [inputs] if isinstance(inputs, Tensor) else inputs
    walk_back([self], [gradient], retain_graph, create_graph, wanted)


def detach_(self: Tensor) -> Tensor:
    """Cut this tensor from its graph; return it.  Raises: GraphError for a view, which its base would bring back."""
    refuse_lifted("detach_", self)
    if self._view is not None:
        raise GraphError("detach_: Can't detach views in-place. Use detach() instead")
    if self._node is not None:
        self._cut = note("detach_()", self._node)
    self._node = None
    return self


# ---- in place ----


# composites that call nothing but primitives, and so take raw arrays too
POLYMORPHIC = {pointwise.add, pointwise.sub, pointwise.lerp, pointwise.addcmul, pointwise.addcdiv}


def _in_place(operation: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    polymorphic = hasattr(function, "primitive") or function in POLYMORPHIC

    def write(self: Tensor, *args: Any, **options: Any) -> Tensor:
        return inplace.write(self, operation, function, args, options, polymorphic)

    write.__doc__ = f"Put ``{operation[:-1]}`` of this tensor and the arguments into its own memory; return it."
    return write


def _view_in_place(operation: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    def write(self: Tensor, *args: Any, **options: Any) -> Tensor:
        return inplace_views.become(self, operation, function, args, options)

    write.__doc__ = f"Make this tensor the view of itself that ``{operation[:-1]}`` returns; return it."
    return write


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write ``src``, which broadcasts, into this tensor, converted to its dtype and device; return it."""
    source = as_tensor(src).to(device=self.device, dtype=self.dtype)
    return inplace.write(self, "copy_", lambda old, new: shaping.expand(new, old._array.shape), (source,))


def fill_(self: Tensor, value: Any) -> Tensor:
    """Write ``value``, a number or 0-d tensor, everywhere; return the tensor."""
    if isinstance(value, Tensor) and value._node is not None:
        return copy_(self, value)
    number = value.item() if isinstance(value, Tensor) else value
    return inplace.fill(self, "fill_", lambda xp: number)


def zero_(self: Tensor) -> Tensor:
    """Write zeros everywhere; return the tensor."""
    return inplace.fill(self, "zero_", lambda xp: 0)


def _reflected(operation: Callable[..., Any]) -> Callable[[Tensor, Any], Any]:
    def reflected(self: Tensor, other: Any) -> Any:
        return operation(wrap(other) if type(other) in XP else other, self)

    return reflected


def __pos__(self: Tensor) -> Tensor:
    """Return the tensor itself."""
    return self


def __invert__(self: Tensor) -> Tensor:
    """Return the bitwise (for booleans: logical) not."""
    return logic.bitwise_not(self)


def __eq__(self: Tensor, other: Any) -> Any:
    """Compare elementwise with a number or tensor; False for anything else."""
    if isinstance(other, Tensor | int | float | bool | complex) or type(other) in XP:
        return logic.eq(self, other)
    return NotImplemented


def __ne__(self: Tensor, other: Any) -> Any:
    """Compare elementwise with a number or tensor; True for anything else."""
    if isinstance(other, Tensor | int | float | bool | complex) or type(other) in XP:
        return logic.ne(self, other)
    return NotImplemented


def _layers() -> Any:
    """Return ``nn.functional``, which is built on this package and so is loaded on first use."""
    return importlib.import_module("nn.functional")


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": arithmetic.add, "__radd__": arithmetic.add, "__sub__": arithmetic.sub,
    "__rsub__": _reflected(arithmetic.sub), "__mul__": arithmetic.mul, "__rmul__": arithmetic.mul,
    "__truediv__": arithmetic.div, "__rtruediv__": _reflected(arithmetic.div), "__pow__": functions.pow,
    "__rpow__": _reflected(functions.pow), "__floordiv__": arithmetic.floor_divide,
    "__rfloordiv__": _reflected(arithmetic.floor_divide), "__mod__": arithmetic.remainder,
    "__rmod__": _reflected(arithmetic.remainder), "__matmul__": algebra.matmul,
    "__rmatmul__": _reflected(algebra.matmul), "__neg__": arithmetic.neg, "__abs__": arithmetic.abs,
    "__lt__": logic.lt, "__le__": logic.le, "__gt__": logic.gt, "__ge__": logic.ge,
    "__and__": logic.bitwise_and, "__rand__": logic.bitwise_and, "__or__": logic.bitwise_or,
    "__ror__": logic.bitwise_or, "__xor__": logic.bitwise_xor, "__rxor__": logic.bitwise_xor,
    "__lshift__": integers.bitwise_left_shift, "__rlshift__": _reflected(integers.bitwise_left_shift),
    "__rshift__": integers.bitwise_right_shift, "__rrshift__": _reflected(integers.bitwise_right_shift),
    "__div__": arithmetic.div, "__rdiv__": _reflected(arithmetic.div),
    "__getitem__": keys.getitem, "__setitem__": keys.setitem, "__repr__": printing.tensor_repr,
    "__format__": printing.tensor_format, "__eq__": __eq__, "__ne__": __ne__, "__pos__": __pos__,
    "__invert__": __invert__, "__bool__": __bool__, "__len__": __len__, "__iter__": __iter__,
    "__contains__": __contains__, "__array__": __array__, "__array_ufunc__": __array_ufunc__,
    "__array_namespace__": __array_namespace__, "__deepcopy__": __deepcopy__,
    "__reduce_ex__": __reduce_ex__, "__dlpack__": __dlpack__, "__dlpack_device__": __dlpack_device__,
    "__float__": lambda self: float(item(self)), "__int__": lambda self: int(item(self)),
    "__index__": lambda self: item(self).__index__(), "__complex__": lambda self: complex(item(self)),
}  # fmt: skip

AUGMENTED = {
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_", "__ipow__": "pow_",
    "__imod__": "remainder_", "__ifloordiv__": "floor_divide_", "__iand__": "bitwise_and_", "__ior__": "bitwise_or_",
    "__ixor__": "bitwise_xor_", "__ilshift__": "bitwise_left_shift_", "__irshift__": "bitwise_right_shift_",
    "__idiv__": "div_",
}  # fmt: skip

OWN: dict[str, Any] = {f.__name__: f for f in (backward, detach_, copy_, fill_, zero_)}
OWN |= CASTS | {
    "where": lambda self, condition, other: pointwise.where(condition, self, other),
    "hardshrink": lambda self, lambd=0.5: _layers().hardshrink(self, lambd),
    "prelu": lambda self, weight: _layers().prelu(self, weight),
}  # fmt: skip

PROPERTIES: dict[str, property] = {
    "real": property(complex_numbers.real, complex_numbers.set_real),
    "imag": property(complex_numbers.imag, complex_numbers.set_imag),
}


def rooms() -> list[ModuleType]:
    """Return the modules that offer methods: those with ``METHODS`` that the package has imported."""
    ours = [module for name, module in sys.modules.items() if name.startswith("autograd_core.")]
    return [module for module in ours if hasattr(module, "METHODS")]


def in_place_names() -> set[str]:
    """Return the methods that write into their tensor."""
    names = {name for room in rooms() for name in getattr(room, "IN_PLACE", ())}
    names |= {alias for alias, name in SHARED.items() if name in names}
    return {f"{name}_" for name in names} | {name for name in OWN if name.endswith("_")}


def bind() -> None:
    """Give Tensor its operators and methods."""
    members: dict[str, Any] = OPERATORS | OWN | PROPERTIES
    for room in rooms():
        members |= {name: getattr(room, name) for name in room.METHODS}
        members |= {f"{name}_": _in_place(f"{name}_", getattr(room, name)) for name in getattr(room, "IN_PLACE", ())}
        viewed = {f"{name}_": getattr(room, name) for name in getattr(room, "IN_PLACE_VIEWS", ())}
        members |= {name: _view_in_place(name, function) for name, function in viewed.items()}
        members |= {name: property(function) for name, function in getattr(room, "PROPERTIES", {}).items()}
    for alias, name in SHARED.items():
        members |= {alias + end: members[name + end] for end in ("", "_") if name + end in members}
    members |= {name: members[method] for name, method in AUGMENTED.items()}
    for name, member in members.items():
        setattr(Tensor, name, member)
    Tensor.__array_priority__ = 1000  # type: ignore[attr-defined]
