"""Where PyTorch's module and optimiser databases and this project differ, and why: entry -> (checks, reason)."""

from __future__ import annotations

MODULES: dict[str, tuple[tuple[str, ...], str]] = {}

OPTIMISERS: dict[str, tuple[tuple[str, ...], str]] = {}

LEFT_OUT_OPTIMISERS = {"SparseAdam": "gradients are dense here"}
