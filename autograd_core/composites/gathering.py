"""Reading and writing along a dimension, at an index for each element."""

from __future__ import annotations

import warnings
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.composites.fitting import fitted, index_part, lifted, same_dtype
from autograd_core.dtypes import iinfo
from autograd_core.engine.indices import as_part, keyed
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, logic
from autograd_core.ops import index as ops
from autograd_core.ops.dims import one
from autograd_core.ops.ordering import argsort
from autograd_core.ops.shape import cast, cat

__all__ = ["gather", "scatter", "scatter_add", "scatter_reduce", "take_along_dim"]
METHODS = __all__
IN_PLACE = ["scatter", "scatter_add", "scatter_reduce"]

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Return ``y[i][j] = x[index[i][j]][j]`` for ``dim`` 0.  Shape: ``index``'s; at most ``input``'s but in ``dim``.

    Raises: IndexRangeError, DTypeError, ShapeError for an index that does not fit.
    """
    shape = input._array.shape
    d = one(dim, len(shape), "gather")
    index_part("gather", index, shape[d] if shape else 1)
    array = index._array
    if not array.size:
        return ops.getitem(input.reshape(-1), key=(slice(0),)).reshape(array.shape)
    _check_cover("gather", "input", shape, array.shape, d)
    if not (shape and array.ndim):
        return ops.gather(lifted(input), lifted(index), dim=0).reshape(array.shape)
    return ops.gather(input, index, dim=d)


def _check_cover(operation: str, name: str, shape: tuple[int, ...], index: tuple[int, ...], d: int | None) -> None:
    """Raise ShapeError where an index is larger than the tensor, except along ``d``; 0-d counts as one element."""
    if len(shape or (1,)) != len(index or (1,)):
        raise ShapeError(
            f"{operation}: Index tensor must have the same number of dimensions as {name} tensor; got {index}, {shape}"
        )
    for k, (i, n) in enumerate(zip(index or (1,), shape or (1,), strict=True)):
        if i > n and k != d:
            raise ShapeError(
                f"{operation}: Size does not match at dimension {k}: expected index {index} to be no larger than "
                f"{name} {shape}" + ("" if d is None else f" apart from dimension {d}")
            )


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return ``input`` at ``indices`` along ``dim`` (of the flattened tensor, where None), shapes broadcast.

    Negative indices count from the end.  Raises: ShapeError, DTypeError, IndexRangeError.
    """
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = one(dim, input._array.ndim, "take_along_dim")
    if input._array.ndim != indices._array.ndim:
        raise ShapeError(
            f"take_along_dim: input and indices should have the same number of dimensions; got {tuple(input.shape)} "
            f"and {tuple(indices.shape)}"
        )
    if not input._array.ndim:
        return gather(input, 0, indices)
    size = input._array.shape[d]
    part = index_part("take_along_dim", indices, size, wraps=True)
    pairs = enumerate(zip(input.shape, indices.shape, strict=True))
    rest = [-1 if k == d else b if a == 1 else a for k, (a, b) in pairs]
    part = part + (part < 0) * size
    wrapped = part if isinstance(part, Tensor) else wrap(part)
    return ops.gather(input.expand(*rest), wrapped.expand(*rest), dim=d)


def _scattering(operation: str, input: Tensor, dim: int, index: Tensor, src: Any) -> tuple[int, Any]:
    """Return the dim of a scatter, and its index for a key, all arguments checked."""
    shape = input._array.shape
    d = one(dim, len(shape), operation)
    part = index_part(operation, index, shape[d] if shape else 1)
    array = index._array
    if src is not None:
        same_dtype(operation, input, "src", src)
    if array.size:
        _check_cover(operation, "self", shape, array.shape, d)
        if src is not None:
            _check_cover(operation, "src", src._array.shape, array.shape, None)
    return d, part


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Return a copy with ``src`` added at ``index`` along ``dim``; duplicates add up.

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit.
    """
    d, _ = _scattering("scatter_add", input, dim, index, src)
    if not index._array.size:
        return input.clone()
    if not index._array.ndim or not input._array.ndim or not src._array.ndim:
        return scatter_add(lifted(input), 0, lifted(index), lifted(src)).reshape(input.shape)
    return arithmetic.add(input, ops.scatter_zeros(src, index, shape=input._array.shape, dim=d))


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """Return a copy with ``src`` (a tensor, or a number) written at ``index`` along ``dim``.

    ``reduce``: 'add' or 'multiply' (deprecated for tensors, as in PyTorch; see ``scatter_reduce``).

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit.
    """
    src = value if src is None else src
    tensor = isinstance(src, Tensor) and (value is None or src._array.ndim > 0)
    if src is None:
        raise DTypeError("scatter: got neither src nor value; wanted one of them")
    d, part = _scattering("scatter", input, dim, index, src if tensor else None)
    if not tensor:
        src = fitted("scatter", src, input)
    if not index._array.size:
        return input.clone()
    if not part.ndim or not input._array.ndim:
        line = lifted(src) if tensor else src
        return scatter(lifted(input), 0, lifted(index), line, reduce=reduce).reshape(input.shape)
    if reduce is not None:
        return _reduced(input, d, index, src, reduce)
    if tensor and src._array.shape != part.shape:
        src = ops.getitem(src, key=tuple(slice(n) for n in part.shape))
    return ops.setitem(input, src, key=line_key(part, d))


def line_key(index: Any, d: int) -> tuple[Any, ...]:
    """Return the key of the elements at ``index`` along ``d``: the index itself there, a range in every other dim."""
    varies = isinstance(index, Tensor)
    key = [index]
    if index.ndim > 1:
        xp = module_of(index._array if varies else index)
        key = list(xp.ogrid[tuple(slice(n) for n in index.shape)])
        key[d] = index
    return keyed(key) if varies else tuple(key)


def _reduced(input: Tensor, d: int, index: Tensor, src: Any, reduce: str) -> Tensor:
    if reduce not in ("add", "multiply"):
        raise DTypeError(f"scatter: reduce is {reduce!r}; reduce argument must be either add or multiply")
    if not isinstance(src, Tensor):
        src = input.new_full(index.shape, src)
    else:
        warnings.warn(
            "scatter: the reduce argument with a Tensor src is deprecated; use scatter_reduce, which has more of them",
            UserWarning,
            stacklevel=4,
        )
    return scatter_reduce(input, d, index, src, "sum" if reduce == "add" else "prod")


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return a copy in which all of ``src`` that ``index`` sends to one place along ``dim`` is reduced into it.

    ``reduce``: 'sum', 'prod', 'mean', 'amax' or 'amin'; of the largest, equal ones share the gradient evenly.  With
    ``include_self=False`` what ``input`` holds at those places does not count.

    Raises: IndexRangeError, DTypeError, ShapeError for an index or a source that does not fit, or another ``reduce``.
    """
    if reduce not in REDUCTIONS:
        raise DTypeError(f"scatter_reduce: reduce is {reduce!r}; wanted one of {', '.join(REDUCTIONS)}")
    d, _ = _scattering("scatter_reduce", input, dim, index, src)
    if not index._array.size:
        return input.clone()
    x, place, source = lifted(input), lifted(index), lifted(src)
    if reduce == "prod":
        out = _product(x, d, place, source, include_self)
    elif reduce in ("amax", "amin"):
        base = x if include_self else ops.setitem(x, _lowest(x, reduce), key=line_key(as_part(place), d))
        out = ops.scatter_extreme(base, source, place, dim=d, largest=reduce == "amax")
    else:
        base = x if include_self else ops.setitem(x, 0, key=line_key(as_part(place), d))
        out = arithmetic.add(base, ops.scatter_zeros(source, place, shape=x._array.shape, dim=d))
        out = out if reduce == "sum" else _divided(out, _counts(x, d, place), include_self)
    return out.reshape(input.shape)


def _counts(x: Tensor, d: int, index: Tensor) -> Tensor:
    """Return how many elements ``index`` sends to each place, in ``x``'s shape, as int64."""
    array = index._array
    ones = wrap(module_of(array).ones(array.shape, "int64"))
    return ops.scatter_zeros(ones, index, shape=x._array.shape, dim=d)


def _divided(total: Tensor, counts: Tensor, include_self: bool) -> Tensor:
    counts = arithmetic.add(counts, 1 if include_self else logic.eq(counts, 0))
    divide = arithmetic.floor_divide if total.dtype.category < 2 else arithmetic.div
    return divide(total, cast(counts, dtype=total._array.dtype))


def _lowest(x: Tensor, reduce: str) -> Any:
    """Return the number below (or above) which ``x``'s dtype has none."""
    sign = -1 if reduce == "amax" else 1
    if x.dtype.category > 1:
        return sign * float("inf")
    if x.dtype.category == 0:
        return sign > 0
    limits = iinfo(x.dtype)
    return limits.min if sign < 0 else limits.max


def _product(x: Tensor, d: int, index: Tensor, src: Tensor, include_self: bool) -> Tensor:
    """Multiply ``src`` into ``x``, exact where elements are zero, to every order.

    Sorted by index, the equal ones of a line are neighbours: products over 1, 2, 4, ... of them leave that of all in
    the last (Hillis & Steele 1986); it alone is scattered.
    """
    order = argsort(index, dim=d)
    place = ops.gather(index, order, dim=d)
    n, v, shift = place._array.shape[d], ops.gather(src, order, dim=d), 1
    while shift < n:
        head, tail, front = (_cut(d, *at) for at in ((0, n - shift), (shift, n), (0, shift)))
        same = logic.eq(ops.getitem(place, key=tail), ops.getitem(place, key=head))
        far = ops.getitem(v, key=tail)
        grown = arithmetic.where(same, arithmetic.mul(far, ops.getitem(v, key=head)), far)
        v, shift = cat([ops.getitem(v, key=front), grown], dim=d), 2 * shift
    ends = logic.ne(ops.getitem(place, key=_cut(d, 1, n)), ops.getitem(place, key=_cut(d, 0, n - 1)))
    final = wrap(module_of(index._array).ones([1 if k == d else m for k, m in enumerate(index._array.shape)], bool))
    alone = arithmetic.where(cat([ends, final], dim=d), v, False)  # a zero of every dtype
    product = ops.scatter_zeros(alone, place, shape=x._array.shape, dim=d)
    touched = logic.gt(_counts(x, d, index), 0)
    return arithmetic.where(touched, arithmetic.mul(x, product) if include_self else product, x)


def _cut(d: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return the key of the slices from ``start`` to ``stop`` of dim ``d``."""
    return (slice(None),) * d + (slice(start, stop),)
