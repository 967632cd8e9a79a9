"""Reductions in PyTorch's form; NumPy's ``axis`` and ``keepdims`` are accepted for ``dim`` and ``keepdim``."""

from __future__ import annotations

from typing import Any

from autograd_core import return_types
from autograd_core.composites.arguments import need_tensors
from autograd_core.composites.halves import in_float32
from autograd_core.dtypes import as_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError
from autograd_core.ops import arithmetic, logic, reduce
from autograd_core.ops.dims import Dims, count, one, several
from autograd_core.ops.index import getitem
from autograd_core.ops.shape import cast, cat

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "count_nonzero", "logsumexp", "max", "mean", "min",
    "nanmean", "nansum", "prod", "sum",
]  # fmt: skip
METHODS = __all__


def numpy_names(operation: str, dim: Any, keepdim: bool, other: dict[str, Any]) -> tuple[Any, bool]:
    """Return dim and keepdim, taking NumPy's names for them.  Raises: DTypeError for any other name."""
    dim = other.pop("axis", dim)
    keepdim = other.pop("keepdims", keepdim)
    if other.get("out", 0) is None:  # np.mean(tensor) passes it
        del other["out"]
    if other:
        raise DTypeError(f"{operation}: got an unexpected keyword argument {next(iter(other))!r}")
    return dim, keepdim


def converted(input: Tensor, dtype: Any) -> Tensor:
    """Return ``input`` in ``dtype``, itself where it has that already."""
    wanted = as_dtype(dtype)
    return input if input.dtype is wanted else cast(input, dtype=wanted.dtype)


def summable(input: Tensor, dtype: Any) -> Tensor:
    """Return ``input`` in ``dtype``; without one, integers and booleans become int64."""
    if dtype is None:
        return input if input.dtype.category > 1 else converted(input, "int64")
    return converted(input, dtype)


def part(x: Tensor, d: int, start: int | None, stop: int | None) -> Tensor:
    """Return a view of ``x`` from ``start`` to ``stop`` along ``d``."""
    return getitem(x, key=(slice(None),) * d + (slice(start, stop),))


def check_floating(operation: str, input: Tensor) -> None:
    """Raise: DTypeError for integers and booleans."""
    if input._array.dtype.kind not in "fc" and input.dtype.category < 2:
        raise DTypeError(f"{operation}: got dtype {input.dtype}; wanted a floating point or complex dtype")


def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
    """Return the sum over ``dim`` (all dims by default), in ``dtype`` where given; integers sum as int64."""
    if other:
        dim, keepdim = numpy_names("sum", dim, keepdim, other)
    dims = several(dim, input._array.ndim, "sum")
    if dtype is None:
        return reduce.sum(input, dim=dims, keepdim=keepdim)
    return converted(reduce.sum(converted(input, dtype), dim=dims, keepdim=keepdim), dtype)


def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
    """Return the sum over ``dim``, NaN counting as 0.  Raises: DTypeError for complex numbers."""
    if input.dtype.is_complex:
        raise DTypeError(f"nansum: got dtype {input.dtype}; wanted a real dtype")
    known = arithmetic.keep(input, logic.eq(input, input)) if input.dtype.category > 1 else input
    return sum(known, dim, keepdim, dtype=dtype, **other)


def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
    """Return the mean over ``dim`` (all dims by default).

    Raises: DTypeError for integers and booleans, as in PyTorch: convert with .float() or pass dtype.
    """
    if other:
        dim, keepdim = numpy_names("mean", dim, keepdim, other)
    if dtype is not None:
        input = converted(input, dtype)
    if input._array.dtype.kind not in "fc" and input.dtype.category < 2:
        raise DTypeError(
            f"mean: could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {input.dtype}"
        )
    return reduce.mean(input, dim=several(dim, input._array.ndim, "mean"), keepdim=keepdim)


@in_float32
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
    """Return the mean over ``dim`` of what is not NaN.  Raises: DTypeError for integers and booleans."""
    check_floating("nanmean", input)
    known = sum(logic.eq(input, input), dim, keepdim, **other)  # NaN equals nothing
    return arithmetic.div(nansum(input, dim, keepdim, dtype=dtype, **other), known)


def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """Return how many elements over ``dim`` (all dims by default) are not zero; int64."""
    return sum(logic.ne(input, 0), dim)


@in_float32
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
    """Return the product over ``dim`` (all elements by default); integers multiply as int64.

    Built as a tree of pairwise products, so that the gradient is exact where elements are zero, to every order.
    """
    dim, keepdim = numpy_names("prod", dim, keepdim, other)
    out = summable(input, dtype)
    if dim is None:
        product = _tree(out.reshape(-1), 0).reshape(())
        return product.reshape((1,) * input._array.ndim) if keepdim else product
    d = one(dim, input._array.ndim, "prod")
    if not input._array.ndim:
        return arithmetic.mul(out, 1)
    product = _tree(out, d)
    return product if keepdim else product.squeeze(d)


def _tree(x: Tensor, d: int) -> Tensor:
    """Multiply neighbouring halves until one slice along ``d`` is left."""
    n = x.shape[d]
    if n == 0:
        return arithmetic.add(reduce.sum(x, dim=(d,), keepdim=True), 1)
    while n > 1:
        half = n // 2
        product = arithmetic.mul(part(x, d, 0, half), part(x, d, half, 2 * half))
        x = cat([product, part(x, d, 2 * half, n)], dim=d) if n % 2 else product
        n = x.shape[d]
    return x


# ---- extremes ----


def nonempty(operation: str, input: Tensor, dim: Dims) -> tuple[int, ...]:
    """Return the dims of a reduction that has no identity, of numbers that have an order.

    Raises: IndexRangeError where there is nothing to reduce; DTypeError for complex numbers.
    """
    dims = several(dim, input._array.ndim, operation)
    if input._array.size == 0 and count(input._array.shape, dims) == 0:
        raise IndexRangeError(
            f"{operation}: Expected reduction dim to have non-zero size; got shape {tuple(input.shape)}, dim {dim}"
        )
    if input._array.dtype.kind == "c":
        raise DTypeError(f"{operation}: got dtype {input.dtype}; complex numbers have no order")
    return dims


def amax(input: Tensor, dim: Dims = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return the largest element over ``dim``; ties share the gradient evenly.  Raises: IndexRangeError if empty."""
    dim, keepdim = numpy_names("amax", dim, keepdim, other)
    return reduce.extremum(input, dim=nonempty("amax", input, dim), keepdim=keepdim)


def amin(input: Tensor, dim: Dims = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return the smallest element over ``dim``; ties share the gradient evenly.  Raises: IndexRangeError if empty."""
    dim, keepdim = numpy_names("amin", dim, keepdim, other)
    return reduce.extremum(input, dim=nonempty("amin", input, dim), keepdim=keepdim, largest=False)


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return (min, max) over ``dim`` (all elements by default); ties share the gradient evenly."""
    dims = nonempty("aminmax", input, dim)
    low, high = (reduce.extremum(input, dim=dims, keepdim=keepdim, largest=largest) for largest in (False, True))
    return return_types.aminmax(low, high)


def max(input: Tensor, dim: Any = None, keepdim: bool = False, **other: Any) -> Any:
    """Return the largest element; over a ``dim``, (values, indices); with a tensor as second argument, ``maximum``.

    Over all elements ties share the gradient evenly; over a dim the first takes it all.
    """
    dim, keepdim = numpy_names("max", other.pop("other", dim), keepdim, other)
    if isinstance(dim, Tensor):
        need_tensors("max", input)
        return arithmetic.maximum(input, dim)
    if dim is None:
        return reduce.extremum(input, dim=nonempty("max", input, None))
    return return_types.max(*_extreme("max", input, dim, keepdim, True))


def min(input: Tensor, dim: Any = None, keepdim: bool = False, **other: Any) -> Any:
    """Return the smallest element; over a ``dim``, (values, indices); with a tensor as second argument, ``minimum``.

    Over all elements ties share the gradient evenly; over a dim the first takes it all.
    """
    dim, keepdim = numpy_names("min", other.pop("other", dim), keepdim, other)
    if isinstance(dim, Tensor):
        need_tensors("min", input)
        return arithmetic.minimum(input, dim)
    if dim is None:
        return reduce.extremum(input, dim=nonempty("min", input, None), largest=False)
    return return_types.min(*_extreme("min", input, dim, keepdim, False))


def _extreme(name: str, input: Tensor, dim: int, keepdim: bool, largest: bool) -> Any:
    ndim = input._array.ndim
    d = one(dim, ndim, name)
    nonempty(name, input, d)
    x, keepdim = (input, keepdim) if ndim else (input.reshape(1), False)
    return reduce.extreme(x, dim=d, keepdim=keepdim, largest=largest)


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return the index of the first largest element along ``dim``, or in the flattened tensor; int64."""
    dim, keepdim = numpy_names("argmax", dim, keepdim, other)
    return _argextreme("argmax", input, dim, keepdim, True)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return the index of the first smallest element along ``dim``, or in the flattened tensor; int64."""
    dim, keepdim = numpy_names("argmin", dim, keepdim, other)
    return _argextreme("argmin", input, dim, keepdim, False)


def _argextreme(name: str, input: Tensor, dim: int | None, keepdim: bool, largest: bool) -> Tensor:
    nonempty(name, input, dim)
    d = None if dim is None or not input._array.ndim else one(dim, input._array.ndim, name)
    return reduce.argextreme(input, dim=d, keepdim=keepdim, largest=largest)


# ---- truth, and sums of exponentials ----


def any(input: Tensor, dim: Dims = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return whether any element over ``dim`` is nonzero; bool, of uint8 as uint8.  Over no dims: of each element."""
    return _truth("any", input, *numpy_names("any", dim, keepdim, other))


def all(input: Tensor, dim: Dims = None, keepdim: bool = False, **other: Any) -> Tensor:
    """Return whether all elements over ``dim`` are nonzero; bool, of uint8 as uint8.  Over no dims: of each element."""
    return _truth("all", input, *numpy_names("all", dim, keepdim, other))


def _truth(name: str, input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    dims = () if dim in ((), []) else several(dim, input._array.ndim, name)
    found = reduce.truth(input, dim=dims, keepdim=keepdim, every=name == "all")
    return cast(found, dtype=input._array.dtype) if input._array.dtype.name == "uint8" else found


def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False, **other: Any) -> Tensor:
    """Return ``log(sum(exp(x)))`` over ``dim``, computed without overflow; -inf where there is nothing to sum."""
    dim, keepdim = numpy_names("logsumexp", dim, keepdim, other)
    return reduce.logsumexp(input, dim=several(dim, input._array.ndim, "logsumexp"), keepdim=keepdim)
