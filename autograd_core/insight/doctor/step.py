"""One training step as the doctor sees it: the graph of the loss, its own gradients, and what the optimiser would do.

Nothing is changed: the gradients are computed with the graph kept and without touching any ``.grad``, the update by a
copy of the optimiser.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.engine import backward
from autograd_core.engine.modes import is_grad_enabled
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import GraphError
from autograd_core.insight.doctor.lines import place
from autograd_core.insight.doctor.paths import Paths, is_weight
from autograd_core.insight.graphs.graph import Stats


class Step:
    """A model, a loss with its graph, and the optimisers (none, one or several)."""

    def __init__(self, model: Any, loss: Tensor, optimizers: tuple[Any, ...]) -> None:
        """Walk the graph of ``loss``; gradients and updates are computed when a check asks for them."""
        self.model = model
        self.loss = loss
        self.optimizers = optimizers
        self.paths = Paths(loss._node)
        self.names = {id(p): name for name, p in model.named_parameters()}
        self.modules = {id(module): path for path, module in model.named_modules()}
        self.untried = ""  # why an optimiser's step could not be taken on a copy
        self.kept: dict[int, Tensor] = {}  # the tensors that gather a gradient, by the id of their leaf
        for leaf in self.paths.leaves:
            tensor = leaf.tensor_ref()
            if tensor is not None:
                self.kept[id(leaf)] = tensor

    @property
    def evaluation(self) -> bool:
        """Whether no training is meant: the loss has no graph, and recording is off or there is no optimiser."""
        return self.loss._node is None and (not self.optimizers or not is_grad_enabled())

    # ---- parameters ----

    @cached_property
    def optimized(self) -> dict[int, Tensor]:
        """The optimisers' parameters, by id."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        return {id(p): p for group in groups for p in group["params"]}

    @cached_property
    def reached(self) -> frozenset[int]:
        """The ids of the tensors that the loss's gradient reaches."""
        return frozenset(id(tensor) for tensor in self.kept.values())

    def name_of(self, tensor: Tensor) -> str:
        """Return the dotted path of a parameter, or its shape where the model does not know it."""
        return self.names.get(id(tensor)) or f"a tensor of shape {tuple(tensor.shape)}"

    @cached_property
    def weights(self) -> list[Tensor]:
        """The reached tensors of at least two dimensions, in the order in which the forward pass last used them."""
        last: dict[int, int] = {}
        for i, node in enumerate(self.paths.operations):
            for parent in node.parents:
                if is_weight(parent):
                    last[id(parent)] = i
        return [self.kept[key] for key in sorted(last, key=last.__getitem__) if key in self.kept]

    def first_use(self, tensors: Iterable[Tensor]) -> str:
        """Return the line of the first operation that took one of ``tensors``."""
        wanted = {id(tensor) for tensor in tensors}
        for node in self.paths.operations:
            if any(id(self.kept.get(id(parent))) in wanted for parent in node.parents):
                return place(node)["line"]
        return ""

    # ---- what was computed ----

    @cached_property
    def value(self) -> float:
        """The loss as a number; read from the array, so that no cut of the graph is noted."""
        return float(self.loss._array.sum())

    @cached_property
    def finite(self) -> bool:
        """Whether the loss is a number."""
        return math.isfinite(self.value)

    @cached_property
    def failure(self) -> str:
        """What a backward pass would raise; "" where it runs."""
        return self._walked[1]

    @cached_property
    def gradients(self) -> dict[int, Any]:
        """The arrays of this loss's own gradient by the tensor's id; of a freed graph, what lies in ``.grad``."""
        return self._walked[0]

    @cached_property
    def _walked(self) -> tuple[dict[int, Any], str]:
        tensors = list(self.kept.values())
        if self.loss._node is None:
            return {}, ""
        if self.paths.freed:
            return {id(t): t._grad._array for t in tensors if t._grad is not None}, ""
        kept = [extra.retained() for node in self.paths.operations if (extra := node.extra) and extra.retained]
        before = [(tensor, tensor._grad) for tensor in kept if tensor is not None]
        try:
            array = self.loss._array
            share = module_of(array).full_like(array, 1 / max(array.size, 1))
            roots = backward.start([self.loss], [wrap(share)], "doctor")
            found = backward.gradients(roots, tensors, retain=True, record=False)
        except GraphError as error:
            return {}, str(error)
        finally:
            for tensor, grad in before:
                tensor._grad = grad
        return {id(t): g._array for t, g in zip(tensors, found, strict=True) if g is not None}, ""

    @cached_property
    def sound(self) -> bool:
        """Whether loss and gradients are numbers, so that it makes sense to compare their sizes."""
        return self.finite and not self.failure and not any(map(is_bad, self.gradients.values()))

    @cached_property
    def changes(self) -> dict[int, Any]:
        """What the optimisers would add to each of their parameters that has a gradient, by the parameter's id."""
        found: dict[int, Any] = {}
        for optimizer in self.optimizers:
            name = type(optimizer).__name__
            if _needs_closure(optimizer):
                self.untried = f"{name}.step wants a closure"
                continue
            try:
                found.update(self._changes_by(optimizer))
            except Exception as error:  # an optimiser of the user's may do anything, and need not work on a copy
                self.untried = f"a copy of {name} could not step: {type(error).__name__}: {error}"
        return found

    def _changes_by(self, optimizer: Any) -> Iterator[tuple[int, Any]]:
        """Take the step on a copy: its parameters and its state are the copy's own."""
        trial = _copied(optimizer)
        pairs = []
        for group, copied in zip(optimizer.param_groups, trial.param_groups, strict=True):
            for p, q in zip(group["params"], copied["params"], strict=True):
                g = self.gradients.get(id(p))
                q._grad = None if g is None else wrap(g.copy())
                pairs += [] if g is None else [(p, q)]
        trial.step()
        for p, q in pairs:
            yield id(p), q._array - p._array


def is_bad(array: Any) -> bool:
    """Whether an array of floats holds NaN or Inf; integers and None never do."""
    if array is None or (array.dtype.kind not in "fc" and array.dtype.name != "bfloat16"):
        return False
    stats = Stats.of(array)
    return bool(stats.nans or stats.infs)


def _copied(optimizer: Any) -> Any:
    """Return a deep copy with what subclasses of users add to an optimiser, which its pickled form leaves out."""
    memo: dict[int, Any] = {}
    trial = copy.deepcopy(optimizer, memo)
    for name, value in vars(optimizer).items():
        if name not in vars(trial):
            vars(trial)[name] = copy.deepcopy(value, memo)
    vars(trial).update(_step_pre={}, _step_post={})
    return trial


def _needs_closure(optimizer: Any) -> bool:
    """Whether ``step`` computes the loss again by itself, as LBFGS's does."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty
