"""Damaged and hostile files: one clean error, no code run, little memory taken.  ``make soak`` tries many more."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.errors import DeviceError, FormatError
from tests.storing.forging import SIX, archive, program, small, tensor
from tests.storing.hostile import CODE, MARKER

ROOT = Path(__file__).resolve().parents[2]
STATM = Path("/proc/self/statm")


def checkpoint():
    weight = ag.arange(6.0).reshape(2, 3)
    obj = {
        "model": {"w": weight, "t": weight.t(), "b": ag.ones(2, dtype=ag.bool), "z": ag.ones(2, dtype=ag.complex128)},
        "state": [{0: (1, {2}), "x": [float("nan"), 2**70, b"y", ag.device("cpu"), ag.Generator(), np.float32(1)]}],
    }
    file = io.BytesIO()
    ag.save(obj, file)
    return file.getvalue()


FILES = small() | {"checkpoint": checkpoint()}


def try_to_load(content):
    """Load; what is wrong must be said by FormatError, or by DeviceError where the name of a device is damaged."""
    try:
        return repr(ag.load(io.BytesIO(content)))
    except FormatError as error:
        assert str(error).startswith("load: the BytesIO: ")
    except DeviceError as error:
        assert "map_location='cpu'" in str(error)


def change(content, at, how, value):
    at %= len(content)
    changes = {
        "flip": bytes([content[at] ^ (1 << value % 8)]),
        "set": bytes([value % 256]),
        "insert": content[at : at + 1] + bytes([value % 256] * (1 + value % 9)),
        "drop": b"",
        "fill": b"\xff" * 8,
    }
    return content[:at] + changes[how] + content[at + (8 if how == "fill" else 1) :]


@pytest.mark.parametrize("kind", FILES)
def test_a_sound_file_is_read(kind):
    assert try_to_load(FILES[kind])


@pytest.mark.parametrize("kind", FILES)
def test_truncated_files(kind):
    content = FILES[kind]
    for length in range(0, len(content), max(1, len(content) // 200)):
        with pytest.raises(FormatError):
            ag.load(io.BytesIO(content[:length]))


changed = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["flip", "set", "insert", "drop", "fill"]), st.integers(0, 255)),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("kind", FILES)
@given(changes=changed)
def test_damaged_files(kind, changes):
    content = FILES[kind]
    for one in changes:
        content = change(content, *one)
    try_to_load(content)


@given(
    st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x80\x02", b"{", b"\x10" + bytes(7) + b"{"]),
    st.binary(),
)
def test_files_of_anything(start, rest):
    try_to_load(start + rest)


instructions = st.lists(
    st.sampled_from(
        [bytes([i]) for i in range(256)]
        + [
            b"h\0",
            b"q\0",
            b"K\1",
            b"X\1\0\0\0a",
            b"ccollections\nOrderedDict\n",
            b"cbuiltins\nset\n",
            b"ctorch\nSize\n",
        ]
        + [b"ctorch._utils\n_rebuild_tensor_v2\n", b"cnumpy\ndtype\n", b"cnumpy._core.multiarray\n_reconstruct\n"]
        + [b"(", b")", b"]", b"}", b"t", b"R", b"b", b"s", b"a", b"\x85", b"Q"] * 10
    ),
    max_size=40,
)


@given(instructions)
def test_pickles_of_any_instructions(found):
    try_to_load(archive(b"\x80\x02" + b"".join(found) + b".", {"0": SIX.tobytes()}))


@pytest.mark.parametrize("name", CODE)
def test_code_is_not_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FormatError, match=r"^load: the BytesIO: "):
        ag.load(io.BytesIO(CODE[name]))
    with pytest.raises(FormatError):
        ag.load(io.BytesIO(CODE[name]), weights_only=False)
    assert not (tmp_path / MARKER).exists()


@pytest.mark.skipif(not STATM.exists(), reason="Linux alone says there how much memory a process has")
def test_bombs_are_refused_and_take_little_memory(tmp_path):
    command = [sys.executable, "-m", "tests.storing.hostile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_views_that_repeat_their_memory_take_none():
    found = ag.load(io.BytesIO(archive(program(tensor("0", (10**6, 10**6), (0, 0))), {"0": SIX.tobytes()})))
    assert found.shape == (10**6, 10**6) and found._array.strides == (0, 0)
