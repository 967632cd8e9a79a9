"""Orthogonal factors, singular values and eigenvalues."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_core.backend.device import module_of
from autograd_core.composites.matrix_checks import check_matrices, check_square
from autograd_core.engine.modes import GRAD
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, GraphError
from autograd_core.ops import factor
from autograd_core.ops.contract import matmul
from autograd_core.ops.factor import adjoint
from autograd_core.ops.index import getitem
from autograd_core.ops.shape import cat

__all__: list[str] = []


class qr_result(NamedTuple):
    """What ``qr`` returns."""

    Q: Tensor
    R: Tensor


class svd_result(NamedTuple):
    """What ``linalg.svd`` returns."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class eigh_result(NamedTuple):
    """What ``eigh`` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class eig_result(NamedTuple):
    """What ``eig`` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def qr(A: Tensor, mode: str = "reduced") -> qr_result:
    """Return ``Q`` with orthonormal columns and upper triangular ``R``, ``A = Q @ R``.

    ``mode``: 'reduced' (k = min(m, n)), 'complete' (k = m) or 'r', where ``Q`` is empty.
    Shape: (..., m, n) -> (..., m, k), (..., k, n).  There is no gradient through the columns of ``Q`` that 'complete'
    adds, nor where the first k columns of ``A`` depend on each other.
    """
    check_matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise DTypeError(f"linalg.qr: mode is {mode!r}; wanted 'reduced', 'complete' or 'r'")
    m, n = A._array.shape[-2:]
    if m >= n:
        q, r = factor.qr(A, complete=mode == "complete")
    else:  # the factor of the first columns, and what it makes of the others
        q, square = factor.qr(getitem(A, key=(..., slice(m))))
        r = cat([square, matmul(adjoint(q), getitem(A, key=(..., slice(m, None))))], dim=A._array.ndim - 1)
    return qr_result(wrap(module_of(A._array).zeros(0, A._array.dtype)) if mode == "r" else q, r)


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> svd_result:
    """Return ``U``, descending ``S`` and ``Vh`` with ``A = U @ diag(S) @ Vh``.

    Shape: (..., m, n) -> (..., m, m), (..., k), (..., n, n) with k = min(m, n); ``full_matrices=False``: (..., m, k),
    (..., k), (..., k, n).  The gradient of singular vectors is finite where singular values are distinct and not 0.
    ``driver`` is for PyTorch's CUDA alone.
    """
    check_matrices("linalg.svd", A)
    _check_driver("linalg.svd", driver)
    return svd_result(*factor.svd(A, full_matrices=full_matrices))


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Return the singular values, descending; repeated ones have a gradient too.  Shape: (..., m, n) -> (..., k)."""
    check_matrices("linalg.svdvals", A)
    _check_driver("linalg.svdvals", driver)
    return factor.svd(A)[1]


def _check_driver(operation: str, driver: str | None) -> None:
    if driver is not None:
        raise DTypeError(f"{operation}: driver is {driver!r}; wanted None: PyTorch has drivers on CUDA alone")


def eigh(A: Tensor, UPLO: str = "L") -> eigh_result:
    """Return the ascending eigenvalues and eigenvectors of Hermitian matrices; ``UPLO``: the triangle that is read.

    Shape: (..., n, n) -> (..., n), (..., n, n).  The gradient of eigenvectors is finite where eigenvalues are distinct.
    """
    check_square("linalg.eigh", A)
    return eigh_result(*factor.eigh(A, triangle=_triangle("linalg.eigh", UPLO)))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Return the ascending eigenvalues of Hermitian matrices; repeated ones have a gradient too."""
    check_square("linalg.eigvalsh", A)
    return factor.eigh(A, triangle=_triangle("linalg.eigvalsh", UPLO))[0]


def _triangle(operation: str, UPLO: Any) -> str:
    if UPLO not in ("L", "U", "l", "u"):
        raise DTypeError(f"{operation}: Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return str(UPLO).upper()


def eig(A: Tensor) -> eig_result:
    """Return the eigenvalues and eigenvectors of square matrices, complex and in no order.

    Raises: GraphError where ``A`` requires grad: there is no gradient.
    """
    values, vectors = _eig("linalg.eig", A)
    return eig_result(wrap(values), wrap(vectors))


def eigvals(A: Tensor) -> Tensor:
    """Return the eigenvalues of square matrices, complex and in no order.

    Raises: GraphError where ``A`` requires grad: there is no gradient.
    """
    return wrap(_eig("linalg.eigvals", A)[0])


def _eig(operation: str, A: Tensor) -> tuple[Any, Any]:
    check_square(operation, A)
    if A._node is not None and GRAD.get():
        raise GraphError(f"{operation}: has no gradient; call it with A.detach(), or eigh where A is Hermitian")
    kind = A.dtype.to_complex()
    values, vectors = module_of(A._array).linalg.eig(A._array)
    return values.astype(kind, copy=False), vectors.astype(kind, copy=False)
