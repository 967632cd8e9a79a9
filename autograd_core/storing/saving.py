"""``ag.save``: any object of tensors and plain values into one file, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from autograd_core.errors import DTypeError

from .atomic import replacing
from .numpy_files import ENDINGS, write_numpy
from .taking_apart import take_apart
from .tensor_file import Piece, header_of, write

__all__ = ["save"]

OWN = "autograd_core"  # the entry of a file's metadata that holds the structure
VERSION = 1


def save(obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int = 2) -> None:
    """Save ``obj`` into one safetensors file, from which ``ag.load`` makes it again: tensors by name, the rest as JSON.

    A path is replaced whole: who reads it, or finds it after a crash, has the old content or the new one.  What ends
    with ``.npz`` or ``.npy`` becomes NumPy's file.

    Args:
        obj: a state dict, or tensors, arrays, numbers, texts, bools, None, dtypes, devices and generators in lists,
            tuples, sets, dicts, to any depth below 100.  Tensors that share memory do so after loading.
        f: a path, or a file opened with ``"wb"``.
        pickle_module: PyTorch's; nothing is pickled.
        pickle_protocol: PyTorch's; nothing is pickled.

    Raises: DTypeError naming each place of what no file can hold, such as a function; OSError where the system cannot
        write.  What was there before is whole then.
    """
    path = os.fsdecode(f) if isinstance(f, str | bytes | os.PathLike) else None
    if path is None and not hasattr(f, "write"):
        raise DTypeError(f"save: f is {type(f).__name__}; wanted a path, or a file opened with 'wb'")
    if path is not None and path.lower().endswith(ENDINGS):
        write_numpy(obj, path)
        return
    header, pieces = _content(obj)
    if path is None:
        write(f, header, pieces)
        return
    with replacing(path) as file:
        write(file, header, pieces)


def _content(obj: Any) -> tuple[bytes, Sequence[Piece]]:
    structure, pieces = take_apart(obj)
    said = json.dumps({"version": VERSION, "object": structure}, separators=(",", ":"))
    # Hugging Face's libraries ask for the format of the names; these are PyTorch's.
    return header_of(pieces, {"format": "pt", OWN: said}), pieces
