"""Files that are replaced whole: a reader, and whoever comes after a crash, finds the old content or the new one.

The new content goes to a temporary file in the same folder, which takes the place of the old file once it lies on the
disk.  A writer holds a lock on its temporary file, and the system drops the lock of a process that is killed: so each
save first removes what killed ones left in the folder.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: there no open file can be removed, which serves as the lock
    fcntl = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.saving")
LETTERS = 50  # of the file's name, which with all its bytes might be as long as a name can be


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Open a file whose content takes the place of ``path``'s at the end, or not at all where an error comes.

    Links are followed, an old file's permissions kept.  What is no file, such as a pipe, is written directly.

    Raises: FileNotFoundError where there is no such folder; OSError where the system cannot write.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as direct:
            yield direct
        return
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: there is no folder {folder}")
    _sweep(folder)
    temporary, file = _begin(folder, name)
    try:
        with file:
            yield file
            _finish(file, temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    _settle(folder)


def _begin(folder: str, name: str) -> tuple[str, BinaryIO]:
    """Return a new temporary file, locked, and its path."""
    while True:
        path = os.path.join(folder, f".{name[:LETTERS]}.{secrets.token_hex(8)}.saving")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags, 0o666), "wb")
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.exists(path):  # another save may have swept it away before it was locked
            return path, file
        file.close()


def _finish(file: BinaryIO, temporary: str, target: str) -> None:
    """Bring the content to the disk and put it in the place of the old one."""
    if os.path.exists(target) and hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
    file.flush()
    os.fsync(file.fileno())
    if fcntl is None:
        file.close()
    os.replace(temporary, target)


def _settle(folder: str) -> None:
    """Bring the new entry of the folder to the disk, where the system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _sweep(folder: str) -> None:
    """Remove the temporary files in ``folder`` that no living process is writing."""
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if TEMPORARY.fullmatch(entry.name)]
    for path in left:
        with suppress(OSError), open(path, "r+b") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
        if fcntl is None:
            _remove(path)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
