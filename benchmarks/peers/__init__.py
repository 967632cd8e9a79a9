"""Other libraries, each in its own idiom, on the workloads that it can express; the numbers must agree with ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from benchmarks import api

EXPRESSED = {
    "jax": ("chain20", "gelu_chain", "mlp", "hvp"),
    "tinygrad": ("chain20", "gelu_chain", "mlp", "hvp"),
    "mygrad": ("chain20", "gelu_chain", "mlp"),
    "autograd": ("chain20", "gelu_chain", "mlp", "hvp"),
}
"""The workloads of each peer; MyGrad has no second order."""


def missing(peer: str) -> str:
    """Say why a peer cannot be measured here; an empty string where it can."""
    if not api.has(peer):
        return f"{peer} is not installed"
    if peer == "tinygrad" and shutil.which(os.environ.get("CC", "clang")) is None:
        return "tinygrad needs clang, which is not installed (CC may name it, such as CC=clang-19)"
    return ""


def able(name: str, sides: Sequence[str]) -> list[str]:
    """Return those of the sides that can express a workload."""
    return [side for side in sides if side not in api.PEERS or name in EXPRESSED[side]]
