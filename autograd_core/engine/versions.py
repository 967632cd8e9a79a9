"""The ledger of writes: which memory was written in place, when, and by which line.

Saving an array for backward costs nothing here.  A write is noted with a stamp from the same counter that
stamps nodes; a node older than the newest write looks its saved arrays up before its rule runs.  All views of
one memory share an entry, because they share an owner (the array at the end of the ``base`` chain).
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable
from types import CodeType
from typing import Any

from autograd_core.backend.device import XP
from autograd_core.engine import blame

stamp = itertools.count(0, -1).__next__  # falling: the newest node has the smallest order, first in a heap


class Write:
    """What is known of the writes to one memory: how many, and when and where the last one was."""

    __slots__ = ("code", "count", "lasti", "order", "owner")

    code: CodeType
    lasti: int
    order: int

    def __init__(self, owner: Any) -> None:
        """Open the entry of the array that owns the memory."""
        key = id(owner)
        self.owner = weakref.ref(owner, lambda _: WRITES.pop(key, None))
        self.count = 0


class Last:
    """The stamp of the newest write; 1, later than which no node is, before the first."""

    order = 1


WRITES: dict[int, Write] = {}


def owner_of(array: Any) -> Any:
    """Return the array that owns the memory ``array`` looks at."""
    while (base := array.base) is not None:
        if type(base) not in XP:
            base = getattr(base, "base", None)  # NumPy's as_strided puts an object of its own in between
            if type(base) not in XP:
                break
        array = base
    return array


def note_write(array: Any) -> None:
    """Note that the memory of ``array`` was written in place by the user's line that is running."""
    note_writes((array,))


def note_writes(arrays: Iterable[Any]) -> None:
    """Note writes to several arrays as one event."""
    code, lasti = blame.caller()
    order = stamp()
    for array in arrays:
        owner = array if array.base is None else owner_of(array)
        write = WRITES.get(id(owner))
        if write is None:
            write = WRITES[id(owner)] = Write(owner)
        write.count += 1
        write.order, write.code, write.lasti = order, code, lasti
    Last.order = order


def version_of(array: Any) -> int:
    """Return how often the memory of ``array`` has been written in place."""
    write = WRITES.get(id(owner_of(array)))
    return 0 if write is None else write.count


def written_since(array: Any, order: int) -> tuple[CodeType, int] | None:
    """Return the line of the last write to ``array``'s memory if it came after stamp ``order``."""
    write = WRITES.get(id(array if array.base is None else owner_of(array)))
    return (write.code, write.lasti) if write is not None and write.order < order else None
