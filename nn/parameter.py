"""``Parameter``: a tensor that a module registers as its own and an optimiser changes."""

from __future__ import annotations

from autograd_core.engine.tensor import Parameter

__all__ = ["Parameter"]
