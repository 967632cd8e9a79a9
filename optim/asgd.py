"""ASGD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_core.engine.tensor import Tensor

from .checks import check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Averaged stochastic gradient descent: the mean of the parameter over the steps is kept beside it.

    ``g = grad + weight_decay * p``;  ``p = (1 - lambd * η) p - η g``;  ``ax = ax + μ (p - ax)``;  then, for the next
    step, ``η = lr / (1 + lambd * lr * t)^alpha`` and ``μ = 1 / max(1, t - t0)``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate with which η begins, a number or a Tensor of one element.
        lambd: the decay of the parameter.
        alpha: the power with which η falls.
        t0: the step from which on ``ax`` is a mean; until then it is the parameter.
        weight_decay: the factor of the L2 penalty's gradient.
        foreach, capturable: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    ``optimizer.state[p]["ax"]`` is the mean.

    Raises: ValueError for options outside their range.
    Source: Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, SIAM J. Control Optim. 1992;
        the schedule: Bottou, Large-Scale Machine Learning with Stochastic Gradient Descent, COMPSTAT 2010, section 5.1.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's array: the mean of the parameter."""
        return {"ax": 0.0}

    @staticmethod
    def numbers(*, lr: float, **_: Any) -> Mapping[str, float]:
        """Return the state's numbers besides the count: η and μ."""
        return {"eta": lr, "mu": 1.0}

    @staticmethod
    def advance(
        numbers: Mapping[str, Any], *, lr: Any, lambd: float, alpha: float, t0: float, **_: Any
    ) -> dict[str, Any]:
        """Return the numbers for the next step."""
        t = numbers["step"] + 1
        return {"step": t, "eta": float(lr / (1 + lambd * lr * t) ** alpha), "mu": 1 / max(1.0, t - t0)}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lambd: float, weight_decay: Any, maximize: bool, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the new parameter and state; see the class for the formula."""
        eta, mu = float(state["eta"]), float(state["mu"])
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        p = (1 - lambd * eta) * p - eta * g
        mean = p if mu == 1 else state["ax"] + mu * (p - state["ax"])
        return p, {**ASGD.advance(state, lambd=lambd, **options), "ax": mean}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, eta: Any, mu: Any, lambd: float, weight_decay: float, maximize: bool,
        **_: Any,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        eta, mu = float(eta), float(mu)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            mean, g = state["ax"], scratch.descent(p, g, weight_decay, maximize)
            scratch.blend(p, 1 - lambd * eta, -eta, g)
            if mu == 1:
                mean[...] = p
            else:
                scratch.blend(mean, 1 - mu, mu, p)

        return write
