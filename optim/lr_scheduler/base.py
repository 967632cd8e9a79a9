"""The base of all schedules: the count of epochs, the rates set, and what is warned of."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeAlias

from autograd_core import as_tensor
from autograd_core.engine.tensor import Tensor

from ..optimizer import Optimizer

__all__ = ["LRScheduler"]

Rate: TypeAlias = Any  # a float, or a Tensor of one element

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
_SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make "
    f"sure to call `optimizer.step()` before `lr_scheduler.step()`. {_SEE}"
)
_TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    f"PyTorch skipping the first value of the learning rate schedule. {_SEE}"
)


class LRScheduler:
    """Base class of all schedules.

    A subclass defines ``get_lr``, the rates of epoch ``self.last_epoch`` from those of the epoch before; and
    ``_get_closed_form_lr``, the same from ``self.base_lrs``, where there is one.

    Args:
        optimizer: whose ``lr`` to set.  The first schedule of an optimiser notes each group's ``initial_lr``.
        last_epoch: -1 to begin; the number of the last epoch to go on, with ``initial_lr`` in every group.

    Raises: TypeError where ``optimizer`` is none; KeyError where ``initial_lr`` is missing.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copy_of(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0; load the optimizer's state dict first, or leave last_epoch at -1"
                )
        self.base_lrs: list[Rate] = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _watch(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Rate]:
        """Return each group's rate for epoch ``last_epoch``; for `step` to call (see `get_last_lr`)."""
        raise NotImplementedError

    def get_last_lr(self) -> list[Rate]:
        """Return each group's rate as this schedule set it last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its rates; call it after the optimiser's step.

        Args:
            epoch: go to this epoch, by the closed form where there is one (deprecated, as in PyTorch).
        """
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "hooked"):
                warnings.warn(_OVERRIDDEN, UserWarning, stacklevel=2)
            elif not self.optimizer._opt_called:
                warnings.warn(_TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with self._within_step():
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            rates = self.get_lr() if closed is None else closed()
        self._set(rates)

    def _set(self, rates: list[Rate]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", rate)
        self._last_lr = values_of(self.optimizer, "lr")

    @contextmanager
    def _within_step(self) -> Iterator[None]:
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def _current(self) -> list[Rate]:
        """Return the groups' rates; for ``get_lr`` to begin from."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )
        return values_of(self.optimizer, "lr")

    def state_dict(self) -> dict[str, Any]:
        """Return every attribute but the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the attributes back from ``state_dict``, ours or PyTorch's; load the optimiser's beside it."""
        vars(self).update({name: _taken(value) for name, value in state_dict.items()})


class _LRScheduler(LRScheduler):
    """The old name of `LRScheduler`, for programs that inherit from it."""


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimiser.

    Raises: TypeError.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copy_of(value: Rate) -> Rate:
    """Return a rate with memory of its own."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, name: str) -> list[Rate]:
    """Return copies of one option of every group."""
    return [copy_of(group[name]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], name: str, value: Rate) -> None:
    """Set an option of a group; a Tensor there stays the same Tensor and is written to."""
    held = group[name]
    if not isinstance(held, Tensor):
        group[name] = value
    elif isinstance(value, Tensor):
        held.copy_(value.reshape(held.shape))  # fill_ would make the host wait for a GPU
    else:
        held.fill_(value)


def per_group(name: str, optimizer: Optimizer, value: Rate | Sequence[Rate]) -> list[Rate]:
    """Return an argument as one copy for each group.

    Raises: ValueError where it is a list of another length.
    """
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * groups
    if len(values) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(values)} values, param_groups has {groups}."
        )
    return [copy_of(v) for v in values]


def _watch(optimizer: Optimizer) -> None:
    """Begin to note whether the optimiser steps; its own step does that by itself, one put over it does not."""
    if not optimizer._scheduled:
        optimizer._scheduled, optimizer._opt_called = True, False
    step: Callable[..., Any] = optimizer.step
    if hasattr(step, "hooked"):
        return
    owner = weakref.ref(optimizer)

    @wraps(step)
    def watched(*args: Any, **kwargs: Any) -> Any:
        stepping = owner()
        if stepping is not None:
            stepping._opt_called = True
        return step(*args, **kwargs)

    watched.hooked = True  # type: ignore[attr-defined]
    optimizer.step = watched  # type: ignore[method-assign]


def _taken(value: Any) -> Any:
    """Return a value of a state dict as a schedule keeps it: lists its own, arrays of any library as Tensors."""
    if type(value) in (list, tuple):
        return type(value)(map(_taken, value))
    return as_tensor(value).clone() if hasattr(value, "__dlpack__") else value
