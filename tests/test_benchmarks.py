"""The benchmark runner: it runs, it compares like with like, and it says so when it cannot."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as cli
from benchmarks import (
    agreement,
    api,
    children,
    draws,
    machine,
    memory,
    report,
    runner,
    soak,
    soak_loading,
    speeds,
    training_loop,
)
from benchmarks.workloads import GROUPS, WHOLES, WORKLOADS, packages


def test_smoke_of_two_workloads_on_our_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kept" / "figures.json"
    only = ["--only", "chain20", "--only", "mlp"]
    assert cli.main(["--smoke", "--side", "ours", *only, "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "no speed" in printed
    assert [line.split()[0] for line in printed.splitlines()[-3:-1]] == ["chain20", "mlp"]
    kept = json.loads(path.read_text())
    assert kept["plan"]["rounds"] == 1
    assert {"cpu", "cores", "python", "numpy", "blas", "date", "commit", "caches", "simd"} <= kept["machine"].keys()
    for result in kept["results"]:
        assert 0 < result["sides"]["ours"]["min"] < 10
        assert "ratio" not in result


@pytest.mark.parametrize("name", [w.name for w in WORKLOADS.values() if w.kind == "time"])
def test_workload_gives_finite_numbers_that_a_seed_decides(name: str) -> None:
    ours = api.load("ours", threads=2)
    runs = []
    for _ in range(2):
        step = WORKLOADS[name].build(ours, draws.generator())
        tensors, gradients = agreement.fingerprints(step())
        runs.append({"fingerprints": tensors, "gradients": gradients})
    assert agreement.disagreement(*runs) == ""
    numbers = runs[0]["fingerprints"] + runs[0]["gradients"]
    assert all(math.isfinite(x) for pair in numbers for x in pair)
    assert max(norm for norm, _ in runs[0]["fingerprints"]) > 0
    assert WORKLOADS[name].group in GROUPS


def test_agreement_tells_a_thousandth_from_a_hundredth() -> None:
    x = [(10.0, 3.0), (1e-9, 4e-10)]
    assert agreement.compare([(10.005, 3.005), (2e-9, -4e-10)], x) == ""
    assert "tensor 0" in agreement.compare([(10.1, 3.0), (1e-9, 0.0)], x)
    assert "tensor 0" in agreement.compare([(math.nan, 3.0), (1e-9, 0.0)], x)
    assert "1 tensors against 2" in agreement.compare(x[:1], x)


def test_gradients_are_compared_apart_and_leave_room_for_a_kink() -> None:
    def reported(gradient: float) -> dict[str, Any]:
        return {"fingerprints": [(1.0, 1.0)], "gradients": [(gradient, gradient)]}

    assert agreement.disagreement(reported(1.0), reported(1.01)) == ""
    assert "gradient tensor 0" in agreement.disagreement(reported(1.0), reported(1.1))
    assert "1 tensors against 0" in agreement.disagreement(reported(1.0), {**reported(1.0), "gradients": []})


@pytest.mark.parametrize("name", ["mlp", "lenet5", "resnet8"])
def test_a_momentum_a_little_off_is_seen(name: str) -> None:
    ours = api.load("ours", threads=2)

    class Off:
        Adam = staticmethod(lambda p, lr: ours.optim.Adam(p, lr=lr, betas=(0.88, 0.999)))
        SGD = staticmethod(lambda p, lr, momentum: ours.optim.SGD(p, lr=lr, momentum=0.88))

    reports = []
    for side in (ours, dataclasses.replace(ours, optim=Off)):
        step = WORKLOADS[name].build(side, draws.generator())
        first, *_ = [step() for _ in range(4)]
        reports.append({"gradients": agreement.fingerprints(first)[1]})
        reports[-1]["fingerprints"] = agreement.fingerprints(step())[0]
    assert "tensor" in agreement.disagreement(*reports)


def test_fingerprint_sees_order() -> None:
    import autograd_core as ag

    forward, backward = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([3.0, 2.0, 1.0])
    assert agreement.compare([agreement.fingerprint(forward)], [agreement.fingerprint(backward)])


def child(seconds: float, added: int | None = 100, fingerprint: float = 1.0) -> list[dict[str, Any]]:
    base = {"version": "1", "fingerprints": [(fingerprint, fingerprint)], "gradients": []}
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
    assert "no ratio: torch disagrees with ours in tensor 0" in report.TIME.row(result)


def test_no_memory_ratio_where_memory_cannot_be_seen() -> None:
    result = runner.summary("chain20", {"ours": child(1.0, None), "torch": child(3.0, None)})
    assert "memory_ratio" not in result
    assert result["ratio"] == 3.0
    assert report.MEMORY.row(result).split() == ["chain20", "-", "-", "-"]


def test_children_see_no_tuning_of_blas_threads_or_malloc() -> None:
    tuned = ["OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE", "MALLOC_ARENA_MAX", "LD_PRELOAD"]
    base = {"PATH": "/bin", "AUTOGRAD_DEVICE": "cuda", **dict.fromkeys(tuned, "1")}
    seen = children.environment(base, "default")
    assert seen == {"PATH": "/bin", "AUTOGRAD_DEVICE": "cpu", "JAX_PLATFORMS": "cpu", "DEV": "CPU"}
    assert children.environment(base, "kept") == seen | children.MALLOC["kept"]


def test_plain_switches_the_accelerator_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_core.backends import mkldnn

    monkeypatch.setattr(mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(mkldnn, "version", lambda: "9.9")
    with mkldnn.flags(enabled=True):
        assert api.accelerator() == "oneDNN 9.9"
        api.load("ours", 2, accelerated=not cli.arguments().parse_args(["--plain"]).plain)
        assert api.accelerator() == "none"


QUICK = children.Plan(["ours"], rounds=1, samples=1, sample_seconds=0.0, checked_steps=2)


def test_failing_child_is_reported_with_its_reason() -> None:
    with pytest.raises(children.ChildError, match=r"(?s)no_such_workload.*KeyError"):
        children.measure("no_such_workload", "ours", "time", QUICK)


def test_child_that_dies_is_reported_and_keeps_what_it_has_said(monkeypatch: pytest.MonkeyPatch) -> None:
    line = children.MARK + json.dumps({"workload": "a", "version": "1"})
    script = f"import sys; print('noise'); print({line!r}, flush=True); sys.exit('dead')"
    real = children.subprocess.run
    monkeypatch.setattr(children.subprocess, "run", lambda _, **how: real([sys.executable, "-c", script], **how))
    reports = children.measure_all(["a", "b"], "ours", "time", QUICK)
    assert reports["a"] == {"version": "1"}
    assert "benchmark b: on side 'ours' the process exited with 1" in reports["b"]["error"]
    assert "dead" in reports["b"]["error"]


def test_one_failing_workload_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(name: str, plan: children.Plan) -> dict[str, Any]:
        if name == "chain20":
            raise children.ChildError("chain20 broke")
        return runner.summary(name, {"ours": child(1.0)})

    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr(cli, "machine_of", lambda plan: machine.describe())
    assert cli.main(["--side", "ours", "--only", "chain20", "--only", "mlp"]) == 1
    printed = capsys.readouterr()
    assert "chain20 broke" in printed.err
    assert printed.out.splitlines()[-2].startswith("mlp")


def test_one_failing_workload_does_not_hide_the_others_in_one_process() -> None:
    failed, result = runner.run_at_once(["no_such_workload", "chain20"], QUICK)
    assert isinstance(failed, children.ChildError) and "KeyError" in str(failed)
    assert isinstance(result, dict) and result["sides"]["ours"]["min"] > 0


def test_torch_missing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(api, "has", lambda side: side == "ours")
    plan, skipped = cli.plan_of(cli.arguments().parse_args([]))
    assert plan.sides == ["ours"]
    assert "skipped: torch is not installed" in report.preamble(machine.describe(), plan, skipped)
    assert cli.main(["--side", "torch"]) == 2
    assert "torch is not installed" in capsys.readouterr().err


def test_means_leave_the_package_out_and_single_out_each_group() -> None:
    ratios = {"chain20": 2.0, "mixed40": 8.0, "mlp": 0.5, "import_time": 100.0}
    results = [{"name": name, "ratio": ratio} for name, ratio in ratios.items()] + [{"name": "hvp"}]
    lines = [line.split() for line in report.means(results).splitlines()]
    assert ["operations", "4.00", "of", "2"] in lines
    assert ["training", "steps", "0.50", "of", "1"] in lines
    assert ["all", "of", "these", "2.00", "of", "3"] in lines
    assert "100" not in report.means(results)
    assert report.means([{"name": "hvp"}]) == ""


def test_package_is_measured_in_seconds_and_bytes() -> None:
    figures = {name: children.measure(name, "ours", "time", QUICK)["seconds"]["min"] for name in WHOLES}
    assert 0.05 < figures["import_time"] < 60
    assert 50 << 20 < figures["installed_size"] < 1 << 30  # NumPy and SciPy
    size = runner.summary("installed_size", {"ours": child(3 << 20), "torch": child(12 << 20)})
    assert size["ratio"] == 4.0
    assert report.TIME.row(size).split()[1:3] == ["3.0", "MiB"]


def test_size_follows_requirements_and_leaves_compiled_files_out(tmp_path: Path) -> None:
    assert {"numpy", "scipy"} <= set(packages.our_requirements())
    assert packages.with_requirements(["pytest", "no-such-package"]) >= {"pytest", "pluggy", "iniconfig"}
    (tmp_path / "a.py").write_bytes(b"12345")
    (tmp_path / "a.pyc").write_bytes(b"123")
    assert packages.total_size([*tmp_path.iterdir(), tmp_path / "gone"]) == 5
    numpy_size = packages.distribution_size("numpy")
    assert 10 << 20 < numpy_size < 200 << 20


def test_epoch_gives_every_item_once_in_batches_of_the_data_type() -> None:
    step = WORKLOADS["data_loader_items"].build(api.load("ours", 2), draws.generator())
    images, labels, form = (t.numpy() for t in step())
    assert images.shape == (64, 28, 28) and images.dtype == np.float32
    count, *rest = form
    assert count == 157 and rest == [16, 28, 28, 4, 16, 8]  # the last batch and what an element takes
    rng = draws.generator()
    drawn = rng.random((10_000, 28, 28), np.float32)
    np.testing.assert_allclose(images, ((drawn[:64] - 0.5) / 0.25)[:, :, ::-1], rtol=1e-6)
    np.testing.assert_array_equal(labels, draws.labels(rng, 10_000)[:64])


def test_machine_says_what_it_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("model name\t: A\nflags\t\t: fpu avx2 avx512f\nmodel name\t: A\n")
    for level, size in ((1, "32K"), (2, "1024K"), (3, "32768K")):
        (tmp_path / f"index{level}").mkdir()
        (tmp_path / f"index{level}" / "level").write_text(f"{level}\n")
        (tmp_path / f"index{level}" / "size").write_text(f"{size}\n")
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "CACHES", tmp_path)
    assert machine.cpu_model() == "A"
    assert machine.simd() == ["avx2", "avx512f"]
    assert machine.caches() == {"L2": 1 << 20, "L3": 32 << 20}
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "none")
    assert machine.simd() == []


def test_speeds_are_those_of_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "SIZE", 256)
    monkeypatch.setattr(speeds, "VECTOR", 1 << 20)
    found = speeds.measure(api.load("ours", 2), threads=2, seconds=0.01)
    assert set(found) == {"gemm_gflops", "copy_gbs", "add_gbs", "copy_on_all_threads_gbs"}
    assert all(0.01 < value < 1e5 for value in found.values())
    on = machine.describe() | {"rates": {"ours": found}, "accelerator": "none"}
    assert "Gflop/s" in report.preamble(on, QUICK)


def test_list_names_every_workload(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*WORKLOADS, *WHOLES]


needs_proc = pytest.mark.skipif(not memory.CLEAR_REFS.exists(), reason="needs Linux's /proc")


@needs_proc
def test_memory_of_a_step_is_what_it_holds_at_its_peak() -> None:
    added = memory.added_by(lambda: np.ones(8 << 20, np.uint8).sum())
    assert added is not None
    assert 7 << 20 < added < 12 << 20  # the kernel counts pages by batches


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


@needs_proc
def test_soak_of_loaders_finds_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_loading, "KINDS", {"none": {}, "thread": soak_loading.KINDS["threads that stay"]})
    made, gained = soak_loading.soak(batches=400, rounds=2)
    assert made >= 400
    assert not gained.leaks, gained
    kept: list[int] = []
    monkeypatch.setattr(soak_loading, "draw", lambda _, batches: kept.append(os.open(os.devnull, 0)) or batches)
    _, gained = soak_loading.soak(batches=400, rounds=2)
    assert (gained.handles, gained.leaks) == (4, True)
    for handle in kept:
        os.close(handle)


def test_soak_of_a_slow_step_ends() -> None:
    assert soak.repeat(lambda: time.sleep(0.01), least=1000, seconds=0.0, longest=0.05) < 10


def test_a_batch_of_the_training_loop_is_timed() -> None:
    hand, loop = training_loop.measure(rounds=1)
    assert hand > 0 and loop > 0
