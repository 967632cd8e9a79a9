"""Schedules that begin with a linear warm-up."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LRScheduler
from .composed import SequentialLR
from .decay import FactorLR

__all__ = ["InverseSquareRootLR", "WarmupCosineLR", "WarmupLR"]


class _Ramp(FactorLR):
    """``lr = initial_lr * factor``, which goes from ``start_factor`` to 1 in ``steps`` equal steps."""

    def __init__(self, optimizer: Optimizer, steps: int, start_factor: float) -> None:
        self.steps, self.start_factor = steps, start_factor
        super().__init__(optimizer)

    def factor(self, epoch: int) -> float:
        return _ramp(epoch, self.steps, self.start_factor)


class WarmupLR(SequentialLR):
    """A linear warm-up, and then another schedule from its beginning.

    ``lr = initial_lr * (start_factor + (1 - start_factor) * epoch / warmup_steps)`` for the first ``warmup_steps``
    epochs, then ``scheduler``'s rate for epoch ``epoch - warmup_steps``.

    Args:
        scheduler: the schedule that follows, as ``WarmupLR(CosineAnnealingLR(optimizer, 95), 5)``.
        warmup_steps: how many epochs (or batches, if it is stepped after each) the rate rises.
        start_factor: where it begins, as a part of ``initial_lr``.

    Raises: ValueError for fewer steps than one, a factor outside [0, 1], or a `ReduceLROnPlateau`.
    Source: Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017, section 2.2 (gradual
        warmup).
    """

    def __init__(self, scheduler: LRScheduler, warmup_steps: int, start_factor: float = 0.0) -> None:
        _check("WarmupLR", warmup_steps, start_factor)
        self._check([scheduler], None)
        ramp = _Ramp(scheduler.optimizer, warmup_steps, start_factor)
        super().__init__(scheduler.optimizer, [ramp, scheduler], [warmup_steps])


class WarmupCosineLR(FactorLR):
    """A linear warm-up, then a cosine down to ``end_factor * initial_lr``, where it stays.

    ``lr = initial_lr * (start_factor + (1 - start_factor) * t / w)`` for ``t < w``, then
    ``lr = initial_lr * (end_factor + (1 - end_factor) * (1 + cos(π * (t - w) / (T - w))) / 2)`` up to ``t = T``.

    Args:
        optimizer: whose rate to set.
        warmup_steps: w, in epochs, or in batches if it is stepped after each.
        total_steps: T, with the warm-up.
        start_factor: where the warm-up begins, as a part of ``initial_lr``.
        end_factor: where the cosine ends, likewise.
        last_epoch: see `LRScheduler`.

    Raises: ValueError for fewer steps of warm-up than one or not fewer than in all, or factors outside [0, 1].
    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, equation 5; Goyal
        et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017, section 2.2.
    """

    def __init__(
        self, optimizer: Optimizer, warmup_steps: int, total_steps: int, start_factor: float = 0.0,
        end_factor: float = 0.0, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        _check("WarmupCosineLR", warmup_steps, start_factor)
        if not warmup_steps < total_steps:
            raise ValueError(
                f"WarmupCosineLR: got total_steps={total_steps}; wanted more than {warmup_steps} of warm-up"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(f"WarmupCosineLR: got end_factor={end_factor}; wanted one between 0 and 1")
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.start_factor = start_factor
        self.end_factor = end_factor
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        """Return what the initial rate is multiplied by."""
        if epoch < self.warmup_steps:
            return _ramp(epoch, self.warmup_steps, self.start_factor)
        done = min(1.0, (epoch - self.warmup_steps) / (self.total_steps - self.warmup_steps))
        return self.end_factor + (1 - self.end_factor) * (1 + math.cos(math.pi * done)) / 2


class InverseSquareRootLR(FactorLR):
    """``lr = peak * min(t / w, sqrt(w / t))`` with ``t = epoch + 1``: a linear warm-up to the peak, then as 1/sqrt(t).

    The peak is ``initial_lr``; with ``d_model``, ``initial_lr / sqrt(d_model * w)``, which with ``lr=1`` is the
    Transformer's ``d_model**-0.5 * min(t**-0.5, t * w**-1.5)``.

    Args:
        optimizer: whose rate to set.
        warmup_steps: w, the step at which the peak is reached; 1 for no warm-up.  Step it after every batch.
        d_model: the Transformer's width, for its own peak.
        last_epoch: the number of the last step; see `LRScheduler`.

    Raises: ValueError for fewer steps or a smaller width than 1.
    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017, section 5.3, equation 3.
    """

    def __init__(
        self, optimizer: Optimizer, warmup_steps: int = 4000, d_model: int | None = None, last_epoch: int = -1
    ) -> None:
        _check("InverseSquareRootLR", warmup_steps)
        if d_model is not None and d_model < 1:
            raise ValueError(f"InverseSquareRootLR: got d_model={d_model}; wanted at least 1, or None")
        self.warmup_steps = warmup_steps
        self.d_model = d_model
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        """Return what the initial rate is multiplied by."""
        t, w = epoch + 1, self.warmup_steps
        peak = 1.0 if self.d_model is None else 1 / math.sqrt(self.d_model * w)
        return peak * min(t / w, math.sqrt(w / t))


def _ramp(epoch: int, steps: int, start: float) -> float:
    return start + (1 - start) * min(epoch, steps) / steps


def _check(who: str, steps: int, start: float = 0.0) -> None:
    if steps < 1:
        raise ValueError(f"{who}: got warmup_steps={steps}; wanted at least 1")
    if not 0 <= start <= 1:
        raise ValueError(f"{who}: got start_factor={start}; wanted one between 0 and 1")
