"""Moving elements without computing on them.  Each is linear; its rule is its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, kernels_of, module_of, to_device
from autograd_core.backend.shared.places import places
from autograd_core.engine.fit import broadcast_to as broadcast_to
from autograd_core.engine.fit import cast as cast
from autograd_core.engine.fit import sum_to as sum_to
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.batching import along, inward, leading, whole
from autograd_core.ops.index import getitem, put_zeros


@primitive(view=True, linear=True)
def reshape(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return the elements of ``x``, in order, in another shape: a view where the strides allow it."""
    return x.reshape(shape)


reshape.vjp(x=lambda g, x_shape: reshape(g, shape=x_shape))
reshape.batch(lambda size, flags, x, shape: reshape(x, shape=(size, *shape)))


@primitive(view=True, linear=True)
def permute(xp: Any, x: Any, /, *, dims: tuple[int, ...]) -> Any:
    """Return a view whose dimension ``i`` is ``x``'s dimension ``dims[i]``."""
    return x.transpose(dims)


permute.vjp(x=lambda g, dims: permute(g, dims=inverse(dims)))
permute.batch(lambda size, flags, x, dims: permute(x, dims=(0, *inward(dims))))


def inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the permutation that undoes ``dims``."""
    back = [0] * len(dims)
    for i, d in enumerate(dims):
        back[d] = i
    return tuple(back)


@primitive(linear=True)
def clone(xp: Any, x: Any, /) -> Any:
    """Return a copy in memory of its own."""
    return x.copy()


clone.vjp(x=lambda g: g)
clone.batch(leading(clone, 0))


@primitive(view=True)
def detach(xp: Any, x: Any, /, *, tangent: bool = False) -> Any:
    """Return a view that passes no gradient on, and no tangent but where it is to: a program's ``no_grad``."""
    return x.view()


detach.joint_jvp(lambda tangents, tangent: detach(tangents[0], tangent=True) if tangent else None)
detach.batch(leading(detach, 0))


@primitive(lists=("xs",), dtypes="promote", linear=True)
def cat(xp: Any, xs: list[Any], /, *, dim: int) -> Any:
    """Return the tensors joined along ``dim``; they agree in all other dimensions."""
    return xp.concatenate(xs, axis=dim)


def _split_back(g: Any, xs_shapes: list[tuple[int, ...]], wants: tuple[bool, ...], dim: int) -> list[Any]:
    pieces, start = [], 0
    for shape, wanted in zip(xs_shapes, wants, strict=True):
        stop = start + shape[dim]
        pieces.append(g[(slice(None),) * dim + (slice(start, stop),)] if wanted else None)
        start = stop
    return pieces


def _cat_batch(size: int, flags: Sequence[list[bool]], xs: list[Any], *, dim: int) -> Any:
    return cat([whole(size, x, flag) for x, flag in zip(xs, flags[0], strict=True)], dim=inward(dim))


cat.vjp(xs=_split_back)
cat.batch(_cat_batch)


@primitive(linear=True)
def pad(xp: Any, x: Any, /, *, widths: tuple[tuple[int, int], ...], value: float = 0.0) -> Any:
    """Return ``x`` inside a border of ``value``: ``widths[i]`` before and after dimension ``i``.  Never negative."""
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    out = xp.full(shape, value, x.dtype)
    out[tuple(slice(before, before + n) for n, (before, _) in zip(x.shape, widths, strict=True))] = x
    return out


pad.vjp(x=lambda g, x_shape, widths: g[tuple(slice(b, b + n) for n, (b, _) in zip(x_shape, widths, strict=True))])
pad.batch(lambda size, flags, x, widths, value: pad(x, widths=((0, 0), *widths), value=value))


def flip(x: Any, *, dims: tuple[int, ...]) -> Any:
    """Return a copy with the order along ``dims`` reversed."""
    back = slice(None, None, -1)
    return clone(getitem(x, key=(*(back if d in dims else slice(None) for d in range(x.ndim)), ...)))


@primitive(linear=True)
def roll(xp: Any, x: Any, /, *, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    """Return ``x`` shifted along ``dims``; what leaves at one end comes in at the other."""
    return xp.roll(x, shifts, dims)


roll.vjp(x=lambda g, shifts, dims: roll(g, shifts=tuple(-s for s in shifts), dims=dims))
roll.batch(along(roll, "dims"))


@primitive(linear=True)
def band(xp: Any, x: Any, /, *, diagonal: int = 0, upper: bool = False) -> Any:
    """Return ``x`` with zeros above (``upper``: below) the given diagonal of its last two dimensions."""
    return xp.triu(x, diagonal) if upper else xp.tril(x, diagonal)


band.vjp(x=lambda g, diagonal, upper: band(g, diagonal=diagonal, upper=upper))
band.batch(leading(band, 2))


@primitive(view=True, linear=True)
def diagonal(xp: Any, x: Any, /, *, offset: int = 0) -> Any:
    """Return the view of a diagonal of the last two dimensions.  Shape: (..., n, m) -> (..., length)."""
    return kernels_of(xp).diagonal(xp, x, offset)


def on_diagonal(v: Any, *, shape: tuple[int, ...], offset: int = 0) -> Any:
    """Return zeros of ``shape`` with ``v`` on a diagonal of the last two dimensions: the adjoint of ``diagonal``."""
    *lead, n, m = shape
    start = offset if offset > 0 else -offset * m
    where = slice(start, start + v.shape[-1] * (m + 1), m + 1)  # in the matrix laid out as one line
    return reshape(put_zeros(v, shape=(*lead, n * m), key=(..., where)), shape=shape)


diagonal.vjp(x=lambda g, x_shape, offset: on_diagonal(g, shape=x_shape, offset=offset))
diagonal.batch(leading(diagonal, 2))


@primitive(view=True, linear=True)
def strided(xp: Any, x: Any, /, *, size: tuple[int, ...], steps: tuple[int, ...], start: int = 0) -> Any:
    """Return the view ``y[..., i, j, ...] = x[..., start + i * steps[0] + j * steps[1] + ...]``; on a GPU a copy.

    Shape: (..., n) -> (..., *size).
    """
    return kernels_of(xp).strided(xp, x, size, steps, start)


def _put_back(g: Any, x_shape: tuple[int, ...], size: Any, steps: Any, start: int) -> Any:
    index = places(module_of(g._array if isinstance(g, Tensor) else g), size, steps, start)
    return put_zeros(g, shape=x_shape, key=(..., index))


strided.vjp(x=_put_back)
strided.batch(leading(strided, 1))


@primitive(linear=True)
def transfer(xp: Any, x: Any, /, *, device: Any) -> Any:
    """Return ``x`` on another device; the gradient travels back."""
    return to_device(x, device)


def _transfer_back(g: Any, x: Any) -> Any:
    home = (
        x.device
        if isinstance(x, Tensor)
        else as_device("cpu")
        if type(x) is host.ndarray
        else as_device(int(x.device.id))
    )
    return transfer(g, device=home)


transfer.vjp(x=_transfer_back)
transfer.batch(leading(transfer, 0))
