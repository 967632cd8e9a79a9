"""Adam, AMSGrad and AdamW."""

from __future__ import annotations

from typing import Any

from autograd_core import maximum, sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_betas, check_forms, check_lr, check_not_negative, check_tensor
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Adam: steps scaled by running means of the gradient and of its square.

    ``g = grad + weight_decay * p``;  ``m = β1 m + (1 - β1) g``;  ``v = β2 v + (1 - β2) g²``;
    ``p = p - lr * m̂ / (sqrt(v̂) + eps)`` with ``m̂ = m / (1 - β1^t)``, ``v̂ = v / (1 - β2^t)``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        betas: β1 and β2, both floats or both Tensors of one element.
        eps: keeps the denominator from zero.
        weight_decay: the factor of the L2 penalty's gradient.
        amsgrad: divide by the largest v so far.
        maximize: climb instead.
        foreach, fused, capturable: PyTorch's choice of kernels; accepted, without effect.
        differentiable: record the step, so that gradients flow through it.
        decoupled_weight_decay: shrink the parameter by ``1 - lr * weight_decay`` instead (AdamW).
        bias_correction: False: ``m̂ = m``, ``v̂ = v``, as some textbooks have it; the first steps are then large.
        eps_inside_root: divide by ``sqrt(v̂ + eps)``.

    Raises: ValueError for options outside their range.
    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1; Reddi et al., On the
        Convergence of Adam and Beyond, ICLR 2018, algorithm 2 (AMSGrad, with Adam's bias corrections as in PyTorch).
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None, decoupled_weight_decay: bool = False,
        bias_correction: bool = True, eps_inside_root: bool = False,
    ) -> None:  # fmt: skip
        check_tensor("lr", lr, foreach, capturable)
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas, foreach, capturable)
        check_not_negative("weight_decay value", weight_decay)
        check_forms(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable,
            "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        if not bias_correction:
            defaults["bias_correction"] = False
        if eps_inside_root:
            defaults["eps_inside_root"] = True
        super().__init__(params, defaults)

    @staticmethod
    def fills(*, amsgrad: bool, **_: Any) -> Fills:
        """Return the state's arrays: m, v and, for AMSGrad, the largest v."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0} | ({"max_exp_avg_sq": 0.0} if amsgrad else {})

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, betas: tuple[Any, Any], eps: float, weight_decay: Any,
        amsgrad: bool, maximize: bool, decoupled_weight_decay: bool, bias_correction: bool = True,
        eps_inside_root: bool = False,
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
        made = {"step": t, "exp_avg": m, "exp_avg_sq": v}
        if amsgrad:
            made["max_exp_avg_sq"] = v = maximum(state["max_exp_avg_sq"], v)
        of_m, of_v = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1.0, 1.0)
        denominator = sqrt(v / of_v + eps) if eps_inside_root else sqrt(v) / of_v**0.5 + eps
        return p - lr / of_m * (m / denominator), made

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, amsgrad: bool, maximize: bool, decoupled_weight_decay: bool,
        bias_correction: bool = True, eps_inside_root: bool = False,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place.

        The bias corrections go into the rate and eps, as at the end of section 2 of the paper.
        """
        xp, (beta1, beta2) = scratch.xp, betas
        of_m, of_v = (1 - beta1 ** (count + 1), 1 - beta2 ** (count + 1)) if bias_correction else (1.0, 1.0)
        rate, small = lr * of_v**0.5 / of_m, scratch.number(eps * (of_v if eps_inside_root else of_v**0.5))
        shrink = scratch.number(1 - lr * weight_decay)
        coupled, decoupled = (0.0, weight_decay) if decoupled_weight_decay else (weight_decay, 0.0)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, m, v = scratch.like(p), state["exp_avg"], state["exp_avg_sq"]
            g = scratch.descent(p, g, coupled, maximize)
            if decoupled != 0:
                xp.multiply(p, shrink, p)
            scratch.blend(m, beta1, 1 - beta1, g)
            scratch.blend(v, beta2, 1 - beta2, xp.multiply(g, g, one))
            if amsgrad:
                v = xp.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
            denominator = scratch.root(p, v, small, eps_inside_root)
            scratch.add_scaled(p, -rate, xp.divide(m, denominator, one))

        return write


class AdamW(Adam):
    """Adam with decoupled weight decay: ``p`` is first multiplied by ``1 - lr * weight_decay``.

    Options as for `Adam`; ``weight_decay`` is 0.01 by default.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2.
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
        amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None, bias_correction: bool = True,
        eps_inside_root: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True, bias_correction=bias_correction,
            eps_inside_root=eps_inside_root,
        )  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True  # also where Adam's state dict was loaded
