"""PyTorch's ``masked`` namespace: reductions and normalisations of the elements where ``mask`` holds.

A mask is a boolean tensor that broadcasts to the input; None means all.  What is masked out counts as the operation's
identity, and gets no gradient; a result of nothing but masked elements is that identity, or NaN where there is none.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_core import guard
from autograd_core.composites import norms, pointwise, ranks, reduction, running
from autograd_core.composites.halves import in_float32
from autograd_core.dtypes import as_dtype, iinfo
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, functions
from autograd_core.ops.complex_parts import conj
from autograd_core.ops.dims import Dims, count, several
from autograd_core.ops.shape import broadcast_to

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip


def _fill(input: Tensor, mask: Tensor | None, value: Any) -> Tensor:
    """Return ``input`` with ``value`` where ``mask`` does not hold."""
    if mask is None:
        return input
    return arithmetic.where(_expanded(input, mask), input, value)


def _expanded(input: Tensor, mask: Tensor) -> Tensor:
    if not isinstance(mask, Tensor) or mask._array.dtype.kind != "b":
        raise DTypeError(f"masked: mask is {getattr(mask, 'dtype', type(mask).__name__)}; wanted a boolean Tensor")
    if mask._array.ndim > input._array.ndim:
        raise ShapeError(f"masked: mask has shape {tuple(mask.shape)}; wanted no more dims than {tuple(input.shape)}")
    return broadcast_to(mask, shape=input._array.shape)


def _lowest(input: Tensor) -> float:
    kind = input.dtype
    return -math.inf if kind.category > 1 else iinfo(kind).min if kind.category else False


def _highest(input: Tensor) -> float:
    kind = input.dtype
    return math.inf if kind.category > 1 else iinfo(kind).max if kind.category else True


def _to(result: Tensor, dtype: Any, input: Tensor) -> Tensor:
    return reduction.converted(result, input.dtype if dtype is None else dtype)


def sum(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the sum over ``dim``; 0 of nothing."""
    return reduction.sum(_fill(input, mask, 0), dim, keepdim, dtype=dtype)


@in_float32
def prod(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the product over ``dim``; 1 of nothing."""
    out = reduction.summable(_fill(input, mask, 1), dtype)
    for d in reversed(several(dim, input._array.ndim, "masked.prod")):
        out = reduction.prod(out, d, keepdim)
    return out


def cumsum(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Return the running sum along ``dim``, in ``input``'s dtype."""
    return _to(running.cumsum(_fill(input, mask, 0), dim, dtype=dtype), dtype, input)


def cumprod(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Return the running product along ``dim``, in ``input``'s dtype."""
    return _to(running.cumprod(_fill(input, mask, 1), dim, dtype=dtype), dtype, input)


def amax(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the largest element over ``dim``; the lowest number there is of nothing."""
    return _to(reduction.amax(_fill(input, mask, _lowest(input)), dim, keepdim), dtype, input)


def amin(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the smallest element over ``dim``; the highest number there is of nothing."""
    return _to(reduction.amin(_fill(input, mask, _highest(input)), dim, keepdim), dtype, input)


def argmax(
    input: Tensor, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the index of the first largest element along ``dim``, in ``input``'s dtype."""
    return _to(reduction.argmax(_fill(input, mask, _lowest(input)), dim, keepdim), dtype, input)


def argmin(
    input: Tensor, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the index of the first smallest element along ``dim``, in ``input``'s dtype."""
    return _to(reduction.argmin(_fill(input, mask, _highest(input)), dim, keepdim), dtype, input)


def _counted(input: Tensor, mask: Tensor | None, dim: Dims, keepdim: bool) -> Any:
    """Return how many elements the mask leaves, as a tensor, or without one as a number."""
    if mask is None:
        return count(input._array.shape, several(dim, input._array.ndim, "masked"))
    return reduction.sum(_expanded(input, mask), dim, keepdim)


@in_float32
def mean(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the mean over ``dim``; NaN of nothing.  Raises: DTypeError for integers, without a floating ``dtype``."""
    kind = input.dtype if dtype is None else as_dtype(dtype)
    if kind.category < 2:
        raise DTypeError(f"masked.mean: could not infer output dtype from {kind}; wanted a floating or complex dtype")
    return arithmetic.div(sum(input, dim, keepdim=keepdim, dtype=kind, mask=mask), _counted(input, mask, dim, keepdim))


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return the median along ``dim``; NaN of nothing.  Raises: ShapeError for nothing but masked integers."""
    x = input if input.dtype.category > 1 else reduction.converted(input, "float32")
    found = ranks.nanmedian(_fill(x, mask, math.nan), dim, keepdim).values
    if x is input:
        return found
    if bool((found._array != found._array).any()):
        raise ShapeError(f"masked.median: expects no fully masked out rows of dtype {input.dtype}, which has no NaN")
    return _to(found, dtype, input)


def norm(
    input: Tensor, ord: float | None = 2.0, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the vector norm over ``dim``; 0 of nothing, and infinity for a negative ``ord``."""
    p = 2.0 if ord is None else ord
    return norms.vector_norm(_fill(input, mask, math.inf if p < 0 else 0), p, dim, keepdim, dtype=dtype)


@in_float32
def var(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, *, correction: float | None = None,
    keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the variance over ``dim``; NaN of nothing.  Integers are taken as float32."""
    if unbiased is not None and correction is not None:
        raise DTypeError("masked.var: got both unbiased and correction; wanted one of them")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    x = _to(input, "float32" if dtype is None and input.dtype.category < 2 else dtype, input)
    average = arithmetic.div(sum(x, dim, keepdim=True, mask=mask), _counted(x, mask, dim, True))
    away = arithmetic.sub(x, average)
    total = sum(arithmetic.mul(away, conj(away)), dim, keepdim=keepdim, mask=mask)
    free = _counted(x, mask, dim, keepdim) - correction
    return arithmetic.div(total, free.clamp(min=0) if isinstance(free, Tensor) else max(free, 0))


@in_float32
def std(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, *, correction: float | None = None,
    keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the square root of ``var``."""
    options = {"correction": correction, "keepdim": keepdim, "dtype": dtype, "mask": mask}
    return functions.sqrt(var(input, dim, unbiased, **options))


def softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` along ``dim``; 0 where masked out, NaN where all are."""
    return pointwise.softmax(_fill(input, mask, _lowest(input)), dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Return ``log(softmax(x))`` along ``dim``; -inf where masked out, NaN where all are."""
    return pointwise.log_softmax(_fill(input, mask, _lowest(input)), dim, dtype=dtype)


def softmin(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Return ``softmax(-x)`` along ``dim``; 0 where masked out, NaN where all are."""
    return pointwise.softmax(arithmetic.neg(_fill(input, mask, _highest(input))), dim, dtype=dtype)


def logsumexp(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return ``log(sum(exp(x)))`` over ``dim``; -inf of nothing."""
    return _to(reduction.logsumexp(_fill(input, mask, _lowest(input)), dim, keepdim), dtype, input)


def logaddexp(
    input: Tensor, other: Tensor, *, dtype: Any = None, input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return ``log(exp(input) + exp(other))``; what is masked out adds nothing."""
    from autograd_core import logaddexp as add

    return _to(add(_fill(input, input_mask, -math.inf), _fill(other, other_mask, -math.inf)), dtype, input)


def normalize(
    input: Tensor, ord: float, dim: int, *, eps: float = 1e-12, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Return ``input`` divided by its norm along ``dim``, which is at least ``eps``; 0 where masked out."""
    size = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return arithmetic.div(_fill(input, mask, 0), size.clamp(min=eps))


guard.protect(globals(), (__name__,))
