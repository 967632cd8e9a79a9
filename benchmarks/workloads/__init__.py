"""The workloads, each written once against the PyTorch API."""

from __future__ import annotations

from . import small  # isort: skip  # the order in which they are listed and run
from . import large  # isort: skip
from . import networks  # isort: skip
from . import residual  # isort: skip
from . import sequences  # isort: skip
from . import inference  # isort: skip
from . import transforms  # isort: skip
from . import optimisers  # isort: skip
from . import loading  # isort: skip
from . import packages  # isort: skip
from .registry import GROUPS, PACKAGE, WHOLES, WORKLOADS, Step, Tensor, Whole, Workload, everything

__all__ = [
    "GROUPS", "PACKAGE", "WHOLES", "WORKLOADS", "Step", "Tensor", "Whole", "Workload", "everything", "inference",
    "large", "loading", "networks", "optimisers", "packages", "residual", "sequences", "small",
    "transforms",
]  # fmt: skip
