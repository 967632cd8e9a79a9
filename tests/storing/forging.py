"""Files put together by hand: pickles by their instructions, and archives as PyTorch lays them out, without it."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import NamedTuple

import numpy as np


class Name(NamedTuple):
    """A global: ``Name("torch", "FloatStorage")``."""

    module: str
    name: str


class Call(NamedTuple):
    """What a pickle has made by calling a global."""

    name: Name
    args: tuple
    state: object = None


class Kept(NamedTuple):
    """What lies outside the pickle."""

    said: tuple


def pickled(value):
    """Return the instructions for ``value``, without the end."""
    if isinstance(value, Name):
        return b"c" + value.module.encode() + b"\n" + value.name.encode() + b"\n"
    if isinstance(value, Call):
        state = b"" if value.state is None else pickled(value.state) + b"b"
        return pickled(value.name) + pickled(value.args) + b"R" + state
    if isinstance(value, Kept):
        return pickled(value.said) + b"Q"
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        return b"\x8a" + bytes([10]) + value.to_bytes(10, "little", signed=True)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, tuple):
        return b"(" + b"".join(map(pickled, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled, value)) + b"e"
    assert isinstance(value, dict)
    return b"}(" + b"".join(pickled(part) for pair in value.items() for part in pair) + b"u"


def program(value):
    """Return the whole pickle of ``value``."""
    return b"\x80\x02" + pickled(value) + b"."


def storage(key, count, kind="FloatStorage", location="cpu"):
    return Kept(("storage", Name("torch", kind), key, location, count))


def tensor(key, shape, stride, offset=0, count=6, **options):
    """Return a call that builds a view of storage ``key`` of ``count`` elements."""
    hooks = Call(Name("collections", "OrderedDict"), ())
    args = (storage(key, count, **options), offset, tuple(shape), tuple(stride), False, hooks)
    return Call(Name("torch._utils", "_rebuild_tensor_v2"), args)


def archive(pickle, storages=(), method=zipfile.ZIP_STORED, **members):
    """Return a zip archive as ``torch.save`` writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        out.writestr("archive/data.pkl", pickle)
        for key, content in dict(storages).items():
            out.writestr(f"archive/data/{key}", content)
        for name, content in members.items():
            out.writestr(f"archive/{name}", content)
    return file.getvalue()


def stream(pickle, storages=()):
    """Return a file as ``torch.save`` wrote it before PyTorch 1.6: storages are arrays."""
    info = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [program(0x1950A86A20F9469CFC6C), program(1001), program(info), pickle, program(list(dict(storages)))]
    for array in dict(storages).values():
        parts.append(struct.pack("<q", array.size) + array.tobytes())
    return b"".join(parts)


def safetensors(header, body=b""):
    """Return a safetensors file with this header, a text or what becomes one."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def npy(header, body=b""):
    """Return a ``.npy`` file with this header, a dict or a text."""
    text = header if isinstance(header, bytes) else repr(header).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def npz(members, method=zipfile.ZIP_DEFLATED):
    """Return an archive of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return file.getvalue()


SIX = np.arange(6, dtype="float32")


def small():
    """Return a sound file of every format."""
    object_ = {"w": tensor("0", (2, 3), (3, 1)), "t": tensor("0", (3, 2), (1, 3)), "n": [1, 2.5, "x", (True, None)]}
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    compressed = io.BytesIO()
    np.savez_compressed(compressed, a=SIX, b=np.array(True))
    plain = io.BytesIO()
    np.save(plain, SIX)
    return {
        "safetensors": safetensors({"w": entry, "__metadata__": {"format": "pt"}}, SIX.tobytes()),
        "zip": archive(program(object_), {"0": SIX.tobytes()}, byteorder="little"),
        "stream": stream(program(object_), {"0": SIX}),
        "npz": compressed.getvalue(),
        "npy": plain.getvalue(),
    }
