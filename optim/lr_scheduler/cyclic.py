"""The cyclical schedule, which rises and falls again and again."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any, Literal

from ..optimizer import Optimizer
from .base import LRScheduler, Rate, check_optimizer, per_group, set_value
from .momentum import begin_cycling, set_momentum

__all__ = ["CyclicLR"]

_MODES = {"triangular": "cycle", "triangular2": "cycle", "exp_range": "iterations"}  # and what they scale by


class CyclicLR(LRScheduler):
    """``lr = base_lr + (max_lr - base_lr) * height * scale``: straight up and straight down, once each cycle.

    ``height`` goes from 0 to 1 in ``step_size_up`` steps and back in ``step_size_down``.  The momentum moves against
    it, from ``max_momentum`` down and up again.  Step it after every batch.

    Args:
        optimizer: whose rate to set.
        base_lr: the lowest rate, one or a list of one for each group.
        max_lr: the highest rate, likewise.
        step_size_up: steps of the rising half.
        step_size_down: steps of the falling half; as many by default.
        mode: ``scale`` is 1 (triangular), ``1 / 2 ** (cycle - 1)`` (triangular2), ``gamma ** step`` (exp_range).
        gamma: for exp_range.
        scale_fn: ``scale`` as a function of one's own; ``mode`` is ignored then.
        scale_mode: whether it is a function of the cycle, which counts from 1, or of the steps (iterations).
        cycle_momentum: whether the momentum, or Adam's β1, moves too.
        base_momentum: the lowest momentum.
        max_momentum: the highest momentum.
        last_epoch: the number of the last step; see `LRScheduler`.

    Raises: ValueError for an unknown mode, a list of the wrong length, or an optimiser without momentum.
    Source: Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017, section 3.1.
    """

    def __init__(
        self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float],
        step_size_up: int = 2000, step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular", gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None, scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True, base_momentum: float = 0.8, max_momentum: float = 0.9, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        if mode not in _MODES and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom: Any = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _MODES[mode]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            ranges = begin_cycling(optimizer, base_momentum, max_momentum, last_epoch)
            self.base_momentums, self.max_momentums = ranges
            self.use_beta1 = "betas" in optimizer.defaults
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs):
                set_value(group, "lr", rate)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """Return the factor of the height, in cycle or step ``x``."""
        if self._scale_fn_custom is not None:
            return float(self._scale_fn_custom(x))
        if self.mode == "triangular2":
            return float(1 / (2.0 ** (x - 1)))
        return float(self.gamma**x) if self.mode == "exp_range" else 1.0

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for step ``last_epoch``, and set its momentum."""
        self._current()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums):
                set_momentum(self.optimizer, group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs)]

    def state_dict(self) -> dict[str, Any]:
        """Return every attribute but the optimiser; of one's own function, what it holds if it is an object."""
        custom = self._scale_fn_custom
        plain = custom is None or isinstance(custom, types.FunctionType)
        return {**super().state_dict(), "_scale_fn_custom": None if plain else vars(custom).copy()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the attributes back; a function that was not saved stays as it is."""
        kept = state_dict["_scale_fn_custom"]
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_scale_fn_custom"})
        if kept is not None:
            vars(self._scale_fn_custom).update(kept)
