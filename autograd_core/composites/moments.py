"""Variances, covariances and correlations."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.composites.halves import in_float32
from autograd_core.composites.reduction import numpy_names
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, functions, reduce
from autograd_core.ops.complex_parts import conj, real, view_as_real
from autograd_core.ops.contract import matmul
from autograd_core.ops.dims import Dims, count, several
from autograd_core.ops.shape import permute, reshape

__all__ = ["corrcoef", "cov", "std", "std_mean", "var", "var_mean"]
METHODS = ["corrcoef", "cov", "std", "var"]


class _Spread:
    """What a variance is made of: the mean over ``dims``, distances from it, and the degrees of freedom."""

    def __init__(
        self, operation: str, input: Tensor, dim: Any, unbiased: bool | None, correction: float | None
    ) -> None:
        """Take the arguments of ``var``."""
        if isinstance(dim, bool):  # PyTorch's older form: var(input, unbiased)
            dim, unbiased = None, dim
        if unbiased is not None and correction is not None:
            raise DTypeError(f"{operation}: got both unbiased and correction; wanted one of them")
        if correction is None:
            correction = 1 if unbiased is None or unbiased else 0
        if input._array.dtype.kind not in "fc":
            raise DTypeError(f"{operation}: got dtype {input.dtype}; wanted a floating point or complex dtype")
        self.dims = several(dim, input._array.ndim, operation)
        self.mean = reduce.mean(input, dim=self.dims, keepdim=True)
        self.centred = arithmetic.sub(input, self.mean)
        free = count(input._array.shape, self.dims) - correction
        self.free = free if free > 0 else 0

    def var(self, keepdim: bool) -> Tensor:
        """Return the sum of squared distances, per degree of freedom."""
        parts, dims = self.centred, self.dims
        if parts._array.dtype.kind == "c":
            parts, dims = view_as_real(parts), (*dims, parts._array.ndim)
        total = reduce.sum(arithmetic.square(parts), dim=dims, keepdim=keepdim)
        total = total if parts is self.centred or not keepdim else total.squeeze(-1)
        return arithmetic.mul(total, 1 / self.free) if self.free else arithmetic.div(total, 0.0)

    def std(self, keepdim: bool) -> Tensor:
        """Return the root of ``var`` as a norm, whose gradient is 0 where all distances are."""
        size = arithmetic.abs(self.centred) if self.centred._array.dtype.kind == "c" else self.centred
        total = reduce.norm(size, dim=self.dims, keepdim=keepdim)
        return arithmetic.mul(total, self.free**-0.5) if self.free else arithmetic.div(total, 0.0)

    def average(self, keepdim: bool) -> Tensor:
        """Return the mean."""
        if keepdim:
            return self.mean
        shape = self.mean._array.shape
        return reshape(self.mean, shape=tuple(n for d, n in enumerate(shape) if d not in self.dims))


@in_float32
def var(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **other: Any,
) -> Tensor:  # fmt: skip
    """Return ``sum(|x - mean|**2) / (n - correction)`` over ``dim``; correction 1 by default (``unbiased``).

    Raises: DTypeError for integers, or where both ``unbiased`` and ``correction`` are given.
    """
    dim, keepdim = numpy_names("var", dim, keepdim, other)
    return _Spread("var", input, dim, unbiased, correction).var(keepdim)


@in_float32
def std(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **other: Any,
) -> Tensor:  # fmt: skip
    """Return the square root of ``var``; its gradient is 0 where all elements are equal."""
    dim, keepdim = numpy_names("std", dim, keepdim, other)
    return _Spread("std", input, dim, unbiased, correction).std(keepdim)


@in_float32
def var_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return variance and mean over ``dim``; see ``var``."""
    spread = _Spread("var_mean", input, dim, unbiased, correction)
    return spread.var(keepdim), spread.average(keepdim)


@in_float32
def std_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return standard deviation and mean over ``dim``; see ``std``."""
    spread = _Spread("std_mean", input, dim, unbiased, correction)
    return spread.std(keepdim), spread.average(keepdim)


# ---- between variables ----


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Return the covariances of variables (rows) over observations (columns).

    ``fweights`` says how often each observation was made, ``aweights`` how much it counts.
    Shape: (variables, observations) -> (variables, variables), or (observations) -> ().
    Raises: ShapeError for more dimensions, or weights of another shape; DTypeError for weights of the wrong kind.
    """
    if input._array.ndim > 2:
        raise ShapeError(f"cov: input has shape {tuple(input.shape)}; wanted two or fewer dimensions")
    x = input if input._array.ndim == 2 else reshape(input, shape=(1, -1))
    n = x._array.shape[1]
    for name, given, category in (("fweights", fweights, 1), ("aweights", aweights, 2)):
        if given is not None:
            _check_weights(name, given, n, category)
    weights = fweights if aweights is None else aweights if fweights is None else arithmetic.mul(fweights, aweights)
    total: Any = n if weights is None else weights.sum()
    centred = x - (x if weights is None else x * weights).sum(1, True) / total
    free = total - correction
    if aweights is not None and correction:
        free = total - correction * (weights * aweights).sum() / total
    weighted = centred if weights is None else centred * weights
    products = matmul(centred, conj(permute(weighted, dims=(1, 0))))
    return arithmetic.div(products, free.clamp(min=0) if isinstance(free, Tensor) else max(free, 0)).squeeze()


def _check_weights(name: str, given: Tensor, n: int, category: int) -> None:
    array = given._array
    if array.ndim > 1 or array.size != n:
        raise ShapeError(f"cov: {name} has shape {tuple(given.shape)}; wanted ({n},), one for each observation")
    if given.dtype.category != category:
        kind = "an integer" if category == 1 else "a floating"
        raise DTypeError(f"cov: {name} has dtype {given.dtype}; wanted {kind} dtype")
    if type(array) is host.ndarray and (array < 0).any():
        raise ShapeError(f"cov: {name} cannot be negative")


def corrcoef(input: Tensor) -> Tensor:
    """Return the correlations of variables (rows) over observations (columns), within [-1, 1].

    Shape: (variables, observations) -> (variables, variables), or (observations) -> ().
    """
    if input._array.ndim > 2:
        raise ShapeError(f"corrcoef: input has shape {tuple(input.shape)}; wanted two or fewer dimensions")
    c = cov(input)
    if not c._array.ndim:
        return arithmetic.div(c, c)
    deviation = functions.sqrt(real(c.diagonal()))
    c = arithmetic.div(arithmetic.div(c, deviation.unsqueeze(1)), deviation)
    return c if c._array.dtype.kind == "c" else arithmetic.clamp(c, low=-1.0, high=1.0)
