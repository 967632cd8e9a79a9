"""What singular values decide: ranks, pseudoinverses, least squares, condition numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_core.backend.device import module_of
from autograd_core.composites.algebra import matmul
from autograd_core.composites.matrix_checks import check_floating, check_matrices, check_square
from autograd_core.composites.sorting import sort
from autograd_core.dtypes import finfo
from autograd_core.engine.fit import conj
from autograd_core.engine.indices import all_values
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import factor
from autograd_core.ops.arithmetic import abs, maximum, square, where
from autograd_core.ops.factor import adjoint
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import band, diagonal, on_diagonal, reshape

__all__ = ["pinverse"]
METHODS = ["pinverse"]
DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


class lstsq_result(NamedTuple):
    """What ``lstsq`` returns; what was not asked for is empty."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def _beside(value: Any) -> Any:
    return value.detach()[..., None] if isinstance(value, Tensor) else value


def _limit(A: Tensor, largest: Tensor, atol: Any, rtol: Any) -> Tensor:
    """Return the size below which a singular value counts as zero.  Shape: (..., 1)."""
    absolute = largest * 0 + _beside(0.0 if atol is None else atol)
    if rtol is not None:
        return maximum(absolute, _beside(rtol) * largest)
    rounding = max(A._array.shape[-2:]) * finfo(A.dtype).eps * largest
    return where(absolute > 0, absolute, rounding)


def _sizes(A: Tensor, hermitian: bool) -> Tensor:
    """Return the singular values, in descending order, as constants."""
    if hermitian:
        return sort(abs(factor.eigh(A.detach())[0]), -1, descending=True)[0]
    return factor.svd(A.detach())[1]


def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return how many singular values exceed ``max(atol, rtol * largest)``; int64.

    ``rtol``: by default the larger size times the dtype's epsilon, or 0 where ``atol`` is given; ``tol`` is an older
    name of ``atol``.  Shape: (..., m, n) -> (...).
    """
    (check_square if hermitian else check_matrices)("linalg.matrix_rank", A)
    if tol is not None:
        atol, rtol = tol, 0.0
    sizes = _sizes(A, hermitian)
    return _count(sizes > _limit(A, sizes[..., :1], atol, rtol))


def _count(kept: Tensor) -> Tensor:
    return sum(kept, dim=(kept._array.ndim - 1,))


def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return the pseudoinverses: ``V @ diag(1/S) @ U.mH`` over singular values above ``max(atol, rtol * largest)``.

    ``rtol``: as in ``matrix_rank``; ``rcond`` is an older name of it.  Shape: (..., m, n) -> (..., n, m).
    The gradient is that of matrices of this rank.
    """
    (check_square if hermitian else check_matrices)("linalg.pinv", A)
    return _pseudoinverse(A, hermitian, atol, rtol if rcond is None else rcond)[0]


def _pseudoinverse(A: Tensor, hermitian: bool, atol: Any, rtol: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return pseudoinverses, and the singular values, as constants, and which of them are in them.

    Next to its singular vectors, as constants, a matrix of rank k is ``C @ M^-1 @ R`` with k columns ``C``, k rows
    ``R`` and what they share, ``M``; so its pseudoinverse is ``R^+ @ M @ C^+``, products and solutions alone, whose
    derivatives of any order take no differences of singular values.
    """
    A = A + (_from_lower(A.detach()) - A.detach()) if hermitian else A
    u, s, vh = factor.svd(A.detach())
    kept = s > _limit(A, s[..., :1], atol, rtol)
    over = where(kept, 1 / where(kept, s, 1.0), 0.0)
    gone = wrap(module_of(A._array).eye(s.shape[-1], dtype=A._array.dtype)) * ~kept[..., None, :]
    right, left = adjoint(vh) * over[..., None, :], adjoint(u) * over[..., :, None]
    columns, rows = matmul(A, right), matmul(left, A)
    onto = factor.solve(matmul(adjoint(columns), columns) + gone, adjoint(columns))
    back = adjoint(factor.solve(matmul(rows, adjoint(rows)) + gone, rows))
    return matmul(back, matmul(matmul(rows, right), onto)), s, kept


def _from_lower(a: Tensor) -> Tensor:
    """Return the Hermitian matrices of a lower triangle: nothing else of them is read."""
    below, middle = band(a, diagonal=-1), diagonal(a)
    return below + adjoint(below) + on_diagonal((middle + conj(middle)) / 2, shape=a._array.shape)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Return ``linalg.pinv(input, rtol=rcond)``."""
    return pinv(input, rtol=rcond)


def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> lstsq_result:
    """Return the ``X`` of least norm among those that make ``A @ X - B`` least.

    ``rcond``: singular values below it times the largest count as zero; by default the dtype's epsilon times the
    larger size.  ``driver``: 'gelsy' (the default; 'gels' where rank is taken for granted), 'gelsd' or 'gelss', which
    return the singular values too; all but 'gelsy' return the residuals of overdetermined systems of full rank.
    Shape: (..., m, n), (..., m, k) or (..., m) -> (..., n, k) or (..., n).
    """
    check_matrices("linalg.lstsq", A)
    check_floating("linalg.lstsq", A, B)
    a, b = A._array.shape, B._array.shape
    driver = "gelsy" if driver is None else driver
    if driver not in DRIVERS:
        raise DTypeError(f"linalg.lstsq: driver is {driver!r}; parameter `driver` should be one of {DRIVERS}")
    vector = len(b) == len(a) - 1
    if not len(a) - 1 <= len(b) <= len(a) or b[-1 if vector else -2] != a[-2]:
        raise ShapeError(f"linalg.lstsq: A has shape {a} and B {b}; wanted (..., m, n) with (..., m, k) or (..., m)")
    inverse, sizes, kept = _pseudoinverse(A, False, None, rcond)
    solution = matmul(inverse, reshape(B, shape=(*b, 1)) if vector else B)
    return _with_report(A, reshape(B, shape=(*b, 1)) if vector else B, solution, sizes, kept, driver, vector)


def _with_report(
    A: Tensor, B: Tensor, solution: Tensor, sizes: Tensor, kept: Tensor, driver: str, vector: bool
) -> lstsq_result:
    xp = module_of(A._array)
    m, n = A._array.shape[-2:]
    nothing, rank = wrap(xp.zeros(0, sizes._array.dtype)), _count(kept)
    full = driver != "gelsy" and m > n and bool((all_values(rank) == n).all())
    residuals = sum(square(abs(matmul(A, solution) - B)), dim=(A._array.ndim - 2,)) if full else nothing
    return lstsq_result(
        reshape(solution, shape=solution._array.shape[:-1]) if vector else solution,
        residuals,
        wrap(xp.zeros(0, "int64")) if driver == "gels" else rank,
        sizes if driver in ("gelsd", "gelss") else nothing,
    )
