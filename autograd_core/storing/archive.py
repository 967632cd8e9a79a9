"""Zip archives as PyTorch and NumPy write them: members found, checked against the file, and read in place."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from autograd_core.errors import FormatError

from .source import Source

Array = Any  # a NumPy array

LOCAL_HEADER = 30  # bytes, before the name
# What is compressed may unpack to this many bytes, and this many times the file's.
FREE, MANY = 2**26, 100


class Archive:
    """The members of a zip archive by their names."""

    def __init__(self, source: Source) -> None:
        """Read the directory at the end of the file."""
        self.source = source
        self.zip = zipfile.ZipFile(source.file)
        self.room = FREE + MANY * source.size
        self.members = {info.filename: info for info in self.zip.infolist()}

    def stored(self, name: str) -> bool:
        """Whether a member is not compressed."""
        return self.members[name].compress_type == zipfile.ZIP_STORED

    def place(self, name: str) -> tuple[int, int]:
        """Return where in the file the bytes of a member begin, and how many they are.

        Raises: FormatError where it is compressed or not where the directory says.
        """
        info = self.members[name]
        if not self.stored(name) or info.flag_bits & 1:
            raise FormatError(f"{name} is compressed or encrypted, which this format does not do")
        at = info.header_offset - self.source.start
        header = self.source.read(at, LOCAL_HEADER)
        if header[:4] != b"PK\x03\x04":
            raise FormatError(f"{name} is not where the directory of the archive says")
        at += LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        return at, info.file_size

    def array(self, name: str) -> Array:
        """Return the bytes of a stored member as an array.  Raises: FormatError where the checksum is another."""
        made = self.source.array(*self.place(name))
        wanted = self.members[name].CRC
        if wanted and self.source.memory is None and zlib.crc32(made) != wanted:  # PyTorch may leave it out
            raise FormatError(f"{name} is damaged: its checksum is another")
        return made

    def content(self, name: str) -> bytes:
        """Return the bytes of a stored member."""
        return bytes(self.array(name).data)

    @contextmanager
    def unpacked(self, name: str) -> Iterator[IO[bytes]]:
        """Open a compressed member.  Raises: FormatError where it says that it is out of all proportion."""
        info = self.members[name]
        self.room -= info.file_size
        if self.room < 0:
            raise FormatError(
                f"it unpacks to more than {MANY} times its size; where you trust it, numpy.load reads it all the same"
            )
        with self.zip.open(info) as file:
            yield file
