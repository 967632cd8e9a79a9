"""What a profile shows: tables, labels, PyTorch's names, and a GPU's time."""

from __future__ import annotations

import sys
import time

import pytest

import autograd_core as ag
import nn
from autograd_core.backend import device as devices
from autograd_core.errors import DeviceError
from autograd_core.insight.columns import cut, seconds_text
from autograd_core.insight.usage.averages import Entry
from autograd_core.insight.usage.profiling import Profile
from tests import fake_cupy


def trained() -> Profile:
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    with ag.profile() as prof:
        for _ in range(2):
            net(ag.ones(4, 8)).mean().backward()
    return prof


def calls(prof: Profile) -> dict[tuple[str, str], int]:
    return {(e.key, e.phase): e.calls for e in prof.by_operation()}


# ---- tables ----


def test_the_table_says_what_there_is() -> None:
    prof = trained()
    lines = str(prof).splitlines()
    assert lines[0].startswith("profile of ") and "forward" in lines[0] and "outside of operations" in lines[0]
    assert lines[1].split() == ["phase", "calls", "self", "share", "total", "mean", "results", "operation"]
    assert len(lines) == 2 + 7
    short = prof.table(row_limit=3).splitlines()
    assert len(short) == 5 and short[-1].startswith("… and 4 more, ")
    assert "Sequential.0" in prof.table("module", "total_time")
    assert "net(ag.ones(4, 8)).mean().backward()" in prof.table("line")


def test_pytorchs_words_sort_too() -> None:
    averages = trained().key_averages()
    assert averages.table(sort_by="self_cpu_time_total", row_limit=10) == averages.table("self_time", 10)
    assert averages.table("count").splitlines()[1].endswith("accumulate_grad")
    assert repr(averages) == averages.table()


def test_what_no_table_knows_is_refused() -> None:
    prof = trained()
    with pytest.raises(ValueError, match="sort_by is 'speed'; wanted one of self_time, total_time, mean, calls"):
        prof.table(sort_by="speed")
    with pytest.raises(ValueError, match="by is 'thread'; wanted 'operation', 'module' or 'line'"):
        prof.table("thread")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 µs"), (1.5e-6, "1.5 µs"), (9.996e-4, "1 ms"), (0.0123, "12.3 ms"), (2.0, "2 s"), (1234.5, "1234 s")],
)
def test_times_have_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_long_line_loses_its_folder_and_then_its_end() -> None:
    assert cut("a/b.py:1: x = 1") == "a/b.py:1: x = 1"
    assert cut("folder/" * 20 + "b.py:1: x = 1") == "b.py:1: x = 1"
    assert cut("folder/" * 20 + "b.py:1: " + "x" * 99) == "b.py:1: " + "x" * 63 + "…"


def test_the_mean_of_no_calls_is_nothing() -> None:
    assert Entry("a", "forward").mean_seconds == 0


# ---- labels ----


def test_a_label_has_the_time_that_is_in_no_operation() -> None:
    x = ag.ones(3)
    with ag.profile() as prof, ag.profiler.record_function("part"):
        time.sleep(0.01)
        x + x
    part = next(e for e in prof.by_operation() if e.key == "part")
    assert part.phase == "label" and part.calls == 1 and part.self_seconds > 0.009
    assert {e.key for e in prof.by_module()} == {"(no module)"}
    assert prof.phases["forward"] < 0.009


def test_a_label_decorates_a_function_that_calls_itself() -> None:
    @ag.profiler.record_function("down")
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + down(n - 1)

    assert down(2) == 2  # no profile runs
    with ag.profile() as prof:
        down(2)
    assert [e.name for e in prof.events] == ["down"] * 3


def test_a_label_open_when_a_profile_ends_is_left_out() -> None:
    label = ag.profiler.record_function("open")
    with ag.profile() as prof:
        label.__enter__()
    label.__exit__(None, None, None)
    with ag.profile() as later:
        label.__exit__(None, None, None)
    assert prof.events == later.events == []


# ---- PyTorch's names ----


def test_pytorchs_names() -> None:
    from autograd_core.autograd.profiler import profile as older
    from autograd_core.profiler import ProfilerActivity, profile, record_function

    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof, record_function("all"):
        ag.ones(3) + 1
    assert calls(prof) == {("add", "forward"): 1, ("all", "label"): 1}
    assert older is profile and ag.autograd.profiler is ag.profiler
    with pytest.raises(TypeError, match="schedule"):
        profile(schedule=None)  # type: ignore[call-arg]


# ---- a GPU ----


def test_a_gpu_is_timed_without_being_waited_for(cuda) -> None:
    x = ag.ones(4, device="cuda", requires_grad=True)
    prof = ag.profile()
    with fake_cupy.forbid_sync():
        prof.start()
        (x * 2).sum().backward()
        ag.ones(2) + 1  # on the CPU
    prof.stop()
    entries = {(e.key, e.phase): e for e in prof.by_operation()}
    for key in [("mul", "forward"), ("sum", "forward"), ("mul", "backward")]:
        assert entries[key].device_seconds is not None and entries[key].device_seconds >= 0
    assert entries["add", "forward"].device_seconds is None
    assert "device" in prof.table(sort_by="device_time").splitlines()[0]


def test_no_gpu_is_asked_for_what_it_did_where_none_is_in_use_or_wanted(cuda) -> None:
    with ag.profile(cuda=False) as prof:
        ag.ones(4, device="cuda") * 2
    assert all(e.device_seconds is None for e in prof.events)


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(devices, "XP_CUDA", {})
    with pytest.raises(DeviceError, match="CuPy is not installed"):
        ag.profiler.profile(activities=[ag.profiler.ProfilerActivity.CUDA]).start()
    with ag.profile():
        pass


@pytest.mark.gpu
def test_a_real_gpu_is_timed() -> None:
    if not ag.cuda.is_available():
        pytest.skip("needs a CUDA device")
    x = ag.ones(2000, 2000, device="cuda")
    with ag.profile() as prof:
        x @ x
    (entry,) = prof.by_operation()
    assert entry.device_seconds is not None and entry.device_seconds > 1e-5
