"""Schedules that fall smoothly: exponential, linear, polynomial, and as 1/t."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LRScheduler, Rate

__all__ = ["ExponentialDecayLR", "ExponentialLR", "InverseTimeLR", "LinearLR", "PolynomialLR"]


class FactorLR(LRScheduler):
    """Base of schedules ``lr = initial_lr * factor(epoch)``; two of them on one optimiser multiply."""

    def factor(self, epoch: int) -> float:
        """Return what the initial rate is multiplied by."""
        raise NotImplementedError

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates, epoch = self._current(), self.last_epoch
        if epoch == 0:
            return [rate * self.factor(0) for rate in rates]
        if self._is_initial:
            return rates
        before = self.factor(epoch - 1)
        if before == 0:  # nothing to scale
            return self._get_closed_form_lr()
        return [rate * (self.factor(epoch) / before) for rate in rates]

    def _get_closed_form_lr(self) -> list[Rate]:
        factor = self.factor(self.last_epoch)
        return [base * factor for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """``lr = initial_lr * gamma ** epoch``.

    Args:
        optimizer: whose rate to set.
        gamma: the factor.
        last_epoch: see `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates = self._current()
        return rates if self._is_initial else [rate * self.gamma for rate in rates]

    def _get_closed_form_lr(self) -> list[Rate]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class ExponentialDecayLR(FactorLR):
    """``lr = initial_lr * e^(-k * epoch)``: `ExponentialLR` with ``gamma = e^-k``.

    Args:
        optimizer: whose rate to set.
        k: how fast it falls: the rate halves every ``ln(2) / k`` epochs.
        last_epoch: see `LRScheduler`.

    Source: Stanford CS231n, Neural Networks Part 3, Annealing the learning rate.
    """

    def __init__(self, optimizer: Optimizer, k: float, last_epoch: int = -1) -> None:
        self.k = k
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        """Return ``e^(-k * epoch)``."""
        return math.exp(-self.k * epoch)


class InverseTimeLR(FactorLR):
    """``lr = initial_lr / (1 + k * epoch)``: 1/t decay.

    Args:
        optimizer: whose rate to set.
        k: how fast it falls: the rate is half the first one after ``1 / k`` epochs.
        last_epoch: see `LRScheduler`.

    Source: Robbins and Monro, A Stochastic Approximation Method, 1951: the steps' sum diverges, that of their squares
        converges.
    """

    def __init__(self, optimizer: Optimizer, k: float, last_epoch: int = -1) -> None:
        self.k = k
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        """Return ``1 / (1 + k * epoch)``."""
        return 1 / (1 + self.k * epoch)


class LinearLR(LRScheduler):
    """``lr = initial_lr * factor``, which goes from ``start_factor`` to ``end_factor`` in ``total_iters`` equal steps.

    Args:
        optimizer: whose rate to set.
        start_factor: above 0, at most 1.
        end_factor: between 0 and 1.
        total_iters: how many epochs the way takes.
        last_epoch: see `LRScheduler`.

    Raises: ValueError for factors outside their range.
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1.0:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if not 0 <= end_factor <= 1.0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates = self._current()
        if self.last_epoch == 0:
            return [rate * self.start_factor for rate in rates]
        if self._is_initial or self.last_epoch > self.total_iters:
            return rates
        way = self.end_factor - self.start_factor
        factor = 1.0 + way / (self.total_iters * self.start_factor + (self.last_epoch - 1) * way)
        return [rate * factor for rate in rates]

    def _get_closed_form_lr(self) -> list[Rate]:
        way, done = self.end_factor - self.start_factor, min(self.total_iters, self.last_epoch)
        factor = self.start_factor + way * done / self.total_iters
        return [base * factor for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """``lr = initial_lr * (1 - epoch / total_iters) ** power``, and 0 from epoch ``total_iters`` on.

    Args:
        optimizer: whose rate to set.
        total_iters: the epoch at which the rate is 0.
        power: of the polynomial.
        last_epoch: see `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``."""
        rates, t, total = self._current(), self.last_epoch, self.total_iters
        if self._is_initial or t > total:
            return rates
        factor = ((1.0 - t / total) / (1.0 - (t - 1) / total)) ** self.power
        return [rate * factor for rate in rates]

    def _get_closed_form_lr(self) -> list[Rate]:
        factor = (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power
        return [base * factor for base in self.base_lrs]
