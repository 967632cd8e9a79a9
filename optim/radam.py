"""RAdam."""

from __future__ import annotations

from typing import Any

from autograd_core import sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_fractions, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["RAdam"]


class RAdam(Optimizer):
    """RAdam: Adam that trusts its mean square only once enough gradients are in it.

    ``g = grad + weight_decay * p``;  ``m = β1 m + (1 - β1) g``;  ``v = β2 v + (1 - β2) g²``;
    ``ρ∞ = 2 / (1 - β2) - 1``;  ``ρ = ρ∞ - 2 t β2^t / (1 - β2^t)``;  ``m̂ = m / (1 - β1^t)``.
    While ``ρ <= 5``: ``p = p - lr * m̂``.  Then ``p = p - lr * r * sqrt(1 - β2^t) * m̂ / (sqrt(v) + eps)`` with
    ``r = sqrt((ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ))``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1 and β2.
        eps: keeps the denominator from zero.
        weight_decay: the factor of the L2 penalty's gradient.
        decoupled_weight_decay: shrink the parameter by ``1 - lr * weight_decay`` instead (RAdamW).
        foreach, capturable: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, ICLR 2020, algorithm 2 (with eps and
        the threshold 5, as in PyTorch).
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_fractions(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: m and v."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[float, float], eps: float, weight_decay: Any,
        decoupled_weight_decay: bool, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        beta1, beta2 = betas
        t = state["step"] + 1
        if maximize:
            g = -g
        if weight_decay != 0 and decoupled_weight_decay:
            p = p * (1 - lr * weight_decay)
        elif weight_decay != 0:
            g = g + weight_decay * p
        m = state["exp_avg"] + (1 - beta1) * (g - state["exp_avg"])
        v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        rate, trust = lr / (1 - beta1**t), rectification(t, beta2)
        step = rate * m if trust is None else rate * trust * (m / (sqrt(v) + eps))
        return p - step, {"step": t, "exp_avg": m, "exp_avg_sq": v}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, decoupled_weight_decay: bool, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        xp, (beta1, beta2) = scratch.xp, betas
        rate, trust = lr / (1 - beta1 ** (count + 1)), rectification(count + 1, beta2)
        small, shrink = map(scratch.number, (eps, 1 - lr * weight_decay))
        coupled, decoupled = (0.0, weight_decay) if decoupled_weight_decay else (weight_decay, 0.0)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, m, v = scratch.like(p), state["exp_avg"], state["exp_avg_sq"]
            g = scratch.descent(p, g, coupled, maximize)
            if decoupled != 0:
                xp.multiply(p, shrink, p)
            scratch.blend(m, beta1, 1 - beta1, g)
            scratch.blend(v, beta2, 1 - beta2, xp.multiply(g, g, one))
            if trust is None:
                scratch.add_scaled(p, -rate, m)
            else:
                denominator = xp.add(xp.sqrt(v, one), small, one)
                scratch.add_scaled(p, -rate * trust, xp.divide(m, denominator, one))

        return write


def rectification(t: float, beta2: float) -> float | None:
    """Return ``r * sqrt(1 - β2^t)``; None while ``ρ <= 5``, where the variance of the mean square is unknown."""
    most, correction = 2 / (1 - beta2) - 1, 1 - beta2**t
    length = most - 2 * t * beta2**t / correction
    if length <= 5:
        return None
    of_length = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
    return float((of_length * correction) ** 0.5)
