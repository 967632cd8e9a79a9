"""Weight normalisation by a hook: the weight is computed before each call, from ``weight_g`` and ``weight_v``."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from autograd_core import Tensor
from autograd_core.engine.blame import stacklevel

from ..base.module import Module
from ..parameter import Parameter, is_lazy
from .normed import norm_except_dim, weight_of
from .pre_hooks import pre_hook, take_away

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class WeightNorm:
    """The hook that computes the tensor ``name`` of a module as ``g * v / ||v||``."""

    def __init__(self, name: str, dim: int | None) -> None:
        """``dim``: each slice along it has a length of its own; None (or -1): one length for all."""
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """Return ``g * v / ||v||``."""
        return weight_of(getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"), self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        """Hang such a hook on ``module`` and return it."""
        if pre_hook(module, WeightNorm, "name", name):
            raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        weight, hook = getattr(module, name), WeightNorm(name, dim)
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying weight normalization"
            )
        g = Parameter(norm_except_dim(weight.detach(), hook.dim))
        del module._parameters[name]
        module.register_parameter(f"{name}_g", g)
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        hook(module)
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Module) -> None:
        """Make the tensor a parameter of ``module`` again."""
        weight = self.compute_weight(module)
        for name in (self.name, f"{self.name}_g", f"{self.name}_v"):
            delattr(module, name)
        setattr(module, self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any = ()) -> None:
        """Compute the tensor."""
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: M, name: str = "weight", dim: int = 0) -> M:
    """Train the lengths and the directions of a weight apart: ``weight = g * v / ||v||``; return ``module``.

    The parameters are ``weight_g`` and ``weight_v``, and a hook computes the weight before each call; the form of
    ``nn.utils.parametrizations`` does so whenever it is read.  As in PyTorch it warns that it is the older one.

    Args:
        module: the layer.
        name: of its weight.
        dim: each slice along this dimension has a length of its own; None (or -1): one length for all.

    Raises: RuntimeError where it is weight-normalised already; ValueError where it has no shape yet.
    Source: Salimans and Kingma, Weight Normalization, NeurIPS 2016, equation 2.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=stacklevel(),
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make a weight-normalised tensor a plain parameter again; return ``module``.

    Raises: ValueError where it is none.
    """
    hook = pre_hook(module, WeightNorm, "name", name)
    if hook is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    hook.remove(module)
    take_away(module, hook)
    return module
