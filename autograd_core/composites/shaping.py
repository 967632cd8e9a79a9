"""Shapes in PyTorch's form: reshape, transpose, expand, join, split."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index as as_int
from typing import Any

from autograd_core.dtypes import as_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem

__all__ = [
    "broadcast_shapes", "broadcast_tensors", "broadcast_to", "flatten", "flip", "movedim", "permute", "reshape",
    "roll", "squeeze", "t", "transpose", "tril", "triu", "unflatten", "unsqueeze",
]  # fmt: skip
METHODS = [
    "broadcast_to", "expand", "expand_as", "flatten", "flip", "movedim", "permute", "reshape", "roll", "squeeze",
    "t", "transpose", "tril", "triu", "unflatten", "unsqueeze", "view",
]  # fmt: skip
IN_PLACE = ["tril", "triu"]

ALL = slice(None)


def sizes(shape: tuple[Any, ...], operation: str = "shape") -> tuple[int, ...]:
    """Return a shape given as ``f(2, 3)`` or ``f((2, 3))``, as ints.  Raises: DTypeError where they are none."""
    if len(shape) == 1 and isinstance(shape[0], list | tuple):
        shape = tuple(shape[0])
    try:
        return tuple(map(as_int, shape))
    except TypeError:
        raise DTypeError(f"{operation}: got the sizes {shape}; wanted ints") from None


def _solved(operation: str, shape: tuple[int, ...], input: Tensor) -> tuple[int, ...]:
    """Return ``shape`` with its one -1 worked out.

    Raises: ShapeError where the elements do not fit.
    """
    size = input._array.size
    if prod(shape) == size and min(shape, default=0) >= 0:
        return shape
    known = prod(n for n in shape if n != -1)
    if shape.count(-1) != 1 or min(shape) < -1 or known == 0 or size % known:
        raise ShapeError(
            f"{operation}: shape '{list(shape)}' is invalid for input of size {size} (shape {tuple(input.shape)})"
        )
    return tuple(size // known if n == -1 else n for n in shape)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """Return the elements in another shape, as a view where possible; one length may be -1.

    Raises: ShapeError where the number of elements differs.
    """
    return ops.reshape(input, shape=_solved("reshape", sizes(shape, "reshape"), input))


def view(input: Tensor, *shape: Any) -> Tensor:
    """Return a view in another shape (or, given a dtype, of the same bytes); one length may be -1.

    Raises: ShapeError where the strides allow no view: use reshape, which copies then.
    """
    if len(shape) == 1 and not isinstance(shape[0], int | list | tuple):
        from autograd_core.engine.tensor import wrap

        return wrap(input._array.view(as_dtype(shape[0]).dtype))
    out = ops.reshape(input, shape=_solved("view", sizes(shape, "view"), input))
    if out._view is None and input._array.size:
        raise ShapeError(
            f"view: view size is not compatible with input tensor's size {tuple(input.shape)} and strides: at least "
            f"one dimension spans across two contiguous subspaces. Use .reshape(...) instead"
        )
    return out


def permute(input: Tensor, *dims: Any) -> Tensor:
    """Return a view with its dimensions in the order ``dims``.

    Raises: ShapeError where ``dims`` is no permutation of all dimensions.
    """
    wanted = sizes(dims)
    ndim = input._array.ndim
    order = tuple(one(d, ndim, "permute") for d in wanted)
    if len(order) != ndim or len(set(order)) != ndim:
        raise ShapeError(
            f"permute: dims {wanted} are no permutation of the {ndim} dimensions of shape {tuple(input.shape)}"
        )
    return ops.permute(input, dims=order)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions exchanged.  Raises: IndexRangeError for a dim out of range."""
    ndim = input._array.ndim
    a, b = one(dim0, ndim, "transpose"), one(dim1, ndim, "transpose")
    order = list(range(ndim))
    if ndim:
        order[a], order[b] = b, a
    return ops.permute(input, dims=tuple(order))


def t(input: Tensor) -> Tensor:
    """Return the transposed matrix; a vector or scalar as it is.  Raises: ShapeError above two dimensions."""
    ndim = input._array.ndim
    if ndim > 2:
        raise ShapeError(f"t: t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return ops.permute(input, dims=(1, 0)) if ndim == 2 else ops.permute(input, dims=tuple(range(ndim)))


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Return a view with dimensions ``source`` moved to ``destination``, the others in their order."""
    ndim = input._array.ndim
    src = [one(d, ndim, "movedim") for d in ([source] if isinstance(source, int) else source)]
    dst = [one(d, ndim, "movedim") for d in ([destination] if isinstance(destination, int) else destination)]
    if len(set(src)) != len(src) or len(set(dst)) != len(dst) or len(src) != len(dst):
        raise ShapeError(f"movedim: source {source} and destination {destination} must be as many, without repeats")
    order = [d for d in range(ndim) if d not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return ops.permute(input, dims=tuple(order))


def expand(input: Tensor, *shape: Any) -> Tensor:
    """Return a view repeated along new leading and length-1 dimensions; -1 keeps a length.

    Raises: ShapeError where a length other than 1 would change.
    """
    wanted = sizes(shape)
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


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that ``shapes`` broadcast to.  Raises: ShapeError where they do not."""
    common: list[int] = []
    for shape in shapes:
        shape = list(shape)
        common = [1] * (len(shape) - len(common)) + common
        shape = [1] * (len(common) - len(shape)) + shape
        if any(a != b and 1 not in (a, b) for a, b in zip(common, shape, strict=True)):
            listed = ", ".join(str(tuple(s)) for s in shapes)
            raise ShapeError(f"broadcast_shapes: the shapes {listed} do not broadcast")
        common = [b if a == 1 else a for a, b in zip(common, shape, strict=True)]
    return tuple(common)


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Return a view without its dimensions of length 1, or without those of ``dim`` that have length 1."""
    shape = input._array.shape
    if dim is None:
        drop = {i for i, n in enumerate(shape) if n == 1}
    else:
        drop = {one(d, len(shape), "squeeze") for d in ([dim] if isinstance(dim, int) else dim)}
    return ops.reshape(input, shape=tuple(n for i, n in enumerate(shape) if not (n == 1 and i in drop)))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a view with a dimension of length 1 put in at ``dim``."""
    shape = input._array.shape
    d = one(dim, len(shape) + 1, "unsqueeze")
    return ops.reshape(input, shape=(*shape[:d], 1, *shape[d:]))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with dimensions ``start_dim`` to ``end_dim`` joined into one."""
    shape = input._array.shape
    if not shape:
        return ops.reshape(input, shape=(1,))
    a, b = one(start_dim, len(shape), "flatten"), one(end_dim, len(shape), "flatten")
    if a > b:
        raise ShapeError(
            f"flatten: flatten() has invalid args: start_dim {start_dim} cannot come after end_dim {end_dim}"
        )
    if a == b:
        return input
    size = 1
    for n in shape[a : b + 1]:
        size *= n
    return ops.reshape(input, shape=(*shape[:a], size, *shape[b + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return the tensor with dimension ``dim`` split into ``sizes``, of which one may be -1."""
    shape = input._array.shape
    d = one(dim, len(shape), "unflatten")
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    parts = tuple(shape[d] // max(known, 1) if n == -1 else n for n in sizes)
    product = 1
    for n in parts:
        product *= n
    if product != shape[d] or list(sizes).count(-1) > 1:
        raise ShapeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[d]}) in the "
            f"input tensor"
        )
    return ops.reshape(input, shape=(*shape[:d], *parts, *shape[d + 1 :]))


def flip(input: Tensor, *dims: Any) -> Tensor:
    """Return a copy with the order along ``dims`` reversed."""
    return ops.flip(input, dims=tuple(one(d, input._array.ndim, "flip") for d in sizes(dims)))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Return the tensor shifted along ``dims`` (flattened, where None); what leaves comes in at the other end."""
    moves = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None:
        return ops.roll(reshape(input, -1), shifts=moves, dims=(0,)).reshape(input.shape)
    where = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(moves) != len(where):
        raise ShapeError(f"roll: shifts and dimensions must align. shifts: {len(moves)}, dims: {len(where)}")
    return ops.roll(input, shifts=moves, dims=tuple(one(d, input._array.ndim, "roll") for d in where))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the lower triangle of the last two dimensions, zeros above ``diagonal``."""
    return ops.tril(_matrix("tril", input), diagonal=diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the upper triangle of the last two dimensions, zeros below ``diagonal``."""
    return ops.triu(_matrix("triu", input), diagonal=diagonal)


def _matrix(operation: str, input: Tensor) -> Tensor:
    if input._array.ndim < 2:
        raise ShapeError(f"{operation}: input tensor must have at least 2 dimensions; got shape {tuple(input.shape)}")
    return input


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Return the tensor with ``pad[2i]`` and ``pad[2i+1]`` elements put before and after dimension ``-1-i``.

    Modes: constant (``value``, 0 by default; negative widths crop), reflect, replicate, circular.
    Raises: ShapeError for an odd or too long ``pad``, or a border wider than the mode can fill.
    """
    ndim = input._array.ndim
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise ShapeError(
            f"pad: Padding length must be divisible by 2 and at most twice the number of dimensions of the input; got "
            f"{tuple(pad)} for shape {tuple(input.shape)}"
        )
    widths = [(0, 0)] * ndim
    for i in range(len(pad) // 2):
        widths[-1 - i] = (int(pad[2 * i]), int(pad[2 * i + 1]))
    if mode != "constant":
        return _pad_by_index(input, widths, mode)
    crop = tuple(slice(max(0, -b), n - max(0, -a)) for n, (b, a) in zip(input._array.shape, widths, strict=True))
    if any(s.stop < s.start for s in crop):
        raise ShapeError(f"pad: the widths {tuple(pad)} leave a negative length of shape {tuple(input.shape)}")
    if any(min(w) < 0 for w in widths):
        input = getitem(input, key=crop)
    return ops.pad(
        input, widths=tuple((max(0, b), max(0, a)) for b, a in widths), value=0.0 if value is None else value
    )


def _pad_by_index(input: Tensor, widths: list[tuple[int, int]], mode: str) -> Tensor:
    """Pad by reading, along each dimension, the elements that the mode puts into the border."""
    for d, (before, after) in enumerate(widths):
        n = input._array.shape[d]
        if (before, after) == (0, 0):
            continue
        if mode == "reflect":
            limit, source = n - 1, [n - 1 - abs(n - 1 - abs(i)) for i in range(-before, n + after)]
        elif mode == "replicate":
            limit, source = max(before, after), [min(max(i, 0), n - 1) for i in range(-before, n + after)]
        elif mode == "circular":
            limit, source = n, [i % n for i in range(-before, n + after)]
        else:
            raise DTypeError(f"pad: mode is {mode!r}; wanted 'constant', 'reflect', 'replicate' or 'circular'")
        if max(before, after) > limit:
            raise ShapeError(
                f"pad: Padding size should be less than the corresponding input dimension for mode {mode!r}, but got: "
                f"padding ({before}, {after}) at dimension {d} of input {tuple(input.shape)}"
            )
        index = input.new_tensor(source, dtype="int64")._array
        input = getitem(input, key=(ALL,) * d + (index,))
    return input
