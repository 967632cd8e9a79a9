"""Schedules by functions of one's own."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, Rate

__all__ = ["LambdaLR", "MultiplicativeLR"]

_PLAIN = (types.FunctionType, types.BuiltinFunctionType)  # without a state that could be saved


class _ByFunctions(LRScheduler):
    """A schedule with one function for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(self.lr_lambdas)}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return every attribute but the optimiser; of the functions, those that are objects with a ``__dict__``."""
        kept = [None if isinstance(f, _PLAIN) else vars(f).copy() for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the attributes back; a function that was not saved stays as it is."""
        functions = state_dict["lr_lambdas"]
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, kept in zip(self.lr_lambdas, functions):
            if kept is not None:
                vars(function).update(kept)


class LambdaLR(_ByFunctions):
    """``lr = initial_lr * lr_lambda(epoch)``.

    Args:
        optimizer: whose rate to set.
        lr_lambda: a function of the epoch, or one for each group.
        last_epoch: see `LRScheduler`.

    Raises: ValueError where there are not as many functions as groups.
    """

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        self._current()
        return [base * function(self.last_epoch) for function, base in zip(self.lr_lambdas, self.base_lrs)]


class MultiplicativeLR(_ByFunctions):
    """``lr = lr * lr_lambda(epoch)`` from the first epoch on: the function says the factor from one to the next.

    Args:
        optimizer: whose rate to set.
        lr_lambda: a function of the epoch, or one for each group.
        last_epoch: see `LRScheduler`.

    Raises: ValueError where there are not as many functions as groups; TypeError where one is no function.
    """

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates = self._current()
        if self._is_initial:
            return rates
        return [rate * function(self.last_epoch) for function, rate in zip(self.lr_lambdas, rates)]
