"""Functions of matrices: norms, powers, exponentials; and matrices made of vectors and of smaller ones."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.composites import diagonals
from autograd_core.composites.matrix_checks import check_floating, check_matrices, check_square
from autograd_core.composites.norms import vector_norm
from autograd_core.composites.reduction import converted
from autograd_core.composites.running import cumprod
from autograd_core.composites.shaping import movedim
from autograd_core.composites.solving import identity, inv, inv_ex
from autograd_core.composites.spectra import svdvals
from autograd_core.dtypes import promote
from autograd_core.engine.general import strength
from autograd_core.engine.indices import all_values
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import factor
from autograd_core.ops.arithmetic import div, where
from autograd_core.ops.contract import matmul
from autograd_core.ops.dims import Dims, one
from autograd_core.ops.index import getitem
from autograd_core.ops.logic import eq
from autograd_core.ops.reduce import extremum, sum
from autograd_core.ops.shape import broadcast_to, cat, pad, reshape

__all__ = ["block_diag", "matrix_exp"]
METHODS = ["matrix_exp"]
ORDERS = ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2)


# ---- norms ----


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Return the norms of the matrices in the two dims ``dim``.

    ``ord``: 'fro' (root of the squares), 'nuc' (sum of singular values), inf and -inf (largest and smallest sum of a
    row), 1 and -1 (of a column), 2 and -2 (largest and smallest singular value).
    """
    check_matrices("linalg.matrix_norm", A)
    if isinstance(dim, int) or len(dim) != 2:
        raise ShapeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    if ord not in ORDERS:
        raise ShapeError(f"linalg.matrix_norm: Order {ord} not supported; wanted one of {ORDERS}")
    a, b = (one(d, A._array.ndim, "linalg.matrix_norm") for d in dim)
    if a == b:
        raise ShapeError(f"linalg.matrix_norm: dims must be different. Got {dim}")
    if ord == "fro":
        return vector_norm(A, 2, (a, b), keepdim, dtype=dtype)
    A = A if dtype is None else converted(A, dtype)
    shape = tuple(1 if d in (a, b) else n for d, n in enumerate(A._array.shape))
    out = _matrix_norm(movedim(A, (a, b), (-2, -1)), ord)
    return reshape(out, shape=shape) if keepdim else out


def _matrix_norm(A: Tensor, ord: Any) -> Tensor:
    """Return the norm over the last two dimensions."""
    last = (A._array.ndim - 2,)
    if ord == "nuc":
        return sum(svdvals(A), dim=last)
    values = svdvals(A) if ord in (2, -2) else vector_norm(A, 1, -2 if ord in (1, -1) else -1)
    if values._array.shape[-1]:
        return extremum(values, dim=last, largest=ord > 0)
    if ord < 0:
        raise IndexRangeError(
            f"linalg.matrix_norm: Expected reduction dim to have non-zero size for ord {ord}; got {tuple(A.shape)}"
        )
    return sum(values, dim=last)


def norm(A: Tensor, ord: Any = None, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return a vector norm over one ``dim``, a matrix norm over two; without ``ord`` the 2-norm of all elements.

    With ``ord`` but no ``dim``, ``A`` is a vector or a matrix.
    """
    check_floating("linalg.norm", A)
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if dims is not None and ord is not None and len(dims) not in (1, 2):
        raise ShapeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {dims}")
    if dims is None and ord is not None and A._array.ndim not in (1, 2):
        raise ShapeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A._array.ndim}D."
        )
    if ord is not None and (A._array.ndim if dims is None else len(dims)) == 2:
        return matrix_norm(A, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise ShapeError(f"linalg.norm: ord is {ord!r}, which is of matrices; got shape {tuple(A.shape)}, dim {dim}")
    return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """Return how much ``A`` can enlarge a relative error: ``norm(A, p) * norm(inv(A), p)``; inf for a singular matrix.

    ``p``: as in ``matrix_norm``; None and 2, also for matrices that are not square: the ratio of singular values.
    """
    check_matrices("linalg.cond", A)
    if not A._array.size:
        return wrap(module_of(A._array).zeros(A._array.shape[:-2], A.dtype.to_real()))
    if p in (None, 2, -2):
        values = svdvals(A)
        first, last = getitem(values, key=(..., 0)), getitem(values, key=(..., -1))
        return div(last, first) if p == -2 else div(first, last)
    check_square("linalg.cond", A)
    inverse, info = inv_ex(A)
    ratio = matrix_norm(A, p) * matrix_norm(inverse, p)
    return where(eq(info, 0), ratio, math.inf)


# ---- powers and exponentials ----


def matrix_power(A: Tensor, n: int) -> Tensor:
    """Return ``A @ A @ ...``, ``n`` times; with ``n`` below 0 of the inverse.

    Raises: LinAlgError for a negative power of a singular matrix.
    """
    check_square("linalg.matrix_power", A)
    if n == 0:
        return where(wrap(module_of(A._array).zeros((), bool)), A, identity(A))  # in the graph, with gradient 0
    square, out = (inv(A) if n < 0 else A), None
    n = -n if n < 0 else n
    while n:
        if n % 2:
            out = square if out is None else matmul(out, square)
        n //= 2
        square = matmul(square, square) if n else square
    return out if out is not A and out is not None else A * 1


NUMERATOR = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
ACCURATE = 3.9  # the 1-norm up to which the approximant is as good as float32, and better than good in float64


def matrix_exp(A: Tensor) -> Tensor:
    """Return ``I + A + A @ A / 2 + ...``: scaled down, a Pade approximant, and squared up again.

    Source: Higham, The scaling and squaring method for the matrix exponential revisited, 2005, algorithm 2.3.
    """
    check_square("linalg.matrix_exp", A)
    if not A._array.size:
        return A * 1
    values = all_values(A)
    size = float(module_of(values).abs(values).sum(axis=-2).max())
    halvings = max(0, math.frexp(size / ACCURATE)[1]) if math.isfinite(size) else 0
    out = _approximant(A * 0.5**halvings)
    for _ in range(halvings):
        out = matmul(out, out)
    return out


def _approximant(A: Tensor) -> Tensor:
    b = [c / NUMERATOR[0] for c in NUMERATOR]
    one_ = identity(A)
    a2 = matmul(A, A)
    a4 = matmul(a2, a2)
    a6 = matmul(a4, a2)
    odd = matmul(a6, a6 * b[13] + a4 * b[11] + a2 * b[9]) + a6 * b[7] + a4 * b[5] + a2 * b[3] + one_ * b[1]
    even = matmul(a6, a6 * b[12] + a4 * b[10] + a2 * b[8]) + a6 * b[6] + a4 * b[4] + a2 * b[2] + one_
    odd = matmul(A, odd)
    return factor.solve(even - odd, even + odd)


# ---- matrices made of others, and their parts ----


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return the elements on a diagonal of ``dim1`` and ``dim2``, as a last dimension."""
    return diagonals.diagonal(A, offset, dim1, dim2)


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Return the powers 0 to ``N - 1`` of each element along a new last dimension.  Shape: (..., n) -> (..., n, N)."""
    shape = x._array.shape or (1,)
    n = N if N is not None else shape[-1]
    if n <= 1:
        raise ShapeError(f"linalg.vander: N must be greater than 1; got {n}")
    if not x.dtype.category:
        raise DTypeError(f"linalg.vander: supports floating point, complex, and integer tensors, but got {x.dtype}")
    ones = wrap(module_of(x._array).ones((*shape, 1), x._array.dtype))
    column = broadcast_to(reshape(x, shape=(*shape, 1)), shape=(*shape, n - 1))
    return cat([ones, cumprod(column, -1)], dim=len(shape))


def block_diag(*tensors: Tensor) -> Tensor:
    """Return a matrix with the given ones along its diagonal and zeros elsewhere; vectors count as rows.

    Raises: ShapeError for more than two dimensions.
    """
    if not all(isinstance(x, Tensor) for x in tensors):
        raise DTypeError("block_diag: expected all arguments to be Tensors")
    if any(x._array.ndim > 2 for x in tensors):
        raise ShapeError(f"block_diag: Input tensors must have 2 or fewer dimensions; got {[x.shape for x in tensors]}")
    if not tensors:
        from autograd_core.creation.filling import zeros

        return zeros(1, 0)
    kind = promote(map(strength, tensors))  # a 0-d tensor counts less, which as a block it would not
    blocks = [converted(reshape(x, shape=(1,) * (2 - x._array.ndim) + x._array.shape), kind) for x in tensors]
    width, before, rows = math.fsum(x._array.shape[1] for x in blocks), 0, []
    for x in blocks:
        own = x._array.shape[1]
        rows.append(pad(x, widths=((0, 0), (before, int(width) - before - own))))
        before += own
    return cat(rows, dim=0)

