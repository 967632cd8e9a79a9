"""Tensors that share memory: found when they are saved, made again when they are loaded.

What lies over each other is stored once.  Where one tensor covers the others, they become views of it; where none does,
all are views of a nameless block of bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import CPU, address, device_of, to_device
from autograd_core.errors import FormatError

Array = Any  # a NumPy or CuPy array


class Window(NamedTuple):
    """A view of a block of bytes: what it begins with lies ``at`` bytes from the block's beginning."""

    dtype: Any
    at: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in bytes


class Shared(NamedTuple):
    """Arrays that lie over each other: which of the given ones, as windows of a block of ``size`` bytes.

    ``base`` is the one that is the block, if there is one.
    """

    members: list[int]
    windows: list[Window]
    size: int
    base: int | None


# ---- saving ----


def find_shared(arrays: Sequence[Array]) -> Iterator[Shared]:
    """Yield the groups of two or more arrays that lie over each other."""
    placed = sorted((str(device_of(a)), *_bounds(a), i) for i, a in enumerate(arrays) if a.size)
    group: list[tuple[str, int, int, int]] = []
    end = 0
    for item in placed:
        if group and (item[0] != group[0][0] or item[1] >= end):
            yield from _shared(arrays, group, end)
            group = []
        end = max(end, item[2]) if group else item[2]
        group.append(item)
    yield from _shared(arrays, group, end)


def _shared(arrays: Sequence[Array], group: list[tuple[str, int, int, int]], end: int) -> Iterator[Shared]:
    if len(group) < 2:
        return
    start, members = group[0][1], sorted(i for *_, i in group)
    windows = [
        Window(a.dtype.newbyteorder("="), address(a) - start, a.shape, a.strides) for a in (arrays[i] for i in members)
    ]
    whole = (i for i, w in zip(members, windows) if not w.at and _is_contiguous(w) and _length(w) == end - start)
    yield Shared(members, windows, end - start, next(whole, None))


def _bounds(a: Array) -> tuple[int, int]:
    """Return the addresses between which the elements of ``a`` lie."""
    start = address(a)
    low, high = _reach(a.shape, a.strides)
    return start + low, start + high + a.dtype.itemsize


def _reach(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int]:
    """Return how many bytes before and after the first element the farthest ones begin."""
    reach = [(n - 1) * step for n, step in zip(shape, strides)]
    return sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)


def gather(arrays: Sequence[Array], windows: Sequence[Window], size: int) -> Array:
    """Return the block of bytes that the windows look at, zeros where none does."""
    block = host.zeros(size, "uint8")
    for array, window in zip(arrays, windows):
        look(block, window)[...] = to_device(array, CPU)
    return block


# ---- loading ----


def look(block: Array, window: Window) -> Array:
    """Return the view of a block of bytes on the host.  Raises: ValueError where it lies outside."""
    dtype, at, shape, strides = window
    return host.ndarray(shape, dtype, buffer=block, offset=at, strides=strides)


class Block(NamedTuple):
    """Memory that several tensors of a file look at: its bytes on the host, and where the tensors shall be."""

    content: Array
    moved: Array

    def view(self, window: Window) -> Array:
        """Return what a tensor looks at.

        On a GPU a view whose elements do not follow each other is a copy, as CuPy's views do not say whose memory they
        look at.

        Raises: FormatError for a window that lies outside, and for one on a GPU that repeats its memory.
        """
        try:
            on_host = look(self.content, window)
        except ValueError as error:
            raise FormatError(
                f"a tensor of shape {window.shape}, {window.strides} bytes apart, lies outside its memory of "
                f"{self.content.size} bytes"
            ) from error
        _check_bools(self.content, window)
        if self.moved is self.content:
            return on_host
        if (order := _dense_order(window)) is not None:
            dims = [window.shape[d] for d in order]
            typed = self.moved[window.at : window.at + _length(window)].view(window.dtype)
            return typed.reshape(dims).transpose([order.index(d) for d in range(len(order))])
        if _length(window) > self.content.size:
            raise FormatError("a view that repeats its memory stays on the CPU: load it with map_location='cpu'")
        return to_device(on_host.copy(), device_of(self.moved))


def _check_bools(content: Array, window: Window) -> None:
    """Check that bools are 0 or 1: with other bytes NumPy counts wrongly, and writes where it must not."""
    if window.dtype.kind == "b" and math.prod(window.shape):
        low, high = _reach(window.shape, window.strides)
        if content[window.at + low : window.at + high + 1].max() > 1:
            raise FormatError("a tensor of bools holds other bytes than 0 and 1")


def bytes_of(array: Array) -> Array:
    """Return a contiguous array as the bytes it consists of."""
    return array.reshape(-1).view("uint8")


def _length(window: Window) -> int:
    return math.prod(window.shape) * int(window.dtype.itemsize)


def _is_contiguous(window: Window) -> bool:
    return _follow(window, range(len(window.shape)))


def _dense_order(window: Window) -> list[int] | None:
    """Return the dims from the slowest to the fastest, where the elements follow each other in that order."""
    order = sorted(range(len(window.shape)), key=lambda d: (-window.strides[d], d))
    return order if window.at % window.dtype.itemsize == 0 and _follow(window, order) else None


def _follow(window: Window, order: Sequence[int]) -> bool:
    """Whether the elements follow each other without gaps, the dims taken in this order."""
    step = int(window.dtype.itemsize)
    for d in reversed(order):
        if window.shape[d] != 1:
            if window.strides[d] != step:
                return False
            step *= window.shape[d]
    return True
