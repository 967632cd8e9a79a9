"""The four primitives that the engine itself applies to gradients: broadcast_to, sum_to, cast, conjugate."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import XP, kernels_of
from autograd_core.engine.failure import bad_gradient
from autograd_core.engine.node import Node
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor


@primitive(view=True, linear=True)
def broadcast_to(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return ``x`` repeated along new and length-1 dimensions, as a view.  Shape: broadcastable -> ``shape``."""
    return xp.broadcast_to(x, shape)


@primitive(linear=True)
def sum_to(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return ``x`` summed down to ``shape``: the adjoint of ``broadcast_to``."""
    extra = x.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1)
    if axes == (0,) and x.ndim == 2:
        return kernels_of(xp).sum_rows(xp, x).reshape(shape)
    wide = xp.float32 if x.dtype.itemsize == 2 else x.dtype  # half-precision floats; NumPy would round every sum
    return (x.sum(axis=axes, dtype=wide).astype(x.dtype, copy=False) if axes else x).reshape(shape)


broadcast_to.vjp(x=lambda g, x_shape: sum_to(g, shape=x_shape))
sum_to.vjp(x=lambda g, x_shape: broadcast_to(g, shape=x_shape))
broadcast_to.batch(
    lambda size, flags, x, shape: broadcast_to(
        x.reshape((size, *(1,) * (len(shape) + 1 - x.ndim), *x.shape[1:])), shape=(size, *shape)
    )
)
sum_to.batch(
    lambda size, flags, x, shape: sum_to(
        x, shape=(size, *(1,) * (x.ndim - 1 - len(shape)), *shape)
    ).reshape((size, *shape))
)


@primitive(linear=True, elementwise=True)
def cast(xp: Any, x: Any, /, *, dtype: Any) -> Any:
    """Return ``x`` in another dtype; complex to real keeps the real part."""
    return (x.real if x.dtype.kind == "c" and xp.dtype(dtype).kind != "c" else x).astype(dtype)


cast.vjp(x=lambda g: g)  # the engine casts each gradient to its argument's dtype


@primitive(elementwise=True, linear=True, holomorphic=False)
def conjugate(xp: Any, x: Any, /) -> Any:
    """Return ``a - bi`` of each ``a + bi``, in memory of its own."""
    return xp.conj(x)


conjugate.vjp(x=lambda g: conj(g))


def conj(x: Any) -> Any:
    """Return the conjugate of a tensor or raw array; a real one is its own, and comes back as it is."""
    kind = x._array.dtype.kind if isinstance(x, Tensor) else x.dtype.kind
    return conjugate(x) if kind == "c" else x


def fit(node: Node, parent: Node, grad: Any) -> Any:
    """Return a gradient in the shape and dtype of the input it belongs to.

    Raises: GraphError where the shapes differ otherwise than by broadcasting.
    """
    raw = grad._array if isinstance(grad, Tensor) else grad
    if raw.shape != parent.shape:
        if not node.prim.broadcasts or not _broadcasts(parent.shape, raw.shape):
            raise bad_gradient(node, parent, raw.shape)
        grad = sum_to(grad if isinstance(grad, Tensor) or type(grad) in XP else raw, shape=parent.shape)
    if raw.dtype != parent.dtype:
        grad = cast(grad, dtype=parent.dtype)
    return grad


def _broadcasts(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    """Whether ``shape`` broadcasts to ``wide``."""
    return len(shape) <= len(wide) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(wide), strict=False))
