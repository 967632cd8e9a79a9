"""Downloads: whole or not there, whatever the network, the server, the disk and other processes do."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autograd_core import optional
from autograd_core.data.readers.downloading import Remote, download
from autograd_core.errors import FormatError
from tests.data.readers.servers import serving

pytest.importorskip("pooch")
ROOT = Path(__file__).resolve().parents[3]
CONTENT = bytes(range(256)) * 2000
SUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def served(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(CONTENT) as server:
        yield server


def test_a_file_arrives_once(served, tmp_path):
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        path = download(Remote("file.bin", served.url, SUM), folder, "MNIST")
        assert path == folder / "file.bin" and path.read_bytes() == CONTENT
    assert served.asked == 1
    assert path.stat().st_mode & stat.S_IROTH  # others may read what pooch keeps to its owner
    assert os.listdir(folder) == ["file.bin"]


def test_a_download_that_breaks_off_leaves_nothing(served, tmp_path):
    remote = Remote("file.bin", served.url, SUM)
    served.most = 300_000
    with pytest.raises(ConnectionError, match=r"MNIST: http://127.*file\.bin did not arrive: .*Fetch http.* put it"):
        download(remote, tmp_path, "MNIST")
    assert os.listdir(tmp_path) == []
    served.most = len(CONTENT)
    assert download(remote, tmp_path, "MNIST").read_bytes() == CONTENT


def test_another_file_than_wanted_is_not_kept(served, tmp_path):
    served.content = CONTENT[:-1] + b"!"
    with pytest.raises(FormatError, match=f"not the file that was wanted, and is not kept: its checksum is not {SUM}"):
        download(Remote("file.bin", served.url, SUM), tmp_path, "MNIST")
    assert os.listdir(tmp_path) == []


def test_an_address_that_is_gone(served, tmp_path):
    served.status = 404
    with pytest.raises(ConnectionError, match=f"did not arrive: 404.*in {tmp_path}"):
        download(Remote("file.bin", served.url, SUM), tmp_path, "MNIST")
    assert os.listdir(tmp_path) == []


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(ConnectionError, match=r"CIFAR10: http://127\.0\.0\.1:9/a did not arrive: .*Fetch http://127"):
        download(Remote("a", "http://127.0.0.1:9/a", SUM), tmp_path, "CIFAR10")


def test_a_folder_that_cannot_be_written(served, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    remote = Remote("file.bin", served.url, SUM)
    with pytest.raises(OSError, match=r"MNIST: cannot write to .*file: .* Choose another folder"):
        download(remote, tmp_path / "file", "MNIST")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile._mkstemp_inner", refused)  # the superuser may write everywhere
    with pytest.raises(PermissionError, match=r"MNIST: cannot write to .*Permission denied\. Choose"):
        download(remote, tmp_path, "MNIST")
    assert served.asked == 0


def test_a_folder_that_only_may_be_read_serves_what_it_holds(served, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    tmp_path.chmod(0o555)
    assert download(Remote("file.bin", served.url, SUM), tmp_path, "MNIST").read_bytes() == CONTENT
    tmp_path.chmod(0o755)
    assert served.asked == 0


def test_two_processes_at_once(served, tmp_path):
    code = (
        "import sys; from pathlib import Path; from autograd_core.data.readers.downloading import Remote, download\n"
        "assert len(download(Remote('file.bin', *sys.argv[1:3]), Path(sys.argv[3]), 'MNIST').read_bytes()) == 512000"
    )
    served.gate = threading.Barrier(2)  # each has begun before either ends
    command = [sys.executable, "-c", code, served.url, SUM, str(tmp_path)]
    environment = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as other:
        path = download(Remote("file.bin", served.url, SUM), tmp_path, "MNIST")
        assert path.read_bytes() == CONTENT
        _, errors = other.communicate(timeout=60)
    assert other.returncode == 0, errors
    assert served.asked == 2 and os.listdir(tmp_path) == ["file.bin"]


def test_without_pooch(tmp_path, monkeypatch):
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional.importlib, "import_module", absent)
    with pytest.raises(ImportError, match=r"MNIST\(download=True\) needs pooch, .*; pip install pooch"):
        download(Remote("a", "http://127.0.0.1:9/a", SUM), tmp_path, "MNIST")
