"""Stopping the training when a metric has stopped improving."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Literal, SupportsFloat

from nn.base.module import Module

__all__ = ["EarlyStopping"]

# What the parts of a metric's name say of its direction; "neg_" turns it about.
_FALLING = {
    "loss", "error", "err", "mse", "rmse", "msle", "mae", "mape", "nll", "perplexity", "ppl", "divergence", "entropy",
    "wer", "cer", "fid", "hinge", "distance",
}  # fmt: skip
_RISING = {
    "accuracy", "acc", "auc", "auroc", "precision", "recall", "f1", "fbeta", "score", "iou", "miou", "dice", "r2",
    "bleu", "rouge", "psnr", "ssim", "map", "reward", "likelihood", "top1", "top5",
}  # fmt: skip


class EarlyStopping:
    """Says when a metric has not improved for ``patience`` epochs, and puts the best weights back.

    In a loop of one's own, once in each epoch:

        stopper = EarlyStopping("val_loss", patience=3, restore_best_weights=True)
        for epoch in range(100):
            ...
            if stopper.step({"val_loss": loss}, model):
                break

    An epoch improves where the metric is better than the best so far by more than ``min_delta``; with ``baseline``,
    epochs that are no better than it by that much use up the patience too.  NaN is no improvement.

    Args:
        monitor: the metric's name.
        patience: after how many epochs without improvement to stop.
        min_delta: a change that is not larger is no improvement.
        mode: whether the metric is to fall (``"min"``) or to rise (``"max"``); ``"auto"`` goes by its name.
        baseline: a value that is to be beaten.
        restore_best_weights: put the weights and buffers of the best epoch back when stopping; `restore` does so where
            the loop ended by itself.
        start_from_epoch: how many epochs go by unjudged at the beginning.

    Raises: ValueError for an unknown mode, a name that does not tell the direction, or a negative patience.
    Source: Keras' callback of this name; Prechelt, Early Stopping - But When?, 1998.
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 0, min_delta: float = 0.0,
        mode: Literal["auto", "min", "max"] = "auto", baseline: float | None = None,
        restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"EarlyStopping: got mode={mode!r}; wanted 'auto', 'min' or 'max'")
        if patience < 0 or start_from_epoch < 0:
            raise ValueError(
                f"EarlyStopping: got patience={patience}, start_from_epoch={start_from_epoch}; wanted 0 or more of each"
            )
        self.monitor = monitor
        self.patience = patience
        self.min_delta = abs(min_delta)
        self.mode = direction(monitor) if mode == "auto" else mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.reset()

    def reset(self) -> None:
        """Forget all epochs, for another training."""
        self.epoch = 0  # how many there were
        self.wait = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.stopped_epoch: int | None = None
        self.best_weights: dict[str, Any] | None = None

    def step(self, metrics: Mapping[str, SupportsFloat] | SupportsFloat, model: Module | None = None) -> bool:
        """Judge an epoch, and return whether to stop.

        Args:
            metrics: the metrics by name, or the one that is watched.
            model: whose weights to keep and to put back, with ``restore_best_weights``.

        Raises: KeyError where the metric is missing; TypeError where a model is; nothing is changed then.
        """
        current = self._value(metrics)
        if self.restore_best_weights and model is None:
            raise TypeError("EarlyStopping.step: got no model; wanted the one whose weights restore_best_weights keeps")
        epoch, self.epoch = self.epoch, self.epoch + 1
        if epoch < self.start_from_epoch:
            return False
        self.wait += 1
        if self._improves(current, self.best):
            self.best = current
            self._keep(epoch, model)
            if self.baseline is None or self._improves(current, self.baseline):
                self.wait = 0
            return False
        if self.restore_best_weights and self.best_weights is None:  # all epochs were NaN
            self._keep(epoch, model)
        if self.wait < self.patience or epoch == 0:
            return False
        self.stopped_epoch = epoch
        if self.restore_best_weights and model is not None:
            self.restore(model)
        return True

    def restore(self, model: Module) -> None:
        """Put the weights of the best epoch into ``model``.

        Raises: RuntimeError where none were kept.
        """
        if self.best_weights is None:
            raise RuntimeError("EarlyStopping.restore: no weights were kept; step with restore_best_weights=True first")
        model.load_state_dict(self.best_weights)

    def _value(self, metrics: Any) -> float:
        if not isinstance(metrics, Mapping):
            return float(metrics)
        if self.monitor not in metrics:
            raise KeyError(
                f"EarlyStopping.step: no metric {self.monitor!r}; there are {', '.join(map(repr, metrics)) or 'none'}"
            )
        return float(metrics[self.monitor])

    def _improves(self, value: float, reference: float | None) -> bool:
        if math.isnan(value):
            return False
        if reference is None:
            return True
        return value + self.min_delta < reference if self.mode == "min" else value - self.min_delta > reference

    def _keep(self, epoch: int, model: Module | None) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights and model is not None:
            self.best_weights = deepcopy(model.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Return what was seen so far, with the best weights; not the options."""
        return {name: getattr(self, name) for name in _SEEN}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state dict.

        Raises: KeyError naming what it lacks; nothing is changed then.
        """
        absent = [name for name in _SEEN if name not in state_dict]
        if absent:
            raise KeyError(f"EarlyStopping.load_state_dict: the state dict has no {', '.join(map(repr, absent))}")
        vars(self).update({name: deepcopy(state_dict[name]) for name in _SEEN})


_SEEN = ("epoch", "wait", "best", "best_epoch", "stopped_epoch", "best_weights")


def direction(monitor: str, who: str = "EarlyStopping") -> Literal["min", "max"]:
    """Return the direction that a metric's name says; ``who`` asks.

    Raises: ValueError where it says none.
    """
    parts = re.split(r"[^a-z0-9]+", monitor.lower())
    falling, rising = not _FALLING.isdisjoint(parts), not _RISING.isdisjoint(parts)
    if falling == rising:
        raise ValueError(
            f"{who}: the name {monitor!r} does not tell whether the metric is to fall or to rise; give "
            "mode='min' or mode='max'"
        )
    return "min" if falling != ("neg" in parts) else "max"
