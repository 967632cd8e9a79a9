"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .checks import check_forms, check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

    ``g = grad + weight_decay * p``;  ``b = momentum * b + (1 - dampening) * g`` (at first ``b = g``);
    ``p = p - lr * b``, or with Nesterov ``p = p - lr * (g + momentum * b)``.

    Textbooks have the velocity b in two other forms, which differ when the learning rate changes on the way.  Both
    begin at zero: ``velocity="ema"`` is the exponentially weighted mean, ``b = momentum * b + (1 - momentum) * g``,
    ``p = p - lr * b``; ``velocity="scaled"`` has the rate inside, ``b = momentum * b + lr * g``, ``p = p - b``.  With
    Nesterov, the last b of each is replaced by its own right-hand side once more.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, a number or a Tensor of one element.
        momentum: how much of the last step to keep.
        dampening: how much of the gradient to leave out of the momentum.
        weight_decay: the factor of the L2 penalty's gradient.
        nesterov: look ahead along the momentum; needs momentum and no dampening.
        maximize: climb instead.
        foreach, fused: PyTorch's choice of kernels; accepted, without effect.
        differentiable: record the step, so that gradients flow through it.
        velocity: "heavy_ball", "ema" or "scaled"; the last two take no dampening.

    Raises: ValueError for options outside their range.
    Source: Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013, in
        PyTorch's form (the learning rate outside the velocity).
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float | Tensor = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
        velocity: str = "heavy_ball",
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_forms(fused, foreach, differentiable)
        if velocity not in ("heavy_ball", "ema", "scaled"):
            raise ValueError(f"SGD: velocity is {velocity!r}; wanted 'heavy_ball', 'ema' or 'scaled'")
        if velocity != "heavy_ball" and dampening != 0:
            raise ValueError(f"SGD: velocity={velocity!r} takes no dampening, and dampening is {dampening}")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults if velocity == "heavy_ball" else {**defaults, "velocity": velocity})

    @staticmethod
    def fills(*, momentum: float, velocity: str = "heavy_ball", **_: Any) -> Fills:
        """Return the state's array: with momentum, the velocity, a heavy ball's beginning as the first gradient."""
        return {"momentum_buffer": None if velocity == "heavy_ball" else 0.0} if momentum != 0 else {}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, momentum: float, dampening: float, weight_decay: Any,
        nesterov: bool, maximize: bool, velocity: str = "heavy_ball",
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * p
        if momentum == 0:
            return p - lr * g, {}
        b = state.get("momentum_buffer")
        share, rate = _shares(velocity, lr, momentum, dampening)
        b = g if b is None else momentum * b + share * g
        return p - rate * (share * g + momentum * b if nesterov else b), {"momentum_buffer": b}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, momentum: float, dampening: float, weight_decay: float,
        nesterov: bool, maximize: bool, velocity: str = "heavy_ball",
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place."""
        share, rate = _shares(velocity, lr, momentum, dampening) if momentum != 0 else (1.0, lr)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            g = scratch.descent(p, g, weight_decay, maximize)
            if momentum != 0:
                b = state["momentum_buffer"]
                scratch.blend(b, momentum, share, g)
                if nesterov:
                    scratch.add_scaled(p, -rate * share, g)
                scratch.add_scaled(p, -rate * momentum if nesterov else -rate, b)
            else:
                scratch.add_scaled(p, -rate, g)

        return write


def _shares(velocity: str, lr: Any, momentum: float, dampening: float) -> tuple[Any, Any]:
    """Return the factor of the gradient in the velocity, and that of the velocity in the step."""
    if velocity == "scaled":
        return lr, 1.0
    return 1 - (momentum if velocity == "ema" else dampening), lr
