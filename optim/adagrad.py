"""Adagrad."""

from __future__ import annotations

from typing import Any

from autograd_core import sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_forms, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Adagrad: steps divided by the root of the sum of all squared gradients.

    ``g = grad + weight_decay * p``;  ``s = s + g²``;  ``p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        lr_decay: how fast the learning rate falls.
        weight_decay: the factor of the L2 penalty's gradient.
        initial_accumulator_value: where the sum begins.
        eps: keeps the denominator from zero.
        foreach, fused: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.
        eps_inside_root: take the root of the sum with eps.

    The state is there from the beginning, as in PyTorch.

    Raises: ValueError for options outside their range.
    Source: Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization,
        JMLR 2011.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
        eps_inside_root: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("lr_decay value", lr_decay)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("initial_accumulator_value value", initial_accumulator_value)
        check_not_negative("epsilon value", eps)
        check_forms(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        if eps_inside_root:
            defaults["eps_inside_root"] = True
        super().__init__(params, defaults)
        for group in self.param_groups:
            self._settle(group["params"], self.layout_of(group))

    @staticmethod
    def fills(*, initial_accumulator_value: float, **_: Any) -> Fills:
        """Return the state's array: the sum of squares."""
        return {"sum": float(initial_accumulator_value)}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, lr_decay: float, weight_decay: Any, eps: float,
        maximize: bool, eps_inside_root: bool = False, **_: Any,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        s = state["sum"] + g * g
        rate = lr / (1 + state["step"] * lr_decay)
        denominator = sqrt(s + eps) if eps_inside_root else sqrt(s) + eps
        return p - rate * (g / denominator), {"step": state["step"] + 1, "sum": s}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, lr_decay: float, weight_decay: float, eps: float,
        maximize: bool, eps_inside_root: bool = False, **_: Any,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, small, rate = scratch.xp, scratch.number(eps), lr / (1 + count * lr_decay)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one = scratch.like(p)
            g = scratch.descent(p, g, weight_decay, maximize)
            s = xp.add(state["sum"], xp.multiply(g, g, one), state["sum"])
            denominator = scratch.root(p, s, small, eps_inside_root)
            scratch.add_scaled(p, -rate, xp.divide(g, denominator, one))

        return write
