"""Other libraries beside ours: the same numbers where they are installed, and a word where they are not."""

from __future__ import annotations

import importlib
import shutil
from typing import Any

import pytest

from benchmarks import __main__ as cli
from benchmarks import agreement, api, draws, peers, report, runner
from benchmarks.workloads import WORKLOADS


def fingerprints(step: Any) -> dict[str, Any]:
    _, gradients = agreement.fingerprints(step())
    tensors, _ = agreement.fingerprints(step())
    return {"fingerprints": tensors, "gradients": gradients}


@pytest.mark.parametrize("peer", api.PEERS)
def test_peer_computes_the_same(peer: str) -> None:
    if why := peers.missing(peer):
        pytest.skip(why)
    room = importlib.import_module(f"benchmarks.peers.with_{peer}")
    assert set(room.WORKLOADS) == set(peers.EXPRESSED[peer])
    ours = api.load("ours", threads=2)
    for name, build in room.WORKLOADS.items():
        one, other = WORKLOADS[name].build(ours, draws.generator()), build(draws.generator())
        assert agreement.disagreement(fingerprints(one), fingerprints(other)) == "", name


def test_what_peers_express_are_workloads_of_ours() -> None:
    assert set(peers.EXPRESSED) == set(api.PEERS)
    assert {name for names in peers.EXPRESSED.values() for name in names} <= set(WORKLOADS)


def test_absent_peers_are_skipped_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "has", lambda side: side in ("ours", "mygrad"))
    plan, skipped = cli.plan_of(cli.arguments().parse_args(["--side", "peers"]))
    assert plan.sides == ["ours", "mygrad"]
    assert skipped == [f"{peer} is not installed" for peer in ("jax", "tinygrad", "autograd")]
    assert cli.names_of(cli.arguments().parse_args([]), plan) == ["chain20", "gelu_chain", "mlp"]


def test_no_peer_at_all_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(api, "has", lambda side: side == "ours")
    assert cli.main(["--side", "jax"]) == 2
    assert "nothing to measure: jax is not installed" in capsys.readouterr().err


def test_tinygrad_without_a_compiler_is_skipped_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "has", lambda side: True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "needs clang" in peers.missing("tinygrad")
    assert peers.missing("jax") == ""


def reported(seconds: float, fingerprint: float = 1.0) -> list[dict[str, Any]]:
    base = {"version": "1", "fingerprints": [(fingerprint, fingerprint)], "gradients": []}
    return [{**base, "seconds": {"min": seconds, "median": seconds}}]


def test_peers_have_columns_of_their_own_and_no_part_in_the_mean() -> None:
    runs = {"ours": reported(1e-3), "jax": reported(5e-4), "mygrad": reported(4e-3, fingerprint=2.0)}
    result = runner.summary("mlp", runs)
    assert "ratio" not in result
    assert result["peers"]["jax"]["ratio"] == 0.5
    table = report.peers_table(["jax", "mygrad", "tinygrad"])
    row = table.row(result)
    assert " ".join(row.split("  no ratio")[0].split()) == "mlp 1.00 ms 500.0 us 0.50 4.00 ms - - -"
    assert "mygrad disagrees with ours in tensor 0" in row
    assert report.means([result]) == ""
