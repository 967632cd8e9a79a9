"""How parameters are updated: gathered into one array, or where they are, block by block or whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

from autograd_core.backend.device import Array, device_of
from autograd_core.engine.tensor import Tensor

from .memory import LIMITS, Home, Layout, State, real_view

# Updates p and its state in place, from g; all but perhaps g are flat and contiguous, where the update is elementwise.
Write = Callable[[Array, Array, dict[str, Any]], None]


class Item(NamedTuple):
    """One parameter to be updated; ``home`` is None where the user put tensors of his own into its state."""

    parameter: Tensor
    array: Array  # of real numbers, as all memory here
    state: State
    home: Home | None
    number: int  # in its home, and where its span begins there
    start: int
    numbers: dict[str, Any]  # as they are now
    first: bool  # whether the update is to bring forth state that is not there yet

    def memory(self, layout: Layout) -> dict[str, Array]:
        """Return the memory of its state arrays."""
        return {name: real_view(self.state[name]._array) for name in layout.arrays_of(self.parameter)}

    def counters(self, layout: Layout) -> dict[str, Array]:
        """Return the memory of its numbers, as arrays of one."""
        return {name: self.state[name]._array.reshape(1) for name in layout.numbers}

    @property
    def large(self) -> bool:
        """Whether the parameter is too large to be copied."""
        return bool(self.array.nbytes > LIMITS[device_of(self.array).type].small)

    def joins(self, run: list[Item]) -> bool:
        """Whether this parameter can be updated together with ``run``: all small, and neighbours in one home."""
        last, block = run[-1], LIMITS[device_of(self.array).type].block
        return (
            self.home is not None
            and self.home is last.home
            and self.start == last.start + last.array.size
            and (self.numbers, self.first) == (last.numbers, last.first)
            and not self.large
            and not last.large
            and self.start - run[0].start + self.array.size <= block // self.array.itemsize
        )


class Gathered:
    """Neighbours in one home, or a parameter of odd layout: copied together, updated, and copied back."""

    def __init__(self, xp: Any, items: list[Item], layout: Layout) -> None:
        """Take memory for the parameters and gradients of ``items``."""
        head = items[0]
        self.xp, self.first = xp, head.first
        self.arrays = [item.array for item in items]
        ends = list(accumulate(a.size for a in self.arrays))
        self.size = ends[-1]
        self.p, self.g = xp.empty(self.size, head.array.dtype), xp.empty(self.size, head.array.dtype)
        self.pieces = [self.p[e - a.size : e].reshape(a.shape) for a, e in zip(self.arrays, ends)]
        if head.home is None:
            self.state = {name: array.reshape(-1) for name, array in head.memory(layout).items()}
            self.numbers = head.counters(layout)
        else:
            span, members = (slice(at, at + n) for at, n in ((head.start, self.size), (head.number, len(items))))
            self.state = {name: head.home.flat[name][span] for name in layout.fills}
            self.numbers = {name: numbers[members] for name, numbers in head.home.numbers.items()}

    def update(self, write: Write, gradients: list[Array]) -> None:
        """Gather, update, and write back."""
        self.xp.concatenate(self.arrays, axis=None, out=self.p)
        self.xp.concatenate(gradients, axis=None, out=self.g)
        write(self.p, self.g, self.state)
        for array, piece in zip(self.arrays, self.pieces):
            array[...] = piece


class InPlace:
    """One parameter, updated in its own memory in cache-sized blocks."""

    def __init__(self, item: Item, layout: Layout) -> None:
        """Cut the parameter and its state into blocks."""
        self.arrays, self.first, self.numbers = [item.array], item.first, item.counters(layout)
        p, state = item.array.reshape(-1), {name: s.reshape(-1) for name, s in item.memory(layout).items()}
        spans = _spans(p.size, LIMITS[device_of(p).type].block // p.itemsize)
        self.blocks = [(span, p[span], {name: s[span] for name, s in state.items()}) for span in spans]
        self.size = max((block.size for _, block, _ in self.blocks), default=0)

    def update(self, write: Write, gradients: list[Array]) -> None:
        """Update block by block."""
        g = gradients[0].reshape(-1)
        for span, p, state in self.blocks:
            write(p, g[span], state)


class Whole:
    """One parameter, updated in its own memory, shape and layout."""

    def __init__(self, item: Item, layout: Layout) -> None:
        """Note where the parameter and its state are."""
        self.arrays, self.first, self.size = [item.array], item.first, item.array.size
        self.state, self.numbers = item.memory(layout), item.counters(layout)

    def update(self, write: Write, gradients: list[Array]) -> None:
        """Update all of it at once."""
        write(self.arrays[0], gradients[0], self.state)


def _spans(size: int, most: int) -> list[slice]:
    """Cut ``size`` elements into equal spans of ``most`` or a little more."""
    length = -(-size // max(1, -(-size // most)))
    length = max(1, length + -length % 64)  # whole vectors
    return [slice(start, min(start + length, size)) for start in range(0, size, length)]


def divide(xp: Any, items: list[Item], layout: Layout) -> list[Gathered | InPlace | Whole]:
    """Return the runs by which ``items``, of one dtype and device, are updated, in their order."""
    if not layout.elementwise:
        return [Whole(item, layout) for item in items]
    runs: list[list[Item]] = []
    for item in items:
        if runs and item.joins(runs[-1]):
            runs[-1].append(item)
        else:
            runs.append([item])
    alone = [len(run) == 1 and run[0].array.flags.c_contiguous for run in runs]
    return [InPlace(run[0], layout) if a else Gathered(xp, run, layout) for run, a in zip(runs, alone)]
