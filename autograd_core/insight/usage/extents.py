"""Which bytes are whose: memory that several arrays share is counted once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from autograd_core.backend.device import XP, address
from autograd_core.engine.versions import owner_of

__all__ = ["Block", "Blocks"]


class Block:
    """One piece of memory, and which of its bytes are claimed: as rising starts and ends of separate stretches."""

    def __init__(self, nbytes: int) -> None:
        """Begin with ``nbytes`` bytes, unclaimed."""
        self.nbytes = nbytes
        self.edges: list[int] = []  # start, end, start, end, ...
        self.first: Any = None  # who claimed a part of it first

    def claim(self, low: int, high: int) -> int:
        """Claim the bytes from ``low`` to ``high``; return how many of them were nobody's."""
        left, right = bisect_left(self.edges, low), bisect_right(self.edges, high)
        between = self.edges[left:right]
        covered = [low] * (left % 2) + between + [high] * (right % 2)  # the stretches of it that are claimed
        # what is claimed and touches this becomes one stretch with it
        self.edges[left:right] = [low] * (1 - left % 2) + [high] * (1 - right % 2)
        return high - low - sum(covered[1::2]) + sum(covered[::2])

    @property
    def claimed(self) -> int:
        """How many bytes are claimed."""
        return sum(self.edges[1::2]) - sum(self.edges[::2])


class Blocks:
    """All memory that was looked at."""

    def __init__(self) -> None:
        """Begin with none."""
        self.found: dict[int, Block] = {}  # by address

    def claim(self, array: Any, claimant: Any) -> int:
        """Claim the memory that ``array`` looks at; return how many bytes of it nobody had claimed."""
        root = root_of(array)
        if not root.nbytes or not array.nbytes:
            return 0
        start = address(root)
        block = self.found.get(start)
        if block is None:
            block = self.found[start] = Block(int(root.nbytes))
            block.first = claimant
        if array is root:
            return block.claim(start, start + block.nbytes)
        low = address(array)
        steps = [(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]
        end = low + sum(s for s in steps if s > 0) + array.itemsize
        return block.claim(low + sum(s for s in steps if s < 0), end)


def root_of(array: Any) -> Any:
    """Return the array that owns the memory, found through memory views, too."""
    root = owner_of(array)
    while type(base := getattr(root, "base", None)) is memoryview and type(base.obj) in XP:  # ``Tensor.data`` has one
        root = owner_of(base.obj)
    return root
