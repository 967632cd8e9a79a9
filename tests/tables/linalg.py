"""Linear algebra: factors of matrices, systems of equations, and what is made of them.

Signs of singular vectors and eigenvectors are LAPACK's choice; where PyTorch's may be another, ``turned`` makes one
choice for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, LinAlgError, ShapeError
from tests.rows import Row, bad, real, s
from tests.tables import function, resolve

INF = float("inf")
SINGULAR = np.ones((2, 2))
MIXED = np.stack([np.eye(2), SINGULAR])
WHOLE = np.arange(4).reshape(2, 2)


# ---- domains ----


def regular(rng: Any, shape: tuple[int, ...]) -> Any:
    """Square matrices far from singular, with eigenvalues and singular values apart; others at random."""
    x = np.asarray(rng.standard_normal(shape))
    return x + np.diag(np.arange(2.0, 2 + 2 * shape[-1], 2)) if len(shape) > 1 and shape[-1] == shape[-2] else x


def positive_definite(rng: Any, shape: tuple[int, ...]) -> Any:
    """Symmetric positive-definite matrices with eigenvalues apart; others at random."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return np.asarray(rng.standard_normal(shape))
    x = rng.uniform(-0.3, 0.3, shape)
    return x + np.swapaxes(x, -1, -2) + np.diag(np.arange(2.0, 2 + shape[-1]))


def complex_regular(rng: Any, shape: tuple[int, ...]) -> Any:
    return regular(rng, shape) + 1j * rng.standard_normal(shape)


# ---- references ----


def adjugates(a: Any) -> Any:
    return np.linalg.det(a)[..., None, None] * np.swapaxes(np.linalg.inv(a), -1, -2)


def solve(a: Any, b: Any, *, left: bool = True) -> Any:
    if b.ndim == 1 or b.shape == a.shape[:-1]:
        return np.linalg.solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b) if left else b @ np.linalg.inv(a)


def solve_triangular(a: Any, b: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    a = np.triu(a) if upper else np.tril(a)
    a = a + np.eye(a.shape[-1]) * (1 - a) if unitriangular else a
    return np.linalg.solve(a, b) if left else b @ np.linalg.inv(a)


def logdet(a: Any) -> Any:
    sign, size = np.linalg.slogdet(a)
    return np.where(sign < 0, np.nan, size)


def matrix_norm(a: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    return np.linalg.norm(a, ord, tuple(dim), keepdim)


def matrix_exp(a: Any) -> Any:
    from scipy.linalg import expm

    return expm(a)


def cond_of_torch(torch: Any, a: Any, p: Any = None) -> Any:
    norm = torch.linalg.matrix_norm  # torch.linalg.cond itself cannot be differentiated twice
    return torch.linalg.cond(a, p) if p in (None, -2) else norm(a, p) * norm(torch.linalg.inv(a), p)


def gram(factor: Any, upper: bool) -> Any:
    return np.swapaxes(factor, -1, -2) @ factor if upper else factor @ np.swapaxes(factor, -1, -2)


def turned(result: Any) -> Any:
    """Return factors with the signs for which the first row of the first matrix of vectors is positive."""
    *first, vectors = result if len(result) == 2 else (result[1], result[2], result[0])
    sign = vectors[..., :1, :] / abs(vectors[..., :1, :])
    if len(result) == 2:
        return first[0], vectors * sign
    values, vh = first
    k = values.shape[-1]
    return vectors * sign, values, vh * sign[..., 0, :k, None]


def turning(name: str, numpy: Any, *samples: Any, **columns: Any) -> Row:
    """A row of factors in which signs are free."""
    row = function(name, *samples, numpy=lambda *args, **options: turned(numpy(*args, **options)),
        torch=lambda torch, *args, **options: turned(found(torch, name)(*args, **options)), **columns)  # fmt: skip
    call = resolve(name)
    row.call = lambda *args, **options: turned(call(*args, **options))
    return row


def found(torch: Any, name: str) -> Any:
    for part in name.split("."):
        torch = getattr(torch, part)
    return torch


def no_square(name: str, *rest: Any, **options: Any) -> Any:
    what = rf"{name}: \w+ must be batches of square matrices, but they are 2 by 3 matrices \(shape \(2, 3\)\)"
    return bad(ShapeError, what, (2, 3), *rest, **options)


def no_float(name: str, *rest: Any, **options: Any) -> Any:
    return bad(DTypeError, f"{name}: Expected a floating point .* Got ag.int64", WHOLE, *rest, **options)


def no_matrix(name: str, *rest: Any) -> Any:
    what = rf"{name}: The input tensor \w+ must have at least 2 dimensions; got shape \(3,\)"
    return bad(ShapeError, what, (3,), *rest)


SQUARE = (s((3, 3)), s((2, 2, 2)), s((0, 0)), s((0, 2, 2)))
TALL = (s((3, 2)), s((3, 3)), s((2, 3, 2)))
ANY = (*TALL, s((2, 3)))

# fmt: off
PRIMITIVES = [
    Row("solve", s((3, 3), (3, 2)), s((2, 2, 2), (2, 1)), s((2, 2), (2, 2, 1)), s((3, 3), (3, 1), triangle="lower"),
        s((2, 2, 2), (2, 2), triangle="upper"), s((3, 3), (3, 2), triangle="lower", unit=True), s((0, 0), (0, 2)),
        domain=regular, torch=None, syncs=True, linear=(1,),
        numpy=lambda a, b, *, triangle="", unit=False: solve_triangular(a, b, upper=triangle == "upper",
            unitriangular=unit) if triangle else np.linalg.solve(a, b),
        errors=(bad(LinAlgError, r"^solve: .* the input matrix is singular\n", SINGULAR, (2, 1)),)),
    Row("det", *SQUARE, s((3, 3), cofactors=True), s((2, 2, 2), cofactors=True), s((1, 1)), domain=regular,
        numpy=lambda a, *, cofactors=False: adjugates(a) if cofactors else np.linalg.det(a), torch=None, syncs=True),
    Row("slogdet", *SQUARE, s((3, 3)), domain=regular, numpy=np.linalg.slogdet, torch="linalg.slogdet", syncs=True),
    Row("cholesky", *SQUARE, s((3, 3), triangle="U"), domain=positive_definite, hermitian=True, torch=None, syncs=True,
        numpy=lambda a, *, triangle="L": np.linalg.cholesky(a),
        errors=(bad(LinAlgError, r"^cholesky: .* the input is not positive-definite\n", -np.eye(2)),)),
    Row("qr", *TALL, s((3, 3), complete=True), numpy=lambda a, *, complete=False: np.linalg.qr(a), torch=None,
        syncs=False),
    Row("eigh", *SQUARE, s((3, 3), triangle="U"), domain=positive_definite, hermitian=True, torch=None, syncs=True,
        numpy=lambda a, *, triangle="L": np.linalg.eigh(a, triangle)),
    Row("svd", *ANY, s((3, 3), full_matrices=True), domain=regular, torch=None, syncs=True,
        numpy=lambda a, *, full_matrices=False: np.linalg.svd(a, full_matrices)),
]

FUNCTIONS = [
    # ---- systems of equations ----
    function("linalg.solve", s((3, 3), (3, 2)), s((3, 3), (3,)), s((2, 2, 2), (2, 2)), s((2, 2, 2), (2, 1), left=True),
        s((3, 3), (2, 3), left=False), s((0, 0), (0, 2)), domain=regular, numpy=solve, syncs=True,
        errors=(no_square("linalg.solve", (2,)), no_float("linalg.solve", (2,)),
                bad(ShapeError, r"^linalg.solve: Incompatible .* AX = B \(2x2 and 3x1\)", (2, 2), (3, 1)),
                bad(LinAlgError, r"^solve: .* singular \(Batch element 1\)\n", MIXED, (2, 2, 1)),
                bad(DTypeError, "^linalg.solve: Expected all inputs to have the same dtype", (2, 2),
                np.float32([1, 2])))),
    function("linalg.solve_ex", s((3, 3), (3, 2)), s((2, 2, 2), (2, 2)), domain=regular, syncs=True,
        numpy=lambda a, b: (solve(a, b), np.zeros(a.shape[:-2], "int32")),
        errors=(bad(LinAlgError, "^solve: .* singular", SINGULAR, (2,), check_errors=True),)),
    function("linalg.solve_triangular", s((3, 3), (3, 2), upper=True), s((2, 2, 2), (2, 1), upper=False),
        s((3, 3), (2, 3), upper=True, left=False), s((3, 3), (3, 1), upper=False, unitriangular=True), domain=regular,
        numpy=solve_triangular,
        errors=(no_square("linalg.solve_triangular", (2, 2), upper=True),
                bad(ShapeError, "^linalg.solve_triangular: B must have at least 2 dimensions", (2, 2), (2,),
                upper=True))),
    function("linalg.inv", *SQUARE, domain=regular, numpy=np.linalg.inv, syncs=True,
        errors=(no_square("linalg.inv"), no_float("linalg.inv"),
                bad(LinAlgError, r"^linalg.inv: .*could not be completed .*singular \(Batch element 1\)\n", MIXED))),
    function("inverse", *SQUARE[:2], domain=complex_regular, numpy=np.linalg.inv, syncs=True),
    function("linalg.inv_ex", *SQUARE, domain=regular, syncs=True,
        numpy=lambda a: (np.linalg.inv(a), np.zeros(a.shape[:-2], "int32")),
        errors=(no_square("linalg.inv_ex"), bad(LinAlgError, "singular", SINGULAR, check_errors=True))),
    function("linalg.tensorinv", s((4, 2, 2), ind=1), s((2, 1, 1, 2)), domain=real, numpy=np.linalg.tensorinv,
        syncs=True,
        errors=(bad(ShapeError, "^linalg.tensorinv: Expected self .* but got 3 != 2", (2, 3), ind=1),
                bad(ShapeError, "^linalg.tensorinv: ind is 0", (2, 2), ind=0))),
    function("linalg.tensorsolve", s((2, 2, 4), (2, 2)), s((2, 3, 6), (2, 3)), s((2, 4, 2), (2, 2), dims=(1,)),
        domain=real,
        numpy=lambda a, b, dims=None: np.linalg.tensorsolve(a, b, dims), syncs=True,
        errors=(bad(ShapeError, "^linalg.tensorsolve: Expected self .* but got 3 != 2", (2, 3), (2,)),)),
    function("linalg.det", *SQUARE, domain=regular, numpy=np.linalg.det, syncs=True,
        errors=(no_square("linalg.det"), no_matrix("linalg.det"))),
    function("det", s((3, 3)), s((2, 2, 2)), domain=complex_regular, numpy=np.linalg.det, syncs=True),
    function("linalg.slogdet", *SQUARE, domain=regular, numpy=np.linalg.slogdet, syncs=True,
        errors=(no_square("linalg.slogdet"),)),
    function("slogdet", s((2, 2)), domain=complex_regular, numpy=np.linalg.slogdet, syncs=True),
    function("logdet", *SQUARE, domain=positive_definite, numpy=logdet, syncs=True,
        errors=(no_square("logdet"),)),
    function("linalg.cholesky", *SQUARE, s((3, 3), upper=True), domain=positive_definite, hermitian=True, syncs=True,
        numpy=lambda a, *, upper=False: np.linalg.cholesky(a, upper=upper),
        errors=(no_square("linalg.cholesky"), bad(LinAlgError, r"^cholesky: .*not positive-definite\n", -np.eye(2)))),
    function("cholesky", s((3, 3)), s((2, 2, 2), True), domain=positive_definite, hermitian=True, syncs=True,
        numpy=lambda a, upper=False: np.linalg.cholesky(a, upper=upper),
        torch=lambda torch, a, upper=False: torch.linalg.cholesky(a, upper=upper)),
    function("linalg.cholesky_ex", s((3, 3)), s((2, 2, 2), upper=True), domain=positive_definite, hermitian=True,
        numpy=lambda a, *, upper=False: (np.linalg.cholesky(a, upper=upper), np.zeros(a.shape[:-2], "int32")),
        syncs=True,
        errors=(bad(LinAlgError, "not positive-definite", -np.eye(2), check_errors=True),)),
    function("cholesky_solve", s((3, 2), (3, 3)), s((2, 1), (2, 2, 2), True), domain=(real, regular), torch=None,
        numpy=lambda b, f, upper=False: np.linalg.solve(gram(np.triu(f) if upper else np.tril(f), upper), b),
        errors=(bad(ShapeError, "^cholesky_solve: L must be batches of square matrices", (2, 2), (2, 3)),)),
    function("cholesky_inverse", s((3, 3)), s((2, 2, 2), True), domain=regular, tolerance=1e-9, torch=None,
        numpy=lambda f, upper=False: np.linalg.inv(gram(np.triu(f) if upper else np.tril(f), upper)),
        errors=(no_square("cholesky_inverse"),)),

    # ---- factors ----
    function("linalg.qr", *ANY, s((3, 3), "complete"), s((2, 3), mode="complete"), s((0, 2)),
        numpy=lambda a, mode="reduced": np.linalg.qr(a, mode),
        errors=(no_matrix("linalg.qr"), bad(DTypeError, "^linalg.qr: mode is 'raw'; wanted", (2, 2), "raw"))),
    function("qr", s((3, 2)), s((2, 2), False), numpy=lambda a, some=True: np.linalg.qr(a), torch=None),
    turning("linalg.svd", np.linalg.svd, s((3, 3)), s((3, 2), full_matrices=False), s((2, 3), False), s((2, 2, 2)),
        domain=regular, syncs=True,
        errors=(no_matrix("linalg.svd"), bad(DTypeError, "^linalg.svd: driver is 'gesvd'", (2, 2), driver="gesvd"),
                bad(LinAlgError, "^svd: .*non-finite", np.full((2, 2), np.nan)))),
    function("linalg.svdvals", *ANY, domain=regular, numpy=lambda a: np.linalg.svd(a)[1], syncs=True,
        errors=(no_matrix("linalg.svdvals"),)),
    function("svd", s((3, 2), True, False), s((2, 2), some=False, compute_uv=False), domain=regular, syncs=True,
        numpy=lambda a, *some, **options: (np.zeros((len(a),) * 2), np.linalg.svd(a)[1], np.zeros((2, 2))),
        torch=lambda torch, a, *some, **options: (torch.zeros(len(a), len(a), dtype=a.dtype), torch.linalg.svdvals(a),
            torch.zeros(2, 2, dtype=a.dtype))),
    turning("linalg.eigh", lambda a, UPLO="L": np.linalg.eigh(a, UPLO), s((3, 3)), s((2, 2, 2), "U"), hermitian=True,
        domain=positive_definite, syncs=True,
        errors=(no_square("linalg.eigh"),
                bad(DTypeError, "^linalg.eigh: Expected UPLO argument to be 'L' or 'U', but got M", (2, 2), "M"))),
    function("linalg.eigvalsh", *SQUARE, s((3, 3), UPLO="U"), domain=positive_definite, hermitian=True, syncs=True,
        numpy=np.linalg.eigvalsh, errors=(no_square("linalg.eigvalsh"),)),

    # ---- by singular values ----
    function("linalg.pinv", *ANY, s((0, 2)), s((3, 3), rtol=0.01), domain=regular, syncs=True, tolerance=1e-8,
        numpy=lambda a, *, rtol=None: np.linalg.pinv(a, rtol), errors=(no_matrix("linalg.pinv"),)),
    function("pinverse", s((3, 2)), s((2, 2)), domain=complex_regular, numpy=np.linalg.pinv, syncs=True,
        tolerance=1e-8),
    function("linalg.lstsq", s((3, 2), (3, 2)), s((2, 3), (2, 1), driver="gels"), s((2, 2, 2), (2, 2, 1)),
        domain=regular,
        numpy=None, torch=None, syncs=True, tolerance=1e-8,
        errors=(bad(DTypeError, "^linalg.lstsq: driver is 'qr'; parameter", (2, 2), (2, 2), driver="qr"),
                bad(ShapeError, r"^linalg.lstsq: A has shape \(3, 2\) and B \(2, 1\)", (3, 2), (2, 1)))),
    function("linalg.matrix_rank", *ANY[:2], s(SINGULAR), s(np.diag([3.0, 1]), tol=2), s(MIXED, atol=0.5, rtol=0.1),
        s(SINGULAR, hermitian=True), order=0, syncs=True, torch=None,
        numpy=lambda a, tol=None, hermitian=False, *, atol=None, rtol=None: np.linalg.matrix_rank(a, tol or atol),
        errors=(no_matrix("linalg.matrix_rank"),)),
    function("linalg.cond", *ANY[:3], *(s((2, 2), p) for p in (1, -INF, "fro", "nuc", -2)), domain=regular, syncs=True,
        numpy=np.linalg.cond, torch=cond_of_torch, tolerance=1e-8,
        errors=(bad(ShapeError, "^linalg.cond: A must be batches of square", (2, 3), 1),)),
    function("linalg.matrix_norm", s((2, 3)), *(s((3, 2), p) for p in ("nuc", 1, -1, INF, -INF, 2, -2)),
        s((2, 3, 2), "nuc", dim=(0, 2), keepdim=True), s((3, 2, 2), 1, [1, 0]), domain=regular, numpy=matrix_norm,
        syncs=True, tolerance=1e-9,
        errors=(no_matrix("linalg.matrix_norm"),
                bad(ShapeError, "^linalg.matrix_norm: Order 3 not supported", (2, 2), 3),
                bad(ShapeError, r"^linalg.matrix_norm: dims must be different", (2, 2), dim=(0, -2)))),
    function("linalg.norm", s((2, 3)), s((3,), 3), s((2, 3), "nuc"), s((2, 2, 3), dim=(1, 2)), s((2, 3), INF, -1, True),
        numpy=lambda a, ord=None, dim=None, keepdim=False: np.linalg.norm(a, ord, dim, keepdim), syncs=True,
        errors=(bad(ShapeError, "^linalg.norm: If dim is not specified but ord is, .* Got 3D", (2, 2, 2), 2),
                bad(ShapeError, "^linalg.norm: ord is 'nuc', which is of matrices", (2,), "nuc"))),

    # ---- powers, exponentials, and matrices made of others ----
    function("linalg.matrix_power", *(s((3, 3), n) for n in (0, 1, 2, 5, -2)), s((2, 2, 2), 3), domain=regular,
        syncs=True,
        numpy=np.linalg.matrix_power, errors=(no_square("linalg.matrix_power", 2),)),
    function("matrix_power", s((2, 2), 3), domain=complex_regular, numpy=np.linalg.matrix_power),
    function("linalg.matrix_exp", s((3, 3)), s((2, 2, 2)), s((0, 0)), domain=real, numpy=matrix_exp, syncs=True),
    function("matrix_exp", s((2, 2)), s((3, 3)), domain=complex_regular, numpy=matrix_exp, syncs=True, tolerance=1e-8,
        errors=(no_square("linalg.matrix_exp"),)),
    function("linalg.diagonal", s((2, 3)), s((2, 3, 2), offset=-1), s((2, 3, 2), dim1=0, dim2=1),
        numpy=lambda a, *, offset=0, dim1=-2, dim2=-1: np.diagonal(a, offset, dim1, dim2)),
    function("linalg.vander", s((3,)), s((2, 2), N=3), s((), N=2), dtypes=("float32", "float64", "int64"),
        numpy=lambda x, *, N=None: np.reshape(x, (*(x.shape or (1,)), 1)) ** np.arange(x.shape[-1] if N is None else N),
        errors=(bad(ShapeError, "^linalg.vander: N must be greater than 1; got 1", (3,), N=1),
                bad(DTypeError, "^linalg.vander: .* but got Bool|ag.bool", np.array([True, False])))),
]
# fmt: on
