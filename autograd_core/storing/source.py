"""The bytes of a file that is being read: pieces of it, checked against its size."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_core.backend import host
from autograd_core.errors import DTypeError, FormatError

Array = Any  # a NumPy array


class Source:
    """A file with random access; all arrays taken from it together hold no more bytes than it has.

    Args:
        file: an open file, from whose position on it is read.
        name: what errors call it.
        mapped: give arrays that lie in the file until they are written to.
    """

    def __init__(self, file: Any, name: str, mapped: bool = False) -> None:
        """Find out the size."""
        self.file, self.name, self.start = file, name, file.tell()
        self.size = file.seek(0, os.SEEK_END) - self.start
        self.left = self.size
        self.mapped = mapped
        self.memory = _map(file) if mapped and self.size else None

    def damaged(self, what: str) -> FormatError:
        """Return the error that says what is wrong with the file."""
        return FormatError(f"load: {self.name}: {what}")

    def read(self, at: int, count: int) -> bytes:
        """Return ``count`` bytes from position ``at``."""
        self._check(at, count)
        self.file.seek(self.start + at)
        return bytes(self.file.read(count))

    def array(self, at: int, count: int) -> Array:
        """Return ``count`` bytes from position ``at`` as an array that may be written to."""
        self._check(at, count)
        self.left -= count
        if self.left < 0:
            raise self.damaged("parts of it lie over each other")
        if self.memory is not None:
            return host.ndarray((count,), "uint8", buffer=self.memory, offset=self.start + at)
        made = host.empty(count, "uint8")
        self.file.seek(self.start + at)
        self._fill(made.data)
        return made

    def _fill(self, memory: memoryview) -> None:
        done = 0
        while done < len(memory):
            if hasattr(self.file, "readinto"):
                count = self.file.readinto(memory[done:])
            else:
                piece = self.file.read(len(memory) - done)
                count = len(piece)
                memory[done : done + count] = piece
            if not count:
                raise self.damaged("it became shorter while it was read")
            done += count

    def _check(self, at: int, count: int) -> None:
        if at < 0 or count < 0 or at + count > self.size:
            raise self.damaged(f"it is truncated or damaged: bytes {at} to {at + count} of {self.size} are asked for")


def _map(file: Any) -> Any:
    import mmap

    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


@contextmanager
def opened(f: Any, mapped: bool) -> Iterator[Source]:
    """Open a path, or take an open file as it is.

    Raises: DTypeError for anything else, for a file of text, and for an open file that is to be mapped.
    """
    if isinstance(f, str | bytes | os.PathLike):
        path = os.fsdecode(f)
        with open(path, "rb") as file:
            yield Source(file if mapped else _seekable(file), path, mapped)
        return
    if not hasattr(f, "read"):
        raise DTypeError(f"load: f is {type(f).__name__}; wanted a path, or a file opened with 'rb'")
    if mapped:
        raise DTypeError("load: mmap=True needs f to be a path")
    yield Source(_seekable(f), getattr(f, "name", None) or f"the {type(f).__name__}")


def _seekable(f: Any) -> Any:
    """Return ``f``, or all that it has to give where one cannot go to and fro in it."""
    if isinstance(f, io.TextIOBase):
        raise DTypeError("load: f is a file of text; open it with 'rb'")
    try:
        f.seek(f.tell())
        return f
    except (AttributeError, OSError):
        return io.BytesIO(f.read())
