"""The whole of either library: how long its import takes, and how much it puts on a disk."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.workloads.registry import whole

IMPORTS = {"ours": "import autograd_core as ag, nn, optim", "torch": "import torch"}
FOLDERS = ("autograd_core", "nn", "optim")
CLOCKED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


@whole("seconds that `import autograd_core as ag, nn, optim`, or `import torch`, takes in a fresh process", "s")
def import_time(side: str) -> float:
    command = [sys.executable, "-c", CLOCKED.format(IMPORTS[side])]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@whole("bytes of the package and of all that it requires, compiled Python files left out", "bytes")
def installed_size(side: str) -> float:
    if side == "torch":
        return sum(map(distribution_size, with_requirements(["torch"])))
    return sum(map(folder_size, FOLDERS)) + sum(map(distribution_size, with_requirements(our_requirements())))


def our_requirements() -> list[str]:
    """Return what pyproject.toml requires: a checkout need not be installed."""
    line = re.search(r"^dependencies = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    assert line is not None
    return re.findall(r'"([\w.-]+)', line[1])


def with_requirements(names: Iterable[str]) -> set[str]:
    """Return these distributions and all that they require here, extras aside."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = re.sub(r"[-_.]+", "-", pending.pop()).lower()
        if name in found or not installed(name):  # not for this system or this Python
            continue
        found.add(name)
        for line in importlib.metadata.requires(name) or ():
            if not re.search(r";.*\bextra\b", line):
                pending.append(re.split(r"[^\w.-]", line, maxsplit=1)[0])
    return found


def installed(name: str) -> bool:
    """Say whether a distribution is here."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def distribution_size(name: str) -> int:
    """Return the bytes of the files that pip has noted for a distribution."""
    files = importlib.metadata.files(name) or ()
    return total_size(Path(str(file.locate())) for file in files)


def folder_size(package: str) -> int:
    """Return the bytes of a package's folders, found without importing it."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    return total_size(file for folder in folders or () for file in Path(folder).rglob("*"))


def total_size(files: Iterable[Path]) -> int:
    """Return the bytes of the files that are there and not compiled from others."""
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc" and file.is_file())
