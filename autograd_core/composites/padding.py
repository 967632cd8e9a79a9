"""Borders around tensors, of a constant or of what lies near."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import shape as ops
from autograd_core.ops.index import getitem
from autograd_core.ops.resampling import resample

Widths = list[tuple[int, int]]


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Return the tensor with ``pad[2i]`` and ``pad[2i+1]`` elements put before and after dimension ``-1-i``.

    Modes: constant (``value``, 0 by default), reflect, replicate, circular.  Negative widths crop.
    Raises: ShapeError for an odd or too long ``pad``, or a border wider than the mode can fill.
    """
    widths = _widths(tuple(input.shape), pad)
    if value and mode != "constant":
        raise DTypeError(f"pad: got value={value} for mode {mode!r}, which doesn't take in value argument")
    if mode in ("reflect", "replicate"):
        return _extended(input, widths, mode)
    if min((w for pair in widths for w in pair), default=0) < 0:
        input, widths = _cropped(input, widths)
    if mode == "circular":
        return _extended(input, widths, mode)
    if mode != "constant":
        raise DTypeError(f"pad: mode is {mode!r}; wanted 'constant', 'reflect', 'replicate' or 'circular'")
    return ops.pad(input, widths=tuple(widths), value=0.0 if value is None else value)


def _widths(shape: tuple[int, ...], pad: Sequence[int]) -> Widths:
    """Return how much is put before and after each dimension."""
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(
            f"pad: Padding length must be divisible by 2 and at most twice the number of dimensions of the input; got "
            f"{tuple(pad)} for shape {shape}"
        )
    pairs = [(int(before), int(after)) for before, after in zip(pad[::2], pad[1::2])]
    return [(0, 0)] * (len(shape) - len(pairs)) + pairs[::-1]


def _cropped(input: Tensor, widths: Widths) -> tuple[Tensor, Widths]:
    """Return the input without what negative widths cut off, and the widths that are left."""
    kept = tuple(slice(max(0, -before), n - max(0, -after)) for n, (before, after) in zip(input.shape, widths))
    if any(part.stop < part.start for part in kept):
        raise ShapeError(f"pad: the widths {widths} leave a negative length of shape {tuple(input.shape)}")
    return getitem(input, key=kept), [(max(0, before), max(0, after)) for before, after in widths]


def _extended(input: Tensor, widths: Widths, mode: str) -> Tensor:
    """Pad, one dimension after the other, with the elements that the mode puts into the border."""
    for d, (before, after) in enumerate(widths):
        n = input.shape[d]
        if (before, after) == (0, 0):
            continue
        most = {"reflect": n - 1, "circular": n, "replicate": max(before, after) if n else 0}[mode]
        if max(before, after) > most or n + before + after < 0:
            raise ShapeError(
                f"pad: Padding size should be less than the corresponding input dimension for mode {mode!r}, but got: "
                f"padding ({before}, {after}) at dimension {d} of input {tuple(input.shape)}"
            )
        input = resample(input, dim=d, rule=(mode, n, n + before + after, 1.0, float(-before)))
    return input
