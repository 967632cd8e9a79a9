"""What composites say about arguments that fit no tensor operation."""

from __future__ import annotations

import warnings
from typing import Any

from autograd_core.engine.blame import stacklevel
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError


def need_tensors(operation: str, *values: Any) -> None:
    """Raise DTypeError where a value is no tensor, as PyTorch does where numbers would do."""
    for value in values:
        if not isinstance(value, Tensor):
            raise DTypeError(f"{operation}: got {type(value).__name__}; wanted a Tensor (see ag.tensor)")


def older_order(operation: str, number: Any, *values: Any) -> tuple[Any, ...]:
    """Return ``(*values, number)`` for a call in PyTorch's older order, ``add(input, alpha, other)``, with its warning.

    Many a published optimiser has ``exp_avg.mul_(beta).add_(1 - beta, grad)``.

    Raises: DTypeError where ``number`` is none, or is no second value of two.
    """
    count = {"add": 1, "sub": 1}.get(operation, 2)
    if not isinstance(number, int | float | complex) or len(values) != count:
        raise DTypeError(f"{operation}: got {len(values) + 2} positional arguments; wanted {count + 1}")
    warnings.warn(
        f"{operation}: a number before the tensors is deprecated. Give it last, by name",
        UserWarning,
        stacklevel=stacklevel(),
    )
    return (*values, number)
