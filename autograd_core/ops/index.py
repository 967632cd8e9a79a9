"""Indexing: reading at a key or along an index, and the adjoints that put gradients back where they came from."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of
from autograd_core.engine.primitive import ADDING, primitive

Shape = tuple[int, ...]
BASIC = frozenset(map(type, (0, slice(0), None, ...)))


@primitive(view=True, linear=True)
def getitem(xp: Any, x: Any, /, *, key: Any) -> Any:
    """Return ``x[key]``: a view for ints, slices, None and Ellipsis; a copy where an index array or mask is in it."""
    if len(key) == 1:
        (first,) = key
        if type(first) is int:
            return x[first, ...]  # a view of one element too, for which NumPy gives a scalar without the dots
        if type(first) is host.ndarray and first.dtype.kind in "iu" and x.flags.c_contiguous:
            return x.take(first, axis=0)  # rows: half to a quarter of the time of x[key]; other strides are copied
    out = x[key]
    return out if type(out) is xp.ndarray else x[(*key, ...)]  # NumPy gives a scalar for one element, no view


@primitive(linear=True)
def put_zeros(xp: Any, v: Any, /, *, shape: Shape, key: Any) -> Any:
    """Return zeros of ``shape`` to which ``v`` is added at ``key``: the adjoint of ``getitem``; duplicates add up."""
    return kernels_of(xp).index_add_at(xp, shape, v.dtype, key, v)


getitem.vjp(x=lambda g, x_shape, key: put_zeros(g, shape=x_shape, key=key))
put_zeros.vjp(v=lambda g, key: getitem(g, key=key))


def _add_at(total: Any, g: Any, x_shape: Shape, key: Any) -> bool:
    """Add one part's gradient to the gradient of the whole; where indices may repeat, leave that to ``put_zeros``."""
    if not total.shape or not BASIC.issuperset(map(type, key)):  # a 0-d gradient may be a NumPy scalar
        return False
    total[key] += g
    return True


ADDING[getitem.primitive.rules["x"]] = _add_at


@primitive(broadcasts=True)
def setitem(xp: Any, x: Any, v: Any, /, *, key: Any) -> Any:
    """Return a copy of ``x`` that holds ``v`` at ``key``; ``v`` broadcasts to the shape of ``x[key]``."""
    out = xp.array(x)  # a gradient may be a NumPy scalar, whose copy is one, too
    out[key] = v
    return out


setitem.vjp(x=lambda g, key: setitem(g, 0.0, key=key), v=lambda g, key: getitem(g, key=key))


@primitive(linear=True, constants=("index",))
def gather(xp: Any, x: Any, index: Any, /, *, dim: int) -> Any:
    """Return ``y[i][j] = x[index[i][j]][j]`` (for ``dim`` 0).  Shape: ``index``'s."""
    if x.shape[:dim] + x.shape[dim + 1 :] != index.shape[:dim] + index.shape[dim + 1 :]:
        x = x[tuple(slice(None) if i == dim else slice(n) for i, n in enumerate(index.shape))]
    return xp.take_along_axis(x, index, dim)


@primitive(linear=True, constants=("index",))
def scatter_zeros(xp: Any, src: Any, index: Any, /, *, shape: Shape, dim: int) -> Any:
    """Return zeros of ``shape`` to which ``src`` is added at ``index`` along ``dim``: the adjoint of ``gather``."""
    return kernels_of(xp).scatter_add(xp, shape, src.dtype, dim, index, src)


gather.vjp(x=lambda g, index, x_shape, dim: scatter_zeros(g, index, shape=x_shape, dim=dim))
scatter_zeros.vjp(src=lambda g, index, src_shape, dim: put_corner(gather(g, index, dim=dim), shape=src_shape))


def put_corner(g: Any, *, shape: Shape) -> Any:
    """Return ``g`` in the low corner of zeros of ``shape``: ``src`` beyond the index gets no gradient."""
    if tuple(g.shape) == tuple(shape):
        return g
    return put_zeros(g, shape=shape, key=tuple(slice(n) for n in g.shape))


@primitive(constants=("index",))
def scatter_extreme(xp: Any, x: Any, src: Any, index: Any, /, *, dim: int, largest: bool) -> Any:
    """Return ``x`` where of all that ``index`` sends to a place, and ``x`` there, the largest (smallest) is kept.

    Ties share the gradient evenly.  Shape: ``index`` at most that of ``src``.
    """
    return kernels_of(xp).scatter_extreme(xp, x, dim, index, src, largest)


def _share(g: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    """Return ``g`` divided by how many elements are as large as the largest."""
    equal = (src[_corner(index.shape)] == gather(y, index, dim=dim)) * 1
    return g / (scatter_zeros(equal, index, shape=x.shape, dim=dim) + (x == y))


def _share_of_source(g: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    share = gather(_share(g, x, y, src, index, dim), index, dim=dim)
    won = src[_corner(index.shape)] == gather(y, index, dim=dim)
    return put_corner(share * won, shape=src.shape)


scatter_extreme.vjp(
    x=lambda g, x, y, src, index, dim: _share(g, x, y, src, index, dim) * (x == y), src=_share_of_source
)


def _corner(shape: Shape) -> tuple[slice, ...]:
    return tuple(slice(n) for n in shape)
