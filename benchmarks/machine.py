"""What a figure was measured on."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CPUINFO = Path("/proc/cpuinfo")
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
SIMD = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")
"""What decides how much of a matrix product a core does at once, as Linux names it."""


def describe() -> dict[str, Any]:
    """Describe the machine, the software and the commit."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "caches": caches(),
        "simd": simd(),
        "memory": memory(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
    }


def cpu_facts(name: str) -> list[str]:
    """Return what the system says of its processors under one of several names; nothing off Linux."""
    try:
        lines = CPUINFO.read_text().splitlines()
    except OSError:
        return []
    return [line.split(":", 1)[1].strip() for line in lines if line.startswith(name)]


def cpu_model() -> str:
    """Return the processor's name as the system gives it."""
    return next(iter(cpu_facts("model name")), platform.processor() or platform.machine())


def simd() -> list[str]:
    """Return which of `SIMD` the processor has."""
    flags = " ".join([*cpu_facts("flags"), *cpu_facts("Features")]).split()
    return [name for name in SIMD if name in flags]


def caches() -> dict[str, int]:
    """Return the bytes of the first core's caches of level 2 and 3, as far as the system tells."""
    found = {}
    for index in sorted(CACHES.glob("index*")):
        level, size = ((index / name).read_text().strip() for name in ("level", "size"))
        if level in "23" and size.endswith("K"):
            found[f"L{level}"] = int(size[:-1]) * 1024
    return found


def memory() -> int | None:
    """Return the bytes of the machine's memory, where the system tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def blas() -> str:
    """Return name and version of the BLAS that NumPy was built with."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def commit() -> str:
    """Return the commit, marked where the tree differs from it."""
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return "unknown"
    return run.stdout.strip() or "unknown"
