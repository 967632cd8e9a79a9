"""RMSprop."""

from __future__ import annotations

from typing import Any

from autograd_core import sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """RMSprop: steps divided by a running root mean square of the gradient.

    ``g = grad + weight_decay * p``;  ``v = α v + (1 - α) g²``;  ``d = sqrt(v) + eps``, or centred, with
    ``a = α a + (1 - α) g``, ``d = sqrt(v - a²) + eps``;  ``p = p - lr * g / d``, or with momentum
    ``b = momentum * b + g / d``, ``p = p - lr * b``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        alpha: how much of the mean square to keep.
        eps: keeps the denominator from zero.
        weight_decay: the factor of the L2 penalty's gradient.
        momentum: how much of the last step to keep.
        centered: divide by an estimate of the standard deviation instead.
        capturable, foreach: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.
        eps_inside_root: take the root of the sum with eps.

    Raises: ValueError for options outside their range.
    Source: Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012; centred: Graves, Generating
        Sequences With Recurrent Neural Networks, 2013, equations 38-45.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False, capturable: bool = False,
        foreach: bool | None = None, maximize: bool = False, differentiable: bool = False, *,
        eps_inside_root: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("alpha value", alpha)
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable,
        }  # fmt: skip
        if eps_inside_root:
            defaults["eps_inside_root"] = True
        super().__init__(params, defaults)

    @staticmethod
    def fills(*, momentum: float, centered: bool, **_: Any) -> Fills:
        """Return the state's arrays: v and, where they are used, b and a."""
        kept = {"square_avg": True, "momentum_buffer": momentum > 0, "grad_avg": centered}
        return {name: 0.0 for name, used in kept.items() if used}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, alpha: float, eps: float, weight_decay: Any,
        momentum: float, centered: bool, maximize: bool, eps_inside_root: bool = False,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        v = alpha * state["square_avg"] + (1 - alpha) * (g * g)
        made = {"step": state["step"] + 1, "square_avg": v}
        if centered:
            made["grad_avg"] = a = state["grad_avg"] + (1 - alpha) * (g - state["grad_avg"])
            v = v - a * a
        step = g / (sqrt(v + eps) if eps_inside_root else sqrt(v) + eps)
        if momentum > 0:
            made["momentum_buffer"] = step = momentum * state["momentum_buffer"] + step
        return p - lr * step, made

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, alpha: float, eps: float, weight_decay: float,
        momentum: float, centered: bool, maximize: bool, eps_inside_root: bool = False,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, small = scratch.xp, scratch.number(eps)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, v = scratch.like(p), state["square_avg"]
            g = scratch.descent(p, g, weight_decay, maximize)
            scratch.blend(v, alpha, 1 - alpha, xp.multiply(g, g, one))
            if centered:
                a = state["grad_avg"]
                scratch.blend(a, alpha, 1 - alpha, g)
                v = xp.subtract(v, xp.multiply(a, a, one), one)
            step = xp.divide(g, scratch.root(p, v, small, eps_inside_root), one)
            if momentum > 0:
                scratch.blend(state["momentum_buffer"], momentum, 1.0, step)
                step = state["momentum_buffer"]
            scratch.add_scaled(p, -lr, step)

        return write
