"""Nothing hangs and nothing is left: workers that die, hang or are interrupted, and loaders that do."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograd_core.data import DataLoader, processes
from tests.data import samples

ROOT = Path(__file__).resolve().parents[2]
SOAKING = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="killing needs processes of POSIX")


def until(met: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"  # nobody has asked after it


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("persistent_workers", [False, True])
@pytest.mark.parametrize(
    ("act", "words"),
    [
        (samples.kill_myself, r"is killed by signal: Killed \(SIGKILL\)"),
        (samples.exit_with_7, "exited unexpectedly with exit code 7"),
        (samples.leave_program, "exited unexpectedly with exit code 3"),
    ],
)
def test_a_worker_that_dies_is_named(act, words, persistent_workers):
    loader = DataLoader(samples.Numbers(act=act), 4, num_workers=2, persistent_workers=persistent_workers)
    iterator = iter(loader)
    pids = iterator._crew.pids
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid {pids[1]}\) {words}"):
        list(iterator)
    until(lambda: all(map(gone, pids)))
    assert list(iterator) == []
    with pytest.raises(RuntimeError, match=words):  # new workers, which die too
        list(loader)


def test_workers_killed_from_outside():
    for _ in range(50 if SOAKING else 3):
        iterator = iter(DataLoader(samples.Numbers(4000), 2, num_workers=2, in_order=False))
        next(iterator)
        for pid in iterator._crew.pids:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match=r"is killed by signal: Killed"):
            list(iterator)


def test_a_worker_that_is_interrupted_alone_goes_on():
    iterator = iter(DataLoader(samples.Numbers(), 4, num_workers=2))
    for pid in iterator._crew.pids:
        os.kill(pid, signal.SIGINT)
    assert len(list(iterator)) == 10


@pytest.mark.parametrize("worker_type", ["process", "thread"])
def test_a_timeout(worker_type, tmp_path):
    waiting = samples.Waiting(tmp_path / "file", late=13)
    iterator = iter(DataLoader(waiting, 4, num_workers=2, timeout=2, worker_type=worker_type))
    assert [next(iterator)[0].item() for _ in range(3)] == [0, 4, 8]
    with pytest.raises(RuntimeError, match="DataLoader timed out after 2 seconds"):
        next(iterator)
    (tmp_path / "file").touch()
    assert next(iterator).tolist() == [12, 13, 14, 15]  # who was late came


def test_a_hanging_worker_is_killed_after_a_timeout(monkeypatch):
    monkeypatch.setattr(processes.ProcessCrew, "grace", 60.0)  # to have none is what is tested
    iterator = iter(DataLoader(samples.Numbers(act=samples.sleep_long, at=0), num_workers=1, timeout=0.2))
    (pid,) = iterator._crew.pids
    with pytest.raises(RuntimeError, match="timed out"):
        next(iterator)
    begin = time.monotonic()
    del iterator
    gc.collect()
    until(lambda: gone(pid))
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("how", ["end", "break", "persistent", "error"])
def test_nothing_is_left(how):
    list(DataLoader(samples.Numbers(8), num_workers=1))  # what multiprocessing opens once
    gc.collect()
    files, threads = open_files(), threading.active_count()
    data = samples.Numbers(act=samples.raise_key_error if how == "error" else None)
    loader = DataLoader(data, 4, num_workers=2, persistent_workers=how == "persistent")
    iterator = iter(loader)
    pids = iterator._crew.pids
    if how == "break":
        next(iterator)
    elif how == "error":
        with pytest.raises(KeyError):
            list(iterator)
    else:
        assert len(list(iterator)) == 10
    assert how != "persistent" or not any(map(gone, pids))
    del iterator, loader
    gc.collect()
    until(lambda: all(map(gone, pids)))
    assert (open_files(), threading.active_count()) == (files, threads)


def test_threads_end_with_their_loop():
    before = threading.active_count()
    for _ in DataLoader(samples.Numbers(), 4, num_workers=3, worker_type="thread"):
        assert threading.active_count() == before + 3
        break
    gc.collect()
    until(lambda: threading.active_count() == before)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.data.interrupted", str(folder), *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes where Linux lists them")
@pytest.mark.parametrize("worker_type", ["process", "thread"])
@pytest.mark.parametrize("where", ["loader", "training"])
def test_ctrl_c(where, worker_type, tmp_path):
    program = start(tmp_path, worker_type, where)
    wanted = {("loader", "process"): 2}.get((where, worker_type), 1)
    until(lambda: len(list(tmp_path.iterdir())) == wanted)
    workers = children(program.pid)
    assert len(workers) == (2 if worker_type == "process" else 0)
    begin = time.monotonic()
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does
    out, err = program.communicate(timeout=20)
    assert time.monotonic() - begin < 15  # they would sleep for 30
    assert program.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1 and err.endswith("KeyboardInterrupt\n"), err
    assert out == ""
    until(lambda: all(map(gone, workers)))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes where Linux lists them")
def test_workers_end_when_the_program_is_killed(tmp_path):
    program = start(tmp_path, "process", "training")
    until(lambda: len(list(tmp_path.iterdir())) == 1)
    workers = children(program.pid)
    assert len(workers) == 2
    program.kill()
    _, err = program.communicate(timeout=20)
    until(lambda: all(map(gone, workers)))
    assert err == ""
