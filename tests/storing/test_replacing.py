"""A file is replaced whole, or not at all; and nothing is left lying about."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

import autograd_core as ag
from autograd_core.storing import atomic, saving
from tests.storing.alike import alike

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and locks of POSIX")
STALE = ".x.pt.0123456789abcdef.saving"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "x.pt"
    ag.save({"old": ag.ones(2)}, path)

    def write(file, header, pieces):
        file.write(header)
        file.flush()
        assert len(names(tmp_path)) == 2
        raise error

    monkeypatch.setattr(saving, "write", write)
    with pytest.raises(type(error)):
        ag.save({"new": ag.ones(3)}, path)
    assert names(tmp_path) == ["x.pt"]
    assert alike(ag.load(path), {"old": ag.ones(2)})


def test_the_content_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    done = []
    kinds = {True: "folder", False: "file"}

    def fsync(fd):
        done.append(f"fsync {kinds[stat.S_ISDIR(os.fstat(fd).st_mode)]}")
        sizes.append(os.fstat(fd).st_size)

    def replace(old, new, rename=os.replace):
        done.append("replace")
        rename(old, new)

    sizes = []
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    ag.save([ag.ones(1000)], tmp_path / "x.pt")
    assert done == ["fsync file", "replace", "fsync folder"]
    assert sizes[0] == (tmp_path / "x.pt").stat().st_size


@posix
def test_permissions_are_those_of_a_new_file_or_of_the_old_one(tmp_path):
    path = tmp_path / "x.pt"
    before = os.umask(0o027)
    try:
        ag.save([1], path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        ag.save([2], path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


@posix
def test_a_link_is_followed(tmp_path):
    (tmp_path / "runs").mkdir()
    link = tmp_path / "latest.pt"
    link.symlink_to(os.path.join("runs", "5.pt"))
    for number in (1, 2):
        ag.save([number], link)
        assert link.is_symlink() and ag.load(tmp_path / "runs" / "5.pt") == [number]
    assert names(tmp_path / "runs") == ["5.pt"]


@posix
def test_what_is_no_file_is_written_directly(tmp_path):
    ag.save([1], "/dev/null")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = f"import autograd_core as ag; print(ag.load({str(pipe)!r}))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as reader:
        ag.save([1, ag.ones(2)], pipe)
        assert reader.communicate()[0] == "[1, tensor([1., 1.])]\n"
    assert names(tmp_path) == ["pipe"]


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"save: there is no folder .*nowhere"):
        ag.save([1], tmp_path / "nowhere" / "x.pt")
    with pytest.raises(IsADirectoryError):
        ag.save([1], tmp_path)
    assert names(tmp_path) == []


@posix
def test_what_a_killed_process_left_goes_with_the_next_save(tmp_path):
    (tmp_path / STALE).write_bytes(b"half")
    (tmp_path / STALE.replace("x.pt", "other.pt")).write_bytes(b"half")
    others = [".x.pt.saving", ".x.pt.0123.saving", "x.pt.0123456789abcdef.saving", ".x.tmp"]
    for name in others:
        (tmp_path / name).write_bytes(b"somebody's own")
    ag.save([1], tmp_path / "x.pt")
    assert names(tmp_path) == sorted([*others, "x.pt"])


@posix
def test_what_a_living_process_is_writing_stays(tmp_path):
    path = str(tmp_path / "x.pt")
    with atomic.replacing(path) as slow:
        slow.write(b"slow")
        slow.flush()
        ag.save([1], path)
        assert ag.load(path) == [1] and len(names(tmp_path)) == 2
    assert names(tmp_path) == ["x.pt"] and (tmp_path / "x.pt").read_bytes() == b"slow"


@posix
def test_a_temporary_file_that_was_swept_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    swept = []

    def flock(file, how):
        if not swept:
            swept.extend(names(tmp_path))
            (tmp_path / swept[0]).unlink()

    monkeypatch.setattr(atomic.fcntl, "flock", flock)
    ag.save([1], tmp_path / "x.pt")
    assert len(swept) == 1 and names(tmp_path) == ["x.pt"]


@posix
def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError("not supported")

    monkeypatch.setattr(atomic.fcntl, "flock", flock)
    (tmp_path / STALE).write_bytes(b"half")
    ag.save([1], tmp_path / "x.pt")
    assert names(tmp_path) == [STALE, "x.pt"]  # nobody knows whether it is still being written


def test_long_names(tmp_path):
    for name in ("x" * 255, "ß" * 127):
        ag.save([1], tmp_path / name)
        assert ag.load(tmp_path / name) == [1]


def test_without_fcntl(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "fcntl", None)
    (tmp_path / STALE).write_bytes(b"half")
    ag.save([1], tmp_path / "x.pt")
    assert names(tmp_path) == ["x.pt"] and ag.load(tmp_path / "x.pt") == [1]
