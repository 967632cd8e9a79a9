"""The benchmark runner: it runs, it compares like with like, and it says so when it cannot."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as cli
from benchmarks import agreement, api, memory, report, runner, soak
from benchmarks.workloads import WORKLOADS


def test_smoke_of_two_workloads_on_our_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kept" / "figures.json"
    only = ["--only", "chain20", "--only", "mlp"]
    assert cli.main(["--smoke", "--side", "ours", *only, "--json", str(path)]) == 0
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert [row.split()[0] for row in rows] == ["chain20", "mlp"]
    kept = json.loads(path.read_text())
    assert kept["plan"]["rounds"] == 1
    assert {"cpu", "cores", "python", "numpy", "blas", "date", "commit"} <= kept["machine"].keys()
    for result in kept["results"]:
        assert 0 < result["sides"]["ours"]["min"] < 10
        assert "ratio" not in result


@pytest.mark.parametrize("name", [w.name for w in WORKLOADS.values() if w.kind == "time"])
def test_workload_gives_finite_numbers_that_a_seed_decides(name: str) -> None:
    ours = api.load("ours", threads=2)
    runs = []
    for _ in range(2):
        step = WORKLOADS[name].build(ours, np.random.default_rng(agreement.SEED))
        runs.append([agreement.fingerprint(t) for t in step()])
    assert agreement.compare(*runs) == ""
    assert all(math.isfinite(x) for pair in runs[0] for x in pair)
    assert max(norm for norm, _ in runs[0]) > 0


def test_agreement_tells_a_thousandth_from_a_hundredth() -> None:
    x = [(10.0, 3.0), (1e-9, 4e-10)]
    assert agreement.compare([(10.005, 3.005), (2e-9, -4e-10)], x) == ""
    assert "tensor 0" in agreement.compare([(10.1, 3.0), (1e-9, 0.0)], x)
    assert "tensor 0" in agreement.compare([(math.nan, 3.0), (1e-9, 0.0)], x)
    assert "1 tensors against 2" in agreement.compare(x[:1], x)


def test_fingerprint_sees_order() -> None:
    import autograd_core as ag

    forward, backward = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([3.0, 2.0, 1.0])
    assert agreement.compare([agreement.fingerprint(forward)], [agreement.fingerprint(backward)])


def child(seconds: float, added: int | None = 100, fingerprint: float = 1.0) -> list[dict[str, Any]]:
    base = {"version": "1", "fingerprints": [(fingerprint, fingerprint)]}
    return [{**base, "seconds": {"min": seconds, "median": 2 * seconds}}, {**base, "added_bytes": added}]


def test_ratio_is_torch_over_ours_in_time_and_ours_over_torch_in_memory() -> None:
    result = runner.summary("chain20", {"ours": child(1.0, 50), "torch": child(3.0, 200)})
    assert result["ratio"] == result["ratio_median"] == 3.0
    assert result["ratio_spread"] == [3.0, 3.0]
    assert result["memory_ratio"] == 0.25
    assert "3.00" in report.TIME.row(result)


def test_no_ratio_where_the_sides_disagree() -> None:
    result = runner.summary("chain20", {"ours": child(1.0), "torch": child(3.0, fingerprint=2.0)})
    assert "ratio" not in result
    assert "the sides disagree" in report.TIME.row(result)


def test_no_memory_ratio_where_memory_cannot_be_seen() -> None:
    result = runner.summary("chain20", {"ours": child(1.0, None), "torch": child(3.0, None)})
    assert "memory_ratio" not in result
    assert result["ratio"] == 3.0
    assert report.MEMORY.row(result).split() == ["chain20", "-", "-", "-"]


def test_children_see_no_tuning_of_blas_threads_or_malloc() -> None:
    tuned = ["OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE", "MALLOC_ARENA_MAX", "LD_PRELOAD"]
    base = {"PATH": "/bin", "AUTOGRAD_DEVICE": "cuda", **dict.fromkeys(tuned, "1")}
    seen = runner.environment(base, "default")
    assert seen == {"PATH": "/bin", "AUTOGRAD_DEVICE": "cpu"}
    assert runner.environment(base, "kept") == seen | runner.MALLOC["kept"]


def test_failing_child_is_reported_with_its_reason() -> None:
    plan = runner.Plan(["ours"], rounds=1, samples=1, sample_seconds=0.0)
    with pytest.raises(runner.ChildError, match=r"(?s)no_such_workload.*KeyError"):
        runner.measure("no_such_workload", "ours", "time", plan)


def test_one_failing_workload_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(name: str, plan: runner.Plan) -> dict[str, Any]:
        if name == "chain20":
            raise runner.ChildError("chain20 broke")
        return runner.summary(name, {"ours": child(1.0)})

    monkeypatch.setattr(runner, "run", run)
    assert cli.main(["--side", "ours", "--only", "chain20", "--only", "mlp"]) == 1
    printed = capsys.readouterr()
    assert "chain20 broke" in printed.err
    assert printed.out.splitlines()[-1].startswith("mlp")


def test_torch_missing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(api, "has_torch", lambda: False)
    assert cli.plan_of(cli.arguments().parse_args([])).sides == ["ours"]
    assert cli.main(["--side", "torch"]) == 2
    assert "PyTorch is not installed" in capsys.readouterr().err
    on = {"cpu": "", "cores": 1, "load": 0.0, "commit": "", "python": "", "numpy": "", "blas": ""}
    assert "our own figures only" in report.preamble(on, runner.Plan(["ours"]), has_torch=False)


def test_list_names_every_workload(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(WORKLOADS)


needs_proc = pytest.mark.skipif(not memory.CLEAR_REFS.exists(), reason="needs Linux's /proc")


@needs_proc
def test_memory_of_a_step_is_what_it_holds_at_its_peak() -> None:
    added = memory.added_by(lambda: np.ones(8 << 20, np.uint8).sum())
    assert added is not None
    assert 7 << 20 < added < 10 << 20


@needs_proc
def test_soak_finds_a_leak_and_passes_a_clean_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "LEAST_STEPS", 200)
    kept: list[list[int]] = []

    def leaking() -> list[Any]:
        kept.append([len(kept)])
        return []

    assert soak.soak(leaking, seconds=0).leaks
    clean = soak.soak(list, seconds=0)
    assert not dataclasses.replace(clean, resident=0).leaks
