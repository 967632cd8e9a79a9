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

Array = Any  # a NumPy array
Split = tuple[Array, Array, Array, Array]  # train images and labels, test images and labels

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}  # code -> dtype
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
LISTED = 12  # names shown of a folder that lacks a file


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Return the array in an idx file, plain or gzipped: writable and of native byte order.

    Shape: the sizes in the file's header.

    Raises: FileNotFoundError naming what the folder has instead; ValueError for a file that is no idx file,
    is truncated, or is longer than its header says.
    """
    path = Path(path)
    content = _content(path)
    dtype, shape = _header(path, content)
    start, size = 4 + 4 * len(shape), dtype.itemsize * math.prod(shape)
    if len(content) - start != size:
        state = "truncated" if len(content) - start < size else "longer than its header says"
        raise ValueError(
            f"read_idx: {path} is {state}: got {len(content) - start} bytes of data; wanted {size}, for "
            f"{dtype.newbyteorder('=')} of shape {shape}"
        )
    data = host.frombuffer(content, dtype, offset=start).reshape(shape)
    return data.astype(dtype.newbyteorder("="))


def mnist(folder: str | os.PathLike[str]) -> Split:
    """Return MNIST from the four idx files in ``folder``: training images and labels, test images and labels.

    Shape: images (N, 28, 28), labels (N,); all uint8.

    Raises: FileNotFoundError and ValueError as ``read_idx``; ValueError where images and labels do not fit.
    """
    return _four_files("mnist", Path(folder))


def fashion_mnist(folder: str | os.PathLike[str]) -> Split:
    """Return Fashion-MNIST from the four idx files in ``folder``, in the layout of ``mnist``.

    Shape: images (N, 28, 28), labels (N,); all uint8.

    Raises: as ``mnist``.

    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST", arXiv 1708.07747.
    """
    return _four_files("fashion_mnist", Path(folder))


def _four_files(reader: str, folder: Path) -> Split:
    found = [read_idx(_find(folder, name)) for name in FILES]
    for images, labels, part in ((found[0], found[1], "train"), (found[2], found[3], "test")):
        if images.dtype != "u1" or images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{reader}: {folder}: the {part} images are {images.dtype} of shape {images.shape}, "
                f"the labels of shape {labels.shape}; wanted uint8 of shape (N, 28, 28) and (N,)"
            )
    return found[0], found[1], found[2], found[3]


def _find(folder: Path, name: str) -> Path:
    """Return the file of this name: plain or gzipped, with a dash or (on some mirrors) a dot before idx."""
    names = [f"{stem}{end}" for stem in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((folder / n for n in names if (folder / n).is_file()), folder / f"{name}.gz")


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"read_idx: no file {path}; {_listing(path.parent)}") from None
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"read_idx: {path} is truncated or damaged: as gzip it breaks off ({error})") from error


def _listing(folder: Path) -> str:
    """Return what a folder holds, in words."""
    if not folder.is_dir():
        return f"there is no folder {folder}"
    names = sorted(item.name for item in folder.iterdir())
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"the folder holds {', '.join(names[:LISTED])}{more}" if names else "the folder is empty"


def _header(path: Path, content: bytes) -> tuple[Any, tuple[int, ...]]:
    """Return the dtype and the shape that the first bytes of an idx file give."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES:
        raise ValueError(
            f"read_idx: {path} is no idx file: it begins with {content[:4].hex(' ') or 'nothing'}; "
            f"wanted 00 00, a type code ({', '.join(f'{code:02x}' for code in TYPES)}), the number of sizes"
        )
    ndim = content[3]
    if len(content) < 4 + 4 * ndim:
        raise ValueError(f"read_idx: {path} is truncated: its header breaks off before {ndim} sizes")
    return host.dtype(TYPES[content[2]]), struct.unpack_from(f">{ndim}I", content, 4)
