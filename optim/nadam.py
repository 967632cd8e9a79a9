"""NAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_core import sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_fractions, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["NAdam"]


class NAdam(Optimizer):
    """NAdam: Adam that looks ahead along its mean gradient, as Nesterov's momentum does.

    ``g = grad + weight_decay * p``;  ``m = β1 m + (1 - β1) g``;  ``v = β2 v + (1 - β2) g²``;
    ``μ(t) = β1 (1 - 0.96^(t * momentum_decay) / 2)``;  ``π(t) = μ(1) μ(2) ... μ(t)``;
    ``m̂ = μ(t+1) m / (1 - π(t+1)) + (1 - μ(t)) g / (1 - π(t))``;  ``p = p - lr * m̂ / (sqrt(v / (1 - β2^t)) + eps)``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1 and β2.
        eps: keeps the denominator from zero.
        weight_decay: the factor of the L2 penalty's gradient.
        momentum_decay: how fast μ rises from β1 / 2 to β1.
        decoupled_weight_decay: shrink the parameter by ``1 - lr * weight_decay`` instead (NAdamW).
        foreach, capturable: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop 2016, algorithm 8.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_fractions(betas)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: m and v."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def numbers(**_: Any) -> Mapping[str, float]:
        """Return the state's number besides the count: π."""
        return {"mu_product": 1.0}

    @staticmethod
    def advance(
        numbers: Mapping[str, Any], *, betas: tuple[float, float], momentum_decay: float, **_: Any
    ) -> dict[str, Any]:
        """Return t and π(t), from those before."""
        t = numbers["step"] + 1
        return {"step": t, "mu_product": numbers["mu_product"] * momentum(t, betas[0], momentum_decay)}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[float, float], eps: float, weight_decay: Any,
        momentum_decay: float, decoupled_weight_decay: bool, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        beta1, beta2 = betas
        numbers = NAdam.advance(state, betas=betas, momentum_decay=momentum_decay)
        if maximize:
            g = -g
        if weight_decay != 0 and decoupled_weight_decay:
            p = p * (1 - lr * weight_decay)
        elif weight_decay != 0:
            g = g + weight_decay * p
        m = state["exp_avg"] + (1 - beta1) * (g - state["exp_avg"])
        v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        of_g, of_m = shares(numbers, beta1, momentum_decay)
        denominator = sqrt(v / (1 - beta2 ** numbers["step"])) + eps
        return p - lr * ((of_g * g + of_m * m) / denominator), {**numbers, "exp_avg": m, "exp_avg_sq": v}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, mu_product: Any, lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, momentum_decay: float, decoupled_weight_decay: bool, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place; the rate and the correction of v go into the shares."""
        xp, (beta1, beta2) = scratch.xp, betas
        before = {"step": count, "mu_product": mu_product}
        of_g, of_m = shares(cls.advance(before, betas=betas, momentum_decay=momentum_decay), beta1, momentum_decay)
        correction = (1 - beta2 ** (count + 1)) ** 0.5
        numbers = (lr * correction * of_g, eps * correction, 1 - lr * weight_decay)
        take, small, shrink = map(scratch.number, numbers)
        coupled, decoupled = (0.0, weight_decay) if decoupled_weight_decay else (weight_decay, 0.0)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, two, m, v = scratch.like(p), scratch.spare(p), state["exp_avg"], state["exp_avg_sq"]
            g = scratch.descent(p, g, coupled, maximize)
            if decoupled != 0:
                xp.multiply(p, shrink, p)
            scratch.blend(m, beta1, 1 - beta1, g)
            scratch.blend(v, beta2, 1 - beta2, xp.multiply(g, g, one))
            denominator = xp.add(xp.sqrt(v, one), small, one)
            step = xp.multiply(g, take, two)
            scratch.add_scaled(step, lr * correction * of_m, m)
            xp.subtract(p, xp.divide(step, denominator, two), p)

        return write


def momentum(t: float, beta1: float, decay: float) -> float:
    """Return μ(t)."""
    return beta1 * (1 - 0.5 * 0.96 ** (t * decay))


def shares(numbers: Mapping[str, Any], beta1: float, decay: float) -> tuple[float, float]:
    """Return the factors of g and of m in m̂."""
    t, product = numbers["step"], float(numbers["mu_product"])
    now, ahead = momentum(t, beta1, decay), momentum(t + 1, beta1, decay)
    return (1 - now) / (1 - product), ahead / (1 - product * ahead)
