"""The Python array API on tensors: what ``tensor.__array_namespace__()`` returns.

Functions whose names and arguments are PyTorch's are that function; the others are written out here.

Source: https://data-apis.org/array-api/2024.12.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")
__array_api_version__ = VERSIONS[-1]

SAME = (
    "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_or "
    "bitwise_right_shift bitwise_xor bool can_cast ceil complex128 complex64 conj copysign cos cosh empty empty_like "
    "exp expm1 fft finfo float32 float64 floor floor_divide from_dlpack full full_like hypot iinfo imag int16 int32 "
    "int64 int8 isfinite isinf isnan linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or "
    "logical_xor matmul maximum minimum nextafter ones ones_like real reciprocal remainder reshape round sign signbit "
    "sin sinh sqrt square tan tanh trunc uint8 where zeros zeros_like"
)
RENAMED = {
    "bitwise_invert": "bitwise_not", "divide": "div", "equal": "eq", "greater": "gt", "greater_equal": "ge",
    "less": "lt", "less_equal": "le", "multiply": "mul", "negative": "neg", "not_equal": "ne", "positive": "positive",
    "pow": "pow", "subtract": "sub",
}  # fmt: skip
KINDS: dict[str, Callable[[Any], bool]] = {
    "bool": lambda d: d.category == 0,
    "signed integer": lambda d: d.category == 1 and d.is_signed,
    "unsigned integer": lambda d: d.category == 1 and not d.is_signed,
    "integral": lambda d: d.category == 1,
    "real floating": lambda d: d.is_floating_point,
    "complex floating": lambda d: d.is_complex,
    "numeric": lambda d: d.category > 0,
}

globals().update({name: getattr(ag, name) for name in SAME.split()})
globals().update({name: getattr(ag, ours) for name, ours in RENAMED.items()})
e, inf, nan, newaxis, pi = math.e, math.inf, math.nan, None, math.pi
linalg = ag.linalg

Axis = int | tuple[int, ...] | None


class unique_all_result(NamedTuple):
    """What ``unique_all`` returns."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class unique_counts_result(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Tensor
    counts: Tensor


class unique_inverse_result(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Tensor
    inverse_indices: Tensor


# ---- creation and dtypes ----


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return ``obj`` as a tensor, sharing its memory where it can unless ``copy``."""
    made = ag.tensor(obj, dtype=dtype, device=device) if copy and not isinstance(obj, Tensor) else None
    if made is None:
        made = ag.as_tensor(obj, dtype=dtype, device=device)
    return made.clone() if copy and isinstance(obj, Tensor) and made is obj else made


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``start, start + step, ...`` below ``stop``; with one number, those from 0 below it."""
    start, stop = (0, start) if stop is None else (start, stop)
    return ag.arange(start, stop, step, dtype=dtype, device=device)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones on diagonal ``k``, zeros elsewhere."""
    m = n_rows if n_cols is None else n_cols
    row, column = ag.arange(n_rows, device=device)[:, None], ag.arange(m, device=device)
    return (column - row == k).to(dtype or ag.get_default_dtype())


def meshgrid(*arrays: Tensor, indexing: str = "xy") -> list[Tensor]:
    """Return coordinate grids of vectors."""
    return list(ag.meshgrid(*arrays, indexing=indexing))


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return ``x`` with zeros above diagonal ``k``."""
    return ag.tril(x, k)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return ``x`` with zeros below diagonal ``k``."""
    return ag.triu(x, k)


def astype(x: Tensor, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """Return ``x`` in another dtype."""
    return x.to(device=device, dtype=dtype, copy=copy)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Return whether ``dtype`` is of a kind, such as 'real floating', or is that dtype; a tuple means any of them."""
    if isinstance(kind, tuple):
        return True in [isdtype(dtype, k) for k in kind]
    return KINDS[kind](dtype) if isinstance(kind, str) else dtype == kind


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Return the dtype that an operation on all of them gives."""
    found = arrays_and_dtypes[0]
    for other in arrays_and_dtypes[1:]:
        one, two = (v.dtype if isinstance(v, Tensor) else v for v in (found, other))
        both = isinstance(found, Tensor) and not isinstance(other, ag.dtype)
        found = ag.result_type(found, other) if both else ag.promote_types(one, two)
    return found.dtype if isinstance(found, Tensor) else found


# ---- shapes ----


def broadcast_arrays(*arrays: Tensor) -> list[Tensor]:
    """Return the tensors expanded to their common shape."""
    return list(ag.broadcast_tensors(*arrays))


def broadcast_to(x: Tensor, /, shape: Sequence[int]) -> Tensor:
    """Return ``x`` expanded to ``shape``."""
    return ag.broadcast_to(x, tuple(shape))


def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Return the tensors joined along ``axis``; None flattens them first."""
    return ag.cat([a.flatten() for a in arrays], 0) if axis is None else ag.cat(list(arrays), axis)


def expand_dims(x: Tensor, /, *, axis: int = 0) -> Tensor:
    """Return ``x`` with a dimension of length 1 at ``axis``."""
    return ag.unsqueeze(x, axis)


def squeeze(x: Tensor, /, axis: Axis) -> Tensor:
    """Return ``x`` without the dimensions ``axis``, each of length 1."""
    dims = (axis,) if isinstance(axis, int) else tuple(axis or ())
    if [d for d in dims if x.shape[d] != 1]:
        raise ShapeError(f"squeeze: axis is {axis} and the shape {tuple(x.shape)}; wanted dimensions of length 1")
    return ag.squeeze(x, dims)


def flip(x: Tensor, /, *, axis: Axis = None) -> Tensor:
    """Return ``x`` reversed along ``axis``, or all."""
    return ag.flip(x, tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis)


def moveaxis(x: Tensor, source: Any, destination: Any, /) -> Tensor:
    """Return ``x`` with dimensions moved."""
    return ag.movedim(x, source, destination)


def permute_dims(x: Tensor, /, axes: Sequence[int]) -> Tensor:
    """Return ``x`` with its dimensions in the order ``axes``."""
    return ag.permute(x, tuple(axes))


def matrix_transpose(x: Tensor, /) -> Tensor:
    """Return the matrices transposed."""
    return ag.transpose(x, -2, -1)


def repeat(x: Tensor, repeats: Any, /, *, axis: int | None = None) -> Tensor:
    """Return ``x`` with each element repeated along ``axis``."""
    return ag.repeat_interleave(x, repeats, axis)


def roll(x: Tensor, /, shift: Any, *, axis: Axis = None) -> Tensor:
    """Return ``x`` shifted along ``axis``; what leaves at one end comes in at the other."""
    return ag.roll(x, shift, axis)


def stack(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Return the tensors joined along a new dimension."""
    return ag.stack(list(arrays), axis)


def tile(x: Tensor, repetitions: Sequence[int], /) -> Tensor:
    """Return ``x`` repeated as a whole."""
    return ag.tile(x, tuple(repetitions))


def unstack(x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Return the slices along ``axis``."""
    return ag.unbind(x, axis)


# ---- elementwise, with other arguments ----


def clip(x: Tensor, /, min: Any = None, max: Any = None) -> Tensor:
    """Return ``x`` limited to [``min``, ``max``]."""
    return x if min is None and max is None else ag.clamp(x, min, max)


# ---- reductions ----


def sum(x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Return the sum over ``axis``."""
    return ag.sum(x, axis, keepdims, dtype=dtype)


def prod(x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Return the product over ``axis``."""
    for d in sorted(_axes(x, axis), reverse=True):
        x = ag.prod(x, d, True, dtype=dtype)
    return x if keepdims else ag.squeeze(x, _axes(x, axis))


def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean over ``axis``."""
    return ag.mean(x, axis, keepdims)


def var(x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Return the variance over ``axis``."""
    return ag.var(x, axis, correction=correction, keepdim=keepdims)


def std(x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Return the standard deviation over ``axis``."""
    return ag.std(x, axis, correction=correction, keepdim=keepdims)


def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element over ``axis``."""
    return ag.amax(x, _axes(x, axis), keepdims)


def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element over ``axis``."""
    return ag.amin(x, _axes(x, axis), keepdims)


def _axes(x: Tensor, axis: Axis) -> tuple[int, ...]:
    chosen = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(d % x.ndim for d in chosen)


def all(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether all elements over ``axis`` are nonzero."""
    return ag.all(x, axis, keepdims)


def any(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether any element over ``axis`` is nonzero."""
    return ag.any(x, axis, keepdims)


def count_nonzero(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return how many elements over ``axis`` are not 0."""
    return ag.sum(x != 0, axis, keepdims)


def cumulative_sum(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running sum along ``axis``, from 0 on if ``include_initial``."""
    d = _only(x, axis, "cumulative_sum")
    y = ag.cumsum(x, d, dtype=dtype)
    return ag.cat([ag.zeros_like(y.narrow(d, 0, 1)), y], d) if include_initial else y


def cumulative_prod(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running product along ``axis``, from 1 on if ``include_initial``."""
    d = _only(x, axis, "cumulative_prod")
    y = ag.cumprod(x, d, dtype=dtype)
    return ag.cat([ag.ones_like(y.narrow(d, 0, 1)), y], d) if include_initial else y


def _only(x: Tensor, axis: int | None, operation: str) -> int:
    if axis is None and x.ndim != 1:
        raise ShapeError(f"{operation}: axis is None and x has {x.ndim} dimensions; wanted an axis")
    return 0 if axis is None else axis


def diff(x: Tensor, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Tensor:
    """Return the ``n``-th differences of neighbours."""
    return ag.diff(x, n, axis, prepend, append)


# ---- products ----


def tensordot(x1: Tensor, x2: Tensor, /, *, axes: Any = 2) -> Tensor:
    """Return the sum of products over ``axes``."""
    return ag.tensordot(x1, x2, axes)


def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the dot products along ``axis``; the first is conjugated."""
    return ag.linalg.vecdot(x1, x2, dim=axis)


# ---- searching, sorting, sets ----


def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the largest element is."""
    return ag.argmax(x, axis, keepdims)


def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return where the smallest element is."""
    return ag.argmin(x, axis, keepdims)


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """Return the indices of the elements that are not 0, by dimension."""
    return tuple(ag.nonzero(x, as_tuple=True))


def searchsorted(x1: Tensor, x2: Tensor, /, *, side: str = "left", sorter: Tensor | None = None) -> Tensor:
    """Return where the elements of ``x2`` belong in the sorted vector ``x1``."""
    return ag.searchsorted(x1, x2, side=side, sorter=sorter)


def argsort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return the indices that sort ``x``."""
    return ag.argsort(x, axis, descending, stable)


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return the elements sorted."""
    return ag.sort(x, axis, descending)[0]


def take(x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """Return the slices of ``x`` at ``indices``."""
    return ag.index_select(x, _only(x, axis, "take"), indices)


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the elements at ``indices`` along ``axis``."""
    return ag.take_along_dim(x, indices, axis)


def unique_all(x: Tensor, /) -> unique_all_result:
    """Return the distinct elements, where each is first found, which each element is, and how many there are."""
    values, inverse, counts = ag.unique(x, return_inverse=True, return_counts=True)
    order = ag.argsort(inverse.flatten(), stable=True)
    starts = ag.cumsum(counts, 0) - counts
    return unique_all_result(values, order[starts], inverse, counts)


def unique_counts(x: Tensor, /) -> unique_counts_result:
    """Return the distinct elements and how many there are of each."""
    return unique_counts_result(*ag.unique(x, return_counts=True))


def unique_inverse(x: Tensor, /) -> unique_inverse_result:
    """Return the distinct elements and which of them each element is."""
    return unique_inverse_result(*ag.unique(x, return_inverse=True))


def unique_values(x: Tensor, /) -> Tensor:
    """Return the distinct elements."""
    return ag.unique(x)
