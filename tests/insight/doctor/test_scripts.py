"""Broken training scripts, each with one planted fault, and their mended twins."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from autograd_core.insight.doctor.report import Report

SCRIPTS = Path(__file__).parent / "scripts"
FAULTS = sorted(path.stem for path in (SCRIPTS / "broken").glob("*.py"))
WITHOUT_LINE = {"learning_rate_too_high"}  # the optimiser has not stepped yet


def run(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Run a script as a module of its own, known to ``inspect`` as a script of a user's is."""
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", SCRIPTS / kind / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module.report


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found_and_nothing_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = run("broken", name, monkeypatch)
    assert finding.check.replace("-", "_") == name
    assert finding.remedy and finding.message
    assert (f"{name}.py" in finding.line and "# fault" in finding.line) != (name in WITHOUT_LINE), finding.line


@pytest.mark.parametrize("name", FAULTS)
def test_the_mended_twin_is_healthy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    report = run("mended", name, monkeypatch)
    assert not report, report


def test_every_script_has_a_twin() -> None:
    assert sorted(path.stem for path in (SCRIPTS / "mended").glob("*.py")) == FAULTS
    assert len(FAULTS) >= 12
