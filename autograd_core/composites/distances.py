"""Distances between the rows of matrices."""

from __future__ import annotations

from autograd_core.backend.device import module_of
from autograd_core.composites.algebra import repeated
from autograd_core.composites.halves import in_float32
from autograd_core.composites.matrix_checks import check_floating
from autograd_core.composites.shaping import broadcast_shapes
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.arithmetic import sub, where
from autograd_core.ops.contract import matmul
from autograd_core.ops.factor import transposed
from autograd_core.ops.functions import sqrt
from autograd_core.ops.index import getitem
from autograd_core.ops.reduce import norm, sum

__all__ = ["cdist", "pdist"]
MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
ALL = slice(None)
FEW = 25  # rows up to which the differences themselves are made, which is more precise


@in_float32
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = MODES[0]) -> Tensor:
    """Return the ``p``-norms of the differences of all rows of ``x1`` and of ``x2``.  The gradient at 0 is 0.

    ``compute_mode``: whether the 2-norm is computed from products, ``|a|**2 - 2ab + |b|**2``, which needs less memory
    and is less precise; by default for more than 25 rows.  Shape: (..., n, k), (..., m, k) -> (..., n, m).
    """
    check_floating("cdist", x1, x2)
    a, b = x1._array.shape, x2._array.shape
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        raise ShapeError(f"cdist: X1 and X2 must have the same number of columns, and two dims at least; got {a}, {b}")
    if p < 0:
        raise ShapeError(f"cdist: only supports non-negative p values; got {p}")
    mode = MODES[0] if compute_mode is None else MODES[compute_mode] if isinstance(compute_mode, int) else compute_mode
    if mode not in MODES:
        raise DTypeError(f"cdist: compute_mode is {compute_mode!r}; wanted one of {MODES}")
    batch = broadcast_shapes(a[:-2], b[:-2])
    if p == 2 and (mode == MODES[1] or (mode == MODES[0] and max(a[-2], b[-2]) > FEW)):
        return _by_products(repeated(x1, batch), repeated(x2, batch))
    rows, columns = getitem(x1, key=(..., None, ALL)), getitem(x2, key=(..., None, ALL, ALL))
    return norm(sub(rows, columns), dim=(len(batch) + 2,), p=float(p))


def _by_products(x: Tensor, y: Tensor) -> Tensor:
    last = (x._array.ndim - 1,)
    squares = sum(x * x, dim=last, keepdim=True) + transposed(sum(y * y, dim=last, keepdim=True))
    squares = squares - 2 * matmul(x, transposed(y))
    apart = squares > 0
    return where(apart, sqrt(where(apart, squares, 1.0)), 0.0)


@in_float32
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """Return the ``p``-norms of the differences of each two rows, in the order (0, 1), (0, 2), ... (1, 2), ...

    Shape: (n, k) -> (n * (n - 1) / 2).
    """
    check_floating("pdist", input)
    if input._array.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got: {input._array.ndim}D")
    if p < 0:
        raise ShapeError(f"pdist only supports non-negative p values; got {p}")
    first, second = module_of(input._array).triu_indices(input._array.shape[0], 1)
    difference = sub(getitem(input, key=(first,)), getitem(input, key=(second,)))
    return norm(difference, dim=(1,), p=float(p))
