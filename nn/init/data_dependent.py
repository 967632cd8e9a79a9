"""Weights scaled by what they make of a batch of data."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.blame import stacklevel

from .orthonormal import orthogonal_

if TYPE_CHECKING:
    from nn.base.module import Module

__all__ = ["lsuv_"]

M = TypeVar("M", bound="Module")


def lsuv_(
    model: M,
    batch: Any,
    tol: float = 0.1,
    max_iterations: int = 10,
    *,
    orthonormal: bool = True,
    generator: Generator | None = None,
) -> M:
    """Draw each layer's weight orthonormal, and divide it by its outputs' standard deviation until that is 1.

    The layers are the Linear and convolution layers (all with a ``weight`` and ``in_features`` or ``in_channels``), in
    the order in which ``model(batch)`` calls them: when one is reached, all before it are done, so that a single pass
    sees to all.  The pass is in evaluation mode, so that dropout and running statistics take no part.  Biases stay, and
    so do weights that a layer of another kind shares (an embedding's) or that are computed from others (weight
    normalisation).

    Args:
        model: Any module.
        batch: A tensor, a tuple of the model's arguments, or a dict of its keyword arguments: some dozens of examples.
        tol: How far from 1 a variance may be.
        max_iterations: How often a weight is divided at most; a bias makes more than one time necessary.
        orthonormal: False scales the weights that the model has.
        generator: Where the orthonormal weights are drawn from.

    Raises: ValueError where the model calls no such layer, or outputs have no positive and finite variance.  After an
    error, of the model's forward too, the weights are as they were.
    Source: Mishkin and Matas, All you need is a good init, algorithm 1.
    """
    if not tol > 0 or max_iterations < 1:
        raise ValueError(f"lsuv_: got tol={tol}, max_iterations={max_iterations}; wanted positive numbers")
    scaling = _Scaling(tol, max_iterations, orthonormal, generator)
    layers = _scalable(model)
    modes = [(module, module.training) for module in model.modules()]
    handles = [layer.register_forward_hook(scaling.see_to(name), prepend=True, with_kwargs=True)
               for name, layer in layers]  # fmt: skip
    try:
        for module, _ in modes:
            module.training = False
        with ag.no_grad():
            _call(model, batch)
        if not scaling.before:
            raise ValueError(f"lsuv_: {type(model).__name__} calls no Linear or convolution layer of its own")
    except BaseException:
        scaling.undo()
        raise
    finally:
        for module, mode in modes:
            module.training = mode
        for handle in handles:
            handle.remove()
    return model


def _scalable(model: Module) -> list[tuple[str, Any]]:
    """Return the layers with a weight of their own by name."""
    others = {id(p) for m in model.modules() if not _is_linear(m) for p in m.parameters(recurse=False)}
    return [(name, m) for name, m in model.named_modules() if _is_linear(m) and id(m.weight) not in others]


def _is_linear(module: Module) -> bool:
    """Return whether it is a Linear or convolution layer, known by what all of them have: their rooms need this one."""
    return "weight" in module._parameters and (hasattr(module, "in_features") or hasattr(module, "in_channels"))


def _call(model: Module, batch: Any) -> None:
    if isinstance(batch, dict):
        model(**batch)
    else:
        model(*(batch if isinstance(batch, tuple | list) else (batch,)))


class _Scaling:
    """The work of the hooks, and the weights as they were before."""

    def __init__(self, tol: float, max_iterations: int, orthonormal: bool, generator: Generator | None) -> None:
        self.tol, self.max_iterations, self.orthonormal, self.generator = tol, max_iterations, orthonormal, generator
        self.before: dict[int, tuple[Tensor, Tensor]] = {}

    def see_to(self, name: str) -> Any:
        """Return the hook of one layer, which scales the weight at its first call and replaces the output."""

        def hook(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Tensor) -> Tensor:
            if id(layer.weight) in self.before:
                return output
            self.before[id(layer.weight)] = (layer.weight, layer.weight.clone())
            if self.orthonormal:
                orthogonal_(layer.weight, generator=self.generator)
                output = layer.forward(*args, **kwargs)
            for _ in range(self.max_iterations):
                variance = _variance(name, output)
                if abs(variance - 1) < self.tol:
                    return output
                layer.weight.div_(math.sqrt(variance))
                output = layer.forward(*args, **kwargs)
            self._doubt(name, _variance(name, output))
            return output

        return hook

    def _doubt(self, name: str, variance: float) -> None:
        if abs(variance - 1) >= self.tol:
            warnings.warn(
                f"lsuv_: after {self.max_iterations} iterations the outputs of layer '{name}' have variance "
                f"{variance:.3g}; wanted 1 within {self.tol} (its bias may have more than that)",
                stacklevel=stacklevel(),
            )

    def undo(self) -> None:
        """Give each weight its old value."""
        with ag.no_grad():
            for weight, old in self.before.values():
                weight.copy_(old)


def _variance(name: str, output: Tensor) -> float:
    variance = float(output.var(correction=0))
    if not 0 < variance < math.inf:
        raise ValueError(
            f"lsuv_: the outputs of layer '{name}' have variance {variance}; wanted a positive number (does the batch "
            "have several examples, and numbers that differ?)"
        )
    return variance
