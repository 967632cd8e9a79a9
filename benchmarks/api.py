"""The two sides that a workload can run on, behind one set of names."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from typing import Any

SIDES = ("ours", "torch")
"""Names of the two sides; the ratio of a workload is torch's time over ours."""


@dataclass(frozen=True)
class Api:
    """The four namespaces that a PyTorch program imports."""

    torch: Any
    nn: Any
    F: Any
    optim: Any


def load(side: str, threads: int) -> Api:
    """Import one side and hold it to ``threads`` threads."""
    if side == "torch":
        api = Api(*map(importlib.import_module, ("torch", "torch.nn", "torch.nn.functional", "torch.optim")))
        api.torch.set_num_threads(threads)
        return api
    return Api(*map(importlib.import_module, ("autograd_core", "nn", "nn.functional", "optim")))


def version(side: str) -> str:
    """Return the version of one side."""
    if side == "torch":
        return importlib.metadata.version("torch")
    return str(importlib.import_module("autograd_core").__version__)


def has_torch() -> bool:
    """Say whether PyTorch is installed, without importing it."""
    return importlib.util.find_spec("torch") is not None
