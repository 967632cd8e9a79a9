"""``ag.load``: what a file holds, its format told by its first bytes; no code in it is run."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from autograd_core.errors import DTypeError, FormatError

from . import numpy_files, shards, torch_files
from .archive import Archive
from .placement import Locations, Placement
from .putting_together import PutTogether, tensors_of
from .saving import OWN, VERSION
from .source import Source, opened
from .tensor_file import read_header

__all__ = ["load"]

# what reading stumbles over in a damaged file
DAMAGE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError, EOFError,
    NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def load(
    f: Any, map_location: Locations = None, pickle_module: Any = None, *, weights_only: bool = True,
    mmap: bool | None = None,
) -> Any:  # fmt: skip
    """Return what a file holds: one of ``ag.save``'s, of safetensors, of PyTorch's (``.pt``), or of NumPy's.

    Args:
        f: a path, or a file opened with ``"rb"``.
        map_location: where tensors go: a device for all, a dict from the file's devices to others, or a function of a
            tensor on the CPU and the name of its device, which returns it where it shall be.  None: to the devices
            that they were saved from.
        pickle_module: PyTorch's; there is none to choose, as nothing is unpickled.
        weights_only: PyTorch's; no code in a file is run, so that False allows nothing more.
        mmap: leave tensors in the file until they are used; writing to them does not change the file.

    Raises: FormatError for a file that is damaged, of an unknown format, or asks for code to be run; DeviceError where
        there is no such device; FileNotFoundError.
    """
    if pickle_module is not None:
        raise DTypeError("load: pickle_module is given, and nothing is unpickled here: files run no code")
    place = Placement(map_location)
    with opened(f, bool(mmap)) as source:
        return read(source, place)


def read(source: Source, place: Placement) -> Any:
    """Return what a file holds.  Raises: FormatError, DeviceError."""
    reader = _reader_of(source)
    try:
        return reader(source, place)
    except FormatError as error:
        if str(error).startswith("load: "):
            raise
        raise source.damaged(str(error)) from error
    except DAMAGE as error:
        raise source.damaged(f"it is damaged: {type(error).__name__}: {error}") from error


def _reader_of(source: Source) -> Callable[[Source, Placement], Any]:
    head = source.read(0, min(16, source.size))
    if len(head) > 8 and head[8:9] == b"{":
        return read_tensor_file
    for start, reader in READERS.items():
        if head.startswith(start):
            return reader
    raise source.damaged(
        "it is empty" if not head else f"it begins with {head[:8]!r}, which is none of the formats that can be read: "
        "safetensors, PyTorch's .pt, NumPy's .npz and .npy"
    )  # fmt: skip


def read_tensor_file(source: Source, place: Placement) -> Any:
    """Return what a safetensors file holds: the object that was saved, or its tensors by their names."""
    entries, metadata = read_header(source)
    if OWN not in metadata:
        return tensors_of(source, entries, place)
    said = json.loads(metadata[OWN])
    if said["version"] != VERSION:
        raise FormatError(f"it has version {said['version']!r} of our structure; this library reads {VERSION}")
    return PutTogether(source, entries, place).node(said["object"])


def read_zip(source: Source, place: Placement) -> Any:
    """Return what a zip archive of PyTorch's or NumPy's holds."""
    archive = Archive(source)
    if any(name.endswith("/data.pkl") for name in archive.members):
        return torch_files.read_archive(archive, place)
    if all(name.endswith(".npy") for name in archive.members):
        return numpy_files.read_archive(archive, place)
    raise FormatError("it is an archive of neither PyTorch's nor NumPy's")


READERS: dict[bytes, Callable[[Source, Placement], Any]] = {
    b"PK\x03\x04": read_zip,
    b"PK\x05\x06": read_zip,  # an empty one
    b"\x93NUMPY": numpy_files.read_npy,
    b"\x80": torch_files.read_legacy,
    b"{": shards.read_shards,
}
