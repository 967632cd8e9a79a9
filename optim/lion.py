"""Lion."""

from __future__ import annotations

from typing import Any

from autograd_core import sign
from autograd_core.engine.tensor import Tensor

from .checks import check_betas, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Lion"]


class Lion(Optimizer):
    """Lion: steps of one size, in the direction of the sign of a running mean of the gradient.

    ``u = sign(β1 m + (1 - β1) g)``;  ``p = p - lr * (u + weight_decay * p)``;  ``m = β2 m + (1 - β2) g``.

    Every element moves by ``lr``, so that the rate is to be 3 to 10 times smaller than Adam's, and the decay larger.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1, for the step, and β2, for the mean that is kept; both floats or both Tensors of one element.
        weight_decay: shrink the parameter by ``1 - lr * weight_decay`` in each step.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Chen et al., Symbolic Discovery of Optimization Algorithms, NeurIPS 2023, algorithm 2.
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-4,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.99), weight_decay: float = 0, *,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_betas(betas, foreach=False, capturable=False)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's array: m."""
        return {"exp_avg": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[Any, Any], weight_decay: Any, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        (beta1, beta2), m = betas, state["exp_avg"]
        if maximize:
            g = -g
        u = sign(beta1 * m + (1 - beta1) * g)
        if weight_decay != 0:
            p = p * (1 - lr * weight_decay)
        return p - lr * u, {"exp_avg": beta2 * m + (1 - beta2) * g}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, betas: tuple[float, float], weight_decay: float,
        maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, (beta1, beta2) = scratch.xp, betas
        keep, shrink = scratch.number(beta1), 1 - lr * weight_decay

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            m, g = state["exp_avg"], scratch.descent(p, g, 0.0, maximize)
            u = xp.multiply(m, keep, scratch.like(p))
            scratch.add_scaled(u, 1 - beta1, g)
            u = xp.sign(u, scratch.spare(p))  # NumPy's sign is slow onto its own argument
            scratch.blend(p, shrink, -lr, u)
            scratch.blend(m, beta2, 1 - beta2, g)

        return write
