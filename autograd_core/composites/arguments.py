"""What composites say about arguments that fit no tensor operation."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError


def need_tensors(operation: str, *values: Any) -> None:
    """Raise DTypeError where a value is no tensor, as PyTorch does where numbers would do."""
    for value in values:
        if not isinstance(value, Tensor):
            raise DTypeError(f"{operation}: got {type(value).__name__}; wanted a Tensor (see ag.tensor)")
