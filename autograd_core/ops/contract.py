"""Products that sum over shared dimensions."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.engine.primitive import primitive
from autograd_core.errors import ShapeError
from autograd_core.ops.reduce import sum


@primitive(broadcasts=True, dtypes="match")
def matmul(xp: Any, a: Any, b: Any, /) -> Any:
    """Return the matrix products of the last two dimensions.  Shape: (..., n, k), (..., k, m) -> (..., n, m)."""
    return xp.matmul(a, b)


matmul.vjp(a=lambda g, b: matmul(g, b.swapaxes(-1, -2)), b=lambda g, a: matmul(a.swapaxes(-1, -2), g))


@primitive(dtypes="match")
def linear(xp: Any, x: Any, w: Any, b: Any, /) -> Any:
    """Return ``x @ w.T + b``.  Shape: x (n, k), w (m, k), b (m) or None -> (n, m).

    One node for a layer, and a weight gradient that comes out contiguous.
    """
    if x.shape[-1] != w.shape[-1]:
        raise ShapeError(
            f"linear: input has {x.shape[-1]} features (shape {tuple(x.shape)}), but weight has shape "
            f"{tuple(w.shape)}, which takes {w.shape[-1]}: mat1 and mat2 shapes cannot be multiplied"
        )
    return kernels_of(xp).affine(xp, x, w, b)


linear.vjp(
    x=lambda g, w: matmul(g, w),
    w=lambda g, x: matmul(g.swapaxes(-1, -2), x),
    b=lambda g: sum(g, dim=(0,)),
)
