"""Pruning: weights that matter little are set to 0 by a mask, and stay so in training.

Each function prunes one parameter of a module, in place, and returns the module: ``weight`` becomes
``weight_orig * weight_mask``, of which the first is the parameter and the second a buffer, computed anew before each
call.  Pruning again prunes of what is left.  ``remove`` makes the pruned weight a plain parameter.

``amount`` is everywhere a fraction (a float in [0, 1]) or a number (an int).

Source: Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015, section 3.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from .convert_parameters import parameters_to_vector
from .pre_hooks import pre_hook, take_away
from .pruning_methods import BasePruningMethod, PruningContainer, channels_of, check_amount, combined, count_of

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip

M = TypeVar("M", bound=Module)


class Identity(BasePruningMethod):
    """Prune nothing: a mask of ones, to be changed later."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return ``default_mask``."""
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> BasePruningMethod:  # type: ignore[override]
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """Prune a number of single elements: those that ``_least`` chooses."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return ``default_mask`` with the chosen elements set to 0."""
        count = count_of(self.amount, t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self._least(t.detach().reshape(-1), count)] = 0
        return mask

    @abstractmethod
    def _least(self, t: Tensor, count: int) -> Tensor:
        """Return the positions of the ``count`` elements to prune."""


class RandomUnstructured(_Unstructured):
    """Prune elements at random."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return ag.topk(ag.rand_like(t), count).indices

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> BasePruningMethod:  # type: ignore[override]
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prune the elements with the smallest absolute values."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return ag.topk(t.abs(), count, largest=False).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(BasePruningMethod):
    """Prune a number of slices along one dimension: of those, ``_most`` are left."""

    PRUNING_TYPE = "structured"
    amount: float
    dim: int

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return ``default_mask`` with the chosen slices set to 0."""
        size = channels_of(t, self.dim)
        count = count_of(self.amount, size)
        if not count:
            return default_mask
        mask = ag.zeros_like(t)
        mask.index_fill_(self.dim, self._most(t.detach(), size, size - count), 1)
        return mask * default_mask.to(dtype=mask.dtype)

    @abstractmethod
    def _most(self, t: Tensor, size: int, count: int) -> Tensor:
        """Return the positions of the ``count`` slices to leave."""


class RandomStructured(_Structured):
    """Prune slices along ``dim`` at random."""

    def __init__(self, amount: float, dim: int = -1) -> None:
        check_amount(amount)
        self.amount = amount
        self.dim = dim

    def _most(self, t: Tensor, size: int, count: int) -> Tensor:
        return ag.topk(ag.rand(size, device=t.device), count).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> BasePruningMethod:
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prune the slices along ``dim`` with the smallest norm of order ``n``, one that ``ag.norm`` takes."""

    def __init__(self, amount: float, n: float | str, dim: int = -1) -> None:
        check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def _most(self, t: Tensor, size: int, count: int) -> Tensor:
        others = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        return ag.topk(ag.norm(t, self.n, others), count).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, n: float | str, dim: int,
        importance_scores: Tensor | None = None,
    ) -> BasePruningMethod:  # fmt: skip
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prune what is 0 in a given mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the product of both masks."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> BasePruningMethod:  # type: ignore[override]
        """Prune ``module``'s parameter ``name``."""
        return super().apply(module, name, mask=mask)


def identity(module: M, name: str) -> M:
    """Prune nothing yet: hang a mask of ones on the parameter ``name``."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Prune elements of the parameter ``name`` at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: M, name: str, amount: float, importance_scores: Tensor | None = None) -> M:
    """Prune the elements of the parameter ``name`` with the smallest absolute values, or smallest scores."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Prune slices along ``dim`` of the parameter ``name`` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: M, name: str, amount: float, n: float | str, dim: int, importance_scores: Tensor | None = None
) -> M:
    """Prune the slices along ``dim`` of the parameter ``name`` with the smallest norm of order ``n``."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune the elements of the parameter ``name`` that are 0 in ``mask``."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: Any,
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one tensor: layers that matter less lose more.

    Args:
        parameters: pairs of module and name.
        pruning_method: a class such as ``L1Unstructured``.
        importance_scores: of the elements, by pair of module and name; by default the parameters.
        kwargs: for the method, such as ``amount``.

    Raises: TypeError where the parameters are not iterable, the scores no dict, or the method is not unstructured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. '
            f"Found method {pruning_method} of type {method.PRUNING_TYPE}"
        )
    listed = list(parameters)
    tensors = [getattr(module, name) for module, name in listed]
    held = [getattr(module, f"{name}_mask", ag.ones_like(t)) for (module, name), t in zip(listed, tensors)]
    ranked = parameters_to_vector([scores.get(where, t) for where, t in zip(listed, tensors)])
    masks = combined(method, ranked, parameters_to_vector(held)).split([t.numel() for t in tensors])
    for (module, name), tensor, mask in zip(listed, tensors, masks):
        custom_from_mask(module, name, mask.reshape(tensor.shape))


def remove(module: M, name: str) -> M:
    """Make the pruned parameter ``name`` a plain one, with the pruned elements 0; return ``module``.

    Raises: ValueError where it is not pruned.
    """
    hook: BasePruningMethod | None = pre_hook(module, BasePruningMethod, "_tensor_name", name)
    if hook is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    hook.remove(module)
    take_away(module, hook)
    return module


def is_pruned(module: Module) -> bool:
    """Return whether a parameter of ``module``, or of a module below it, is pruned."""
    return any(
        isinstance(hook.function, BasePruningMethod)
        for each in module.modules()
        for hook in each._hooks_of("forward_pre")
    )
