"""Averages of a model's weights over training: equally weighted (SWA) or exponentially (EMA)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, Literal

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from nn.base.module import Module
from nn.norm import _BatchNorm

from .lr_scheduler.base import LRScheduler, Rate, per_group
from .optimizer import Optimizer

__all__ = [
    "AveragedModel", "update_bn", "SWALR", "get_ema_multi_avg_fn", "get_swa_multi_avg_fn", "get_ema_avg_fn",
    "get_swa_avg_fn",
]  # fmt: skip

Average = Callable[[Tensor, Tensor, Any], Tensor]  # (averaged, current, how many are averaged) -> the new average
MultiAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]  # the same for lists, in place


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the function ``decay * averaged + (1 - decay) * current``.

    Raises: ValueError for a decay outside [0, 1].
    """
    _check(decay)

    @ag.no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """Return `get_ema_avg_fn`'s function for lists of parameters, in place.

    Raises: ValueError for a decay outside [0, 1].
    """
    _check(decay)

    @ag.no_grad()
    def ema_update(ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: Any) -> None:
        for averaged, current in zip(ema_param_list, current_param_list, strict=True):
            if averaged.is_floating_point() or averaged.is_complex():
                averaged.lerp_(current, 1 - decay)
            else:
                averaged.copy_(averaged * decay + current * (1 - decay))

    return ema_update


def get_swa_avg_fn() -> Average:
    """Return the function ``averaged + (current - averaged) / (n + 1)``, the mean of all so far."""

    @ag.no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Tensor | int) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """Return `get_swa_avg_fn`'s function for lists of parameters, in place."""

    @ag.no_grad()
    def swa_update(
        averaged_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], num_averaged: Tensor | int
    ) -> None:
        for averaged, current in zip(averaged_param_list, current_param_list, strict=True):
            if averaged.is_floating_point() or averaged.is_complex():
                averaged.lerp_(current, 1 / (num_averaged + 1))
            else:
                averaged.copy_(averaged + (current - averaged) / (num_averaged + 1))

    return swa_update


def _check(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's over training.

    The first ``update_parameters(model)`` copies the parameters, each later one averages them in.  Calling it calls
    the averaged model.  Batch normalisation needs statistics of its own: see `update_bn`, or ``use_buffers``.

    Args:
        model: what is copied.
        device: where the averages are kept; by default where the model is.
        avg_fn: ``(averaged, current, n)`` -> the new average, after n models; by default the equally weighted mean.
        multi_avg_fn: the same for lists of parameters of one dtype and device, in place.
        use_buffers: average the buffers too, instead of copying them.

    Raises: AssertionError where both functions are given.
    Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018; Polyak and
        Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None, use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ag.tensor(0, dtype=ag.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the averaged model makes of the arguments."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the averages."""
        averaged, current = _parts(self.module, self.use_buffers), _parts(model, self.use_buffers)
        pairs = [(a.detach(), c.detach().to(a.device)) for a, c in zip(averaged, current, strict=True)]
        if self.n_averaged == 0:
            for own, given in pairs:
                own.copy_(given)
        elif self.multi_avg_fn is not None:
            for owns, givens in _kinds(pairs):
                self.multi_avg_fn(owns, givens, self.n_averaged.to(owns[0].device))
        else:
            average = self.avg_fn or get_swa_avg_fn()
            for own, given in pairs:
                own.copy_(average(own, given, self.n_averaged.to(own.device)))
        if not self.use_buffers:
            for b, c in zip(self.module.buffers(), model.buffers(), strict=True):
                b.detach().copy_(c.detach().to(b.device))
        self.n_averaged += 1


def _parts(model: Module, buffers: bool) -> Iterator[Tensor]:
    return chain(model.parameters(), model.buffers()) if buffers else iter(model.parameters())


def _kinds(pairs: Iterable[tuple[Tensor, Tensor]]) -> Iterable[tuple[list[Tensor], list[Tensor]]]:
    """Return the pairs as lists, one of each for every dtype and device."""
    kinds: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
    for own, given in pairs:
        owns, givens = kinds.setdefault((own.device, own.dtype), ([], []))
        owns.append(own)
        givens.append(given)
    return kinds.values()


@ag.no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the statistics of every batch normalisation anew, as the mean over the batches of ``loader``.

    Args:
        loader: batches, Tensors or lists whose first element is the model's input.
        model: called in training mode with each; its mode and momenta are as before afterwards.
        device: where to move each input.
    """
    momenta = {layer: layer.momentum for layer in model.modules() if isinstance(layer, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    try:
        for layer in momenta:
            layer.reset_running_stats()
            layer.momentum = None
        model.train()
        for batch in loader:
            given = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(given if device is None else given.to(device))
    finally:
        for layer, momentum in momenta.items():
            layer.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """Goes from each group's rate to ``swa_lr`` within some epochs, and stays there, while weights are averaged.

    ``lr = swa_lr * a + lr_before * (1 - a)``, where a goes from 0 to 1: straight, or as ``(1 - cos(π t)) / 2``.

    Args:
        optimizer: whose rate to set.
        swa_lr: the rate to reach, one or a list of one for each group.
        anneal_epochs: how many epochs that takes.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: see `LRScheduler`.

    Raises: ValueError for an unknown strategy, a number of epochs that is none, or a list of the wrong length.
    Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018.
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float, anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        rates = per_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for group, rate in zip(optimizer.param_groups, rates):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """Return how much of the way is done at ``t``, both between 0 and 1."""
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for the current epoch, from the rate before."""
        rates, step = self._current(), self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = (
            self.anneal_func(max(0, min(1, s / max(1, self.anneal_epochs)))) for s in (step - 1, step)
        )  # fmt: skip
        goals = [group["swa_lr"] for group in self.optimizer.param_groups]
        starts = [goal if before == 1 else (lr - before * goal) / (1 - before) for goal, lr in zip(goals, rates)]
        return [goal * now + start * (1 - now) for goal, start in zip(goals, starts)]
