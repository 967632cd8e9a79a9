"""The sides that a workload can run on: ours and PyTorch behind one set of names, and the peers."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from typing import Any

SIDES = ("ours", "torch")
"""Names of the two sides; the ratio of a workload is torch's time over ours."""

PEERS = ("jax", "tinygrad", "mygrad", "autograd")
"""Other libraries, each with a file in `benchmarks.peers` that says in its own idiom what it can express."""


@dataclass(frozen=True)
class Api:
    """The four namespaces that a PyTorch program imports."""

    torch: Any
    nn: Any
    F: Any
    optim: Any


def load(side: str, threads: int, accelerated: bool = True) -> Api:
    """Import one of the two sides and hold it to ``threads`` threads; ours with the accelerator, if there is one."""
    if side == "torch":
        api = Api(*map(importlib.import_module, ("torch", "torch.nn", "torch.nn.functional", "torch.optim")))
        importlib.import_module("torch.utils.data")
        api.torch.set_num_threads(threads)
        return api
    if not accelerated:
        without_accelerator()
    return Api(*map(importlib.import_module, ("autograd_core", "nn", "nn.functional", "optim")))


def version(side: str) -> str:
    """Return the version of one side."""
    if side == "ours":
        return str(importlib.import_module("autograd_core").__version__)
    return importlib.metadata.version(side)


def has(side: str) -> bool:
    """Say whether a side is installed, without importing it."""
    return side == "ours" or importlib.util.find_spec(side) is not None


def accelerator() -> str:
    """Return the optional library that the CPU's kernels use, ``"none"`` where NumPy does all."""
    library = importlib.import_module("autograd_core.backends.mkldnn")
    return f"oneDNN {library.version()}" if library.is_available() and library.enabled else "none"


def without_accelerator() -> None:
    """Let NumPy do all in this process."""
    importlib.import_module("autograd_core.backends.mkldnn").set_flags(False)
