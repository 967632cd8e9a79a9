"""PyTorch's files, read without PyTorch: a zip archive of a pickle and the tensors' memory, or, before 1.6, a stream.

Source: PyTorch, torch/serialization.py (`_save`, `_load`, `_legacy_load`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.errors import FormatError

from .archive import Archive
from .memory import Block
from .pickle_machine import Bytes, Machine
from .placement import Placement
from .safe_names import STATES, Storage, StorageType, find
from .source import Source
from .tensor_file import in_native_order, numpy_dtype

Array = Any  # a NumPy array

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


class Named:
    """What a pickle says of a storage: its dtype, its key, where it was, and how many elements it has."""

    def __init__(self, said: Any) -> None:
        """Take PyTorch's id of a storage.  Raises: FormatError where it is none."""
        word, kind, self.key, self.location, self.count = said[:5]
        if word != "storage" or not isinstance(kind, StorageType) or type(self.count) is not int or self.count < 0:
            raise FormatError("its pickle names a storage as no PyTorch does")
        self.dtype = numpy_dtype(kind.dtype)
        self.window = said[5] if len(said) > 5 else None  # of another storage: PyTorch 0.3 and older

    @property
    def nbytes(self) -> int:
        """The bytes of the storage."""
        return self.count * int(self.dtype.itemsize)


def _placed(content: Array, named: Named, place: Placement) -> Block:
    return Block(content, place.move(content, str(named.location)))


# ---- the archive ----


def read_archive(archive: Archive, place: Placement) -> Any:
    """Return the object of a zip archive that ``torch.save`` wrote."""
    pickle = next(name for name in archive.members if name.endswith("/data.pkl"))
    folder = pickle.removesuffix("data.pkl")
    if f"{folder}constants.pkl" in archive.members:
        raise FormatError("it is a TorchScript program, which is code; save the state_dict() of the model instead")
    order = archive.content(f"{folder}byteorder").decode() if f"{folder}byteorder" in archive.members else "little"
    blocks: dict[str, Block] = {}

    def storage(said: Any) -> Storage:
        named = Named(said)
        if named.key not in blocks:
            content = archive.array(f"{folder}data/{named.key}")
            if named.nbytes != content.size:
                raise FormatError(f"storage {named.key} has {content.size} bytes; its pickle says {named.nbytes}")
            blocks[named.key] = _placed(in_native_order(content, named.dtype, order), named, place)
        return Storage(named.dtype, blocks[named.key])

    at, size = archive.place(pickle)
    return Machine(Bytes(archive.source, at, at + size), find, storage, STATES).run()


# ---- the stream ----


def read_legacy(source: Source, place: Placement) -> Any:
    """Return the object of a file that ``torch.save`` wrote before PyTorch 1.6: pickles, then the storages.

    The object's pickle is run twice: for the sizes of the storages, which lie behind it, and with their memory.
    """
    code = Bytes(source, 0, source.size)
    if _plain(code) != MAGIC:
        raise FormatError("it is a pickle, which may run any code, and none of PyTorch's")
    if _plain(code) != PROTOCOL:
        raise FormatError("it is of an unknown version of PyTorch's old format")
    order = "little" if _plain(code)["little_endian"] else "big"
    begin = code.at
    named: dict[str, Named] = {}

    def note(one: Named) -> None:
        named.setdefault(one.key, one)

    _run(code, note)
    blocks = _storages(code, named, place, order)
    again = Bytes(source, begin, source.size)
    return _run(again, lambda one: _window(blocks[one.key], one))


def _plain(code: Bytes) -> Any:
    """Return what the next pickle stands for, which has no tensors."""
    return _run(code, lambda _: None)


def _run(code: Bytes, block_of: Callable[[Named], Block | None]) -> Any:
    def storage(said: Any) -> Storage:
        named = Named(said)
        return Storage(named.dtype, block_of(named))

    return Machine(code, find, storage, STATES).run()


def _storages(code: Bytes, named: dict[str, Named], place: Placement, order: str) -> dict[str, Block]:
    keys = _plain(code)
    blocks: dict[str, Block] = {}
    source, at = code.source, code.at
    for key in keys:
        one = named[key]
        count = int.from_bytes(source.read(at, 8), order)  # type: ignore[arg-type]
        if count != one.count:
            raise FormatError(f"storage {key} has {count} elements; its pickle says {one.count}")
        content = in_native_order(source.array(at + 8, one.nbytes), one.dtype, order)
        blocks[key] = _placed(content, one, place)
        at += 8 + one.nbytes
    return blocks


def _window(block: Block, named: Named) -> Block:
    """Return the part of a block that a storage of PyTorch 0.3 looks at; mostly all of it."""
    if named.window is None:
        return block
    _, offset, count = named.window
    size = int(named.dtype.itemsize)
    part = slice(offset * size, (offset + count) * size)
    content = block.content[part]
    return Block(content, content if block.moved is block.content else block.moved[part])
