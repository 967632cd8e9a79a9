"""Vector norms, distances, and what is limited by a norm."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.composites.halves import in_float32
from autograd_core.composites.reduction import check_floating, converted
from autograd_core.dtypes import as_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import arithmetic, logic, reduce
from autograd_core.ops.dims import Dims, count, one, several

__all__ = ["dist", "norm", "renorm"]
METHODS = __all__
IN_PLACE = ["renorm"]


def norm(input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """Return the vector norm ``sum(|x|**p) ** (1/p)`` over ``dim`` (all dims by default), or a matrix norm.

    ``p``: 'fro' (2), any number, inf (largest magnitude), -inf, 0 (count of nonzeros), or 'nuc', the sum of the
    singular values of a matrix.  Raises: DTypeError for integers; ShapeError for another name.
    """
    check_floating("norm", input)
    if p == "nuc":
        from autograd_core.composites.matrices import matrix_norm

        if dim is None and input._array.ndim != 2:
            raise ShapeError(f"norm: p 'nuc' is of matrices; got shape {tuple(input.shape)}, and no dim")
        return matrix_norm(input, "nuc", (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    if isinstance(p, str) and p != "fro":
        raise ShapeError(f"norm: p is {p!r}; wanted 'fro', 'nuc' or a number")
    if p == "fro" and isinstance(dim, tuple | list) and len(dim) > 2:
        raise ShapeError(f"norm: p 'fro' is over one or two dims; got dim {tuple(dim)}")
    return vector_norm(input, 2.0 if p is None or p == "fro" else p, dim, keepdim, dtype=dtype)


def vector_norm(x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return ``sum(|x|**ord) ** (1/ord)`` over ``dim`` (all dims by default), in ``dtype`` where given.

    ``ord``: any number, inf (largest magnitude), -inf, 0 (count of nonzeros).  The gradient of a norm at 0 is 0.
    Raises: DTypeError for integers, or a ``dtype`` that loses what ``x`` has; IndexRangeError for a negative or
    infinite norm of nothing.
    """
    check_floating("vector_norm", x)
    if dtype is not None:
        _check_dtype(x, as_dtype(dtype))
        x = converted(x, dtype)
    p, dims = float(ord), several(dim, x._array.ndim, "vector_norm")
    if (p < 0 or p == math.inf) and not count(x._array.shape, dims):
        raise IndexRangeError(
            f"vector_norm: cannot compute the {ord} norm of an empty dimension, as the operation does not have an "
            f"identity; got shape {tuple(x.shape)}, dim {dim}"
        )
    size = arithmetic.abs(x) if x._array.dtype.kind == "c" else x
    return reduce.norm(size, dim=dims, keepdim=keepdim, p=p)


def _check_dtype(x: Tensor, wanted: Any) -> None:
    if wanted.category < 2 or wanted.is_complex != x.dtype.is_complex or wanted.itemsize < x.dtype.itemsize:
        raise DTypeError(f"vector_norm: dtype is {wanted}; wanted one that {x.dtype} can be converted to without loss")


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """Return the ``p``-norm of ``input - other``.  Shape: broadcastable pair -> ()."""
    return vector_norm(arithmetic.sub(input, other), p)


@in_float32
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Return ``input`` with each slice along ``dim`` scaled down to a ``p``-norm of at most ``maxnorm``.

    Raises: ShapeError for fewer than two dimensions, ``p <= 0``, or a negative ``maxnorm``.
    """
    check_floating("renorm", input)
    d = one(dim, input._array.ndim, "renorm")
    if input._array.ndim < 2:
        raise ShapeError(f"renorm: input needs at least 2 dimensions, got {input._array.ndim} dimensions")
    if not p > 0:
        raise ShapeError(f"renorm: p is {p}; wanted more than 0")
    if maxnorm < 0:
        raise ShapeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    sizes = vector_norm(input, p, [i for i in range(input._array.ndim) if i != d], True)
    factors = arithmetic.div(float(maxnorm), arithmetic.add(sizes, 1e-7))
    return arithmetic.mul(input, arithmetic.where(logic.gt(sizes, maxnorm), factors, 1.0))
