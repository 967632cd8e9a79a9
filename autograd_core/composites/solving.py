"""Systems of equations: their solutions, inverses, determinants, and Cholesky's factor."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.composites.algebra import repeated
from autograd_core.composites.matrix_checks import check_floating, check_matrices, check_square
from autograd_core.composites.shaping import broadcast_shapes
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import LinAlgError, ShapeError
from autograd_core.ops import factor
from autograd_core.ops.arithmetic import where
from autograd_core.ops.factor import adjoint, transposed
from autograd_core.ops.functions import log
from autograd_core.ops.shape import permute, reshape

__all__ = ["cholesky_inverse", "cholesky_solve", "logdet"]
METHODS = ["cholesky_inverse", "cholesky_solve", "logdet"]


class inv_ex_result(NamedTuple):
    """What ``inv_ex`` returns."""

    inverse: Tensor
    info: Tensor


class solve_ex_result(NamedTuple):
    """What ``solve_ex`` returns."""

    result: Tensor
    info: Tensor


class cholesky_ex_result(NamedTuple):
    """What ``cholesky_ex`` returns."""

    L: Tensor
    info: Tensor


class slogdet_result(NamedTuple):
    """What ``slogdet`` returns."""

    sign: Tensor
    logabsdet: Tensor


# ---- solutions and inverses ----


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Return ``X`` with ``A @ X = B``, or with ``left=False`` ``X @ A = B``.

    ``B`` is a vector where it has one dimension, or just the shape of ``A`` without its last.
    Shape: (..., n, n), (..., n, k) or (..., n) -> that of ``B``; batches broadcast.
    Raises: LinAlgError for a singular matrix; ShapeError, DTypeError.
    """
    check_square("linalg.solve", A)
    check_floating("linalg.solve", A, B)
    a, b = A._array.shape, B._array.shape
    if len(b) == 1 or (len(a) - 1 == len(b) and b == a[:-1]):
        if not left:
            raise ShapeError("linalg.solve: Vector broadcasting of the left hand side is not supported for left=False")
        _check_systems("linalg.solve", a, (*b, 1), left)
        return reshape(factor.solve(A, reshape(B, shape=(*b, 1))), shape=broadcast_shapes(a[:-2], b[:-1]) + b[-1:])
    _check_systems("linalg.solve", a, b, left)
    return factor.solve(A, B) if left else transposed(factor.solve(transposed(A), transposed(B)))


def _check_systems(operation: str, a: tuple[int, ...], b: tuple[int, ...], left: bool) -> None:
    if len(b) < 2:
        raise ShapeError(f"{operation}: B must have at least 2 dimensions; got shape {b}")
    if b[-2 if left else -1] != a[-1]:
        raise ShapeError(
            f"{operation}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    broadcast_shapes(a[:-2], b[:-2])


def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor:
    """Return ``X`` with ``A @ X = B`` (``left=False``: ``X @ A = B``) for triangular ``A``, the rest of it not read.

    ``unitriangular``: with ones for its diagonal.  A zero on the diagonal gives infinities.
    Shape: (..., n, n), (..., n, k) -> that of ``B``; batches broadcast.
    """
    check_square("linalg.solve_triangular", A)
    check_floating("linalg.solve_triangular", A, B)
    _check_systems("linalg.solve_triangular", A._array.shape, B._array.shape, left)
    if left:
        return factor.solve(A, B, triangle="upper" if upper else "lower", unit=unitriangular)
    turned = "lower" if upper else "upper"
    return transposed(factor.solve(transposed(A), transposed(B), triangle=turned, unit=unitriangular))


def identity(A: Tensor) -> Tensor:
    """Return the identity matrix of the size, dtype and device of the matrices ``A``."""
    array = A._array
    return wrap(module_of(array).eye(array.shape[-1], dtype=array.dtype))


def inv(A: Tensor) -> Tensor:
    """Return the inverses of square matrices.  Raises: LinAlgError for a singular one."""
    check_square("linalg.inv", A)
    return _inverse(A)


def _inverse(A: Tensor) -> Tensor:
    try:
        return factor.solve(A, identity(A))
    except LinAlgError as error:
        text = str(error).replace("solve: The solver failed", "linalg.inv: The inversion could not be completed")
        raise LinAlgError(text) from None


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """Return the inverse of ``tensordot(A, ., A.ndim - ind)``.  Shape: (*a, *b), ``ind`` dims in a -> (*b, *a)."""
    shape = A._array.shape
    if ind <= 0:
        raise ShapeError(f"linalg.tensorinv: ind is {ind}; expected a strictly positive integer")
    rows, columns = shape[:ind], shape[ind:]
    if prod(rows) != prod(columns):
        raise ShapeError(
            f"linalg.tensorinv: Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {prod(columns)} != {prod(rows)}"
        )
    return reshape(inv(reshape(A, shape=(prod(rows), prod(rows)))), shape=columns + rows)


def tensorsolve(A: Tensor, B: Tensor, dims: Any = None) -> Tensor:
    """Return ``X`` with ``tensordot(A, X, X.ndim) = B``; the ``dims`` of ``A`` are moved to its end before.

    Shape: (*b, *x), (*b) -> (*x), with as many elements in both.
    """
    ndim = A._array.ndim
    last = [d % ndim for d in dims or ()]
    A = permute(A, dims=(*(d for d in range(ndim) if d not in last), *last)) if last else A
    wanted, size = A._array.shape[B._array.ndim :], B._array.size
    if prod(wanted) != size:
        raise ShapeError(
            f"linalg.tensorsolve: Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {prod(wanted)} != {size}"
        )
    return reshape(solve(reshape(A, shape=(size, size)), reshape(B, shape=(size,))), shape=wanted)


# ---- determinants ----


def det(A: Tensor) -> Tensor:
    """Return the determinants of square matrices; a singular one has a gradient too.  Shape: (..., n, n) -> (...)."""
    check_square("linalg.det", A)
    return factor.det(A)


def slogdet(A: Tensor) -> slogdet_result:
    """Return the sign (for complex numbers the phase) and the logarithm of the size of determinants.

    0 and -inf for a singular matrix.  Shape: (..., n, n) -> (...), (...).
    """
    check_square("linalg.slogdet", A)
    return slogdet_result(*factor.slogdet(A))


def logdet(input: Tensor) -> Tensor:
    """Return the logarithm of determinants: NaN for a negative one, -inf for 0.  Shape: (..., n, n) -> (...)."""
    check_square("logdet", input)
    sign, size = factor.slogdet(input)
    if sign._array.dtype.kind == "c":
        return log(sign) + size
    return where(sign < 0, float("nan"), size)


# ---- Cholesky's factor ----


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """Return the lower triangular ``L`` with ``A = L @ L.mH``, or ``L.mH``; that triangle of ``A`` is read.

    The gradient is that of Hermitian matrices.  Raises: LinAlgError where one is not positive-definite.
    """
    check_square("linalg.cholesky", A)
    return adjoint(factor.cholesky(A, triangle="U")) if upper else factor.cholesky(A)


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """Return ``X`` with ``A @ X = B`` of which ``L`` is Cholesky's factor, ``A = L @ L.mH`` (``upper``: ``L.mH @ L``).

    Shape: (..., n, k), (..., n, n) -> (..., n, k); batches broadcast.
    """
    check_square("cholesky_solve", L, "L")
    check_matrices("cholesky_solve", B, "B")
    check_floating("cholesky_solve", B, L)
    _check_systems("cholesky_solve", L._array.shape, B._array.shape, True)
    L = adjoint(L) if upper else L
    return factor.solve(adjoint(L), factor.solve(L, B, triangle="lower"), triangle="upper")


def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """Return the inverse of the matrices of which ``L`` is Cholesky's factor."""
    check_square("cholesky_inverse", L, "L")
    return cholesky_solve(repeated(identity(L), L._array.shape[:-2]), L, upper)


# ---- with a report instead of an error ----


def inv_ex(A: Tensor, *, check_errors: bool = False) -> inv_ex_result:
    """Return the inverses, and for each matrix 0 or, where it is singular, the place of the first zero pivot.

    The inverse of a singular matrix is NaN here; ``check_errors`` raises LinAlgError.
    """
    check_square("linalg.inv_ex", A)
    return inv_ex_result(*_reported(_inverse, A, check_errors, _zero_pivot))


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> solve_ex_result:
    """Return the solutions of ``solve``, and for each matrix 0 or, where it is singular, the first zero pivot's place.

    The solution with a singular matrix is NaN here; ``check_errors`` raises LinAlgError.
    """
    ndim = 1 if B._array.ndim == 1 or B._array.shape == A._array.shape[:-1] else 2
    return solve_ex_result(*_reported(lambda a: solve(a, B, left=left), A, check_errors, _zero_pivot, ndim))


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> cholesky_ex_result:
    """Return Cholesky's factors, and for each matrix 0 or, where it is not positive-definite, the minor that is not.

    The factor of such a matrix is NaN here; ``check_errors`` raises LinAlgError.
    """
    check_square("linalg.cholesky_ex", A)
    place = _upper_minor if upper else _lower_minor
    return cholesky_ex_result(*_reported(lambda a: cholesky(a, upper=upper), A, check_errors, place))


def _reported(
    function: Callable[[Tensor], Tensor], A: Tensor, check: bool, place: Callable[[Any, Any], int], ndim: int = 2
) -> tuple[Tensor, Tensor]:
    """Return ``function(A)`` and int32 zeros, or NaN and what ``place`` says for the matrices that fail.

    ``ndim``: how many dimensions of the result are no batch's.
    """
    array, xp = A._array, module_of(A._array)
    batch = array.shape[:-2]
    info = xp.zeros(batch, "int32")
    try:
        return function(A), wrap(info)
    except LinAlgError:
        if check:
            raise
    for i in host.ndindex(*batch):
        info[i] = place(xp, array[i])
    failed = info != 0
    result = function(where(wrap(failed[..., None, None]), identity(A), A))
    return where(wrap(failed.reshape(batch + (1,) * ndim)), float("nan"), result), wrap(info)


def _zero_pivot(xp: Any, a: Any) -> int:
    """Return the first column, counted from 1, that depends on those before it; 0 for an invertible matrix."""
    try:
        _inverse(wrap(a))
    except LinAlgError:
        n = a.shape[-1]
        return next((k for k in range(1, n) if int(xp.linalg.matrix_rank(a[:, :k])) < k), n)
    return 0


def _lower_minor(xp: Any, a: Any) -> int:
    """Return the size of the first leading minor of a lower triangle that is not positive; 0 where all are."""
    try:
        factor.cholesky(wrap(a))
    except LinAlgError:
        n = a.shape[-1]
        return next((k for k in range(1, n) if not float(xp.linalg.eigvalsh(a[:k, :k])[0]) > 0), n)
    return 0


def _upper_minor(xp: Any, a: Any) -> int:
    return _lower_minor(xp, xp.conj(a).T)
