"""LAMB."""

from __future__ import annotations

import math
from typing import Any

from autograd_core import maximum, minimum, sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_betas, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import BLOCK, Write, flat, in_order, spans
from .scratch import Scratch
from .trust import norm, norm_in_place, quotient, quotient_of_numbers

__all__ = ["LAMB"]


class LAMB(Optimizer):
    """Layer-wise adaptive moments: Adam's step, scaled to the parameter's own norm.

    ``m = β1 m + (1 - β1) g``;  ``v = β2 v + (1 - β2) g²``;  ``u = m̂ / (sqrt(v̂) + eps) + weight_decay * p`` with
    ``m̂ = m / (1 - β1^t)``, ``v̂ = v / (1 - β2^t)``;  ``p = p - lr * φ(‖p‖) / ‖u‖ * u``, where the ratio is 1 if
    ``φ(‖p‖)`` or ``‖u‖`` is 0.

    Args:
        params: parameters, named parameters, or groups; each parameter counts as a layer.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1 and β2, both floats or both Tensors of one element.
        eps: keeps the denominator from zero.
        weight_decay: how much of the parameter itself is in the step.
        norm_bounds: between which φ keeps the parameter's norm.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, ICLR 2020,
        algorithm 2, with the bias corrections of its first versions.
    """

    counts = True
    elementwise = False

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-6, weight_decay: float = 0,
        norm_bounds: tuple[float, float] = (0.0, math.inf), *, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas, foreach=False, capturable=False)
        check_not_negative("weight_decay value", weight_decay)
        if not 0 <= norm_bounds[0] <= norm_bounds[1]:
            raise ValueError(f"Invalid norm_bounds value: {norm_bounds}; wanted 0 <= low <= high")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "norm_bounds": norm_bounds,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: m and v."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[Any, Any], eps: float, weight_decay: Any,
        norm_bounds: tuple[float, float], maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        (beta1, beta2), (low, high), t = betas, norm_bounds, state["step"] + 1
        if maximize:
            g = -g
        m = state["exp_avg"] + (1 - beta1) * (g - state["exp_avg"])
        v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        u = m / (1 - beta1**t) / (sqrt(v) / (1 - beta2**t) ** 0.5 + eps)
        if weight_decay != 0:
            u = u + weight_decay * p
        ratio = quotient(minimum(maximum(norm(p), low), high), norm(u))
        return p - lr * ratio * u, {"step": t, "exp_avg": m, "exp_avg_sq": v}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, betas: tuple[float, float], eps: float, weight_decay: float,
        norm_bounds: tuple[float, float], maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place, on the CPU: a GPU would wait for the norms.

        A step of several blocks is computed twice, once for its norm.
        """
        derived = super().in_place(
            scratch, count, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, norm_bounds=norm_bounds,
            maximize=maximize,
        )  # fmt: skip
        if not scratch.has_blas:
            return derived
        xp, (beta1, beta2), (low, high) = scratch.xp, betas, norm_bounds
        of_m, of_v = 1 - beta1 ** (count + 1), (1 - beta2 ** (count + 1)) ** 0.5
        small, scale = scratch.number(eps * of_v), scratch.number(of_v / of_m)

        def follow(g: Any, m: Any, v: Any) -> None:
            scratch.blend(m, beta1, beta1 - 1 if maximize else 1 - beta1, g)
            scratch.blend(v, beta2, 1 - beta2, xp.multiply(g, g, scratch.like(g)))

        def step(p: Any, m: Any, v: Any) -> Any:
            u = xp.divide(m, scratch.root(p, v, small), scratch.like(p))
            u = xp.multiply(u, scale, u)
            if weight_decay != 0:
                scratch.add_scaled(u, weight_decay, p)
            return u

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            if not in_order(p):
                derived(p, g, state)
                return
            p, g, m, v = map(flat, (p, g, state["exp_avg"], state["exp_avg_sq"]))
            square, cuts, u = 0.0, spans(p.size, BLOCK), p
            for span in cuts:
                follow(g[span], m[span], v[span])
                u = step(p[span], m[span], v[span])
                square += float(u.dot(u))
            ratio = quotient_of_numbers(min(max(norm_in_place(p), low), high), square**0.5)
            for span in cuts:
                u = u if len(cuts) == 1 else step(p[span], m[span], v[span])
                scratch.add_scaled(p[span], -lr * ratio, u)

        return write
