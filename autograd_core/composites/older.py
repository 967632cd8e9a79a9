"""Functions that PyTorch has in ``linalg`` and, under an older signature, at top level and as methods."""

from __future__ import annotations

from typing import NamedTuple

from autograd_core.composites import matrices, solving, spectra, vectors
from autograd_core.composites.matrix_checks import check_matrices
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import factor
from autograd_core.ops.factor import adjoint

__all__ = ["cholesky", "cross", "det", "inverse", "matrix_power", "qr", "slogdet", "svd"]
METHODS = __all__


class older_svd_result(NamedTuple):
    """What ``ag.svd`` returns."""

    U: Tensor
    S: Tensor
    V: Tensor


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Return ``linalg.cholesky(input, upper=upper)``."""
    return solving.cholesky(input, upper=upper)


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Return ``linalg.cross(input, other, dim=dim)``; without ``dim`` it is the first dimension of length 3.

    Raises: ShapeError where no dimension has that length.
    """
    if dim is None:
        dim = next((d for d, n in enumerate(input._array.shape) if n == 3), None)
        if dim is None:
            raise ShapeError(f"cross: no dimension of size 3 in input; got shape {tuple(input.shape)}")
    return vectors.cross(input, other, dim=dim)


def det(input: Tensor) -> Tensor:
    """Return ``linalg.det(input)``."""
    return solving.det(input)


def inverse(input: Tensor) -> Tensor:
    """Return ``linalg.inv(input)``."""
    return solving.inv(input)


def slogdet(input: Tensor) -> solving.slogdet_result:
    """Return ``linalg.slogdet(input)``."""
    return solving.slogdet(input)


def matrix_power(input: Tensor, n: int) -> Tensor:
    """Return ``linalg.matrix_power(input, n)``."""
    return matrices.matrix_power(input, n)


def qr(input: Tensor, some: bool = True) -> spectra.qr_result:
    """Return ``linalg.qr(input, 'reduced' if some else 'complete')``."""
    return spectra.qr(input, "reduced" if some else "complete")


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> older_svd_result:
    """Return ``U``, ``S`` and ``V`` with ``input = U @ diag(S) @ V.mH``; ``some=False``: full matrices.

    Without ``compute_uv`` the first and last are zeros.
    """
    check_matrices("svd", input)
    u, s, vh = factor.svd(input, full_matrices=not (some and compute_uv))
    if compute_uv:
        return older_svd_result(u, s, adjoint(vh))
    return older_svd_result(u.detach() * 0, s, vh.detach() * 0)
