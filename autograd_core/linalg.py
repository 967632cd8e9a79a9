"""PyTorch's ``linalg`` namespace.  The functions themselves are in ``composites``."""

from __future__ import annotations

from autograd_core import guard as _guard
from autograd_core.composites.algebra import matmul, multi_dot
from autograd_core.composites.least_squares import lstsq, matrix_rank, pinv
from autograd_core.composites.matrices import cond, diagonal, matrix_exp, matrix_norm, matrix_power, norm, vander
from autograd_core.composites.norms import vector_norm
from autograd_core.composites.solving import (
    cholesky,
    cholesky_ex,
    det,
    inv,
    inv_ex,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from autograd_core.composites.spectra import eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from autograd_core.composites.vectors import cross, vecdot
from autograd_core.errors import LinAlgError

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "inv", "inv_ex", "lstsq", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm",
    "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve",
    "vander", "vecdot", "vector_norm",
]  # fmt: skip

_guard.protect(globals())
