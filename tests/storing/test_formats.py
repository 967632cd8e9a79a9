"""NumPy's files and Hugging Face's: read and written, beside what the libraries themselves do."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.errors import FormatError
from tests.storing.alike import alike, host
from tests.storing.forging import SIX, npy, npz, safetensors

ROOT = Path(__file__).resolve().parents[2]


# ---- safetensors ----


def test_a_state_dict_is_a_plain_safetensors_file(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    path = tmp_path / "model.safetensors"
    ag.save(net.state_dict(), path)
    found = library.load_file(path)
    assert sorted(found) == sorted(net.state_dict())
    assert all(np.array_equal(found[name], host(value)) for name, value in net.state_dict().items())
    back = ag.load(path)
    assert type(back) is OrderedDict and alike(back, net.state_dict())
    assert back._metadata == net.state_dict()._metadata


def test_hugging_faces_reader_takes_checkpoints_too(tmp_path):
    open_ = pytest.importorskip("safetensors").safe_open
    ag.save({"model": {"w": ag.ones(2, 3)}, "epoch": 3, "flags": ag.ones(3, dtype=ag.bool)}, tmp_path / "x")
    with open_(tmp_path / "x", framework="np") as file:
        assert sorted(file.keys()) == ["flags", "model.w"]
        assert file.get_tensor("model.w").tolist() == [[1, 1, 1]] * 2
        assert file.metadata()["format"] == "pt"


def test_what_the_library_writes(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {
        "b": np.arange(6.0).reshape(2, 3),
        "a": np.array(True),
        "u": np.arange(3, dtype="uint32"),
        "e": np.zeros((0, 2)),
    }
    library.save_file(arrays, tmp_path / "x", metadata={"who": "them"})
    for found in (ag.load(tmp_path / "x"), ag.load(tmp_path / "x", mmap=True)):
        assert all(np.array_equal(host(found[name]), value) for name, value in arrays.items())
        assert isinstance(found["u"], np.ndarray) and isinstance(found["b"], ag.Tensor)


def test_elements_lie_at_multiples_of_their_size(tmp_path):
    ag.save({"a": ag.ones(3, dtype=ag.bool), "b": ag.ones(3, dtype=ag.float64), "c": ag.ones(1)}, tmp_path / "x")
    found = ag.load(tmp_path / "x", mmap=True)
    assert list(found) == ["a", "b", "c"] and all(t._array.flags.aligned for t in found.values())


def test_a_structure_of_a_later_version():
    text = json.dumps({"version": 2, "object": {}})
    with pytest.raises(FormatError, match="version 2 of our structure; this library reads 1"):
        ag.load(io.BytesIO(safetensors({"__metadata__": {"autograd_core": text}})))


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
WRONG = {
    "truncated: 73 bytes; wanted 77": ({"a": {**ONE, "shape": [2], "data_offsets": [0, 8]}}, b"1234"),
    "longer than its header says": ({"a": ONE}, b"12345678"),
    "without gaps": ({"a": {**ONE, "data_offsets": [4, 8]}}, b"12345678"),
    "a name stands twice": (b'{"a":1,"a":2}', b""),
    "has dtype 'F4'; wanted one of BOOL": ({"a": {**ONE, "dtype": "F4"}}, b"1234"),
    "no array can have": ({"a": {**ONE, "shape": [-1]}}, b"1234"),
    r"has shape \(3,\) of float32, and 4 bytes": ({"a": {**ONE, "shape": [3]}}, b"1234"),
    "header is damaged": (b"{x}", b""),
    "holds bytes that are no bools": ({"a": {"dtype": "BOOL", "shape": [4], "data_offsets": [0, 4]}}, b"\0\1\2\1"),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_said(message):
    with pytest.raises(FormatError, match=message):
        ag.load(io.BytesIO(safetensors(*WRONG[message])))


# ---- models in several files ----


def shards(folder):
    ag.save({"a": ag.ones(2), "b": ag.zeros(1)}, folder / "model-1.safetensors")
    ag.save({"c": ag.full((3,), 2.0)}, folder / "model-2.safetensors")
    places = {"c": "model-2.safetensors", "a": "model-1.safetensors", "b": "model-1.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 24}, "weight_map": places}))
    return index


def test_a_model_in_several_files(tmp_path):
    for mmap in (False, True):
        found = ag.load(shards(tmp_path), mmap=mmap)
        assert {name: value.tolist() for name, value in found.items()} == {"c": [2, 2, 2], "a": [1, 1], "b": [0]}
        assert list(found) == ["c", "a", "b"]


def test_a_model_whose_files_are_not_all_there(tmp_path):
    index = shards(tmp_path)
    index.write_text(index.read_text().replace('"c"', '"d"'))
    with pytest.raises(FormatError, match="lack d"):
        ag.load(index)
    (tmp_path / "model-2.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"model-2\.safetensors"):
        ag.load(index)


# ---- NumPy ----


def test_what_numpy_writes(tmp_path):
    arrays = {
        "w": np.asfortranarray(SIX.reshape(2, 3)),
        "n": np.array(3),
        "big": np.arange(3, dtype=">i4"),
        "u": np.arange(3, dtype="u2"),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "x.npz", **arrays)
        for found in (ag.load(tmp_path / "x.npz"), ag.load(tmp_path / "x.npz", mmap=True)):
            assert all(np.array_equal(host(found[name]), value) for name, value in arrays.items())
            assert (
                isinstance(found["w"], ag.Tensor)
                and found["big"].dtype is ag.int32
                and isinstance(found["u"], np.ndarray)
            )
    for array in arrays.values():
        np.save(tmp_path / "x.npy", array)
        assert np.array_equal(host(ag.load(tmp_path / "x.npy")), array)
    np.savez(tmp_path / "empty.npz")
    assert ag.load(tmp_path / "empty.npz") == {}


def test_what_numpy_reads(tmp_path):
    net = nn.Linear(2, 3)
    state = dict(net.state_dict()) | {"file": ag.ones(2).to(ag.int8)}
    ag.save(state, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as found:
        assert all(np.array_equal(found[name], host(value)) for name, value in state.items())
    ag.save(ag.ones(2, 3).t(), str(tmp_path / "x.npy"))
    assert np.load(tmp_path / "x.npy").tolist() == [[1, 1]] * 3
    assert sorted(os.listdir(tmp_path)) == ["x.npy", "x.npz"]
    other = nn.Linear(2, 3)
    other.load_state_dict(
        {name: np.asarray(value) for name, value in ag.load(tmp_path / "x.npz").items() if name != "file"}
    )
    assert alike(other.state_dict(), net.state_dict())


def test_what_numpys_files_cannot_hold(tmp_path):
    for name, obj, message in [
        ("x.npz", {"a": {"b": 1}}, "holds names and arrays only"), ("x.npz", [ag.ones(1)], "obj is list"),
        ("x.npz", {"a": ag.ones(1, dtype=ag.bfloat16)}, r"obj\['a'\] has dtype bfloat16"),
        ("x.npy", {"a": ag.ones(1)}, "obj has dtype object"), ("x.npy", "text", "obj has dtype <U4"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=message):
            ag.save(obj, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_arrays_of_the_third_version():
    with pytest.raises(FormatError, match=r"version \(3, 0\)"):
        ag.load(io.BytesIO(b"\x93NUMPY\x03\x00" + bytes(20)))
    with pytest.raises(FormatError, match="neither PyTorch's nor NumPy's"):
        ag.load(io.BytesIO(npz({"a.txt": npy({"descr": "<f4", "fortran_order": False, "shape": ()}, bytes(4))})))


# ---- the import ----


def test_saving_is_imported_when_it_is_first_used():
    code = (
        "import sys, autograd_core as ag; assert not any('storing' in m for m in sys.modules); ag.load; ag.save; "
        "from autograd_core import load, save; others = {'nn', 'optim', 'safetensors', 'scipy', 'torch'}; "
        "print(*sorted(others & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
