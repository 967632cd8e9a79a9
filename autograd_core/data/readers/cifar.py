"""The forms of CIFAR-10 that need no pickles: the binary version's files, its archive, an npz file of arrays.

A record of the binary version is a byte of label and 3 x 32 x 32 bytes of pixels, channels first.

Source: Krizhevsky, www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.data.readers.npz import read_npz
from autograd_core.errors import FormatError

__all__ = ["read_archive", "read_folder"]

Array = Any  # a NumPy array
Part = tuple[Array, Array]  # images (N, 3, 32, 32) and labels (N,), uint8

IMAGE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"  # in the archive
TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
WHOLE = 10_000 * RECORD  # bytes of each file of the archive


def read_folder(folder: Path, train: bool) -> Part | None:
    """Return images and labels of what ``folder`` holds; None where it holds none of the three forms.

    Raises: FormatError for damaged files, and where some of the binary version's five are missing.
    """
    names = TRAIN if train else TEST
    present = [name for name in names if (folder / name).is_file()]
    if present:
        if len(present) < len(names):
            raise FormatError(f"CIFAR10: {folder} lacks {', '.join(sorted(set(names) - set(present)))}")
        return _joined([_records(folder / name, (folder / name).read_bytes()) for name in names])
    if (folder / ARCHIVE).is_file():
        return read_archive(folder / ARCHIVE, train)
    files = sorted(folder.glob("cifar10*.npz"))
    return _arrays(files[0], train) if files else None


def read_archive(path: Path, train: bool) -> Part:
    """Return images and labels out of the binary version's archive, of which nothing is written anywhere.

    Only files of the known names and size are read; what else it may hold is passed by.

    Raises: FormatError for an archive that is damaged, or in which a file is missing.
    """
    wanted = [f"{FOLDER}/{name}" for name in (TRAIN if train else TEST)]
    found: dict[str, Part] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:  # in one pass: to go back would be to unpack again
            for member in archive:
                if member.name in wanted and member.isfile() and member.size == WHOLE:
                    content = archive.extractfile(member)
                    found[member.name] = _records(path, content.read() if content else b"")
    except (EOFError, OSError, tarfile.TarError, zlib.error) as error:
        raise FormatError(f"CIFAR10: {path} is truncated or damaged: {error}. Delete it and download again") from error
    lacking = [name for name in wanted if name not in found]
    if lacking:
        raise FormatError(f"CIFAR10: {path} holds no file {lacking[0]} of {WHOLE} bytes")
    return _joined([found[name] for name in wanted])


def _records(path: Path, content: bytes) -> Part:
    if not content or len(content) % RECORD:
        raise FormatError(
            f"CIFAR10: {path} has {len(content)} bytes; wanted records of {RECORD}: a label and 3 x 32 x 32 pixels"
        )
    records = host.frombuffer(content, host.uint8).reshape(-1, RECORD)
    labels = records[:, 0]
    if labels.max() > 9:
        raise FormatError(f"CIFAR10: {path} has label {labels.max()} in record {labels.argmax()}; wanted 0 to 9")
    return records[:, 1:].reshape(-1, *IMAGE), labels


def _joined(parts: list[Part]) -> Part:
    images, labels = zip(*parts)
    return host.concatenate(images), host.concatenate(labels)


def _arrays(path: Path, train: bool) -> Part:
    arrays = read_npz(path)
    x, y = ("x_train", "y_train") if train else ("x_test", "y_test")
    if x not in arrays or y not in arrays:
        raise FormatError(f"CIFAR10: {path} holds {', '.join(arrays) or 'nothing'}; wanted {x} and {y}")
    images, labels = arrays[x], arrays[y].reshape(-1)
    if images.dtype != host.uint8 or images.shape[1:] != IMAGE or labels.shape != images.shape[:1]:
        raise FormatError(
            f"CIFAR10: {path}: {x} is {images.dtype} of shape {images.shape}, {y} of shape {arrays[y].shape}; "
            "wanted uint8 of shape (N, 3, 32, 32) and (N,)"
        )
    return images, labels
