"""Factors, determinants and solutions: the seven primitives that the rest of linear algebra is made of.

The last two dimensions are a matrix's, those before them a batch's.  Where a rule divides by differences of
eigenvalues or of squared singular values, 0 / 0 counts as 0: values alone have a gradient at repeated ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of, strict_linalg
from autograd_core.engine.fit import broadcast_to, conj
from autograd_core.engine.primitive import primitive
from autograd_core.errors import GraphError, LinAlgError
from autograd_core.ops.batching import along, leading
from autograd_core.ops.contract import matmul
from autograd_core.ops.functions import exp, log
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import band, diagonal, on_diagonal


def transposed(x: Any) -> Any:
    """Return the matrices of a tensor or raw array transposed."""
    return x.swapaxes(-1, -2)


def adjoint(x: Any) -> Any:
    """Return the matrices of a tensor or raw array transposed and conjugated."""
    return conj(x).swapaxes(-1, -2)


def _attempt(xp: Any, name: str, trouble: str, function: Callable[..., Any], a: Any, *rest: Any, **options: Any) -> Any:
    """Return ``function(a, ...)``.  Raises: LinAlgError saying ``trouble``, and which matrix of a batch has it."""
    try:
        with strict_linalg(xp):
            return function(a, *rest, **options)
    except host.linalg.LinAlgError:
        raise LinAlgError(f"{name}: {trouble}{_which(xp, function, a, rest, options)}") from None


def _which(xp: Any, function: Callable[..., Any], a: Any, rest: Any, options: Any) -> str:
    for i in host.ndindex(*a.shape[:-2]) if a.ndim > 2 else ():
        try:
            with strict_linalg(xp):
                function(a[i], *(x[i] for x in rest), **options)
        except host.linalg.LinAlgError:
            return f" (Batch element {i[0] if len(i) == 1 else i})"
    return ""


# ---- systems of equations ----


@primitive(dtypes="match", broadcasts=True)
def solve(xp: Any, a: Any, b: Any, /, *, triangle: str = "", unit: bool = False) -> Any:
    """Return ``x`` with ``a @ x = b``.  Shape: (..., n, n), (..., n, k) -> (..., n, k); batches broadcast.

    ``triangle``: 'lower' or 'upper' reads that part of ``a`` alone, ``unit`` with ones for its diagonal.
    """
    if a.shape[:-2] != b.shape[:-2]:
        batch = host.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = xp.broadcast_to(a, batch + a.shape[-2:]), xp.broadcast_to(b, batch + b.shape[-2:])
    if triangle:
        return kernels_of(xp).solve_triangular(xp, a, b, triangle == "lower", unit)
    return _attempt(xp, "solve", "The solver failed because the input matrix is singular", xp.linalg.solve, a, b)


def _solve_back(g: Any, a: Any, y: Any, triangle: str, unit: bool, wants: tuple[bool, ...]) -> tuple[Any, Any]:
    turned = {"lower": "upper", "upper": "lower"}.get(triangle, "")
    b = solve(transposed(a), g, triangle=turned, unit=unit)
    if not wants[0]:
        return None, b
    return _read(-matmul(b, transposed(y)), triangle, unit), b


def _read(a: Any, triangle: str, unit: bool) -> Any:
    """Return matrices with zeros wherever ``solve`` does not read them."""
    if not triangle:
        return a
    upper = triangle == "upper"
    return band(a, upper=upper, diagonal=(1 if upper else -1) if unit else 0)


solve.joint_vjp(_solve_back)
solve.jvp(
    a=lambda t, a, y, triangle, unit: -solve(a, matmul(_read(t, triangle, unit), y), triangle=triangle, unit=unit),
    b=lambda t, a, triangle, unit: solve(a, t, triangle=triangle, unit=unit),
)
solve.batch(leading(solve, 2, 2))


# ---- determinants ----


@primitive(dtypes="promote")
def det(xp: Any, a: Any, /, *, cofactors: bool = False) -> Any:
    """Return the determinants, or the matrices of their derivatives by each element, at singular matrices too.

    Shape: (..., n, n) -> (...), or with ``cofactors`` (..., n, n).
    """
    value = xp.linalg.det(a)
    if not cofactors:
        return value
    if a.size and not value.all():
        u, s, vh = xp.linalg.svd(a)
        s = _off_zero(s)
        scale = (xp.linalg.det(u) * xp.linalg.det(vh))[..., None] * (s.prod(axis=-1, keepdims=True) / s)
        return xp.matmul(xp.conj(u) * scale[..., None, :], xp.conj(vh))
    return value[..., None, None] * transposed(xp.linalg.inv(a))  # both from one factorization: errors cancel


def _off_zero(s: Any) -> Any:
    """Return singular values with zeros made so small that their products with others vanish, and are divisible."""
    least = (s[..., :1] + (s[..., :1] == 0)) * (1e-100 if s.dtype.itemsize == 8 else 1e-12)
    return s + (s < least) * least


def _second_derivative(g: Any, a: Any) -> Any:
    """Return the gradient of <g, cofactors>: between singular vectors it is a product of singular values but two."""
    u, s, vh = svd(a)
    sign = det(u) * det(vh)
    u, s, vh = conj(u), _off_zero(s), conj(vh)
    x = matmul(matmul(transposed(u), g), transposed(vh))
    volume = exp(sum(log(s), dim=(s.ndim - 1,)))
    pairs = _hollow(volume[..., None, None] / (s[..., :, None] * s[..., None, :]))
    own = sum(pairs * diagonal(x)[..., None, :], dim=(x.ndim - 1,))
    inner = own[..., :, None] * vh - matmul(pairs * transposed(x), vh)
    return sign[..., None, None] * matmul(u, inner)


def _hollow(x: Any) -> Any:
    """Return square matrices with zeros on their diagonals."""
    return band(x, diagonal=-1) + band(x, diagonal=1, upper=True)


def _det_back(g: Any, a: Any, cofactors: bool) -> Any:
    return _second_derivative(g, a) if cofactors else g[..., None, None] * det(a, cofactors=True)


def _det_change(t: Any, a: Any, cofactors: bool) -> Any:
    if cofactors:
        return _second_derivative(t, a)  # which is symmetric
    return sum(t * det(a, cofactors=True), dim=(a.ndim - 2, a.ndim - 1))


det.vjp(a=_det_back)
det.jvp(a=_det_change)
det.batch(along(det))


@primitive(dtypes="promote", holomorphic=False, outputs=("sign", "logabsdet"))
def slogdet(xp: Any, a: Any, /) -> Any:
    """Return the sign (or phase) of the determinants, and the logarithm of their size; 0 and -inf for a singular one.

    Shape: (..., n, n) -> (...), (...).
    """
    return tuple(xp.linalg.slogdet(a))


def _slogdet_back(g: Any, a: Any, sign: Any) -> Any:
    turn = conj(g[0]) * sign
    along = (g[1] - (turn - conj(turn)) / 2)[..., None]  # of a real sign nothing is left
    along = broadcast_to(along, shape=(*along.shape[:-1], a.shape[-1]))
    return solve(adjoint(a), on_diagonal(along, shape=a.shape))


def _slogdet_change(t: Any, a: Any, sign: Any) -> tuple[Any, Any]:
    growth = sum(diagonal(solve(a, t)), dim=(a.ndim - 2,))
    size = (growth + conj(growth)) / 2
    return sign * (growth - size), size


slogdet.vjp(a=_slogdet_back)
slogdet.jvp(a=_slogdet_change)
slogdet.batch(along(slogdet))


# ---- factors ----


@primitive(dtypes="promote", holomorphic=False)
def cholesky(xp: Any, a: Any, /, *, triangle: str = "L") -> Any:
    """Return the lower triangular ``l`` with ``a = l @ l.mH``, of ``a`` reading one triangle."""
    trouble = "The factorization could not be completed because the input is not positive-definite"
    return _attempt(xp, "cholesky", trouble, xp.linalg.cholesky, a if triangle == "L" else adjoint(a))


def _cholesky_back(g: Any, y: Any) -> Any:
    """Murray, Differentiation of the Cholesky decomposition, 2016, equation 10."""
    p = matmul(adjoint(y), g)
    left = solve(adjoint(y), band(p) + adjoint(band(p, diagonal=-1)), triangle="upper")
    return adjoint(solve(adjoint(y), adjoint(left), triangle="upper")) / 2


def _cholesky_change(t: Any, y: Any) -> Any:
    """Murray 2016, equation 8, of the Hermitian part of the change."""
    left = solve(y, (t + adjoint(t)) / 2, triangle="lower")
    middle = adjoint(solve(y, adjoint(left), triangle="lower"))
    return matmul(y, band(middle) + band(middle, diagonal=-1)) / 2


cholesky.vjp(a=_cholesky_back)
cholesky.jvp(a=_cholesky_change)
cholesky.batch(along(cholesky))


@primitive(dtypes="promote", holomorphic=False, outputs=("q", "r"))
def qr(xp: Any, a: Any, /, *, complete: bool = False) -> Any:
    """Return ``q`` with orthonormal columns and upper triangular ``r``, ``a = q @ r``; no gradient for wide matrices.

    Shape: (..., m, n) -> (..., m, k), (..., k, n) with k = min(m, n), ``complete``: with k = m.
    """
    return tuple(xp.linalg.qr(a, "complete" if complete else "reduced"))


def _qr_back(g: tuple[Any, Any], q: Any, r: Any) -> Any:
    """Walter & Lehmann, Algorithmic differentiation of linear algebra functions, 2018, equation 4.

    Raises: GraphError for a ``q`` wider than the matrix: its last columns are arbitrary.
    """
    gq, gr = g
    if q.shape[-1] > r.shape[-1]:
        raise GraphError("qr: The QR decomposition is not differentiable when mode='complete' and nrows > ncols")
    x = matmul(gr, adjoint(r)) - matmul(adjoint(q), gq)
    above = band(x, diagonal=1, upper=True)
    middle = diagonal(x)
    x = above + adjoint(above) + on_diagonal((middle + conj(middle)) / 2, shape=x.shape)
    return adjoint(solve(r, adjoint(gq + matmul(q, x)), triangle="upper"))


qr.vjp(a=_qr_back)
qr.batch(along(qr))


def _over(x: Any, y: Any) -> Any:
    """Return ``x / y``, and 0 for 0 / 0."""
    return x / (y + (y == 0) * (x == 0))


@primitive(dtypes="promote", holomorphic=False, outputs=("values", "vectors"))
def eigh(xp: Any, a: Any, /, *, triangle: str = "L") -> Any:
    """Return the ascending eigenvalues and eigenvectors of Hermitian matrices, of which ``triangle`` is read.

    Shape: (..., n, n) -> (..., n), (..., n, n).
    """
    return tuple(_attempt(xp, "eigh", "The algorithm failed to converge", xp.linalg.eigh, a, UPLO=triangle))


def _eigh_back(g: tuple[Any, Any], values: Any, vectors: Any) -> Any:
    x = matmul(adjoint(vectors), g[1])
    inner = _over(_hollow(x - adjoint(x)), 2 * (values[..., None, :] - values[..., :, None]))
    return matmul(vectors, matmul(inner, adjoint(vectors)) + g[0][..., :, None] * adjoint(vectors))


def _eigh_change(t: Any, values: Any, vectors: Any) -> tuple[Any, Any]:
    x = matmul(adjoint(vectors), matmul((t + adjoint(t)) / 2, vectors))
    inner = _over(_hollow(x), values[..., None, :] - values[..., :, None])
    return diagonal(x), matmul(vectors, inner)


eigh.vjp(a=_eigh_back)
eigh.jvp(a=_eigh_change)
eigh.batch(along(eigh))


@primitive(dtypes="promote", holomorphic=False, outputs=("u", "s", "vh"))
def svd(xp: Any, a: Any, /, *, full_matrices: bool = False) -> Any:
    """Return ``u``, descending ``s`` and ``vh`` with ``a = u @ diag(s) @ vh``.

    Shape: (..., m, n) -> (..., m, k), (..., k), (..., k, n) with k = min(m, n); ``full_matrices``: m for the first k,
    n for the last.
    """
    trouble = "The algorithm failed to converge, or the input matrix contained non-finite values"
    return tuple(_attempt(xp, "svd", trouble, xp.linalg.svd, a, full_matrices=full_matrices))


def _svd_back(g: tuple[Any, Any, Any], u: Any, s: Any, vh: Any) -> Any:
    """Townsend, Differentiating the singular value decomposition, 2016; of full matrices the first k vectors count."""
    k = s.shape[-1]
    u, gu, vh, gvh = u[..., :k], g[0][..., :k], vh[..., :k, :], g[2][..., :k, :]
    x, y = matmul(adjoint(u), gu), matmul(gvh, adjoint(vh))  # y: the adjoint of vh @ gv
    row, column = s[..., None, :], s[..., :, None]
    inner = _over(_hollow((x - adjoint(x)) * row + (adjoint(y) - y) * column), row * row - column * column)
    middle = g[1]
    if conj(u) is not u:  # the phases of complex vectors
        turn = diagonal(x) + diagonal(y)
        middle = middle + _over(turn - conj(turn), 4 * s)
    total = matmul(u, matmul(inner, vh) + middle[..., :, None] * vh)
    if u.shape[-2] > k:
        total = total + matmul(_over(gu - matmul(u, x), row), vh)
    return total if vh.shape[-1] == k else total + matmul(u, _over(gvh - matmul(y, vh), column))


svd.vjp(a=_svd_back)
svd.batch(along(svd))
