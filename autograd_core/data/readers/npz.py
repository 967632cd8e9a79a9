"""NumPy's ``.npz`` files: a zip archive of named arrays."""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib
from typing import Any

from autograd_core.backend import host
from autograd_core.errors import FormatError

__all__ = ["read_npz"]

# what NumPy, zipfile and zlib raise for files that are damaged, locked or made to deceive
DAMAGE = (
    EOFError, IndexError, KeyError, MemoryError, NotImplementedError, OSError, OverflowError, RuntimeError, SyntaxError,
    TypeError, ValueError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_npz(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arrays in an ``.npz`` file by their names: numbers, bools and texts.

    ``ag.load`` gives tensors instead, and takes no texts.  Nothing in the file is run: arrays of objects, which are
    pickles, are refused.

    Raises: FileNotFoundError; FormatError for a file that is damaged, is none of this kind, or holds objects.
    """
    with open(path, "rb") as file:  # so that what is raised below is the content's fault
        if file.read(2) != b"PK":
            raise FormatError(f"read_npz: {path} is no npz file, which is a zip archive of arrays")
        file.seek(0)
        name = ""
        try:
            with host.load(file, allow_pickle=False) as archive:
                found = {}
                for name in archive.files:
                    found[name] = archive[name]
        except DAMAGE as error:
            place = f", array {name!r}," if name else ""
            raise FormatError(f"read_npz: {path}{place} cannot be read: {_reason(error)}") from error
    for name, value in found.items():
        if not isinstance(value, host.ndarray):  # NumPy gives the bytes of what is no array
            raise FormatError(f"read_npz: {path} holds {name!r}, which is no array")
    return found


def _reason(error: BaseException) -> str:
    if "allow_pickle" in str(error):
        return "it holds Python objects, and reading those may run code"
    return f"{type(error).__name__}: {error}".removesuffix(": ")
