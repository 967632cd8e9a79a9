"""Reading and writing at keys, indices and masks, in PyTorch's form."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import CPU, XP, device_of, module_of, to_device
from autograd_core.engine import inplace
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import arithmetic
from autograd_core.ops import index as ops
from autograd_core.ops.dims import one

__all__ = [
    "argsort", "diag", "diagonal", "gather", "index_add", "index_select", "masked_fill", "masked_select", "nonzero",
    "scatter", "scatter_add", "sort", "take_along_dim", "topk", "trace",
]  # fmt: skip
METHODS = [
    "argsort", "diag", "diagonal", "gather", "index_add", "index_select", "masked_fill", "masked_select", "nonzero",
    "scatter", "scatter_add", "sort", "take_along_dim", "topk", "trace",
]  # fmt: skip
IN_PLACE = ["index_add", "masked_fill", "scatter", "scatter_add"]

ALL = slice(None)
PLAIN = (int, slice, type(None), EllipsisType)


def key_of(input: Tensor, key: Any) -> tuple[Any, ...]:
    """Return an index expression as a tuple of ints, slices, None, Ellipsis and arrays on ``input``'s device."""
    if type(key) in PLAIN:
        return (key,)
    if type(key) is not tuple:
        return (_part(input, key),)
    return tuple(k if type(k) in PLAIN else _part(input, k) for k in key)


def _part(input: Tensor, part: Any) -> Any:
    if isinstance(part, Tensor):
        part = part._array
    elif isinstance(part, list | tuple | range):
        part = host.asarray([p.item() if isinstance(p, Tensor) else p for p in part] if part else [], None)
        part = part.astype("int64") if part.size == 0 else part
    elif isinstance(part, slice):
        return slice(*(int(s) if s is not None else None for s in (part.start, part.stop, part.step)))
    elif isinstance(part, bool) or part is None or part is Ellipsis:
        return part
    elif type(part) not in XP and hasattr(part, "__index__"):
        return part.__index__()
    if type(part) not in XP or part.dtype.kind not in "biu":
        kind = f"{part.dtype} array" if type(part) in XP else type(part).__name__
        raise DTypeError(
            f"getitem: an index is a {kind}; tensors used as indices must be long, int, byte or bool, and others ints, "
            f"slices, None or Ellipsis"
        )
    if not part.ndim and part.dtype.kind != "b" and type(part) is host.ndarray:
        return int(part)
    where = device_of(input._array)
    return part if where == CPU and type(part) is host.ndarray else to_device(part, where)


def getitem(input: Tensor, key: Any) -> Tensor:
    """Return ``input[key]``: a view for ints, slices, None and Ellipsis; a copy where an index or mask is in it.

    Raises: IndexRangeError for an index outside its dimension, or too many of them.
    """
    return ops.getitem(input, key=key_of(input, key))


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Write ``value`` (a tensor or number that broadcasts to the region) at ``key``, differentiated.

    Raises: ShapeError where it does not broadcast; GraphError for a leaf that requires grad, outside ``no_grad``.
    """
    if not isinstance(value, Tensor | int | float | bool | complex):
        value = input.new_tensor(value)
    where = key_of(input, key)
    inplace.assign(input, ops.setitem, {"key": where}, value, "setitem", lambda array, v: _put(array, where, v))


def _put(array: Any, key: Any, value: Any) -> None:
    extra = getattr(value, "ndim", 0) - array[key].ndim if getattr(value, "ndim", 0) > array.ndim else 0
    try:
        array[key] = value.reshape(value.shape[extra:]) if extra and set(value.shape[:extra]) == {1} else value
    except ValueError as error:
        raise ShapeError(f"setitem: {_why_not(array, key, value, str(error))}") from error
    except IndexError as error:
        raise IndexRangeError(f"setitem: {error}; the tensor has shape {array.shape}") from error


def _why_not(array: Any, key: Any, value: Any, reason: str) -> str:
    if "read-only" in reason:
        return (
            f"unsupported operation: more than one element of the target (shape {array.shape}) refers to a single "
            f"memory location, or its memory is read-only. Write into a .clone()"
        )
    if "broadcast" in reason or "sequence" in reason:
        return (
            f"shape mismatch: value of shape {getattr(value, 'shape', ())} cannot be broadcast to indexing result of "
            f"shape {array[key].shape}"
        )
    return f"{reason}; the tensor has shape {array.shape}"


def index_array(operation: str, index: Any, like: Tensor, size: int) -> Any:
    """Return an index tensor's array, checked to be integer and, on the CPU, within [0, ``size``).

    Raises: DTypeError, IndexRangeError.
    """
    if not isinstance(index, Tensor):
        raise DTypeError(f"{operation}: index is {type(index).__name__}; wanted an integer Tensor")
    array = index._array
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{operation}: index has dtype {index.dtype}; Expected dtype int64 for index")
    if type(array) is host.ndarray and array.size and (array.min() < 0 or array.max() >= size):
        bad = array.min() if array.min() < 0 else array.max()
        raise IndexRangeError(f"{operation}: index {bad} is out of bounds for dimension with size {size}")
    return array


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return ``y[i][j] = x[index[i][j]][j]`` for ``dim`` 0.  Shape: ``index``'s."""
    d = one(dim, input._array.ndim, "gather")
    _check_cover("gather", input._array.shape, index._array.shape, d)
    index_array("gather", index, input, input._array.shape[d] if input._array.ndim else 1)
    if not input._array.ndim:
        return gather(input.reshape(1), 0, index.reshape(-1)).reshape(index.shape)
    return ops.gather(input, index, dim=d)


def _check_cover(operation: str, shape: tuple[int, ...], index: tuple[int, ...], d: int, but: bool = True) -> None:
    if len(shape) != len(index) and (shape or len(index) > 1):
        raise ShapeError(
            f"{operation}: Index tensor must have the same number of dimensions as input tensor; got {index}, {shape}"
        )
    if any(i > n and not (but and k == d) for k, (i, n) in enumerate(zip(index, shape, strict=False))):
        raise ShapeError(
            f"{operation}: Size does not match at some dimension: expected index {index} to be no larger than {shape}"
            + (f" apart from dimension {d}" if but else "")
        )


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return ``input`` at ``indices`` along ``dim`` (of the flattened tensor, where None), shapes broadcast."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = one(dim, input._array.ndim, "take_along_dim")
    rest = [max(a, b) if k != d else -1 for k, (a, b) in enumerate(zip(input.shape, indices.shape, strict=True))]
    return gather(input.expand(*rest), d, indices.expand(*rest))


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Return a copy with ``src`` added at ``index`` along ``dim``; duplicates add up."""
    d = one(dim, input._array.ndim, "scatter_add")
    _check_cover("scatter_add", src._array.shape, index._array.shape, d, but=False)
    _check_cover("scatter_add", input._array.shape, index._array.shape, d)
    index_array("scatter_add", index, input, input._array.shape[d] if input._array.ndim else 1)
    if src._array.dtype != input._array.dtype:
        raise DTypeError(
            f"scatter_add: Expected self.dtype to be equal to src.dtype; got {input.dtype} and {src.dtype}"
        )
    if not input._array.ndim:
        return scatter_add(input.reshape(1), 0, index.reshape(-1), src.reshape(-1)).reshape(())
    return arithmetic.add(input, ops.scatter_zeros(src, index, shape=input._array.shape, dim=d))


def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """Return a copy with ``src`` (a tensor, or a number) written at ``index`` along ``dim``."""
    src = value if src is None else src
    d = one(dim, input._array.ndim, "scatter")
    array = index_array("scatter", index, input, input._array.shape[d])
    _check_cover("scatter", input._array.shape, array.shape, d)
    xp = module_of(array)
    key = list(xp.ogrid[tuple(slice(n) for n in array.shape)]) if array.ndim > 1 else [array]
    key[d] = array
    if isinstance(src, Tensor):
        src = ops.getitem(src, key=tuple(slice(n) for n in array.shape))
    return ops.setitem(input, src, key=tuple(key))


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices of ``dim`` at the entries of a 1-d ``index``, in a copy."""
    d = one(dim, input._array.ndim, "index_select")
    if index._array.ndim > 1:
        raise ShapeError(f"index_select: Index is supposed to be a vector; got shape {tuple(index.shape)}")
    array = index_array("index_select", index, input, input._array.shape[d] if input._array.ndim else 1)
    if not input._array.ndim:
        return arithmetic.mul(input, 1)
    return ops.getitem(input, key=(ALL,) * d + (array.reshape(-1),))


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """Return a copy with ``alpha * source``'s slices added at the entries of a 1-d ``index``; duplicates add up."""
    d = one(dim, input._array.ndim, "index_add")
    array = index_array("index_add", index, input, input._array.shape[d])
    source = source if alpha == 1 else arithmetic.mul(source, alpha)
    return arithmetic.add(input, ops.put_zeros(source, shape=input._array.shape, key=(ALL,) * d + (array.reshape(-1),)))


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return a copy with ``value`` (a number or 0-d tensor) where ``mask`` holds.

    Raises: DTypeError for a mask that is not boolean; ShapeError for a value with dimensions.
    """
    if not isinstance(mask, Tensor) or mask._array.dtype.kind != "b":
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise DTypeError(f"masked_fill: mask is {kind}; masked_fill only supports boolean masks")
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise ShapeError(
                f"masked_fill: value has shape {tuple(value.shape)}; only a 0-dimensional value tensor is taken"
            )
        value = value if value._array.dtype == input._array.dtype else value.to(input.dtype)
    elif input._array.dtype.kind in "iu" and isinstance(value, float):
        value = int(value)
    return arithmetic.where(mask, value, input)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where ``mask`` holds, as a vector; shapes broadcast."""
    from autograd_core.composites.shaping import broadcast_tensors

    x, m = broadcast_tensors(input, mask)
    return ops.getitem(x, key=(m._array,))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Return the indices of nonzero elements: (count, ndim), or one vector per dimension."""
    array = input._array
    xp = module_of(array)
    found = (array if array.ndim else array.reshape(1)).nonzero()
    if as_tuple:
        return tuple(wrap(i) for i in found)
    return wrap(xp.stack(found, axis=1)[:, : array.ndim])


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the elements on a diagonal of ``dim1`` and ``dim2``, as a last dimension; a copy."""
    ndim = input._array.ndim
    a, b = one(dim1, ndim, "diagonal"), one(dim2, ndim, "diagonal")
    if a == b:
        raise ShapeError(f"diagonal: diagonal dimensions cannot be identical {dim1}, {dim2}")
    x = input.permute(*(d for d in range(ndim) if d not in (a, b)), a, b)
    n, m = x._array.shape[-2:]
    length = max(0, min(n + min(offset, 0), m - max(offset, 0)))
    steps = module_of(x._array).arange(length)
    return ops.getitem(x, key=(Ellipsis, steps + max(0, -offset), steps + max(0, offset)))


_diagonal = diagonal  # `diag` has a parameter of that name


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return a matrix with the vector ``input`` on its diagonal, or the diagonal of a matrix."""
    if input._array.ndim == 2:
        return _diagonal(input, diagonal)
    if input._array.ndim != 1:
        raise ShapeError(f"diag: Supports 1D or 2D tensors. Got {input._array.ndim}D")
    n = input._array.shape[0]
    steps = module_of(input._array).arange(n)
    key = (steps + max(0, -diagonal), steps + max(0, diagonal))
    size = n + (diagonal if diagonal > 0 else -diagonal)
    return ops.put_zeros(input, shape=(size, size), key=key)


def trace(input: Tensor) -> Tensor:
    """Return the sum of a matrix's diagonal."""
    if input._array.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, but got shape {tuple(input.shape)}")
    return diagonal(input).sum()


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Return the indices that sort ``input`` along ``dim``; equal elements keep their order."""
    array = input._array
    if not array.ndim:
        return wrap(module_of(array).zeros((), "int64"))
    d = one(dim, array.ndim, "argsort")
    if not descending:
        return wrap(array.argsort(axis=d, kind="stable"))
    xp = module_of(array)
    order = xp.flip(xp.flip(array, d).argsort(axis=d, kind="stable"), d)
    return wrap(array.shape[d] - 1 - order)


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> tuple[Tensor, Tensor]:
    """Return (values, indices) of ``input`` sorted along ``dim``; equal elements keep their order."""
    indices = argsort(input, dim, descending)
    return gather(input, dim, indices), indices


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """Return (values, indices) of the ``k`` largest (or smallest) elements along ``dim``, in order."""
    d = one(dim, input._array.ndim, "topk")
    if not 0 <= k <= (input._array.shape[d] if input._array.ndim else 1):
        raise IndexRangeError(f"topk: selected index k={k} out of range for shape {tuple(input.shape)}, dim {dim}")
    indices = argsort(input, d, descending=largest)
    if input._array.ndim:
        indices = wrap(indices._array[(ALL,) * d + (slice(k),)])
    return gather(input, d, indices), indices
