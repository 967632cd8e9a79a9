"""Schedules that fall along a cosine, with and without restarts."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LRScheduler, Rate

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """``lr = eta_min + (initial_lr - eta_min) * (1 + cos(π * epoch / T_max)) / 2``.

    Computed from the rate before, so that another schedule may act beside it.

    Args:
        optimizer: whose rate to set.
        T_max: the epochs of half a period.
        eta_min: the smallest rate.
        last_epoch: see `LRScheduler`.

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, equation 5,
        without the restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates, t, period = self._current(), self.last_epoch, self.T_max
        if self._is_initial:
            return rates
        if self._step_count == 1 and t > 0:
            return self._get_closed_form_lr()
        if (t - 1 - period) % (2 * period) == 0:  # the rate before was eta_min: nothing to scale
            rise = 1 - math.cos(math.pi / period)
            return [rate + (base - self.eta_min) * rise / 2 for base, rate in zip(self.base_lrs, rates)]
        ratio = (1 + math.cos(math.pi * t / period)) / (1 + math.cos(math.pi * (t - 1) / period))
        return [ratio * (rate - self.eta_min) + self.eta_min for rate in rates]

    def _get_closed_form_lr(self) -> list[Rate]:
        return [_annealed(base, self.eta_min, self.last_epoch, self.T_max) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """``lr = eta_min + (initial_lr - eta_min) * (1 + cos(π * T_cur / T_i)) / 2``, again and again.

    ``T_cur`` counts the epochs since the last restart; the periods ``T_i`` are ``T_0``, ``T_0 * T_mult``,
    ``T_0 * T_mult**2``, ...

    Args:
        optimizer: whose rate to set.
        T_0: the epochs of the first period.
        T_mult: how much longer each period is than the one before.
        eta_min: the smallest rate.
        last_epoch: see `LRScheduler`.

    Raises: ValueError for a ``T_0`` or ``T_mult`` that is no positive integer, or an ``eta_min`` that is no number.
    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, equation 5.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for ``T_cur`` epochs after the last restart."""
        self._current()
        return [_annealed(base, self.eta_min, self.T_cur, self.T_i) for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to ``epoch``, which may lie between two: ``epoch + batch / batches``.

        Raises: ValueError for a negative epoch.
        """
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur = self.T_cur + 1
            if self.T_cur >= self.T_i:
                self.T_cur = self.T_cur % self.T_i
                self.T_i = self.T_i * self.T_mult
        else:
            epoch = epoch or 0
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        with self._within_step():
            rates = self.get_lr()
        self._set(rates)

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            longer = self.T_mult**restarts
            self.T_cur = epoch - self.T_0 * (longer - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * longer


def _annealed(highest: Rate, lowest: float, t: float, period: float) -> Rate:
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * t / period)) / 2
