"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .checks import check_forms, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

    ``g = grad + weight_decay * p``;  ``b = momentum * b + (1 - dampening) * g`` (at first ``b = g``);
    ``p = p - lr * b``, or with Nesterov ``p = p - lr * (g + momentum * b)``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        momentum: how much of the last step to keep.
        dampening: how much of the gradient to leave out of the momentum.
        weight_decay: the factor of the L2 penalty's gradient.
        nesterov: look ahead along the momentum; needs momentum and no dampening.
        maximize: climb instead.
        foreach, fused: PyTorch's choice of kernels; accepted, without effect.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013, in
        PyTorch's form (the learning rate outside the velocity).
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float | Tensor = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_forms(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(*, momentum: float, **_: Any) -> Fills:
        """Return the state's array: with momentum, a buffer that begins as the first gradient."""
        return {"momentum_buffer": None} if momentum != 0 else {}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, momentum: float, dampening: float, weight_decay: Any,
        nesterov: bool, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        if momentum == 0:
            return p - lr * g, {}
        b = state.get("momentum_buffer")
        b = g if b is None else momentum * b + (1 - dampening) * g
        return p - lr * (g + momentum * b if nesterov else b), {"momentum_buffer": b}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, momentum: float, dampening: float, weight_decay: float,
        nesterov: bool, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, keep = scratch.xp, scratch.number(momentum)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            g = scratch.descent(p, g, weight_decay, maximize)
            if momentum != 0:
                b = xp.multiply(state["momentum_buffer"], keep, state["momentum_buffer"])
                scratch.add_scaled(b, 1 - dampening, g)
                one = scratch.like(p)
                g = xp.add(g, xp.multiply(b, keep, one), one) if nesterov else b
            scratch.add_scaled(p, -lr, g)

        return write
