"""The trace file: JSON that chrome://tracing and Perfetto read, written whole or not at all."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
import optim

REQUIRED = {"ph", "name", "pid", "tid", "ts"}


def written(prof: Any, folder: Path) -> list[dict[str, Any]]:
    path = folder / "trace.json"
    prof.export_chrome_trace(path)
    trace = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert set(trace) == {"traceEvents", "displayTimeUnit"}
    assert [p.name for p in folder.iterdir()] == ["trace.json"]
    return trace["traceEvents"]


def trained() -> Any:
    net = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.ReLU(), nn.Linear(8, 1)))
    optimizer = optim.Adam(net.parameters())
    with ag.profile() as prof:
        for _ in range(3):
            with ag.profiler.record_function('"quoted" ‹label›'):
                loss = net(ag.ones(4, 8)).mean()
            loss.backward()
            optimizer.step()
    return prof


def test_every_event_is_as_the_format_wants_it(tmp_path: Path) -> None:
    events = written(trained(), tmp_path)
    assert {e["ph"] for e in events} == {"M", "X", "s", "f"}
    for e in events:
        assert e.keys() >= REQUIRED and isinstance(e["pid"], int) and isinstance(e["tid"], int) and e["ts"] >= 0
        assert e["ph"] != "X" or e["dur"] >= 0
    assert [e["args"]["name"] for e in events if e["ph"] == "M"] == ["autograd_core", "MainThread"]


def test_what_ran_inside_stands_inside(tmp_path: Path) -> None:
    spans = [e for e in written(trained(), tmp_path) if e["ph"] == "X"]
    assert [e["ts"] for e in spans] == sorted(e["ts"] for e in spans)
    open_: list[float] = []  # the ends of those that run
    for e in spans:
        while open_ and open_[-1] <= e["ts"] + 1e-6:
            open_.pop()
        end = e["ts"] + e["dur"]
        assert not open_ or end <= open_[-1] + 1e-6, e
        open_.append(end)


def test_calls_of_modules_are_spans_around_their_operations(tmp_path: Path) -> None:
    spans = [e for e in written(trained(), tmp_path) if e["ph"] == "X"]
    modules = [e["name"] for e in spans if e["cat"] == "module"]
    assert modules == ["Sequential", "Sequential.0", "Sequential.1", "Sequential.1.0", "Sequential.1.1"] * 3
    (linear,) = [e for e in spans if e["cat"] == "forward" and e["args"]["module"] == "Sequential.0"][:1]
    assert linear["args"]["shape"] == [4, 8] and linear["args"]["bytes"] == 128
    assert linear["args"]["line"].endswith("loss = net(ag.ones(4, 8)).mean()")
    assert {e["name"] for e in spans if e["cat"] == "backward"} >= {"linear backward", "accumulate_grad backward"}
    assert sum(e["name"] == '"quoted" ‹label›' for e in spans) == 3


def test_arrows_lead_from_an_operation_to_its_rules(tmp_path: Path) -> None:
    events = written(trained(), tmp_path)
    spans = {(e["ts"], e["tid"], e["name"]) for e in events if e["ph"] == "X"}
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    ends = {e["id"]: e for e in events if e["ph"] == "f"}
    assert starts.keys() == ends.keys() and len(starts) == 3 * 4
    for number, end in ends.items():
        start = starts[number]
        assert start["ts"] < end["ts"] and end["bp"] == "e"
        names = {name for ts, tid, name in spans if (ts, tid) == (end["ts"], end["tid"])}
        assert any((start["ts"], start["tid"], name.removesuffix(" backward")) in spans for name in names)


def test_threads_have_rows(tmp_path: Path) -> None:
    with ag.profile() as prof:
        thread = threading.Thread(target=lambda: ag.ones(3) + 1, name="helper")
        thread.start()
        thread.join()
        ag.ones(3) * 2
    events = written(prof, tmp_path)
    rows = {e["args"]["name"]: e["tid"] for e in events if e["name"] == "thread_name"}
    assert {e["name"]: e["tid"] for e in events if e["ph"] == "X"} == {"add": rows["helper"], "mul": rows["MainThread"]}


def test_the_gpu_has_a_row_of_its_own(tmp_path: Path, cuda: Any) -> None:
    x = ag.ones(3, device="cuda")
    with ag.profile() as prof:
        x * 2
    events = written(prof, tmp_path)
    assert {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"} == {0: "GPU", 1: "MainThread"}
    assert sorted(e["tid"] for e in events if e["ph"] == "X") == [0, 1]


def test_an_empty_profile_is_a_trace(tmp_path: Path) -> None:
    with ag.profile() as prof:
        pass
    assert [e["ph"] for e in written(prof, tmp_path)] == ["M"]
    assert "0 µs forward" in str(prof)


def test_a_file_is_written_whole_or_left_as_it_was(tmp_path: Path) -> None:
    prof = ag.profile()
    (tmp_path / "trace.json").write_text("old")
    prof.start()
    with pytest.raises(RuntimeError, match="it has not ended yet"):
        prof.export_chrome_trace(tmp_path / "trace.json")
    prof.stop()
    assert (tmp_path / "trace.json").read_text() == "old"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        prof.export_chrome_trace(tmp_path / "missing" / "trace.json")
