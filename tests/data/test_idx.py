"""The idx reader: values, both forms of file, and what it says of bad ones."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from autograd_core.data import fashion_mnist, mnist, read_idx
from autograd_core.data.idx import FILES, TYPES

REAL = Path(__file__).parents[3] / "shared" / "data"
CODES = {np.dtype(text).newbyteorder("="): code for code, text in TYPES.items()}


def idx_bytes(array: np.ndarray) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, CODES[array.dtype], array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, shape in zip(FILES, [(6, 28, 28), (6,), (2, 28, 28), (2,)]):
        content = idx_bytes(rng.integers(0, 10, shape, dtype=np.uint8))
        if "labels" in name:
            (tmp_path / name).write_bytes(content)
        else:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    return tmp_path


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


def test_the_four_files_plain_or_zipped(folder):
    for reader in (mnist, fashion_mnist):
        train_x, train_y, test_x, test_y = reader(folder)
        assert [a.shape for a in (train_x, train_y, test_x, test_y)] == [(6, 28, 28), (6,), (2, 28, 28), (2,)]
        assert train_x.dtype == train_y.dtype == np.uint8


def test_names_with_a_dot(folder):
    for name in FILES:
        for path in folder.glob(f"{name}*"):
            path.rename(folder / path.name.replace("-idx", ".idx"))
    assert mnist(folder)[0].shape == (6, 28, 28)


def test_a_missing_file_lists_the_folder(folder):
    (folder / f"{FILES[0]}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"no file .*train-images-idx3-ubyte\.gz; the folder holds t10k-"):
        fashion_mnist(folder)


def test_a_missing_folder_and_an_empty_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        mnist(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="the folder is empty"):
        mnist(tmp_path)


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
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_images_and_labels_that_do_not_fit(folder):
    (folder / FILES[1]).write_bytes(idx_bytes(np.zeros(5, np.uint8)))
    with pytest.raises(
        ValueError, match=r"the train images are uint8 of shape \(6, 28, 28\), the labels of shape \(5,\)"
    ):
        mnist(folder)


@pytest.mark.parametrize(("reader", "name"), [(mnist, "mnist"), (fashion_mnist, "fashion-mnist")])
def test_the_real_files(reader, name):
    if not any((REAL / name).glob("*idx3*")):
        pytest.skip(f"no real files in {REAL / name}")
    train_x, train_y, test_x, test_y = reader(REAL / name)
    assert train_x.shape == (60000, 28, 28)
    assert np.bincount(test_y).sum() == len(test_x) == 10000
    assert set(train_y.tolist()) == set(range(10))
