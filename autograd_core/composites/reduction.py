"""Reductions in PyTorch's form; NumPy's ``axis`` and ``keepdims`` are accepted for ``dim`` and ``keepdim``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_core.dtypes import as_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError
from autograd_core.ops import arithmetic, functions, logic, reduce
from autograd_core.ops.dims import Dims, count, one, several
from autograd_core.ops.shape import cast, cat

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp", "max", "mean", "min",
    "norm", "prod", "std", "std_mean", "sum", "var", "var_mean",
]  # fmt: skip
METHODS = [
    "all", "amax", "amin", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp", "max", "mean", "min",
    "norm", "prod", "std", "sum", "var",
]  # fmt: skip
IN_PLACE = ["cumsum"]


class max_result(NamedTuple):
    """What ``max`` over a dim returns."""

    values: Tensor
    indices: Tensor


class min_result(NamedTuple):
    """What ``min`` over a dim returns."""

    values: Tensor
    indices: Tensor


def _names(operation: str, dim: Any, keepdim: bool, other: dict[str, Any]) -> tuple[Any, bool]:
    """Return dim and keepdim, taking NumPy's names for them."""
    dim = other.pop("axis", dim)
    keepdim = other.pop("keepdims", keepdim)
    if other.get("out", 0) is None:  # np.mean(tensor) passes it
        del other["out"]
    if other:
        raise DTypeError(f"{operation}: got an unexpected keyword argument {next(iter(other))!r}")
    return dim, keepdim


def _as(input: Tensor, dtype: Any) -> Tensor:
    wanted = as_dtype(dtype)
    return input if input.dtype is wanted else cast(input, dtype=wanted.dtype)


def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **numpy_names: Any) -> Tensor:
    """Return the sum over ``dim`` (all dims by default), in ``dtype`` where given; integers sum as int64."""
    if numpy_names:
        dim, keepdim = _names("sum", dim, keepdim, numpy_names)
    if dtype is not None:
        input = _as(input, dtype)
    return reduce.sum(input, dim=several(dim, input._array.ndim, "sum"), keepdim=keepdim)


def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **numpy_names: Any) -> Tensor:
    """Return the mean over ``dim`` (all dims by default).

    Raises: DTypeError for integers and booleans, as in PyTorch: convert with .float() or pass dtype.
    """
    if numpy_names:
        dim, keepdim = _names("mean", dim, keepdim, numpy_names)
    if dtype is not None:
        input = _as(input, dtype)
    if input._array.dtype.kind not in "fc":
        raise DTypeError(
            f"mean: could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {input.dtype}"
        )
    return reduce.mean(input, dim=several(dim, input._array.ndim, "mean"), keepdim=keepdim)


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    **numpy_names: Any,
) -> Tensor:
    """Return ``sum((x - mean)**2) / (n - correction)`` over ``dim``; correction 1 by default (``unbiased``).

    Raises: DTypeError for integers, or where both ``unbiased`` and ``correction`` are given.
    """
    if numpy_names:
        dim, keepdim = _names("var", dim, keepdim, numpy_names)
    if isinstance(dim, bool):  # PyTorch's older form: var(input, unbiased)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise DTypeError("var: got both unbiased and correction; wanted one of them")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    if input._array.dtype.kind not in "fc":
        raise DTypeError(f"var: got dtype {input.dtype}; var and std support only floating point and complex dtypes")
    dims = several(dim, input._array.ndim, "var")
    centred = arithmetic.sub(input, reduce.mean(input, dim=dims, keepdim=True))
    total = reduce.sum(arithmetic.square(centred), dim=dims, keepdim=keepdim)
    free = max_of(count(input._array.shape, dims) - correction, 0)
    return arithmetic.mul(total, 1 / free) if free else arithmetic.div(total, 0.0)


def max_of(a: float, b: float) -> float:
    """Return the larger of two Python numbers (``max`` is a tensor function in this room)."""
    return a if a > b else b


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    **numpy_names: Any,
) -> Tensor:
    """Return the square root of ``var``."""
    return functions.sqrt(var(input, dim, unbiased, keepdim, correction=correction, **numpy_names))


def var_mean(input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: float | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return variance and mean over ``dim``."""
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def std_mean(input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: float | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return standard deviation and mean over ``dim``."""
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def amax(input: Tensor, dim: Dims = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return the largest element over ``dim``; ties share the gradient evenly.  Raises: IndexRangeError if empty."""
    dim, keepdim = _names("amax", dim, keepdim, numpy_names)
    return reduce.amax(input, dim=_nonempty("amax", input, dim), keepdim=keepdim)


def amin(input: Tensor, dim: Dims = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return the smallest element over ``dim``; ties share the gradient evenly.  Raises: IndexRangeError if empty."""
    dim, keepdim = _names("amin", dim, keepdim, numpy_names)
    return reduce.amin(input, dim=_nonempty("amin", input, dim), keepdim=keepdim)


def _nonempty(operation: str, input: Tensor, dim: Dims) -> tuple[int, ...]:
    dims = several(dim, input._array.ndim, operation)
    if input._array.size == 0 and count(input._array.shape, dims) == 0:
        raise IndexRangeError(
            f"{operation}: Expected reduction dim to have non-zero size; got shape {tuple(input.shape)}, dim {dim}"
        )
    return dims


def max(input: Tensor, dim: Any = None, keepdim: bool = False, **numpy_names: Any) -> Any:
    """Return the largest element; over a ``dim``, (values, indices); with a tensor as second argument, ``maximum``.

    Over all elements ties share the gradient evenly; over a dim the first takes it all.
    """
    dim, keepdim = _names("max", numpy_names.pop("other", dim), keepdim, numpy_names)
    if isinstance(dim, Tensor):
        return arithmetic.maximum(input, dim)
    if dim is None:
        return reduce.amax(input, dim=_nonempty("max", input, None))
    return max_result(*_indexed("max", reduce.max_with_index, input, dim, keepdim))


def min(input: Tensor, dim: Any = None, keepdim: bool = False, **numpy_names: Any) -> Any:
    """Return the smallest element; over a ``dim``, (values, indices); with a tensor as second argument, ``minimum``.

    Over all elements ties share the gradient evenly; over a dim the first takes it all.
    """
    dim, keepdim = _names("min", numpy_names.pop("other", dim), keepdim, numpy_names)
    if isinstance(dim, Tensor):
        return arithmetic.minimum(input, dim)
    if dim is None:
        return reduce.amin(input, dim=_nonempty("min", input, None))
    return min_result(*_indexed("min", reduce.min_with_index, input, dim, keepdim))


def _indexed(name: str, operation: Any, input: Tensor, dim: int, keepdim: bool) -> Any:
    ndim = input._array.ndim
    d = one(dim, ndim, name)
    _nonempty(name, input, d)
    if ndim:
        return operation(input, dim=d, keepdim=keepdim)
    values, indices = operation(input.reshape(1), dim=0)
    return values, indices


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return the index of the first largest element along ``dim``, or in the flattened tensor; int64."""
    dim, keepdim = _names("argmax", dim, keepdim, numpy_names)
    return _arg("argmax", reduce.argmax, input, dim, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return the index of the first smallest element along ``dim``, or in the flattened tensor; int64."""
    dim, keepdim = _names("argmin", dim, keepdim, numpy_names)
    return _arg("argmin", reduce.argmin, input, dim, keepdim)


def _arg(name: str, operation: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    _nonempty(name, input, dim)
    d = None if dim is None or not input._array.ndim else one(dim, input._array.ndim, name)
    return operation(input, dim=d, keepdim=keepdim)


def any(input: Tensor, dim: Dims = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return whether any element over ``dim`` is nonzero."""
    dim, keepdim = _names("any", dim, keepdim, numpy_names)
    return reduce.any(input, dim=several(dim, input._array.ndim, "any"), keepdim=keepdim)


def all(input: Tensor, dim: Dims = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return whether all elements over ``dim`` are nonzero."""
    dim, keepdim = _names("all", dim, keepdim, numpy_names)
    return reduce.all(input, dim=several(dim, input._array.ndim, "all"), keepdim=keepdim)


def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False, **numpy_names: Any) -> Tensor:
    """Return ``log(sum(exp(x)))`` over ``dim``, computed without overflow."""
    dim, keepdim = _names("logsumexp", dim, keepdim, numpy_names)
    return reduce.logsumexp(input, dim=several(dim, input._array.ndim, "logsumexp"), keepdim=keepdim)


def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running sum along ``dim``; integers sum as int64."""
    if dtype is not None:
        input = _as(input, dtype)
    return reduce.cumsum(input, dim=one(dim, input._array.ndim, "cumsum"))


def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running product along ``dim``, exact through zeros to every order.

    Built by doubling (Hillis & Steele 1986): log2(n) products of the tensor with itself shifted.
    """
    out = _as(input, dtype) if dtype is not None else input if input.dtype.category > 1 else _as(input, "int64")
    if not input._array.ndim:
        return arithmetic.mul(out, 1)
    d = one(dim, input._array.ndim, "cumprod")
    shift = 1
    while shift < out.shape[d]:
        n = out.shape[d] - shift
        grown = arithmetic.mul(out.narrow(d, shift, n), out.narrow(d, 0, n))
        out = cat([out.narrow(d, 0, shift), grown], dim=d)
        shift *= 2
    return out if out is not input else arithmetic.mul(out, 1)


def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None, **numpy_names: Any
) -> Tensor:
    """Return the product over ``dim`` (all elements by default); integers multiply as int64.

    Built as a tree of pairwise products, so that the gradient is exact where elements are zero, to every order.
    """
    dim, keepdim = _names("prod", dim, keepdim, numpy_names)
    out = _as(input, dtype) if dtype is not None else input if input.dtype.category > 1 else _as(input, "int64")
    if dim is None:
        product = _tree(out.reshape(-1), 0).reshape(())
        return product.reshape((1,) * input._array.ndim) if keepdim else product
    if not input._array.ndim:
        one(dim, 0, "prod")
        return arithmetic.mul(out, 1)
    d = one(dim, input._array.ndim, "prod")
    product = _tree(out, d)
    return product if keepdim else product.squeeze(d)


def _tree(x: Tensor, d: int) -> Tensor:
    """Multiply neighbouring halves until one slice along ``d`` is left."""
    n = x.shape[d]
    if n == 0:
        return arithmetic.add(reduce.sum(x, dim=(d,), keepdim=True), 1)
    while n > 1:
        half = n // 2
        product = arithmetic.mul(x.narrow(d, 0, half), x.narrow(d, half, half))
        x = cat([product, x.narrow(d, 2 * half, 1)], dim=d) if n % 2 else product
        n = x.shape[d]
    return x


def norm(input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """Return the vector norm ``sum(|x|**p) ** (1/p)`` over ``dim`` (all dims by default).

    ``p``: 'fro' (2), any number, inf (largest magnitude), -inf, 0 (count of nonzeros).  The gradient of the
    2-norm at 0 is 0.  Raises: DTypeError for integers, or another name.
    """
    if dtype is not None:
        input = _as(input, dtype)
    if input._array.dtype.kind not in "fc":
        raise DTypeError(f"norm: got dtype {input.dtype}; wanted a floating point or complex dtype")
    if isinstance(p, str) and p != "fro":
        raise DTypeError(f"norm: p is {p!r}; wanted 'fro' or a number")
    dims = several(dim, input._array.ndim, "norm")
    order = 2.0 if p is None or p == "fro" else float(p)
    if order == 2:
        return reduce.norm2(input, dim=dims, keepdim=keepdim)
    size = arithmetic.abs(input)
    if order == math.inf:
        return reduce.amax(size, dim=dims, keepdim=keepdim)
    if order == -math.inf:
        return reduce.amin(size, dim=dims, keepdim=keepdim)
    if order == 0:
        return reduce.sum(cast(logic.ne(input, 0), dtype=input._array.dtype), dim=dims, keepdim=keepdim)
    if order == 1:
        return reduce.sum(size, dim=dims, keepdim=keepdim)
    return functions.pow(reduce.sum(functions.pow(size, order), dim=dims, keepdim=keepdim), 1 / order)
