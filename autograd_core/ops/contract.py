"""Products that sum over shared dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.engine.primitive import primitive
from autograd_core.errors import ShapeError
from autograd_core.ops.batching import joined, leading, spaced
from autograd_core.ops.dims import EVERY
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import reshape

LARGE = 4096  # elements of the left factor from which on the choice of a kernel costs nothing beside it


@primitive(broadcasts=True, dtypes="match")
def matmul(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the matrix products of the last two dimensions.  Shape: (..., n, k), (..., k, m) -> (..., n, m)."""
    if a.ndim == b.ndim == 2:  # dot: of 8x8 310 ns, where a matmul takes 860
        return a.dot(b) if a.size < LARGE else kernels_of(xp).product(xp, a, b)
    if a.ndim > 2 and a.shape[-1] == 1 == b.shape[-2]:  # columns times rows: a third of the time, many of them
        return a * b
    return xp.matmul(a, b)


matmul.vjp(a=lambda g, b: matmul(g, b.mT), b=lambda g, a: matmul(a.mT, g))
matmul.jvp(a=lambda t, b: matmul(t, b), b=lambda t, a: matmul(a, t))
matmul.batch(leading(matmul, 2, 2))


@primitive(dtypes="match")
def linear(xp: Any, x: Any, w: Any, b: Any, /) -> Any:
    """Return ``x @ w.T + b``.  Shape: x (*, k), w (m, k), b (m) or None -> (*, m).

    One node for a layer and one product for all rows, and a weight gradient that comes out contiguous.
    """
    if x.shape[-1] != w.shape[-1]:
        raise ShapeError(
            f"linear: input has {x.shape[-1]} features (shape {tuple(x.shape)}), but weight has shape "
            f"{tuple(w.shape)}, which takes {w.shape[-1]}: mat1 and mat2 shapes cannot be multiplied"
        )
    if x.ndim == 2:
        return kernels_of(xp).affine(xp, x, w, b)
    return kernels_of(xp).affine(xp, rows(x), w, b).reshape(*x.shape[:-1], len(w))


def rows(x: Any) -> Any:
    """Return a tensor as the matrix of its last dimension.  Shape: (*, k) -> (n, k)."""
    return reshape(x, shape=(prod(x.shape[:-1]), x.shape[-1]))


linear.vjp(
    x=lambda g, w: matmul(g, w) if g.ndim == 2 else reshape(matmul(rows(g), w), shape=(*g.shape[:-1], w.shape[-1])),
    w=lambda g, x: matmul(g.T, x) if g.ndim == 2 else matmul(rows(g).T, rows(x)),
    b=lambda g: sum(g, dim=EVERY[g.ndim - 1]),
)
linear.jvp(
    x=lambda t, w: linear(t, w, None),
    w=lambda t, x: linear(x, t, None),
    b=lambda t: t,
)


def _linear_batch(size: int, flags: Sequence[bool], x: Any, w: Any, b: Any) -> Any:
    x_varies, w_varies, b_varies = flags
    if not w_varies and not b_varies:  # the examples are rows
        return linear(x, w, b)
    if not w_varies:
        return linear(x, w, None) + spaced(b, x.ndim - x_varies - 1)
    if x_varies:
        y = matmul(reshape(x, shape=(size, prod(x.shape[1:-1]), x.shape[-1])), w.mT)
    else:  # the weights of all examples are one matrix
        y = reshape(matmul(rows(x), joined(w).T), shape=(prod(x.shape[:-1]), *w.shape[:2])).swapaxes(0, 1)
    if b is not None:
        y = y + spaced(b, 1) if b_varies else y + b
    return reshape(y, shape=(size, *x.shape[int(x_varies) : -1], w.shape[1]))


linear.batch(_linear_batch)
