"""The safetensors format: a length (8 bytes, little-endian), a JSON header of that length, the tensors.

The header holds, by name, each tensor's dtype, shape and place behind the header; and texts of the writer's under
``__metadata__``.  Source: https://github.com/huggingface/safetensors, "Format".

The format is written and read here rather than by the `safetensors` package, so that the tensors go one by one between
their memory and the file, keep their order, and may come from any file object.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from autograd_core.backend import host
from autograd_core.dtypes import bfloat16
from autograd_core.errors import DTypeError, FormatError

from .source import Source

Array = Any  # a NumPy array

METADATA = "__metadata__"
LONGEST = 100_000_000  # bytes of a header that the format's other readers take
MOST_DIMS = 64  # NumPy's limit
CODES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "complex64": "C64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}  # fmt: skip
NAMES = {code: name for name, code in CODES.items()}


class Piece(NamedTuple):
    """A tensor to be written: ``make`` gives its array when its turn comes."""

    name: str
    dtype: Any
    shape: tuple[int, ...]
    make: Callable[[], Array]

    @property
    def nbytes(self) -> int:
        """The bytes it takes in the file."""
        return math.prod(self.shape) * int(self.dtype.itemsize)


class Entry(NamedTuple):
    """A tensor in a file: ``size`` bytes from position ``at``."""

    dtype: Any
    shape: tuple[int, ...]
    at: int
    size: int


def numpy_dtype(name: str) -> Any:
    """Return NumPy's dtype of this name; those that NumPy lacks are ml_dtypes'.  Raises: FormatError for any other."""
    if name not in CODES and name != "complex128":
        raise FormatError(f"it has a tensor of dtype {name!r}; wanted one of {', '.join(CODES)}")
    if name == "bfloat16":
        return bfloat16.dtype
    if name.startswith("float8"):
        import ml_dtypes

        return host.dtype(getattr(ml_dtypes, name))
    return host.dtype(name)


# ---- writing ----


def write(file: BinaryIO, header: bytes, pieces: Sequence[Piece]) -> None:
    """Write a header that ``header_of`` made, and the tensors in its order."""
    file.write(header)
    for piece in in_order(pieces):
        file.write(raw(piece.make()))


def header_of(pieces: Sequence[Piece], metadata: Mapping[str, str]) -> bytes:
    """Return the first bytes of a file, up to the first tensor.

    Raises: DTypeError where they are more than readers take.
    """
    entries: dict[str, Any] = {METADATA: dict(metadata)}
    end = 0
    for piece in in_order(pieces):
        begin, end = end, end + piece.nbytes
        code = CODES[piece.dtype.name]
        entries[piece.name] = {"dtype": code, "shape": list(piece.shape), "data_offsets": [begin, end]}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST:
        raise DTypeError(
            f"save: what is no tensor takes {len(text)} bytes; wanted at most {LONGEST}: make tensors of long lists"
        )
    return len(text).to_bytes(8, "little") + text


def in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces in the file's order: long elements first, so that each lies at a multiple of its size."""
    return sorted(pieces, key=lambda piece: -piece.dtype.itemsize)


def raw(array: Array) -> memoryview:
    """Return the elements' bytes in order, little-endian."""
    if sys.byteorder == "big" or array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return host.ascontiguousarray(array).reshape(-1).view("uint8").data


# ---- reading ----


def read_header(source: Source) -> tuple[dict[str, Entry], dict[str, str]]:
    """Return what the file says of its tensors, in order, and the writer's texts.

    Raises: FormatError where it does not fit together.
    """
    length = int.from_bytes(source.read(0, 8), "little")
    if length > min(LONGEST, source.size - 8):
        raise source.damaged(f"the header should be {length} bytes long, in a file of {source.size}")
    try:
        header = json.loads(source.read(8, length), object_pairs_hook=_once)
        metadata = {str(k): str(v) for k, v in dict(header.pop(METADATA, None) or {}).items()}
        entries = {name: _entry(name, said, 8 + length) for name, said in header.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise source.damaged(f"its header is damaged: {error}") from error
    _check_places(source, entries, 8 + length)
    return entries, metadata


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FormatError("a name stands twice in it")
    return found


def _entry(name: str, said: Any, start: int) -> Entry:
    code, shape, (begin, end) = said["dtype"], tuple(said["shape"]), said["data_offsets"]
    if code not in NAMES:
        raise FormatError(f"{name!r} has dtype {code!r}; wanted one of {', '.join(NAMES)}")
    dtype = numpy_dtype(NAMES[code])
    if len(shape) > MOST_DIMS or not all(type(n) is int and 0 <= n < 2**63 for n in (*shape, begin, end)):
        raise FormatError(f"{name!r} has a shape or place that no array can have")
    if math.prod(shape) * dtype.itemsize != end - begin:
        raise FormatError(f"{name!r} has shape {shape} of {dtype.name}, and {end - begin} bytes")
    return Entry(dtype, shape, start + begin, end - begin)


def _check_places(source: Source, entries: Mapping[str, Entry], start: int) -> None:
    """Check that the tensors follow one another to the end of the file."""
    for entry in sorted(entries.values(), key=lambda entry: (entry.at, entry.size)):
        if entry.at != start:
            raise source.damaged("its tensors do not follow one another without gaps")
        start += entry.size
    if start != source.size:
        state = "truncated" if start > source.size else "longer than its header says"
        raise source.damaged(f"it is {state}: {source.size} bytes; wanted {start}")


def read_array(source: Source, name: str, entry: Entry) -> Array:
    """Return a tensor of the file.

    Raises: FormatError for a shape that no array can have, and for a bool that is neither 0 nor 1.
    """
    content = in_native_order(source.array(entry.at, entry.size), entry.dtype, "little")
    return shaped(source, name, content, entry.dtype, entry.shape)


def in_native_order(content: Array, dtype: Any, order: str) -> Array:
    """Return the bytes of numbers, which are in ``order``, "little" or "big", in the machine's own."""
    size = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
    return content if order == sys.byteorder else content.reshape(-1, size)[:, ::-1].reshape(-1)


def shaped(source: Source, name: str, content: Array, dtype: Any, shape: tuple[int, ...]) -> Array:
    """Return bytes as an array of the dtype and shape that a file gives them."""
    if dtype.kind == "b" and content.size and content.max() > 1:
        raise source.damaged(f"{name!r} holds bytes that are no bools")
    try:
        return content.view(dtype).reshape(shape)
    except ValueError as error:
        raise source.damaged(f"{name!r} of shape {shape}: {error}") from error
