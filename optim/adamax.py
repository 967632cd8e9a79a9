"""Adamax."""

from __future__ import annotations

from typing import Any

from autograd_core import abs, maximum
from autograd_core.engine.tensor import Tensor

from .checks import check_fractions, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adamax: Adam with the infinity norm of the gradients in the place of their mean square.

    ``g = grad + weight_decay * p``;  ``m = β1 m + (1 - β1) g``;  ``u = max(β2 u, |g| + eps)``;
    ``p = p - lr / (1 - β1^t) * m / u``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1 and β2.
        eps: keeps the denominator from zero.
        weight_decay: the factor of the L2 penalty's gradient.
        foreach, capturable: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 2 (with eps, as in PyTorch).
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_fractions(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: m and u."""
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[float, float], eps: float, weight_decay: Any,
        maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        beta1, beta2 = betas
        t = state["step"] + 1
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        m = state["exp_avg"] + (1 - beta1) * (g - state["exp_avg"])
        u = maximum(beta2 * state["exp_inf"], abs(g) + eps)
        return p - lr / (1 - beta1**t) * (m / u), {"step": t, "exp_avg": m, "exp_inf": u}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, (beta1, beta2) = scratch.xp, betas
        rate, keep, small = lr / (1 - beta1 ** (count + 1)), scratch.number(beta2), scratch.number(eps)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, m, u = scratch.like(p), state["exp_avg"], state["exp_inf"]
            g = scratch.descent(p, g, weight_decay, maximize)
            scratch.blend(m, beta1, 1 - beta1, g)
            size = xp.add(xp.abs(g, one), small, one)
            xp.maximum(xp.multiply(u, keep, u), size, out=u)
            scratch.add_scaled(p, -rate, xp.divide(m, u, one))

        return write
