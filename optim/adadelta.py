"""Adadelta."""

from __future__ import annotations

from typing import Any

from autograd_core import sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_fraction, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Adadelta: steps in the units of the parameter, from running mean squares of gradients and of steps.

    ``g = grad + weight_decay * p``;  ``v = ρ v + (1 - ρ) g²``;  ``Δ = sqrt(u + eps) / sqrt(v + eps) * g``;
    ``u = ρ u + (1 - ρ) Δ²``;  ``p = p - lr * Δ``.

    Args:
        params: parameters, named parameters, or groups.
        lr: what the steps are multiplied by, a number or a Tensor of one element.
        rho: ρ, how much of the mean squares to keep.
        eps: keeps the roots from zero; the first steps are of its size.
        weight_decay: the factor of the L2 penalty's gradient.
        foreach, capturable: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, algorithm 1.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_fraction("rho value", rho)
        check_not_negative("epsilon value", eps)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: v and u."""
        return {"square_avg": 0.0, "acc_delta": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, rho: float, eps: float, weight_decay: Any, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        u = state["acc_delta"]
        v = rho * state["square_avg"] + (1 - rho) * (g * g)
        delta = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * (delta * delta)
        return p - lr * delta, {"step": state["step"] + 1, "square_avg": v, "acc_delta": u}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place, and one root of the quotient for two."""
        xp, small = scratch.xp, scratch.number(eps)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, two, v, u = scratch.like(p), scratch.spare(p), state["square_avg"], state["acc_delta"]
            g = scratch.descent(p, g, weight_decay, maximize)
            scratch.blend(v, rho, 1 - rho, xp.multiply(g, g, one))
            ratio = xp.divide(xp.add(u, small, one), xp.add(v, small, two), one)
            delta = xp.multiply(xp.sqrt(ratio, one), g, one)
            scratch.blend(u, rho, 1 - rho, xp.multiply(delta, delta, two))
            scratch.add_scaled(p, -lr, delta)

        return write
