"""The workloads, each written once against the PyTorch API."""

from __future__ import annotations

from . import small  # isort: skip  # the order in which they are listed and run
from . import networks  # isort: skip
from . import sequences  # isort: skip
from . import optimisers  # isort: skip
from .registry import WORKLOADS, Step, Tensor, Workload

__all__ = ["WORKLOADS", "Step", "Tensor", "Workload", "networks", "optimisers", "sequences", "small"]
