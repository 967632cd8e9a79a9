"""Shapes in PyTorch's form: the same elements under other dimensions, as views wherever that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index as as_int
from typing import Any

from autograd_core.backend import host
from autograd_core.dtypes import as_dtype, int64
from autograd_core.dtypes import dtype as DType
from autograd_core.engine.fit import conj
from autograd_core.engine.inplace_views import lay_in_order
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Size, Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import EVERY, one

__all__ = [
    "adjoint", "broadcast_shapes", "broadcast_tensors", "broadcast_to", "flatten", "movedim", "permute", "ravel",
    "reshape", "squeeze", "swapaxes", "t", "transpose", "unflatten", "unsqueeze",
]  # fmt: skip
METHODS = [
    "adjoint", "broadcast_to", "expand", "expand_as", "flatten", "movedim", "permute", "ravel", "reshape",
    "reshape_as", "squeeze", "sum_to_size", "swapaxes", "t", "transpose", "unflatten", "unsqueeze", "view", "view_as",
]  # fmt: skip
IN_PLACE_VIEWS = ["squeeze", "swapaxes", "t", "transpose", "unsqueeze"]

SEQUENCES, KINDS = (list, tuple), (DType, type, host.dtype)


def sizes(shape: tuple[Any, ...], operation: str = "shape") -> tuple[int, ...]:
    """Return a shape given as ``f(2, 3)`` or ``f((2, 3))``, as ints.  Raises: DTypeError where they are none."""
    if len(shape) == 1 and isinstance(shape[0], SEQUENCES):
        shape = tuple(shape[0])
    try:
        return tuple(map(as_int, shape))
    except TypeError:
        raise DTypeError(f"{operation}: got the sizes {shape}; wanted ints") from None


# ---- the same elements in order ----


def _solved(operation: str, shape: tuple[int, ...], input: Tensor) -> tuple[int, ...]:
    """Return ``shape`` with its one -1 worked out.

    Raises: ShapeError where the elements do not fit.
    """
    size = input._array.size
    if prod(shape) == size and (not shape or min(shape) >= 0):
        return shape
    known = prod(n for n in shape if n != -1)
    if shape.count(-1) != 1 or min(shape) < -1 or known == 0 or size % known:
        raise ShapeError(
            f"{operation}: shape '{list(shape)}' is invalid for input of size {size} (shape {tuple(input.shape)})"
        )
    return tuple(size // known if n == -1 else n for n in shape)


def reshape(input: Tensor, *sizes_: Any, shape: Any = None) -> Tensor:
    """Return the elements in another shape, as a view where possible; one length may be -1.

    Raises: ShapeError where the number of elements differs.
    """
    wanted = sizes(sizes_ if shape is None else (shape,), "reshape")
    return ops.reshape(input, shape=_solved("reshape", wanted, input))


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the elements in ``other``'s shape."""
    return reshape(input, other._array.shape)


def view(input: Tensor, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """Return a view in another shape (or, given a dtype, of the same bytes); one length may be -1.

    The result of a convolution or pool may lie channels last in memory; it is then brought into row-major order first.

    Raises: ShapeError where the strides allow no view: use reshape, which copies then.
    """
    if len(shape) == 1 and isinstance(shape[0], KINDS):
        dtype = shape[0]
    if dtype is not None:
        return _view_as_dtype(input, as_dtype(dtype))
    wanted = _solved("view", sizes(shape if size is None else (size,), "view"), input)
    out = ops.reshape(input, shape=wanted)
    if out._view is None and input._array.size and not isinstance(out, Lifted):  # which has no memory of its own
        if lay_in_order(input):
            return ops.reshape(input, shape=wanted)
        raise ShapeError(
            f"view: view size is not compatible with input tensor's size {tuple(input.shape)} and strides: at least "
            f"one dimension spans across two contiguous subspaces. Use .reshape(...) instead"
        )
    return out


def _view_as_dtype(input: Tensor, kind: Any) -> Tensor:
    """Return the same memory read as another dtype, outside the graph; the last length follows the bytes."""
    if kind is input.dtype:
        return ops.reshape(input, shape=input._array.shape)
    array = input._array
    if kind.itemsize != array.itemsize:
        if not array.ndim:
            raise ShapeError(
                f"view: self.dim() cannot be 0 to view {input.dtype} as {kind} (different element sizes)"
            )
        if array.strides[-1] != array.itemsize or (array.shape[-1] * array.itemsize) % kind.itemsize:
            raise ShapeError(
                f"view: self.size(-1) must be divisible by {kind.itemsize / array.itemsize:g}, and self.stride(-1) be "
                f"1, to view {input.dtype} as {kind} (different element sizes), but got shape {tuple(input.shape)}"
            )
    return wrap(array.view(kind.dtype))


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a view in ``other``'s shape.  Raises: ShapeError where the strides allow none."""
    return view(input, other._array.shape)


def ravel(input: Tensor) -> Tensor:
    """Return the elements in one dimension, as a view where possible."""
    return ops.reshape(input, shape=(input._array.size,))


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Return a view without its dimensions of length 1, or without those of ``dim`` that have length 1.

    Raises: ShapeError for a dim named twice.
    """
    shape = input._array.shape
    if dim is None:
        return ops.reshape(input, shape=tuple(n for n in shape if n != 1))
    drop = [one(d, len(shape), "squeeze") for d in (dim if isinstance(dim, list | tuple) else [dim])]
    if len(set(drop)) < len(drop):
        raise ShapeError(f"squeeze: a dim appears multiple times in the list of dims {tuple(dim)}")
    return ops.reshape(input, shape=tuple(n for i, n in enumerate(shape) if not (n == 1 and i in drop)))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a view with a dimension of length 1 put in at ``dim``."""
    shape = input._array.shape
    d = one(dim, len(shape) + 1, "unsqueeze")
    return ops.reshape(input, shape=(*shape[:d], 1, *shape[d:]))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with dimensions ``start_dim`` to ``end_dim`` joined into one.

    Raises: ShapeError where ``end_dim`` comes first.
    """
    shape = input._array.shape
    if not shape:
        one(start_dim, 0, "flatten"), one(end_dim, 0, "flatten")
        return ops.reshape(input, shape=(1,))
    a, b = one(start_dim, len(shape), "flatten"), one(end_dim, len(shape), "flatten")
    if a > b:
        raise ShapeError(
            f"flatten: flatten() has invalid args: start_dim {start_dim} cannot come after end_dim {end_dim}"
        )
    if a == b:
        return input
    return ops.reshape(input, shape=(*shape[:a], prod(shape[a : b + 1]), *shape[b + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return the tensor with dimension ``dim`` split into ``sizes``, of which one may be -1.

    Raises: ShapeError where they do not multiply up to its length.
    """
    shape = input._array.shape
    if not shape:
        raise IndexRangeError(f"unflatten: dimension specified as {dim} but the tensor has no dimensions")
    d = one(dim, len(shape), "unflatten")
    known = prod(n for n in sizes if n != -1)
    parts = tuple(shape[d] // max(known, 1) if n == -1 else n for n in sizes)
    ambiguous = list(sizes).count(-1) > (known != 0)  # of 0 elements any length is right
    if not parts or prod(parts) != shape[d] or ambiguous:
        raise ShapeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[d]}) in the "
            f"input tensor"
        )
    return ops.reshape(input, shape=(*shape[:d], *parts, *shape[d + 1 :]))


# ---- the dimensions in another order ----


def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """Return a view with its dimensions in the order ``dims``.

    Raises: ShapeError where ``dims`` is no permutation of all dimensions.
    """
    wanted = sizes(order if dims is None else (dims,))
    ndim = input._array.ndim
    found = tuple(one(d, ndim, "permute") for d in wanted)
    if len(found) != ndim or len(set(found)) != ndim:
        raise ShapeError(
            f"permute: dims {wanted} are no permutation of the {ndim} dimensions of shape {tuple(input.shape)}"
        )
    return ops.permute(input, dims=found)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions exchanged.  Raises: IndexRangeError for a dim out of range."""
    ndim = input._array.ndim
    a, b = one(dim0, ndim, "transpose"), one(dim1, ndim, "transpose")
    order = [*EVERY[ndim]]
    if ndim:
        order[a], order[b] = b, a
    return ops.permute(input, dims=tuple(order))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Return a view with two dimensions exchanged: ``transpose`` by NumPy's name."""
    return transpose(input, axis0, axis1)


def t(input: Tensor) -> Tensor:
    """Return the transposed matrix; a vector or scalar as it is.  Raises: ShapeError above two dimensions."""
    ndim = input._array.ndim
    if ndim > 2:
        raise ShapeError(f"t: t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return ops.permute(input, dims=(1, 0) if ndim == 2 else EVERY[ndim])


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Return a view with dimensions ``source`` moved to ``destination``, the others in their order.

    Raises: ShapeError where the two are not as many, or repeat one.
    """
    ndim = input._array.ndim
    src = [one(d, ndim, "movedim") for d in ([source] if isinstance(source, int) else source)]
    dst = [one(d, ndim, "movedim") for d in ([destination] if isinstance(destination, int) else destination)]
    if len(set(src)) != len(src) or len(set(dst)) != len(dst) or len(src) != len(dst):
        raise ShapeError(f"movedim: source {source} and destination {destination} must be as many, without repeats")
    order = [d for d in range(ndim) if d not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return ops.permute(input, dims=tuple(order) if ndim else ())


def adjoint(input: Tensor) -> Tensor:
    """Return the matrices transposed and conjugated: the last two dimensions exchanged."""
    return conj(matrix_transpose(input))


def matrix_transpose(input: Tensor) -> Tensor:
    """Return the matrices transposed: the last two dimensions exchanged; a 0-d tensor is itself.

    Raises: ShapeError for a vector.
    """
    ndim = input._array.ndim
    if ndim == 1:
        raise ShapeError("transpose: tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor")
    return ops.permute(input, dims=(*EVERY[ndim - 2], ndim - 1, ndim - 2)) if ndim else input


def reverse_dims(input: Tensor) -> Tensor:
    """Return a view with the dimensions reversed."""
    return ops.permute(input, dims=EVERY[input._array.ndim][::-1])


def conjugate_transpose(input: Tensor) -> Tensor:
    """Return the matrix transposed and conjugated.  Raises: ShapeError for other than 0 or 2 dimensions."""
    if input._array.ndim not in (0, 2):
        raise ShapeError(f"transpose: tensor.H is only supported on matrices (2-D tensors). Got {input._array.ndim}-D")
    return conj(reverse_dims(input))


PROPERTIES = {"T": reverse_dims, "mT": matrix_transpose, "H": conjugate_transpose, "mH": adjoint}


# ---- broadcasting, and back ----


def expand(input: Tensor, *shape: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Return a view repeated along new leading and length-1 dimensions; -1 keeps a length.

    Raises: ShapeError where a length other than 1 would change.
    """
    wanted = sizes(shape if size is None else (size,), "expand")
    have = input._array.shape
    lead = len(wanted) - len(have)
    full = tuple(have[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(wanted))
    if lead < 0 or any(n not in (1, full[i + lead]) for i, n in enumerate(have)) or min(full, default=0) < 0:
        raise ShapeError(
            f"expand: The expanded size {wanted} must match the existing size {tuple(have)} at non-singleton dimensions"
        )
    return ops.broadcast_to(input, shape=full)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Return ``input`` expanded to ``other``'s shape."""
    return expand(input, other._array.shape)


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Return ``input`` expanded to ``size``."""
    return expand(input, tuple(size))


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Return the tensors, each expanded to their common shape."""
    common = broadcast_shapes(*(x.shape for x in tensors))
    return tuple(expand(x, common) for x in tensors)


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that ``shapes`` (an int is a shape of one) broadcast to.

    Raises: ShapeError where they do not.
    """
    listed = [sizes((shape,), "broadcast_shapes") for shape in shapes]
    common: list[int] = [1] * max(map(len, listed), default=0)
    for shape in listed:
        for i, n in enumerate(shape, len(common) - len(shape)):
            if n < 0 or (n != common[i] and 1 not in (n, common[i])):
                text = ", ".join(map(str, listed))
                raise ShapeError(f"broadcast_shapes: the shapes {text} do not broadcast")
            common[i] = n if common[i] == 1 else common[i]
    return Size(common)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Return the tensor summed down to ``size``, which must broadcast to its shape; integers are summed as int64.

    Raises: ShapeError where it does not.
    """
    wanted, have = sizes(size, "sum_to_size"), input._array.shape
    pairs = zip(reversed(wanted), reversed(have), strict=False)
    if len(wanted) > len(have) or any(n not in (1, m) for n, m in pairs):
        raise ShapeError(f"sum_to_size: size {list(wanted)} is not expandable to size {list(have)}")
    if wanted == have and have:
        return input
    return ops.sum_to(input if input.dtype.category > 1 else ops.cast(input, dtype=int64.dtype), shape=wanted)
