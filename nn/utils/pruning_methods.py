"""Pruning methods: what computes the mask of a tensor, hangs as a hook on its module, and combines with later ones."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from .pre_hooks import pre_hook, take_away

__all__ = ["BasePruningMethod", "PruningContainer"]


class BasePruningMethod(ABC):
    """Base class of pruning methods; as a hook it computes ``weight = weight_orig * weight_mask`` before each call.

    A subclass defines ``compute_mask`` and ``PRUNING_TYPE``, which says of what it is shown where the tensor was
    pruned before: ``"unstructured"``: the elements that are left; ``"structured"``: the slices along its ``dim`` of
    which something is left; ``"global"``: the whole tensor.
    """

    _tensor_name: str = ""
    PRUNING_TYPE: str

    def __call__(self, module: Module, inputs: Any = ()) -> None:
        """Compute the pruned tensor."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return a mask of ones and zeros: ``default_mask`` with what is now to be pruned set to 0.

        ``t``: the importance of each element, by default the tensor itself.
        """

    def apply_mask(self, module: Module) -> Tensor:
        """Return the tensor of ``module`` that this prunes, pruned.

        Raises: AssertionError where it prunes none.
        """
        if not self._tensor_name:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune the parameter ``name`` of ``module`` by ``cls(*args, **kwargs)``; return the hook that it now has.

        Where an error is raised, nothing was changed.
        """
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        tensor = getattr(module, name)
        scores = _scores(importance_scores, tensor, f"parameter {name} of {module}")
        held: BasePruningMethod | None = pre_hook(module, BasePruningMethod, "_tensor_name", name)
        if held is None:
            mask = _checked(method.compute_mask(scores, default_mask=ag.ones_like(tensor)), tensor, method)
            module.register_parameter(f"{name}_orig", tensor)
            del module._parameters[name]
            hook = method
        else:
            mask = combined(method, scores, getattr(module, f"{name}_mask").detach().clone())
            hook = held if isinstance(held, PruningContainer) else PruningContainer(held)
            hook.add_pruning_method(method)
            take_away(module, held)
        module.register_buffer(f"{name}_mask", mask)
        hook(module)
        module.register_forward_pre_hook(hook)
        return hook

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """Return ``t`` pruned; no module is needed.

        Args:
            t: the tensor.
            default_mask: what is left of it by earlier pruning; by default all.
            importance_scores: the importance of each element; by default ``t``.
        """
        scores = _scores(importance_scores, t, "tensor t")
        return t * self.compute_mask(scores, default_mask=ag.ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Module) -> None:
        """Make the tensor, pruned as it is, a plain parameter of ``module`` again.

        Raises: AssertionError where it prunes none.
        """
        pruned, name = self.apply_mask(module), self._tensor_name
        original = module._parameters[f"{name}_orig"]
        for each in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, each)
        original.data = pruned.detach()
        setattr(module, name, original)


def _scores(given: Tensor | None, tensor: Tensor, what: str) -> Tensor:
    if given is None:
        return tensor
    if given.shape != tensor.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as {what}, got {given.shape} vs {tensor.shape}"
        )
    return given


def _checked(mask: Any, tensor: Tensor, method: BasePruningMethod) -> Tensor:
    if not isinstance(mask, Tensor) or mask.shape != tensor.shape:
        came = f"a mask of shape {tuple(mask.shape)}" if isinstance(mask, Tensor) else type(mask).__name__
        wanted = f"a mask of shape {tuple(tensor.shape)}"
        raise ValueError(f"{type(method).__name__}.compute_mask: returned {came}; wanted {wanted}")
    return mask


class PruningContainer(BasePruningMethod):
    """Pruning methods that were applied to the same tensor one after the other.

    Args:
        args: the methods, or one iterable of them.
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if len(args) == 1 and not isinstance(args[0], BasePruningMethod) else args
        for method in methods:
            self._tensor_name = self._tensor_name or getattr(method, "_tensor_name", "")
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add a method at the end.

        Raises: TypeError where it is none; ValueError where it prunes another tensor.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to "
                f"PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return ``default_mask`` with what the last method prunes of the rest set to 0."""
        return combined(self._pruning_methods[-1], t, default_mask)


def combined(method: BasePruningMethod, t: Tensor, mask: Tensor) -> Tensor:
    """Return ``mask`` with what ``method`` prunes of the rest of ``t`` set to 0."""
    rest = _rest(method, t, mask)
    new_mask = mask.clone().to(dtype=t.dtype)
    new_mask[rest] = method.compute_mask(t[rest], default_mask=mask[rest]).to(dtype=t.dtype)
    return new_mask


def _rest(method: BasePruningMethod, t: Tensor, mask: Tensor) -> Any:
    """Return the index of those elements of ``t`` of which the method's type lets it choose."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "global":
        return ()
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
    dim = method.dim + t.ndim if method.dim < 0 else method.dim
    if dim < 0:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
    left = mask.sum(dim=[d for d in range(t.ndim) if d != dim]) != 0
    return (slice(None),) * dim + (left,)


# ---- how much to prune ----


def check_amount(amount: Any) -> None:
    """Raise where ``amount`` is neither a fraction (a float in [0, 1]) nor a number of units (an int from 0).

    Raises: TypeError where it is no number, ValueError where it is out of range.
    """
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if not 0 <= float(amount) <= (math.inf if isinstance(amount, numbers.Integral) else 1.0):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def count_of(amount: Any, size: int) -> int:
    """Return how many of ``size`` units to prune.

    Raises: ValueError where there are not as many.
    """
    count = int(amount) if isinstance(amount, numbers.Integral) else round(amount * size)
    if count > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return count


def channels_of(t: Tensor, dim: int) -> int:
    """Return the size of a tensor along the dimension whose slices are to be pruned.

    Raises: ValueError where it has fewer than two dimensions; IndexError where it has not this one.
    """
    if t.ndim <= 1:
        raise ValueError(
            f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with "
            f"{t.ndim} dims"
        )
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    return t.shape[dim]
