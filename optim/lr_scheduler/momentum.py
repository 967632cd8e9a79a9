"""The momentum of an optimiser, SGD's or Adam's β1, as schedules that cycle it see it."""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer
from .base import Rate, per_group


def begin_cycling(optimizer: Optimizer, lowest: Any, highest: Any, last_epoch: int) -> tuple[list[Rate], list[Rate]]:
    """Note the range in every group, set the momentum to its top, and return the range as lists.

    Raises: ValueError where the optimiser has no momentum, or a list has not one value for each group.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
    lows, highs = per_group("base_momentum", optimizer, lowest), per_group("max_momentum", optimizer, highest)
    if last_epoch == -1:
        for group, low, high in zip(optimizer.param_groups, lows, highs):
            set_momentum(optimizer, group, high)
            group["max_momentum"], group["base_momentum"] = high, low
    return lows, highs


def set_momentum(optimizer: Optimizer, group: dict[str, Any], value: Rate) -> None:
    """Set the momentum of one group."""
    if "betas" in optimizer.defaults:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
