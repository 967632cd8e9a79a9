"""The idx format of MNIST and its successors: a header of big-endian sizes, then the elements.

Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.errors import FormatError

__all__ = ["listing", "read_idx"]

Array = Any  # a NumPy array

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}  # code -> dtype
MOST_SIZES = 64  # that an array can have
LISTED = 12  # names shown of a folder that lacks a file


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Return the array in an idx file, plain or gzipped: writable and of native byte order.

    Shape: the sizes in the file's header.

    Raises: FileNotFoundError naming what the folder has instead; FormatError for a file that is no idx file,
    is truncated, or is longer than its header says.
    """
    path = Path(path)
    content = _content(path)
    dtype, shape = _header(path, content)
    start, size = 4 + 4 * len(shape), dtype.itemsize * math.prod(shape)
    if len(content) - start != size:
        state = "truncated" if len(content) - start < size else "longer than its header says"
        raise FormatError(
            f"read_idx: {path} is {state}: got {len(content) - start} bytes of data; wanted {size}, for "
            f"{dtype.newbyteorder('=')} of shape {shape}"
        )
    try:
        data = host.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # sizes whose product is 0, each larger than memory
        raise FormatError(f"read_idx: {path} has a shape that no array can have: {shape}") from error
    return data.astype(dtype.newbyteorder("="))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"read_idx: no file {path}; {listing(path.parent)}") from None
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise FormatError(f"read_idx: {path} is truncated or damaged: as gzip it breaks off ({error})") from error


def listing(folder: Path) -> str:
    """Return what a folder holds, in words."""
    if not folder.is_dir():
        return f"there is no folder {folder}"
    names = sorted(item.name for item in folder.iterdir())
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"the folder holds {', '.join(names[:LISTED])}{more}" if names else "the folder is empty"


def _header(path: Path, content: bytes) -> tuple[Any, tuple[int, ...]]:
    """Return the dtype and the shape that the first bytes of an idx file give."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or content[3] > MOST_SIZES:
        raise FormatError(
            f"read_idx: {path} is no idx file: it begins with {content[:4].hex(' ') or 'nothing'}; "
            f"wanted 00 00, a type code ({', '.join(f'{code:02x}' for code in TYPES)}), the number of sizes"
        )
    ndim = content[3]
    if len(content) < 4 + 4 * ndim:
        raise FormatError(f"read_idx: {path} is truncated: its header breaks off before {ndim} sizes")
    return host.dtype(TYPES[content[2]]), struct.unpack_from(f">{ndim}I", content, 4)
