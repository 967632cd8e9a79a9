"""The idx reader: values, both forms of file, and what it says of bad ones."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from autograd_core.data import read_idx
from autograd_core.data.readers.idx import TYPES
from autograd_core.errors import FormatError

CODES = {np.dtype(text).newbyteorder("="): code for code, text in TYPES.items()}


def idx_bytes(array: np.ndarray) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, CODES[array.dtype], array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3, 4)])
def test_every_type_and_shape_comes_back(tmp_path, dtype, shape):
    wanted = np.random.default_rng(0).integers(-9, 9, shape).astype(dtype)
    path = tmp_path / "data.idx"
    path.write_bytes(idx_bytes(np.asarray(wanted)))
    got = read_idx(str(path))
    assert got.dtype == wanted.dtype
    assert got.dtype.isnative
    assert got.flags.writeable
    np.testing.assert_array_equal(got, wanted)


def test_a_missing_file_says_what_is_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        read_idx(tmp_path / "nowhere" / "x")
    with pytest.raises(FileNotFoundError, match="the folder is empty"):
        read_idx(tmp_path / "x")


def test_a_long_listing_is_cut(tmp_path):
    for i in range(20):
        (tmp_path / f"{i:02}").touch()
    with pytest.raises(FileNotFoundError, match="11 and 8 more"):
        read_idx(tmp_path / "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no idx file: it begins with nothing"),
        (b"PK\x03\x04rest", "no idx file: it begins with 50 4b 03 04"),
        (b"\0\0\x07\x01\0\0\0\1x", "no idx file"),
        (b"\0\0\x08\xff" + bytes(4 * 255), "no idx file"),
        (b"\0\0\x0e\x03" + b"\xff" * 8 + bytes(4), "has a shape that no array can have"),
        (b"\0\0\x08\x02\0\0\0\1", "its header breaks off before 2 sizes"),
        (b"\0\0\x08\x01\0\0\0\3ab", r"truncated: got 2 bytes of data; wanted 3, for uint8 of shape \(3,\)"),
        (b"\0\0\x08\x01\0\0\0\1ab", "longer than its header says"),
        (b"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "truncated"),
        (gzip.compress(bytes(range(200)), mtime=0)[:60], "truncated or damaged"),
    ],
)
def test_bad_content_says_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        read_idx(path)
