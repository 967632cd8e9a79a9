"""Products of matrices and vectors, and distances."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import ALL, NUMBERS, bad, complex_numbers, s
from tests.tables import function

INF = float("inf")


def added(product: Any) -> Any:
    """Return NumPy's ``beta * input + alpha * product``."""
    return lambda x, *args, beta=1, alpha=1: beta * x + alpha * product(*args)


def cdist(a: Any, b: Any, p: float = 2.0, compute_mode: Any = None) -> Any:
    d = np.abs(a[..., :, None, :] - b[..., None, :, :])
    if p == 0:
        return (d != 0).sum(-1) * 1.0
    return d.max(-1) if p == INF else (d**p).sum(-1) ** (1 / p)


def first_of_3(a: Any) -> int:
    return list(a.shape).index(3)


def block_diag(*blocks: Any) -> Any:
    from scipy.linalg import block_diag as join

    return join(*blocks)


def misfit(name: str, match: str, *args: Any, **options: Any) -> Any:
    return bad(ShapeError, f"^{name}: {match}", *args, **options)


ROWS_FAR = s((30, 2), (27, 2))  # more than 25 rows: by products

# fmt: off
FUNCTIONS = [
    function("addmv", s((2,), (2, 3), (3,)), s((), (2, 3), (3,), beta=0.5, alpha=2), s((2,), (2, 0), (0,)),
        s((2,), (2, 3), (3,), beta=0), numpy=added(np.matmul), dtypes=("float32", "float64"),
        errors=(misfit("addmv", r"vec must be a 1D tensor; got shape \(3, 1\)", (2,), (2, 3), (3, 1)),
                misfit("addmv", r"input has shape \(3,\); wanted one that expands to \(2,\)", (3,), (2, 3), (3,)))),
    function("addr", s((2, 3), (2,), (3,)), s((3,), (2,), (3,), beta=2, alpha=3), s((2, 1), (2,), (0,)),
        numpy=added(np.outer), dtypes=ALL,
        errors=(misfit("addr", r"vec1 must be a 1D tensor; got shape \(\)", (2, 3), (), (3,)),
                bad(DTypeError, "^addr: For integral input tensors, beta and alpha must not be floats; got 0.5, 1",
                    np.zeros((2, 2), int), np.arange(2), np.arange(2), beta=0.5))),
    function("baddbmm", s((2, 2, 2), (2, 2, 3), (2, 3, 2)), s((2,), (1, 2, 3), (1, 3, 2), beta=0.5, alpha=2),
        numpy=added(np.matmul),
        errors=(misfit("baddbmm", "batch sizes differ", (2,), (1, 2, 3), (2, 3, 2)),
                misfit("baddbmm", "batch2 must be a 3D tensor", (2,), (1, 2, 3), (3, 2)))),
    function("addbmm", s((2, 2), (2, 2, 3), (2, 3, 2)), s((2,), (3, 2, 1), (3, 1, 2), beta=0.5, alpha=2),
        numpy=added(lambda a, b: (a @ b).sum(0)),
        errors=(misfit("addbmm", "batch1 must be a 3D tensor", (2, 2), (2, 3), (2, 3, 2)),)),
    function("ger", s((2,), (3,)), numpy=np.outer),
    function("vdot", s((3,), (3,)), s((0,), (0,)), domain=complex_numbers, numpy=np.vdot,
        errors=(misfit("vdot", r"inconsistent tensor size, expected tensor \(2,\) and src \(3,\)", (2,), (3,)),
                bad(DTypeError, "^vdot: expected both vectors to have same dtype", np.ones(2), np.arange(2)))),
    function("linalg.vecdot", s((3,), (3,)), s((2, 3), (3,)), s((2, 3), (2, 1), dim=0), domain=complex_numbers,
        numpy=lambda x, y, *, dim=-1: (x.conj() * y).sum(dim),
        errors=(bad(DTypeError, "^vecdot: .* got ag.int64 and ag.int64", np.arange(2), np.arange(2)),
                bad(IndexRangeError, "^vecdot: Dimension out of range", (2,), (2,), dim=1))),
    function("inner", s((3,), (3,)), s((2, 3), (4, 3)), s((2, 3), ()), s((2, 1, 3), (3,)), dtypes=NUMBERS,
        numpy=np.inner,
        errors=(misfit("inner", r"the last dimension must match .* \(2, 3\) and \(2,\)", (2, 3), (2,)),)),
    function("kron", s((2, 3), (3, 2)), s((2,), (2, 1, 3)), s((), (2,)), s((0,), (2,)), dtypes=NUMBERS),
    function("cross", s((2, 3), (2, 3)), s((3, 2), (3, 2)), s((3, 3), (3, 3), 1),
        numpy=lambda a, b, dim=None: np.cross(a, b, axis=first_of_3(a) if dim is None else dim),
        torch=lambda torch, a, b, dim=None: torch.linalg.cross(a, b, dim=first_of_3(a) if dim is None else dim),
        errors=(misfit("cross", r"no dimension of size 3 in input; got shape \(2, 2\)", (2, 2), (2, 2)),)),
    function("linalg.cross", s((2, 3), (2, 3)), s((1, 3), (2, 3)), s((3, 2), (3, 1), dim=0), dtypes=NUMBERS,
        numpy=lambda a, b, *, dim=-1: np.cross(*np.broadcast_arrays(a, b), axis=dim),
        errors=(misfit("cross", r"inputs dimension -1 must have length 3. Got \(2,\) and \(2,\)", (2,), (2,)),
                misfit("cross", "inputs must have the same number of dimensions", (2, 3), (3,)))),
    function("linalg.multi_dot", s([(2, 3), (3, 2)]), s([(3,), (3, 2), (2, 4), (4,)]),
        s([(2, 3), (3, 1), (1, 3), (3,)]), numpy=np.linalg.multi_dot,
        errors=(misfit("multi_dot", "expected at least 2 tensors but got 1", [(2, 3)]),
                misfit("multi_dot", r"the shapes \[\(2, 3\), \(2, 3\)\] cannot be multiplied", [(2, 3), (2, 3)]))),
    function("chain_matmul", s((2, 3), (3, 1), (1, 2)), s((2, 3)),
        numpy=lambda *xs: np.linalg.multi_dot(xs) if len(xs) > 1 else xs[0], torch=None,
        errors=(misfit("chain_matmul", "matrix 1 must be a 2D tensor", (2, 3), (3,)),)),
    function("linalg.matmul", s((2, 3), (3, 2)), numpy=np.matmul),
    function("Tensor.__rmatmul__", s((3, 2), (2, 3)), numpy=lambda a, b: b @ a),
    function("block_diag", s((2, 3), (2,), ()), s((1, 0), (2, 2)), s((0,)), numpy=block_diag, dtypes=NUMBERS,
        errors=(misfit("block_diag", "Input tensors must have 2 or fewer dimensions", (2, 2, 2)),)),
    function("cdist", s((2, 3), (4, 3)), s((2, 3), (2, 3), 1.0), s((2, 2, 3), (3, 3), 3.0), s((3, 2), (2, 2), INF),
        s((2, 2), (2, 2), 0.5), s((2, 0), (3, 0)), s((3, 2), (4, 2), compute_mode="use_mm_for_euclid_dist"), ROWS_FAR,
        numpy=cdist, torch=lambda torch, *args, **options: torch.cdist(*args, **options), order=1,
        errors=(misfit("cdist", r"X1 and X2 must have the same number of columns.*\(2, 3\), \(2, 2\)", (2, 3), (2, 2)),
                misfit("cdist", "only supports non-negative p values; got -1", (2, 3), (2, 3), -1.0),
                bad(DTypeError, "^cdist: compute_mode is 'quick'", (2, 3), (2, 3), compute_mode="quick"))),
    function("pdist", s((4, 2)), s((3, 2), 1.0), s((3, 2), INF), s((1, 2)),
        numpy=lambda x, p=2.0: distance.pdist(x, "minkowski", p=p) if len(x) > 1 else np.zeros(0), order=1,
        errors=(bad(ShapeError, "^pdist only supports 2D tensors, got: 1D", (2,)),)),
]
# fmt: on
