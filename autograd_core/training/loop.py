"""``Loop``: the training loop, written out once: epochs, batches, validation, the history's row, callbacks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import AnomalyError, DTypeError, ShapeError
from autograd_core.training.callbacks import Callback, Schedule
from autograd_core.training.history import History
from autograd_core.training.passes import Gathered, Metric, generators_of, moved, pairs, refuse_used_up, undisturbed
from autograd_core.training.progress import progress_of
from nn.base.module import Module
from optim.optimizer import Optimizer

__all__ = ["Loop"]

STATE = ("model", "optimizer", "callbacks", "history", "stop", "random", "generators")


class Loop:
    """Trains a model on batches of (inputs, targets).

        loop = ag.training.Loop(model, F.cross_entropy, optimizer, metrics={"accuracy": ag.training.accuracy})
        history = loop.fit(train_loader, epochs=10, validation=test_loader)
        ag.plot.curves(history)

    One step is `train_step`: override it, and `evaluate_step` beside it, for anything else than forward, loss,
    backward, step.  Losses and outputs stay on the device until the epoch's end.

    Args:
        model: what is trained; in training mode afterwards.
        loss_fn: ``(outputs, targets)`` -> the mean loss of a batch.
        optimizer: of the model's parameters.
        metrics: name -> function of the outputs and targets of a whole pass, which are kept for it; those of the
            training are taken as it goes, with dropout and with weights that change.
        callbacks: see `Callback`; they are called in this order.
        scheduler: a learning-rate schedule that is stepped after every epoch; `Schedule` steps one after every batch.
        progress: None shows a bar where tqdm is installed and stderr is a terminal; True shows a bar or lines.
        device: where the model, and each batch, is moved; None moves batches to where the model is.
        allow_nan: go on where a loss is NaN.

    Attributes: history, epoch (how many have ended), last_epoch, batch, loss, stop; see `Callback`.
    """

    def __init__(
        self, model: Module, loss_fn: Callable[[Any, Any], Tensor], optimizer: Optimizer, *,
        metrics: Mapping[str, Metric] | None = None, callbacks: Sequence[Callback] = (), scheduler: Any = None,
        progress: bool | None = None, device: Any = None, allow_nan: bool = False,
    ) -> None:  # fmt: skip
        if not isinstance(model, Module):
            raise DTypeError(f"Loop: model is {type(model).__name__}; wanted an nn.Module")
        self.model = model if device is None else model.to(device)
        self.loss_fn, self.optimizer = loss_fn, optimizer
        self.metrics = dict(metrics or {})
        wrong = [type(each).__name__ for each in callbacks if not isinstance(each, Callback)]
        if wrong:
            raise DTypeError(f"Loop: callbacks has {', '.join(wrong)}; wanted instances of Callback")
        self.callbacks = [*([] if scheduler is None else [Schedule(scheduler)]), *callbacks]
        self.progress, self.allow_nan = progress, allow_nan
        self.history = History()
        self.stop = False
        self.last_epoch = self.batch = 0
        self.loss: Tensor | None = None
        self.batches: Any = None  # what fit was called with last
        self._device = None if device is None else ag.device(device)
        self._positions: list[Tensor] = []  # of the loader's generators, out of a state that was loaded before fit

    @property
    def device(self) -> Any:
        """Where batches are moved: to the model, or, where it has no parameters, to the device that was given."""
        first = next(self.model.parameters(), None)
        return self._device if first is None else first.device

    @property
    def epoch(self) -> int:
        """How many epochs have ended."""
        return self.history.epochs

    def fit(self, batches: Iterable[Any], epochs: int, validation: Iterable[Any] | None = None) -> History:
        """Train for so many epochs more, and return the history.

        An exception, or Ctrl-C, leaves the history with the epochs that ended.

        Args:
            batches: a `DataLoader`, or anything that gives pairs each time one iterates over it.
            epochs: how many; an epoch that a `Checkpoint` brings back counts as one of them.
            validation: batches to judge each epoch by.

        Raises: ValueError where there are no batches; TypeError for a batch that is no pair; AnomalyError naming the
            epoch and the batch where a loss is NaN, before the epoch gets into history and checkpoint.
        """
        self._begin(batches, epochs, validation)
        self._call("on_fit_start")
        try:
            while self.epoch < self.last_epoch and not self.stop:
                self._call("on_epoch_start")
                start, lr = time.perf_counter(), float(self.optimizer.param_groups[0]["lr"])
                self.model.train()
                self.batch, seen = 0, Gathered(self.metrics)
                for inputs, targets in pairs(batches, self.device, "Loop.fit"):
                    outputs, loss = self.train_step(inputs, targets)
                    self.batch, self.loss = self.batch + 1, loss.detach()
                    seen.add(outputs, targets, self.loss)
                    self._call("on_batch_end")
                self._refuse_nan(seen)
                row = {"epoch": self.epoch + 1, **_prefixed("train", seen.results())}
                if validation is not None:
                    row |= _prefixed("val", self.evaluate(validation))
                self.history.append({**row, "seconds": time.perf_counter() - start, "lr": lr})
                self._call("on_epoch_end")
        finally:
            self._call("on_fit_end")
        return self.history

    def train_step(self, inputs: Any, targets: Any) -> tuple[Any, Tensor]:
        """Learn from a batch, and return (outputs, loss)."""
        outputs = self.model(inputs)
        loss = self.loss_fn(outputs, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return outputs, loss

    def evaluate_step(self, inputs: Any, targets: Any) -> tuple[Any, Tensor]:
        """Return (outputs, loss) of a batch, in evaluation mode and without recording."""
        outputs = self.model(inputs)
        return outputs, self.loss_fn(outputs, targets)

    def evaluate(self, batches: Iterable[Any]) -> dict[str, float]:
        """Return the loss and the metrics over ``batches``, in evaluation mode and without recording.

        Each module's mode and the random streams are as before afterwards.
        Raises: ValueError where there are no batches, TypeError for a batch that is no pair.
        """
        seen = Gathered(self.metrics)
        with undisturbed(self.model, batches):
            for inputs, targets in pairs(batches, self.device, "Loop.evaluate"):
                outputs, loss = self.evaluate_step(inputs, targets)
                seen.add(outputs, targets, loss)
            return seen.results()

    def predict(self, batches: Iterable[Any] | Tensor, batch_size: int = 256) -> Tensor:
        """Return the outputs for all batches, of pairs or of inputs alone, in evaluation mode and without recording.

        Args:
            batches: a loader without shuffling, or one tensor of examples.
            batch_size: how many examples of one tensor go through the model at a time.

        Raises: ValueError where there are no batches.
        """
        parts = batches.split(batch_size) if isinstance(batches, Tensor) else batches
        outputs = []
        with undisturbed(self.model, batches):
            for part in parts:
                inputs = part[0] if isinstance(part, (tuple, list)) else part
                outputs.append(self.model(moved(inputs, self.device)))
            if not outputs:
                raise ShapeError(f"Loop.predict: there are no batches in {type(batches).__name__}")
            return ag.cat(outputs)

    # ---- going on after a crash ----

    def state_dict(self) -> dict[str, Any]:
        """Return all that a run needs to go on bit for bit: ``ag.save`` writes it, a `Checkpoint` does so each epoch.

        Weights and buffers, optimiser, callbacks (schedules among them), history, and the positions of the default
        generator and of the loader's.  The tensors are the model's own: copy or save them before the next step.
        """
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": {name: held for name, each in self._named_callbacks() if (held := each.state_dict())},
            "history": {name: list(values) for name, values in self.history.items()},
            "stop": self.stop,
            "random": ag.get_rng_state(),
            "generators": [generator.get_state() for generator in generators_of(self.batches)],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state dict: of a loop of the same model, optimiser and callbacks, made anew.

        A callback that the state does not know begins anew.

        Raises: KeyError naming what the state lacks, or a callback of its that the loop has not; what the model and
            the optimiser raise where their state does not fit.
        """
        known = dict(self._named_callbacks())
        absent = [repr(name) for name in STATE if name not in state_dict]
        absent += [f"callback {name!r} in the loop" for name in state_dict.get("callbacks", ()) if name not in known]
        if absent:
            raise KeyError(f"Loop.load_state_dict: there is no {', no '.join(absent)}")
        self.model.load_state_dict(state_dict["model"])
        self.optimizer.load_state_dict(state_dict["optimizer"])
        for name, state in state_dict["callbacks"].items():
            known[name].load_state_dict(state)
        self.history = History(state_dict["history"])
        self.stop = state_dict["stop"]
        ag.set_rng_state(state_dict["random"])
        self._positions = list(state_dict["generators"])
        self._move_generators()

    def _move_generators(self) -> None:
        """Bring the loader's generators to the positions of a loaded state, as soon as the loader is known."""
        if self.batches is not None:
            for generator, position in zip(generators_of(self.batches), self._positions):
                generator.set_state(position)
            self._positions = []

    def _named_callbacks(self) -> Iterator[tuple[str, Callback]]:
        """Yield the callbacks by the names of their classes; a second one of a class has a number."""
        count: Counter[str] = Counter()
        for callback in self.callbacks:
            name = type(callback).__name__
            count[name] += 1
            yield (name if count[name] == 1 else f"{name} {count[name]}"), callback

    # ---- what fit and evaluate call ----

    def _begin(self, batches: Any, epochs: int, validation: Any) -> None:
        if not hasattr(epochs, "__index__") or epochs < 0:
            raise DTypeError(f"Loop.fit: epochs is {epochs!r}; wanted a whole number, 0 or more")
        if epochs > 1:
            refuse_used_up("batches", batches)
            refuse_used_up("validation", validation)
        self.batches, self.last_epoch, self.stop = batches, self.epoch + epochs, False
        self._move_generators()
        called = [*self.callbacks, *progress_of(self.progress)]
        called.sort(key=lambda callback: callback.last)
        self._hooks = {
            name: [getattr(callback, name) for callback in called if getattr(type(callback), name) is not base]
            for name, base in vars(Callback).items()
            if name.startswith("on_")
        }

    def _call(self, name: str) -> None:
        for hook in self._hooks[name]:
            hook(self)

    def _refuse_nan(self, seen: Gathered) -> None:
        number = None if self.allow_nan else seen.first_nan()
        if number is not None:
            raise AnomalyError(
                f"Loop.fit: the loss is NaN from batch {number} of epoch {self.epoch + 1} on; try a smaller learning "
                "rate or clipped gradients; ag.autograd.detect_anomaly() names the operation; allow_nan=True goes on"
            )


def _prefixed(part: str, found: Mapping[str, float]) -> dict[str, float]:
    return {f"{part}_{name}": value for name, value in found.items()}
