"""Tensors and their elements repeated, in memory of their own."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import CPU, device_of, to_device
from autograd_core.composites.fitting import known_values
from autograd_core.composites.shaping import sizes
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem

__all__ = ["repeat_interleave", "tile"]
METHODS = ["repeat", "repeat_interleave", "tile"]


def tile(input: Tensor, *times: Any, dims: Any = None) -> Tensor:
    """Return the tensor repeated ``dims[i]`` times along dimension ``i``, counted from the last."""
    wanted = sizes(times if dims is None else (dims,), "tile")
    return repeat(input, (1,) * (input._array.ndim - len(wanted)) + wanted)


def repeat(input: Tensor, *times: Any, repeats: Any = None) -> Tensor:
    """Return the tensor repeated ``repeats[i]`` times along dimension ``i``; new dimensions come first.

    Raises: ShapeError for fewer repeats than dimensions.
    """
    wanted = sizes(times if repeats is None else (repeats,), "repeat")
    lead = len(wanted) - input._array.ndim
    if lead < 0 or min(wanted, default=0) < 0:
        raise ShapeError(
            f"repeat: got repeats {wanted} for shape {tuple(input.shape)}; Number of dimensions of repeat dims can not "
            f"be smaller than number of dimensions of tensor, nor a repeat negative"
        )
    shape = (1,) * lead + input._array.shape
    apart = ops.reshape(input, shape=tuple(n for s in shape for n in (1, s)))
    wide = ops.broadcast_to(apart, shape=tuple(n for r, s in zip(wanted, shape, strict=True) for n in (r, s)))
    out = ops.reshape(wide, shape=tuple(r * s for r, s in zip(wanted, shape, strict=True)))
    return out if out._view is None else ops.clone(out)


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Return each element of ``dim`` (of the flattened tensor, where None) repeated ``repeats`` times, side by side.

    ``repeats`` is an int, or a tensor with a count per element; given alone, the result holds the elements' indices.

    Raises: DTypeError for counts that are no integers; ShapeError for negative counts, or too many or few of them.
    """
    if repeats is None:
        return wrap(_repeated(input, _counts(input, input._array.size)))
    if dim is None:
        input, dim = ops.reshape(input, shape=(input._array.size,)), 0
    elif not input._array.ndim:
        input = ops.reshape(input, shape=(1,))
    d = one(dim, input._array.ndim, "repeat_interleave")
    counts = _counts(repeats, input._array.shape[d])
    if output_size is not None and int(counts.sum()) != output_size:
        raise ShapeError(f"repeat_interleave: output_size is {output_size}, but the repeats add up to {counts.sum()}")
    return getitem(input, key=(slice(None),) * d + (_repeated(input, counts),))


def _counts(repeats: Any, n: int) -> Any:
    """Return how often each of ``n`` elements is repeated, on the host: the size of the result depends on it."""
    if isinstance(repeats, Tensor):
        counts = to_device(known_values("repeat_interleave", repeats, "repeats as a tensor decide"), CPU)
    else:
        counts = host.asarray(repeats)
    if counts.dtype.kind not in "iu":
        raise DTypeError(f"repeat_interleave: repeats has dtype {counts.dtype}; repeats must be of integer type")
    if counts.ndim > 1 or (counts.size not in (1, n)):
        raise ShapeError(
            f"repeat_interleave: repeats must be 0-dim or 1-dim tensor of the size of the input along dim, {n}; got "
            f"shape {counts.shape}"
        )
    if counts.min(initial=0) < 0:
        raise ShapeError("repeat_interleave: repeats can not be negative")
    return host.broadcast_to(counts, (n,))


def _repeated(like: Tensor, counts: Any) -> Any:
    """Return the index of each element as often as its count, on the device of ``like``."""
    return to_device(host.arange(len(counts)).repeat(counts), device_of(like._array))
