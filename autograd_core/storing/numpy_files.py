"""NumPy's files: ``.npy``, one array, and ``.npz``, a zip archive of them."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Mapping
from tokenize import TokenError
from typing import IO, Any, BinaryIO

from autograd_core.backend import host
from autograd_core.backend.device import CPU, XP, to_device
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, FormatError

from .archive import Archive
from .atomic import replacing
from .placement import Placement
from .putting_together import tensor_of
from .source import Source
from .taking_apart import is_state_dict
from .tensor_file import shaped

Array = Any  # a NumPy array

ENDINGS = (".npy", ".npz")
HEADER = 2**16 + 12  # bytes that a header takes at most
KINDS = "biufc"  # of dtypes: bools, ints, unsigned ints, floats, complex numbers


# ---- reading ----


def read_npy(source: Source, place: Placement) -> Any:
    """Return the one array of a ``.npy`` file as a tensor."""
    return tensor_of(_stored(source, 0, source.size), "cpu", place)


def read_archive(archive: Archive, place: Placement) -> dict[str, Any]:
    """Return the arrays of a ``.npz`` file as tensors, by their names."""
    found = {}
    for name in archive.members:
        array = _stored(archive.source, *archive.place(name)) if archive.stored(name) else _unpacked(archive, name)
        found[name.removesuffix(".npy")] = tensor_of(array, "cpu", place)
    return found


def _stored(source: Source, at: int, size: int) -> Array:
    start = io.BytesIO(source.read(at, min(size, HEADER)))
    dtype, shape, order = _header(start, size)
    content = source.array(at + start.tell(), size - start.tell())
    return _arranged(content, dtype, shape, order, source)


def _unpacked(archive: Archive, name: str) -> Array:
    with archive.unpacked(name) as file:
        start = io.BytesIO(file.read(HEADER))
        size = archive.members[name].file_size
        dtype, shape, order = _header(start, size)
        content = host.empty(size - start.tell(), "uint8")
        rest = content.data
        first = start.read()
        rest[: len(first)] = first
        _fill(file, rest[len(first) :])
        if file.read(1):  # at the end the checksum is looked at
            raise FormatError(f"{name} is longer than its header says")
    return _arranged(content, dtype, shape, order, archive.source)


def _fill(file: IO[bytes], memory: memoryview) -> None:
    done = 0
    while done < len(memory):
        piece = file.read(min(len(memory) - done, 2**20))
        if not piece:
            raise FormatError("a compressed array breaks off")
        memory[done : done + len(piece)] = piece
        done += len(piece)


def _header(start: BinaryIO, size: int) -> tuple[Any, tuple[int, ...], bool]:
    """Return dtype, shape and whether columns come first, out of the beginning of a ``.npy`` file of ``size`` bytes."""
    form = host.lib.format
    version = form.read_magic(start)
    readers = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}
    if version not in readers:
        raise FormatError(f"an array has version {version} of NumPy's format; wanted (1, 0) or (2, 0)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 2's headers
            shape, columns_first, dtype = readers[version](start)
    except (MemoryError, SyntaxError, TokenError) as error:  # of Python's parser, for a thousand brackets
        raise FormatError("an array's header is damaged") from error
    if dtype.kind not in KINDS:
        raise FormatError(f"an array has dtype {dtype}; wanted bools or numbers: objects may run code")
    if len(shape) > 64 or not all(type(n) is int and 0 <= n < 2**63 for n in shape):
        raise FormatError("an array has a shape that none can have")
    if math.prod(shape) * dtype.itemsize != size - start.tell():
        raise FormatError(f"an array of {dtype} and shape {shape} has {size - start.tell()} bytes")
    return dtype, shape, bool(columns_first)


def _arranged(content: Array, dtype: Any, shape: tuple[int, ...], columns_first: bool, source: Source) -> Array:
    array = shaped(source, "an array", content, dtype, shape[::-1] if columns_first else shape)
    array = array.T if columns_first else array
    return array.astype(dtype.newbyteorder("="), copy=False)


# ---- writing ----


def write_numpy(obj: Any, path: str) -> None:
    """Write one tensor as ``.npy``, or names -> tensors as ``.npz``; whole, or not at all.

    Raises: DTypeError for anything else, and for a dtype that NumPy lacks.
    """
    if path.lower().endswith(".npy"):
        array = _array(obj, "obj")
        with replacing(path) as file:
            host.lib.format.write_array(file, array, allow_pickle=False)
        return
    if not isinstance(obj, Mapping) or not is_state_dict(obj):
        raise DTypeError(
            f"save: {path} holds names and arrays only, and obj is {type(obj).__name__}: save whole checkpoints under "
            "another ending, such as .safetensors"
        )
    arrays = {name: _array(value, f"obj[{name!r}]") for name, value in obj.items()}
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                host.lib.format.write_array(member, array, allow_pickle=False)


def _array(value: Any, where: str) -> Array:
    given = value._array if isinstance(value, Tensor) else value
    array = to_device(given, CPU) if type(given) in XP else host.asarray(given)
    if array.dtype.kind not in KINDS or array.dtype.name == "bfloat16":
        raise DTypeError(f"save: {where} has dtype {array.dtype}, which NumPy's files cannot hold")
    return array
