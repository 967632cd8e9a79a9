"""The npz reader: values, and refusals of what is damaged, deceives or would run code."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from autograd_core.data import read_npz
from autograd_core.errors import FormatError


def test_arrays_come_back_texts_included(tmp_path):
    wanted = {"x": np.arange(6, dtype=np.uint8).reshape(2, 3), "y": np.float64(3.5), "names": np.array(["a", "bc"])}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **wanted)
        got = read_npz(tmp_path / "a.npz")
        assert list(got) == list(wanted)
        for name, array in wanted.items():
            np.testing.assert_array_equal(got[name], array)
            assert got[name].dtype == array.dtype


def test_objects_are_refused_and_not_run(tmp_path):
    np.savez(tmp_path / "a.npz", good=np.ones(2), bad=np.array([open], dtype=object))
    with pytest.raises(FormatError, match=r"a\.npz, array 'bad', cannot be read: it holds Python objects"):
        read_npz(tmp_path / "a.npz")


def test_what_is_no_npz_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "none.npz")
    for content in (b"", b"hello", b"\x93NUMPY"):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(FormatError, match="no npz file, which is a zip archive"):
            read_npz(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(FormatError, match=r"holds 'notes\.txt', which is no array"):
        read_npz(tmp_path / "a.npz")


def test_a_header_that_promises_too_much(tmp_path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**10)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", head.getvalue())
    with pytest.raises(FormatError, match="array 'x', cannot be read"):
        read_npz(tmp_path / "a.npz")


def test_a_truncated_file(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones(100))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"a\.npz cannot be read: BadZipFile"):
        read_npz(tmp_path / "a.npz")
