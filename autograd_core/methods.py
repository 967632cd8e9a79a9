"""Tensor's operators and methods: an explicit list, bound from the rooms that define them.

``engine/tensor.pyi`` is generated from this list: ``python -m autograd_core.methods`` writes it, a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd_core import printing
from autograd_core.backend import host
from autograd_core.backend.device import XP, as_device, to_device
from autograd_core.composites import algebra, indexing, pointwise, reduction, shaping
from autograd_core.creation import as_tensor, full, tensor
from autograd_core.dtypes import as_dtype, dtype
from autograd_core.engine import hooks, inplace
from autograd_core.engine.backward import backward as walk_back
from autograd_core.engine.fit import cast
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Size, Tensor, wrap
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.ops import arithmetic, functions, logic, shape
from autograd_core.sampling import Generator, bernoulli, stream_of

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


def retains_grad(self: Tensor) -> bool:
    """Whether ``backward`` fills ``.grad`` of this non-leaf."""
    node = self._node
    return node is not None and type(node) is not Leaf and node.extra is not None and node.extra.retained is not None


def detach_(self: Tensor) -> Tensor:
    """Cut this tensor from its graph; return it.  Raises: GraphError for a view, which its base would bring back."""
    if self._view is not None:
        raise GraphError("detach_: Can't detach views in-place. Use detach() instead")
    self._node = None
    return self


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
    return iter(shaping.unbind(self))


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


# ---- in place ----


# composites that call nothing but primitives, and so take raw arrays too
POLYMORPHIC = {pointwise.add, pointwise.sub, pointwise.lerp, pointwise.addcmul, pointwise.addcdiv}


def _in_place(operation: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    polymorphic = hasattr(function, "primitive") or function in POLYMORPHIC

    def write(self: Tensor, *args: Any, **options: Any) -> Tensor:
        return inplace.write(self, operation, function, args, options, polymorphic)

    write.__doc__ = f"Put ``{operation[:-1]}`` of this tensor and the arguments into its own memory; return it."
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


def uniform_(self: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers drawn evenly from [a, b); return the tensor."""
    if a > b:
        raise ShapeError(f"uniform_: expects to return a [from, to) range, but found from={a} > to={b}")
    drawn = stream_of(generator).uniform(self._array.shape, self._array.dtype)
    return _fill_drawn(self, "uniform_", drawn * (b - a) + a)


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers; return the tensor.  Raises: ShapeError for a negative ``std``."""
    if std < 0:
        raise ShapeError(f"normal_: expects std >= 0.0, but found std {std}")
    return _fill_drawn(self, "normal_", stream_of(generator).normal(self._array.shape, self._array.dtype) * std + mean)


def bernoulli_(self: Tensor, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 0 and 1, 1 with probability ``p``; return the tensor."""
    return _fill_drawn(self, "bernoulli_", bernoulli(wrap(self._array), p, generator=generator)._array)


def random_(self: Tensor, low: int = 0, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill with integers drawn evenly from [low, high); return the tensor."""
    low, high = (0, low) if high is None and low else (low, high if high is not None else 2**24)
    return _fill_drawn(self, "random_", stream_of(generator).integers(low, high, self._array.shape, "int64"))


def _fill_drawn(self: Tensor, operation: str, drawn: Any) -> Tensor:
    return inplace.fill(
        self, operation, lambda xp: drawn if type(drawn) is type(self._array) else to_device(drawn, self.device)
    )


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


def _property(function: Callable[[Tensor], Any], doc: str) -> property:
    return property(function, doc=doc)


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
    "__getitem__": indexing.getitem, "__setitem__": indexing.setitem, "__repr__": printing.tensor_repr,
    "__format__": printing.tensor_format, "__eq__": __eq__, "__ne__": __ne__, "__pos__": __pos__,
    "__invert__": __invert__, "__bool__": __bool__, "__len__": __len__, "__iter__": __iter__,
    "__contains__": __contains__, "__array__": __array__, "__deepcopy__": __deepcopy__,
    "__reduce_ex__": __reduce_ex__, "__dlpack__": __dlpack__, "__dlpack_device__": __dlpack_device__,
    "__float__": lambda self: float(item(self)), "__int__": lambda self: int(item(self)),
    "__index__": lambda self: item(self).__index__(), "__complex__": lambda self: complex(item(self)),
}  # fmt: skip

IN_PLACE: dict[str, Callable[..., Any]] = {
    "add_": pointwise.add, "sub_": pointwise.sub, "mul_": arithmetic.mul, "div_": pointwise.div,
    "pow_": functions.pow, "neg_": arithmetic.neg, "exp_": functions.exp, "log_": functions.log,
    "sqrt_": functions.sqrt, "rsqrt_": functions.rsqrt, "abs_": arithmetic.abs, "sin_": functions.sin,
    "cos_": functions.cos, "tanh_": functions.tanh, "sigmoid_": functions.sigmoid, "relu_": functions.relu,
    "floor_": logic.floor, "ceil_": logic.ceil, "round_": logic.round, "clamp_": pointwise.clamp,
    "clamp_min_": pointwise.clamp_min, "clamp_max_": pointwise.clamp_max, "reciprocal_": functions.reciprocal,
    "square_": arithmetic.square, "lerp_": pointwise.lerp, "addcmul_": pointwise.addcmul,
    "addcdiv_": pointwise.addcdiv, "masked_fill_": indexing.masked_fill, "scatter_": indexing.scatter,
    "scatter_add_": indexing.scatter_add, "index_add_": indexing.index_add, "tril_": shaping.tril,
    "triu_": shaping.triu, "remainder_": arithmetic.remainder, "floor_divide_": arithmetic.floor_divide,
    "addmm_": algebra.addmm, "cumsum_": reduction.cumsum, "logical_not_": logic.logical_not,
    "bitwise_and_": logic.bitwise_and, "bitwise_or_": logic.bitwise_or, "bitwise_xor_": logic.bitwise_xor,
}  # fmt: skip

AUGMENTED = {
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_", "__ipow__": "pow_",
    "__imod__": "remainder_", "__ifloordiv__": "floor_divide_", "__iand__": "bitwise_and_", "__ior__": "bitwise_or_",
    "__ixor__": "bitwise_xor_",
}  # fmt: skip

# methods that are functions of the public namespace, under the same name
SHARED: dict[Any, str] = {
    arithmetic: "mul maximum minimum fmod remainder floor_divide atan2 neg abs square",
    functions: "pow exp expm1 log log1p log2 log10 sqrt rsqrt reciprocal sin cos tan atan sinh cosh tanh sigmoid erf "
    "relu",
    logic: "sign floor ceil trunc round eq ne lt le gt ge logical_and logical_or logical_xor logical_not "
    "bitwise_and bitwise_or bitwise_xor bitwise_not isnan isinf isfinite",
    pointwise: "add sub div clamp clamp_min clamp_max lerp addcmul addcdiv isclose allclose equal softmax log_softmax",
    reduction: "sum mean var std amax amin max min argmax argmin any all logsumexp cumsum cumprod prod norm",
    shaping: "reshape view permute transpose t movedim expand expand_as broadcast_to squeeze unsqueeze flatten "
    "unflatten narrow select split chunk unbind tile repeat flip roll tril triu",
    indexing: "gather take_along_dim scatter_add scatter index_select index_add masked_fill masked_select nonzero "
    "diagonal diag trace argsort sort topk",
    algebra: "matmul mm bmm mv dot outer addmm tensordot",
    hooks: "register_hook register_post_accumulate_grad_hook retain_grad",
}

OWN: dict[str, Any] = {
    f.__name__: f
    for f in (
        backward, detach_, size, numel, dim, element_size, stride, is_contiguous, contiguous, is_floating_point,
        is_complex, item, tolist, numpy, to, type_as, cpu, cuda, new_tensor, new_full, new_zeros, new_ones, clone,
        copy_, fill_, zero_, uniform_, normal_, bernoulli_, random_,
    )
}  # fmt: skip
OWN |= {
    "type": type_, "nelement": numel, "ndimension": dim, "multiply": arithmetic.mul, "subtract": pointwise.sub,
    "divide": pointwise.div, "true_divide": arithmetic.div, "clip": pointwise.clamp, "absolute": arithmetic.abs,
    "negative": arithmetic.neg, "swapaxes": shaping.transpose, "swapdims": shaping.transpose, "new_empty": new_zeros,
    "arctan2": arithmetic.atan2, "greater": logic.gt, "less": logic.lt,
    "view_as": lambda self, other: shaping.view(self, other.shape),
    "reshape_as": lambda self, other: shaping.reshape(self, other.shape),
    "float": _caster("float32"), "double": _caster("float64"), "half": _caster("float16"), "long": _caster("int64"),
    "int": _caster("int32"), "short": _caster("int16"), "char": _caster("int8"), "byte": _caster("uint8"),
    "bool": _caster("bool"), "ravel": lambda self: shaping.reshape(self, -1),
}  # fmt: skip

PROPERTIES: dict[str, property] = {
    "T": _property(
        lambda self: shaping.permute(self, tuple(reversed(range(self._array.ndim)))),
        "The tensor with its dimensions reversed.",
    ),
    "mT": _property(
        lambda self: shaping.transpose(self, -2, -1), "The matrices transposed: the last two dimensions exchanged."
    ),
    "is_cuda": _property(lambda self: self.device.type == "cuda", "Whether the elements are on a GPU."),
    "itemsize": _property(element_size, "Bytes of one element."),
    "nbytes": _property(lambda self: int(self._array.size * self._array.itemsize), "Bytes of all elements."),
    "retains_grad": _property(retains_grad, "Whether ``backward`` fills ``.grad`` of this non-leaf."),
}


def bind() -> None:
    """Give Tensor its operators and methods."""
    members: dict[str, Any] = OPERATORS | OWN | PROPERTIES
    for room, names in SHARED.items():
        members |= {name: getattr(room, name) for name in names.split()}
    members |= {name: _in_place(name, function) for name, function in IN_PLACE.items()}
    members |= {name: members[method] for name, method in AUGMENTED.items()}
    for name, member in members.items():
        setattr(Tensor, name, member)
    Tensor.__array_priority__ = 1000  # type: ignore[attr-defined]
