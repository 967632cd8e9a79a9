"""Indexing: reading at a key or along an index, and the adjoints that put gradients back where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of, module_of
from autograd_core.engine.indices import keyed
from autograd_core.engine.inplace import replace_view
from autograd_core.engine.primitive import ADDING, primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.batching import inward, whole
from autograd_core.ops.index_batching import ALL, aligned, drawn_in, for_rows, layout, pushed_back, spread_key

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


# The last flags of the rules of what has a key say of which of its parts the examples have their own.


def _getitem_batch(size: int, flags: Sequence[Any], x: Any, *, key: Any) -> Any:
    batched, differ = flags
    dims = layout(key, x.ndim - batched, differ)
    if not any(differ):
        out = getitem(x, key=keyed((ALL, *key)))
        return out.movedim(dims.rank, 0) if dims.apart else out
    if batched:
        return pushed_back(getitem(x, key=for_rows(size, x, key, differ, dims.rank)), dims)
    return getitem(x, key=keyed(spread_key(key, differ, dims.rank))).movedim(dims.before, 0)


def _put_zeros_batch(size: int, flags: Sequence[Any], v: Any, *, shape: Shape, key: Any) -> Any:
    batched, differ = flags
    dims = layout(key, len(shape), differ)
    v = whole(size, v, batched)
    if not any(differ) and not all(map(_counts, key)):
        v = v.movedim(0, dims.rank) if dims.apart else v
        return put_zeros(v, shape=(size, *shape), key=keyed((ALL, *key)))
    return put_zeros(drawn_in(v, dims), shape=(size, *shape), key=for_rows(size, v, key, differ, dims.rank))


def _counts(part: Any) -> bool:
    """Whether part of a key is an array of indices: where all are, each names a row, which is quick to add to."""
    return type(part) is host.ndarray and part.dtype.kind in "iu"


getitem.batch(_getitem_batch)
put_zeros.batch(_put_zeros_batch)


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


def _setitem_batch(size: int, flags: Sequence[Any], x: Any, v: Any, *, key: Any) -> Any:
    x_batched, v_batched, differ = flags
    dims = layout(key, x.ndim - x_batched, differ)
    x, v = whole(size, x, x_batched), aligned(v, v_batched, dims.ndim)
    written = isinstance(v, Tensor) and v.ndim > 0  # not a number, which goes everywhere
    if any(differ):
        return setitem(x, drawn_in(v, dims) if written else v, key=for_rows(size, x, key, differ, dims.rank))
    return setitem(x, v.movedim(0, dims.rank) if written and dims.apart else v, key=keyed((ALL, *key)))


setitem.vjp(x=lambda g, key: setitem(g, 0.0, key=key), v=lambda g, key: getitem(g, key=key))
setitem.jvp(
    x=lambda t, key: setitem(t, 0.0, key=key), v=lambda t, x, key: setitem(x.new_zeros(x.shape), t, key=key)
)
setitem.batch(_setitem_batch)


def _replace_view_batch(size: int, flags: Sequence[bool], x: Any, v: Any, *, view: Any, meta: Any) -> Any:
    x_batched, v_batched = flags
    x = whole(size, x, x_batched)
    if view.name in ("view_as_real", "view_as_complex"):  # all of x in another form, and the rule leads back
        region = view.call(x)
        return view.rules["x"](setitem(region, aligned(v, v_batched, region.ndim - 1), key=(...,)))
    shape = tuple(x.shape[1:])
    xp = module_of(x._array)
    places = view.forward(xp, xp.arange(prod(shape)).reshape(shape), **meta)
    flat = setitem(x.reshape((size, prod(shape))), aligned(v, v_batched, places.ndim), key=(ALL, places))
    return flat.reshape((size, *shape))


replace_view.jvp(
    x=lambda t, view, meta: replace_view(t, 0.0, view=view, meta=meta),
    v=lambda t, x, view, meta: replace_view(x.new_zeros(x.shape), t, view=view, meta=meta),
)
replace_view.batch(_replace_view_batch)


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


def _gather_batch(size: int, flags: Sequence[bool], x: Any, index: Any, *, dim: int) -> Any:
    return gather(whole(size, x, flags[0]), whole(size, index, flags[1]), dim=inward(dim))


def _scatter_batch(size: int, flags: Sequence[bool], src: Any, index: Any, *, shape: Shape, dim: int) -> Any:
    src, index = whole(size, src, flags[0]), whole(size, index, flags[1])
    return scatter_zeros(src, index, shape=(size, *shape), dim=inward(dim))


gather.batch(_gather_batch)
scatter_zeros.batch(_scatter_batch)
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


def _winners(y: Any, src: Any, index: Any, dim: int) -> Any:
    """Return which elements of the source are the largest of their place."""
    return src[_corner(index.shape)] == gather(y, index, dim=dim)


def _share(g: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    """Return ``g`` divided by how many elements are as large as the largest."""
    equal = _winners(y, src, index, dim) * 1
    return g / (scatter_zeros(equal, index, shape=x.shape, dim=dim) + (x == y))


def _share_of_self(g: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    return _share(g, x, y, src, index, dim) * (x == y)


def _share_of_source(g: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    share = gather(_share(g, x, y, src, index, dim), index, dim=dim)
    return put_corner(share * _winners(y, src, index, dim), shape=src.shape)


def _change_by_source(t: Any, x: Any, y: Any, src: Any, index: Any, dim: int) -> Any:
    won = t[_corner(index.shape)] * _winners(y, src, index, dim)
    return _share(scatter_zeros(won, index, shape=x.shape, dim=dim), x, y, src, index, dim)


def _scatter_extreme_batch(size: int, flags: Sequence[bool], *values: Any, dim: int, largest: bool) -> Any:
    x, src, index = [whole(size, v, f) for v, f in zip(values, flags, strict=True)]
    return scatter_extreme(x, src, index, dim=inward(dim), largest=largest)


scatter_extreme.vjp(x=_share_of_self, src=_share_of_source)
scatter_extreme.jvp(x=_share_of_self, src=_change_by_source)
scatter_extreme.batch(_scatter_extreme_batch)


def _corner(shape: Shape) -> tuple[slice, ...]:
    return tuple(slice(n) for n in shape)
