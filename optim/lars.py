"""LARS."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .checks import check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write, flat, in_order
from .scratch import Scratch
from .trust import norm, norm_in_place, quotient, quotient_of_numbers

__all__ = ["LARS"]


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling: momentum whose step is in proportion to the parameter's own norm.

    ``λ = trust_coefficient * ‖p‖ / (‖g‖ + weight_decay * ‖p‖)``, or 1 where one of the two is 0;
    ``v = momentum * v + lr * λ * (g + weight_decay * p)``;  ``p = p - v``.

    For large batches.  Biases and the parameters of normalisation are usually a group of their own with
    ``trust_coefficient=None``, which gives them ``λ = 1``, and ``weight_decay=0``.

    Args:
        params: parameters, named parameters, or groups; each parameter counts as a layer.
        lr: the learning rate, inside the velocity; a number or a Tensor of one element.
        momentum: how much of the last step to keep.
        weight_decay: the factor of the L2 penalty's gradient.
        trust_coefficient: how far a layer may move, as a part of its norm; None for ``λ = 1``.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: You, Gitman and Ginsburg, Large Batch Training of Convolutional Networks, 2017, algorithm 1.
    """

    elementwise = False

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-1, momentum: float = 0.9, weight_decay: float = 0,
        trust_coefficient: float | None = 1e-3, *, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if trust_coefficient is not None and not trust_coefficient > 0:
            raise ValueError(f"Invalid trust_coefficient value: {trust_coefficient}; wanted more than 0, or None")
        defaults = {
            "lr": lr, "momentum": momentum, "weight_decay": weight_decay, "trust_coefficient": trust_coefficient,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(*, momentum: float, **_: Any) -> Fills:
        """Return the state's array: with momentum, v."""
        return {"momentum_buffer": 0.0} if momentum != 0 else {}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, momentum: float, weight_decay: Any,
        trust_coefficient: float | None, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        rate = lr
        if trust_coefficient is not None:
            size = norm(p)
            rate = lr * quotient(trust_coefficient * size, norm(g) + weight_decay * size)
        if weight_decay != 0:
            g = g + weight_decay * p
        if momentum == 0:
            return p - rate * g, {}
        v = momentum * state["momentum_buffer"] + rate * g
        return p - v, {"momentum_buffer": v}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, momentum: float, weight_decay: float,
        trust_coefficient: float | None, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place, on the CPU: a GPU would wait for the norms."""
        derived = super().in_place(
            scratch, count, lr=lr, momentum=momentum, weight_decay=weight_decay, trust_coefficient=trust_coefficient,
            maximize=maximize,
        )  # fmt: skip
        if not scratch.has_blas:
            return derived

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            if not in_order(p):
                derived(p, g, state)
                return
            p, g, rate = flat(p), flat(g), lr
            if trust_coefficient is not None:
                size = norm_in_place(p)
                rate *= quotient_of_numbers(trust_coefficient * size, norm_in_place(g) + weight_decay * size)
            along = -rate if maximize else rate
            if momentum == 0:
                scratch.blend(p, 1 - rate * weight_decay, -along, g)
                return
            v = flat(state["momentum_buffer"])
            scratch.blend(v, momentum, along, g)
            if weight_decay != 0:
                scratch.add_scaled(v, rate * weight_decay, p)
            scratch.add_scaled(p, -1.0, v)

        return write
