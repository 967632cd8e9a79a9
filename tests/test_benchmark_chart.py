"""The chart of a run, and what is said where it cannot be drawn."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as cli
from benchmarks import chart

MACHINE = {
    "cpu": "Test CPU", "cores": 2, "python": "3.11", "numpy": "2.4", "commit": "abc", "date": "2026-01-01T00:00",
    "caches": {"L2": 1 << 20, "L3": 32 << 20}, "simd": ["avx2"], "accelerator": "none",
}  # fmt: skip


def result(name: str, ratio: float) -> dict[str, Any]:
    return {"name": name, "unit": "s", "ratio": ratio, "ratio_spread": [ratio * 0.9, ratio * 1.1]}


RESULTS = [result("chain20", 1.5), result("lenet5", 0.5), result("mlp", 1.2), {"name": "hvp"}]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'examples'")
    path = tmp_path / "kept.json"
    path.write_text(json.dumps({"machine": MACHINE, "plan": {}, "results": RESULTS}))
    return path


def test_chart_of_kept_results_has_every_ratio_and_the_machine(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures" / "chart.svg"
    assert chart.main([str(kept), str(out)]) == 0
    words = re.sub(r"<[^>]*>", " ", out.read_text())
    for word in ("chain20", "1.50", "lenet5", "0.50", "mlp", "1.20", "operations", "training steps", "Test CPU", "abc"):
        assert word in words
    assert "hvp" not in words  # it has no ratio
    assert "L3 32 MiB" in words
    colours = set(re.findall(r"fill: (#[0-9a-f]{6})", out.read_text()))
    assert {chart.FASTER.lower(), chart.SLOWER.lower()} <= colours


def test_chart_is_the_same_file_from_the_same_figures(kept: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for out in pictures:
        chart.main([str(kept), str(out)])
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_chart_as_pixels(kept: Path, tmp_path: Path) -> None:
    assert chart.main([str(kept), str(tmp_path / "chart.png")]) == 0
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_groups_are_in_their_order_with_the_best_first() -> None:
    groups = chart.rows_of([*RESULTS, result("mlp_large", 3.0)])
    assert [(group, [r["name"] for r in own]) for group, own in groups] == [
        ("operations", ["chain20"]),
        ("training steps", ["mlp_large", "mlp", "lenet5"]),
    ]


def test_nothing_to_draw_is_said(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.write_text(json.dumps({"machine": MACHINE, "results": [{"name": "hvp"}]}))
    assert chart.main([str(kept), str(tmp_path / "chart.svg")]) == 1
    assert "there is no ratio to draw" in capsys.readouterr().err


def test_matplotlib_missing_is_said_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli.main(["--smoke", "--side", "ours", "--only", "chain20", "--chart", str(tmp_path / "c.svg")]) == 2
    printed = capsys.readouterr()
    assert "a chart needs matplotlib" in printed.err
    assert "chain20" not in printed.out
