"""One pass over batches: what comes in is checked, what comes out is gathered on the device until the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from autograd_core.composites.joining import cat
from autograd_core.data.collating import by_method
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.randomness.generators import Generator
from autograd_core.randomness.state import fork_rng
from autograd_core.utils.modes import evaluating

__all__ = ["Gathered", "Metric", "generators_of", "moved", "pairs", "refuse_used_up", "undisturbed"]

HINT = ", as DataLoader(TensorDataset(x, y), batch_size) gives them"
ONCE = "it is an iterator, which gives its batches once; wanted a DataLoader, or a list of the batches"
Metric = Callable[[Tensor, Tensor], float]  # of the outputs and targets of a whole pass


def pairs(batches: Iterable[Any], device: Any, who: str) -> Iterator[tuple[Any, Any]]:
    """Yield each batch as (inputs, targets) on ``device``; None leaves it where it is.

    Raises: ValueError where there are no batches, TypeError for what is no pair.
    """
    batch = None
    for number, batch in enumerate(batches, 1):
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise DTypeError(f"{who}: batch {number} is {described(batch)}; wanted a pair (inputs, targets){HINT}")
        yield (batch[0], batch[1]) if device is None else (moved(batch[0], device), moved(batch[1], device))
    if batch is None:
        reason = f"; {ONCE}" if isinstance(batches, Iterator) else ""
        raise ShapeError(f"{who}: there are no batches in {type(batches).__name__}{reason}")


def refuse_used_up(name: str, batches: Any) -> None:
    """Refuse what gives its batches in the first epoch only.  Raises: TypeError."""
    if isinstance(batches, Iterator):
        raise DTypeError(f"Loop.fit: {name} is {type(batches).__name__}: {ONCE}")


def moved(value: Any, device: Any) -> Any:
    """Return a batch with its tensors on ``device``; lists, tuples and dicts are gone through."""
    if isinstance(value, Tensor):
        return value if value.device is device else value.to(device)
    return by_method(value, "to", device)


def described(value: Any) -> str:
    """Return what a value is, in a few words for an error."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return type(value).__name__


class Gathered:
    """The losses of a pass and, where there are metrics, its outputs and targets; nothing is read before the end."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = metrics
        self.losses: list[Tensor] = []
        self.sizes: list[int] = []
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add(self, outputs: Any, targets: Any, loss: Tensor) -> None:
        """Note a batch; ``loss`` has no graph."""
        self.losses.append(loss)
        self.sizes.append(_size(targets))
        if self.metrics:
            if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
                raise DTypeError(
                    f"Loop: metrics take outputs and targets as tensors; got {described(outputs)} and "
                    f"{described(targets)}; let train_step and evaluate_step return the tensor that is judged"
                )
            self.outputs.append(outputs.detach())
            self.targets.append(targets)

    @cached_property
    def batch_losses(self) -> list[float]:
        """The loss of each batch; ask at the end: here the program waits for the device."""
        return [loss.item() for loss in self.losses]

    def first_nan(self) -> int | None:
        """Return the number, from 1, of the first batch whose loss is NaN; None where all are numbers."""
        return next((number for number, loss in enumerate(self.batch_losses, 1) if math.isnan(loss)), None)

    def results(self) -> dict[str, float]:
        """Return the mean loss of an example, and the metrics of the whole pass."""
        weighted = sum(loss * size for loss, size in zip(self.batch_losses, self.sizes))
        found = {"loss": weighted / max(sum(self.sizes), 1)}
        if self.metrics:
            outputs, targets = cat(self.outputs), cat(self.targets)
            with fork_rng():  # what a metric draws
                found |= {name: float(metric(outputs, targets)) for name, metric in self.metrics.items()}
        return found


def _size(targets: Any) -> int:
    """Return how many examples a batch has: the length of its targets, or of the first of them."""
    if isinstance(targets, Tensor):
        return len(targets) if targets.ndim else 1
    if isinstance(targets, Mapping):
        targets = list(targets.values())
    return _size(targets[0]) if isinstance(targets, (list, tuple)) and targets else 1


@contextmanager
def undisturbed(model: Any, batches: Any = None) -> Iterator[None]:
    """Set evaluation mode without recording; afterwards each module's mode and the random streams are as before.

    The streams are the default generator and those of a loader, so that a validation never changes what is drawn in
    the training after it.
    """
    positions = [(generator, generator.get_state()) for generator in generators_of(batches)]
    try:
        with fork_rng(), evaluating(model), no_grad():
            yield
    finally:
        for generator, position in positions:
            generator.set_state(position)


def generators_of(batches: Any) -> list[Generator]:
    """Return the generators of a loader and its samplers, each once; none of what has no such attributes."""
    found: list[Generator] = []
    for holder in (batches, *_samplers_of(batches)):
        generator = getattr(holder, "generator", None)
        if isinstance(generator, Generator) and not any(generator is other for other in found):
            found.append(generator)
    return found


def _samplers_of(holder: Any) -> Iterator[Any]:
    for name in ("sampler", "batch_sampler"):
        inner = getattr(holder, name, None)
        if inner is not None:
            yield inner
            yield from _samplers_of(inner)
